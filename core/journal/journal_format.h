// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/model/run_event.h"

#include <QByteArray>

#include <memory>

namespace lb {

class Sha256;

/// The newest journal format this Lifeboat writes and reads.
inline constexpr int kJournalFormat = 1;

/// The `prev` of the first line.
QByteArray journalOrigin();

/// A line as it goes to the file (newline included) and its hash.
struct SealedLine
{
    QByteArray line;
    QByteArray sha256;
};
SealedLine sealLine(const RunEvent &event, const QByteArray &prev);

/// Takes the lines of a journal one after the other and verifies that each follows from the last.
class JournalChain
{
public:
    JournalChain();
    ~JournalChain();
    JournalChain(JournalChain &&) noexcept;
    JournalChain &operator=(JournalChain &&) noexcept;

    /// A line without its newline. Corrupt with the reason as summary; Unsupported for a journal
    /// of a newer Lifeboat. After an error the chain stands where it stood.
    Result<RunEvent> take(QByteArrayView line);

    const QByteArray &head() const { return m_head; }
    quint64 lastSeq() const { return m_seq; }

private:
    std::unique_ptr<Sha256> m_hash;
    QByteArray m_head;
    quint64 m_seq = 0;
};

} // namespace lb
