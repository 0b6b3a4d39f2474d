// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/file_descriptor.h"

#include <QByteArray>
#include <QByteArrayView>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace lb {

/// Changes bytes on their way into a log: the place of the redactor. May hold back what could be
/// the beginning of a secret; gets `last` exactly once.
using LogFilter = std::function<QByteArray(QByteArrayView bytes, bool last)>;

/// A step's complete output in a file: any bytes, any amount, constant memory. write() and flush()
/// may be called by any thread. A full disk is remembered and never stops the step: bytes are left
/// out until there is room again, and a line in the file says how many.
class LogWriter
{
public:
    /// Creates or continues the file (0600).
    static Result<std::unique_ptr<LogWriter>> open(const QString &file, LogFilter filter = {});
    ~LogWriter();

    /// An empty view means "no more for the moment": what is buffered goes to the file, so that
    /// followers see it.
    void write(QByteArrayView bytes);
    void flush();
    /// The filter's rest and the buffer go to the file; it is closed. The first problem met.
    Result<void> close();

    /// The first failed write, e.g. NoSpace; nothing when the file is complete.
    std::optional<Error> problem() const;
    /// Bytes in the file.
    qint64 size() const;

private:
    LogWriter(FileDescriptor fd, QString file, LogFilter filter, qint64 size);
    void put(QByteArrayView bytes);
    void writeOut();
    void writeRaw(QByteArrayView bytes);
    qsizetype writeSome(QByteArrayView bytes);

    mutable std::mutex m_mutex;
    FileDescriptor m_fd;
    QString m_file;
    LogFilter m_filter;
    QByteArray m_buffer;
    qint64 m_size = 0;
    qint64 m_lost = 0; ///< bytes left out since the last successful write
    std::optional<Error> m_problem;
};

} // namespace lb
