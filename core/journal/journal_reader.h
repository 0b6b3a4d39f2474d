// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/model/run_event.h"

#include <QByteArray>

#include <memory>
#include <optional>
#include <vector>

namespace lb {

/// What a journal file holds: the events of its verified lines, and what is wrong behind them.
struct JournalContent
{
    std::vector<RunEvent> events;
    QByteArray head;      ///< sha256 of the last good line in hex; 64 zeros when there is none
    qint64 goodBytes = 0; ///< length of the verified prefix
    qint64 tornBytes = 0; ///< what a crash left behind it: a last line without newline
    /// A line that is neither good nor torn; names its number. Such a journal is read-only.
    std::optional<Error> problem;

    quint64 lastSeq() const { return events.empty() ? 0 : events.back().seq; }
};

/// Reads and verifies a whole journal (every hash, every sequence number). Any thread. An error
/// only when the file cannot be read at all or a newer Lifeboat wrote it; damage is in the content.
Result<JournalContent> readJournal(const QString &file);

/// One event as it stands in the file; `line` has no newline.
struct JournalLine
{
    RunEvent event;
    QByteArray line;
};

/// Follows a journal that another process writes: each poll() gives the lines that have become
/// complete since the last, verified. One thread. Survives the file being rewritten or not there
/// yet.
class JournalTail
{
public:
    /// Lines with a sequence number up to `afterSeq` are left out.
    explicit JournalTail(QString file, quint64 afterSeq = 0);
    ~JournalTail();

    /// Corrupt at a bad line; the poll before it gave the lines up to there.
    Result<std::vector<JournalLine>> poll();

private:
    struct State;
    std::unique_ptr<State> d;
};

} // namespace lb
