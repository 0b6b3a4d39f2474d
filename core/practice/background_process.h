// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace lb::practice {

/// A simulator's process as its folder tells of it: `process.json` is written by that process when
/// it can be used, and a lock on `lock` lives as long as it does. So it is found again after a
/// restart of whoever started it, and never twice there.
struct BackgroundProcess
{
    ProcessIdentity identity;
    quint16 port = 0;
};

/// Nothing when it does not run.
std::optional<BackgroundProcess> findBackground(const QString &folder);

/// Starts `program arguments…` in a session of its own and waits until it has written its record.
/// What runs already is left as it is. Blocks, at most 30 s.
Result<BackgroundProcess> startBackground(const QString &folder, const QString &program,
                                          const QStringList &arguments);

/// TERM, and KILL after 10 s. Gone already is good. Blocks.
Result<void> stopBackground(const QString &folder);

/// The other side: held by the process that serves.
class BackgroundRecord
{
public:
    /// Conflict when another process serves this folder.
    static Result<BackgroundRecord> claim(const QString &folder);

    /// It can be used from now on.
    Result<void> ready(quint16 port);
    /// It could not be started; whoever waits gets this error.
    void failed(const Error &error);
    /// It goes; the record with it.
    void gone();

private:
    BackgroundRecord(QString folder, FileDescriptor lock)
        : m_folder(std::move(folder)), m_lock(std::move(lock))
    {
    }

    QString m_folder;
    FileDescriptor m_lock;
};

} // namespace lb::practice
