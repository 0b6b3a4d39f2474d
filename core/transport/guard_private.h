// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/transport/guard.h"
#include "core/transport/guard_protocol.h"
#include "core/transport/output_pump.h"

#include <QHash>
#include <QSocketNotifier>

#include <functional>

namespace lb {

/// What LocalProcess uses of the guard. Main thread.
class Guard::Private
{
public:
    /// What one program wants to hear; called from the event loop.
    struct Client
    {
        std::function<void(const GuardReply &)> reply;
        std::function<void()> closed; ///< its outputs have ended
        std::function<void(const Error &)> died;
    };

    Private(Guard *guard, QString file) : q(guard), program(std::move(file)) {}

    quint64 add(Client client);
    void remove(quint64 id);
    Result<void> ensureStarted();
    Result<void> send(const GuardRequest &request, const QList<int> &descriptors);
    void readReplies();
    void guardDied();
    void stop();
    Result<OutputPump *> outputPump();
    /// For the pump's thread: tells the client in the main thread.
    void postClosed(quint64 id);

    Guard *const q;
    const QString program;
    FileDescriptor socket;
    std::unique_ptr<QSocketNotifier> notifier;
    std::optional<ProcessIdentity> process;
    QHash<quint64, Client> clients;
    quint64 lastId = 0;
    std::unique_ptr<OutputPump> pump;
};

} // namespace lb
