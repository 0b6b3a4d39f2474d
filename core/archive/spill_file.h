// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/file_descriptor.h"

#include <QByteArray>

#include <memory>
#include <vector>

namespace lb {

/// Bytes set aside in a nameless temporary file, so that memory stays flat with millions of
/// names. One thread.
class SpillFile
{
public:
    /// Where the bytes begin in the file.
    Result<quint64> append(QByteArrayView bytes);
    Result<QByteArray> read(quint64 at, size_t size);

private:
    Result<void> flush();

    FileDescriptor m_fd;
    QByteArray m_pending;
    quint64 m_written = 0;
};

/// The names of one folder, taken in any order and given back sorted by bytes. Past 12 MiB they
/// are sorted in runs that go to a file and are merged again.
class NameList
{
public:
    NameList();
    ~NameList();
    NameList(NameList &&) noexcept;
    NameList &operator=(NameList &&) noexcept;

    Result<void> add(QByteArrayView name);
    Result<void> sort();
    /// The next name, valid until the next call; empty after the last one.
    Result<QByteArrayView> next();

private:
    struct Run;

    void sortMemory();
    Result<void> spillRun();

    std::vector<std::unique_ptr<char[]>> m_chunks;
    size_t m_chunkUsed = 0;
    std::vector<const char *> m_names; ///< a length byte, then the name
    size_t m_next = 0;
    std::unique_ptr<SpillFile> m_file;
    std::vector<Run> m_runs;
    QByteArray m_current;
};

} // namespace lb
