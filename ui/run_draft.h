// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"

#include <QObject>

#include <functional>

namespace lb {

/// What the wizard collects and what has become of it: the one owner of the choices. Pages bind to
/// it; who carries it out (DraftController, or a test) listens to its signals and feeds the run's
/// view back. Lives in the GUI thread.
class RunDraft : public QObject
{
    Q_OBJECT
public:
    /// What it asks of the facade while choices are made.
    struct Source
    {
        std::function<Result<Runbook>(const QString &)> runbook;
        std::function<QString(const Plan &)> planText;
    };

    RunDraft(SystemProfile system, Source source, QObject *parent = nullptr);

    // Choices
    void setOffered(std::vector<RunbookInfo> runbooks, Purpose preferred);
    void setPoints(std::vector<RestorePoint> points, BestPoint best);
    Result<void> chooseRunbook(const QString &id);
    void chooseTarget(TargetKind target);
    /// Another one is restored whole again.
    void choosePoint(const QString &point);
    void chooseParts(const QStringList &parts);
    void setValues(const QMap<QString, QStringList> &changed, bool valid);
    const SystemProfile &system() const { return m_system; }
    const std::vector<RunbookInfo> &offered() const { return m_offered; }
    const std::vector<RestorePoint> &points() const { return m_points; }
    const BestPoint &best() const { return m_best; }
    const std::optional<Runbook> &runbook() const { return m_runbook; }
    QString preferredRunbook() const { return m_preferred; }
    TargetKind target() const { return m_target; }
    QString point() const { return m_point; }
    /// Ids of the point's parts that the run is about; empty: all.
    QStringList only() const { return m_only; }
    bool valuesAreValid() const { return m_valid; }
    /// A run of the runbook works on a restore point, which has to be chosen.
    bool usesPoint() const;
    Purpose purpose() const;
    /// Values that the input form begins with.
    QJsonObject givenValues() const;
    RunOrder order() const;

    // Secrets
    /// Of the chosen runbook with these inputs and this restore point, as far as can be told
    /// before there is a plan; or those of the plan that is taken up.
    bool needsSecrets() const;
    /// Asks for a look at the keychain; the answer comes by setSecrets().
    void lookForSecrets();
    void setSecrets(std::vector<SecretStatus> secrets);
    const std::vector<SecretStatus> &secrets() const { return m_secrets; }
    void setKeychainAsks();
    bool keychainAsks() const { return m_keychainAsks; }
    /// For this run only; kept until the wizard closes, because checking again is a new run.
    void typeSecret(const QString &name, const SecretHandle &value);
    const QMap<QString, SecretHandle> &typedSecrets() const { return m_typed; }
    void editSecret(const SecretStatus &secret, bool thisRunOnly);

    // The run in preparation
    /// A run that stands already is taken up instead of making a new one.
    void takeUp(const QString &run, const QStringList &secrets = {});
    bool isTakenUp() const { return m_takenUp; }
    void prepare();
    void discard();
    void setRun(const QString &run);
    void setView(const RunView &view);
    void setProblem(const Error &error);
    QString run() const { return m_run; }
    const std::optional<RunView> &view() const { return m_view; }
    const std::optional<Error> &problem() const { return m_problem; }
    bool isReady() const;
    QString planText() const;
    void setReason(const QString &check, const QString &reason);
    QString reason(const QString &check) const { return m_go.accept.value(check); }
    /// What still stands against a go; empty when nothing does.
    QString obstacle() const;
    void setConfirm(const QString &text);
    QString confirm() const { return m_go.confirm; }
    void go();
    bool isGoing() const { return m_going; }
    bool isOff() const { return m_off; }
    void wentOff();
    void goRefused(const Error &error);
    void answer(const RunCommand &command) { Q_EMIT commandIssued(command); }

Q_SIGNALS:
    void changed();
    void secretsRequested();
    void secretsChanged();
    void secretEditRequested(const lb::SecretStatus &secret, bool thisRunOnly);
    void secretTyped(const QString &name);
    void prepareRequested();
    void discardRequested(const QString &run);
    void goRequested(const lb::GoAnswer &go);
    void commandIssued(const lb::RunCommand &command);
    void started(const QString &run);

private:
    /// Of the chosen restore point, as far as they are not left out.
    std::vector<PartRecord> chosenParts() const;
    /// Secrets that the runbook's steps put back into places of the chosen parts.
    QStringList slotSecrets() const;
    bool isNeeded(const SecretSpec &secret) const;
    bool isNeeded(const QString &secret) const;

    SystemProfile m_system;
    Source m_source;
    std::vector<RunbookInfo> m_offered;
    QString m_preferred;
    std::vector<RestorePoint> m_points;
    BestPoint m_best;
    std::optional<Runbook> m_runbook;
    TargetKind m_target = TargetKind::Same;
    QString m_point;
    QStringList m_only;
    QMap<QString, QStringList> m_values;
    bool m_valid = true;
    std::vector<SecretStatus> m_secrets;
    QMap<QString, SecretHandle> m_typed;
    QStringList m_takenUpSecrets;
    bool m_keychainAsks = false;
    bool m_takenUp = false;
    bool m_preparing = false;
    bool m_going = false;
    bool m_off = false;
    QString m_run;
    std::optional<RunView> m_view;
    std::optional<Error> m_problem;
    GoAnswer m_go;
    mutable QByteArray m_textOf;
    mutable QString m_text;
};

} // namespace lb
