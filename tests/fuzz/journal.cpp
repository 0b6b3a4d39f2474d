// SPDX-License-Identifier: GPL-3.0-or-later
// Journals from anywhere: as they are, and with every line sealed by a right hash, so that what
// stands behind the hash is read too. Either a clean prefix, or the number of the first bad line.
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/journal/journal_format.h"
#include "core/journal/journal_reader.h"
#include "core/model/run_state.h"
#include "tests/fuzz/fuzz.h"

#include <QFile>
#include <QTemporaryDir>

using namespace lb;

namespace {

QString journalFile()
{
    static const QTemporaryDir folder;
    return folder.filePath(QStringLiteral("journal.jsonl"));
}

void write(const QByteArray &bytes)
{
    QFile file(journalFile());
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        std::abort();
}

void check(const QByteArray &bytes)
{
    write(bytes);
    const auto content = readJournal(journalFile());
    if (!content) {
        mustHold(content.error().code == ErrorCode::Unsupported, "only a newer format is an error",
                 content.error().sentence().toUtf8());
        return;
    }
    const qint64 good = content->goodBytes;
    mustHold(bytes.left(good).count('\n') == qsizetype(content->events.size()) &&
                 (good == 0 || bytes[good - 1] == '\n'),
             "the prefix ends at a line");
    for (std::size_t i = 0; i < content->events.size(); ++i)
        mustHold(content->events[i].seq == i + 1, "events are numbered from 1");
    if (content->problem) {
        const QString line = QStringLiteral("Line %1 ").arg(content->events.size() + 1);
        mustHold(content->problem->summary.contains(line), "damage names its line",
                 content->problem->sentence().toUtf8());
    } else {
        mustHold(good + content->tornBytes == bytes.size(), "nothing is passed over");
        mustHold(!bytes.mid(good).contains('\n'), "a torn tail is no whole line");
    }
    RunState state;
    for (const RunEvent &event : content->events)
        state.apply(event);

    JournalTail tail(journalFile());
    std::size_t seen = 0;
    for (auto lines = tail.poll(); lines && !lines->empty(); lines = tail.poll())
        seen += lines->size();
    mustHold(seen == content->events.size(), "following gives the same lines as reading");
}

/// What the writer would make of these lines, whatever they say.
QByteArray sealed(const QByteArray &text)
{
    QByteArray out;
    QByteArray prev = journalOrigin();
    const QList<QByteArray> lines = text.split('\n');
    for (qsizetype i = 0; i + 1 < lines.size(); ++i) {
        QByteArray line = lines[i] + ",\"prev\":\"" + prev + '"';
        prev = Sha256::hex(line);
        out += line + ",\"sha256\":\"" + prev + "\"}\n";
    }
    return out + lines.last();
}

QByteArray unsealed(const QByteArray &journal)
{
    QByteArray out;
    const QList<QByteArray> lines = journal.split('\n');
    for (const QByteArray &line : lines) {
        const qsizetype end = line.indexOf(",\"prev\":\"");
        if (end > 0)
            out += line.left(end) + '\n';
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    check(text);
    check(sealed(text));
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    QByteArray journal;
    QByteArray prev = journalOrigin();
    quint64 seq = 0;
    const auto add = [&](const char *kind, const char *step, const char *dataText) {
        RunEvent event;
        event.seq = ++seq;
        event.time = QDateTime(QDate(2026, 11, 21), QTime(3, 4, 5, 678), Qt::UTC);
        event.kind = eventKindFromName(QString::fromLatin1(kind)).value();
        event.step = QString::fromLatin1(step);
        event.attempt = *step ? 1 : 0;
        event.data = parseJsonObject(dataText, QString()).value();
        const SealedLine line = sealLine(event, prev);
        journal += line.line;
        prev = line.sha256;
    };
    add("run_requested", "",
        R"({"runbook":"files.save","system":"shop","inputs":{"folder":"/srv"}})");
    add("plan_frozen", "", R"({"plan_sha256":"00"})");
    add("step_intended", "save", R"({"observed":[1,2.5,-3e9,null,true,"\u00e4\n"]})");
    add("step_observed", "save", R"({"what":"process","pid":12,"start":3})");
    add("step_succeeded", "save", R"({"outputs":{"bytes":12,"part":{"id":"tree","details":[]}}})");
    FuzzSeeds seeds;
    seeds.inputs = {journal, unsealed(journal), journal.chopped(20), {}};
    seeds.words = {"\"seq\":",
                   "\"format\":1",
                   "{\"format\":2",
                   "\"event\":\"",
                   "\"step\":\"",
                   "\"time\":\"2026-11-21T03:04:05.678Z\"",
                   "\"attempt\":",
                   "\\u0000",
                   "\\",
                   "\n",
                   "\"prev\":\"",
                   "\"sha256\":\"",
                   "{",
                   "}",
                   "[",
                   "]",
                   "null",
                   "\xff",
                   "step_failed",
                   "step_warned",
                   "run_ended",
                   "obligation_opened",
                   "waiting_started",
                   "cancel_requested"};
    return seeds;
}
