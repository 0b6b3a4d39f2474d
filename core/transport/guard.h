// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/process_identity.h"

#include <QObject>
#include <QString>

#include <memory>

namespace lb {

/// The runner's side of its guard process. Lives in the main thread; started with the first
/// program, ends with this object (and then ends whatever still runs). One a runner is enough.
/// Must outlive its LocalProcesses.
class Guard : public QObject
{
    Q_OBJECT

public:
    /// `program` is started as `program --guard FD`; empty = this executable.
    explicit Guard(QString program = {}, QObject *parent = nullptr);
    ~Guard() override;

    /// The guard process, once it has been started and while it lives.
    std::optional<ProcessIdentity> process() const;

Q_SIGNALS:
    /// The guard process died by itself. Its running LocalProcesses finish with an error; their
    /// programs may live on (findStepProcesses). The next start makes a new guard.
    void died(const lb::Error &error);

private:
    friend class LocalProcess;
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
