// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/value_types.h"
#include "core/practice/practice_alien4cloud.h"

#include <QMap>

#include <memory>
#include <vector>

namespace lb::cli {

/// All that a restore has to bring back, as it was read at one moment.
struct PracticeContents
{
    TreeSnapshot tree;
    QMap<QString, QByteArray> others; ///< what it is called in a sentence → all of it
    int databases = 0;
    int documents = 0;
    int toolchains = 0;
};

QStringList differencesOf(const PracticeContents &before, const PracticeContents &after);

/// One thing to practise with. All of it is below home(); its runbooks are TYPE.save and
/// TYPE.restore. Everything blocks.
class PracticeSystem
{
public:
    explicit PracticeSystem(QString type) : m_type(std::move(type)) {}
    virtual ~PracticeSystem() = default;

    const QString &type() const { return m_type; }
    QString systemName() const { return QStringLiteral("practice-") + m_type; }
    QString home() const;

    virtual QString what() const = 0;   ///< in a list
    virtual QString folder() const = 0; ///< what is shown of it
    virtual bool isMade() const = 0;
    virtual bool isRunning() const { return isMade(); }
    virtual QStringList faultNames() const { return {}; }
    /// True when it listens on a port that can be chosen.
    virtual bool hasPort() const { return false; }

    /// True when it has parts that are saved encrypted only: it gets keys and a store of its own.
    virtual bool hasSecretParts() const { return false; }

    /// Programs that print its secrets, by the secret's name. After start().
    virtual QMap<QString, QStringList> secretPrograms() const { return {}; }
    /// What a restore of it is aimed at.
    virtual TargetKind restoreTarget() const { return TargetKind::Same; }

    /// The parts that a restore of it takes; empty: all.
    virtual QStringList restoredParts() const { return {}; }

    /// Commands that go on after save and restore, to be copied.
    virtual QStringList moreCommands() const { return {}; }

    /// Makes what is not there and starts what does not run; the inputs of the system. `known`: of
    /// the system as it is set up, if it is. Without `simulators` faults and port stay.
    virtual Result<QMap<QString, QStringList>>
    start(const QJsonObject *known, const std::optional<PracticeSimulators> &simulators) = 0;
    /// After start(). What was done, one sentence each.
    virtual Result<QStringList> damage() = 0;
    virtual Result<PracticeContents> read() = 0;
    /// Gone already is good.
    virtual Result<void> remove() = 0;

private:
    QString m_type;
};

/// Everything that can be practised with, in the order of the list.
std::vector<std::unique_ptr<PracticeSystem>> practiceSystems();
QStringList practiceTypes();

} // namespace lb::cli
