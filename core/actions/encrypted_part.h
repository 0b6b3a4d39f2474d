// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_programs.h"
#include "core/model/age.h"

namespace lb {

/// A file in memory: what must not lie on a disk in clear.
class MemoryFile
{
public:
    static Result<MemoryFile> make();

    /// Opens it anew, from its beginning, in this process.
    QString path() const;
    Result<void> append(QByteArrayView bytes);
    const std::shared_ptr<FileDescriptor> &descriptor() const { return m_file; }

private:
    std::shared_ptr<FileDescriptor> m_file;
};

/// What age's own words mean for whoever holds the key: a wrong key, a damaged file.
Error explainedAge(Error error, const QString &part);

/// Opens a file of a part with the key of the context and gives its clear text to `take`, piece by
/// piece.
Result<void> readEncrypted(WorkerPrograms &programs, const PartRecord &part, const QString &path,
                           const std::stop_token &stop,
                           const std::function<Result<void>(QByteArrayView)> &take);

/// The recipients of the key of the context, a line each.
Result<QStringList> recipientsOfKey(WorkerPrograms &programs, const std::stop_token &stop);

} // namespace lb
