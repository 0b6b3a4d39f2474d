// SPDX-License-Identifier: GPL-3.0-or-later
// A small runner for tst_journal_faults: writes a journal and says what is durable, so that it can
// be killed, and its disk made to fail, at every system call.
#include "core/base/atomic_file.h"
#include "core/journal/journal.h"
#include "core/journal/log_writer.h"
#include "core/journal/run_folder.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>

#include <cstdio>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

using namespace lb;

namespace {

// Not write(): that one is counted by the faults.
void say(const QByteArray &text)
{
    iovec piece{const_cast<char *>(text.constData()), size_t(text.size())};
    if (::writev(STDOUT_FILENO, &piece, 1) < 0)
        ::_exit(9);
}

int complain(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(error.sentence()));
    return error.code == ErrorCode::NoSpace ? 4 : 3;
}

RunEvent numbered(int n)
{
    RunEvent event;
    event.kind = EventKind::StepIntended;
    event.step = QStringLiteral("step");
    event.attempt = 1;
    event.data = {{QStringLiteral("n"), n}, {QStringLiteral("pid"), int(::getpid())}};
    return event;
}

Result<std::unique_ptr<Journal>> openOrCreate(const RunFolder &folder, JournalContent *content)
{
    if (QFileInfo::exists(folder.journalFile()))
        return Journal::open(folder.path(), content);
    return Journal::create(folder.path());
}

/// Events up to number `count`, continuing what is there. Says "n pid" for each durable one.
int writeEvents(const RunId &run, int count)
{
    const RunFolder folder = RunFolder::of(run);
    if (!folder.exists()) {
        if (const auto made = RunFolder::create(run); !made)
            return complain(made.error());
    }
    const auto lock = folder.lock();
    if (!lock)
        return complain(lock.error());
    JournalContent content;
    const auto journal = openOrCreate(folder, &content);
    if (!journal)
        return complain(journal.error());
    int n = 0;
    for (const RunEvent &event : content.events)
        n = event.kind == EventKind::StepIntended ? event.data.value(QLatin1String("n")).toInt()
                                                  : n;
    const auto acknowledge = [](const RunEvent &event) {
        say(QByteArray::number(event.data.value(QLatin1String("n")).toInt()) + ' ' +
            QByteArray::number(int(::getpid())) + '\n');
    };
    while (n < count) {
        // Now and then an outcome and the next intent share a sync.
        QList<Async<RunEvent>> queued;
        if (n % 8 == 0 && n + 1 < count)
            queued << (*journal)->append(numbered(++n));
        const auto written = (*journal)->appendSynced(numbered(++n));
        for (const auto &one : queued) {
            if (!one.result())
                return complain(one.result().error());
            acknowledge(*one.result());
        }
        if (!written)
            return complain(written.error());
        acknowledge(*written);
    }
    return 0;
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                           \
            return 1;                                                                              \
        }                                                                                          \
    } while (false)

/// On a file system of a few MiB: fills it, and goes on when there is room again.
int fillTheDisk(const QString &disk)
{
    auto journal = Journal::create(disk);
    CHECK(journal);
    auto log = LogWriter::open(disk + QStringLiteral("/step.log"));
    CHECK(log);
    (*log)->write("before\n");
    (*log)->flush();
    int n = 0;
    CHECK((*journal)->appendSynced(numbered(++n)));
    const QByteArray filler = QFile::encodeName(disk + QStringLiteral("/filler"));
    const int fd = ::open(filler.constData(), O_WRONLY | O_CREAT, 0600);
    const QByteArray block(4096, 'x');
    while (::write(fd, block.constData(), size_t(block.size())) > 0) {
    }
    ::close(fd);

    const QByteArray lost(300'000, 'l');
    (*log)->write(lost);
    CHECK((*log)->problem());
    CHECK((*log)->problem()->code == ErrorCode::NoSpace);

    Result<RunEvent> refused = (*journal)->appendSynced(numbered(n + 1));
    while (refused && n < 1000)
        refused = (*journal)->appendSynced(numbered(++n + 1));
    CHECK(!refused);
    CHECK(refused.error().code == ErrorCode::NoSpace);
    // The reserve had room for saying so, and nothing follows.
    const auto during = readJournal(disk + QStringLiteral("/journal.jsonl"));
    CHECK(during);
    CHECK(!during->problem && during->tornBytes == 0);
    CHECK(int(during->events.size()) == n + 1);
    CHECK(during->events.back().kind == EventKind::WaitingStarted);
    CHECK(during->events.back().data.value(QLatin1String("for")).toString() ==
          QLatin1String("disk"));
    // What the reserve had left is taken as well: now there is no room at all.
    const int again = ::open(filler.constData(), O_WRONLY | O_APPEND);
    while (::write(again, block.constData(), size_t(block.size())) > 0) {
    }
    ::close(again);
    CHECK(!(*journal)->appendSynced(numbered(n + 1)));
    const auto early = (*journal)->recover();
    CHECK(!early);
    CHECK(early.error().code == ErrorCode::NoSpace);
    CHECK(!(*journal)->flush());

    ::unlink(filler.constData());
    CHECK((*journal)->recover());
    CHECK((*journal)->appendSynced(numbered(++n)));
    CHECK((*journal)->flush());
    (*log)->write("after\n");
    CHECK(!(*log)->close()); // it is not complete, and says so
    const auto after = readJournal(disk + QStringLiteral("/journal.jsonl"));
    CHECK(after);
    CHECK(!after->problem && after->tornBytes == 0);
    CHECK(int(after->events.size()) == n + 2);
    CHECK(after->events[size_t(n)].kind == EventKind::WaitingEnded);
    const auto text = readWholeFile(disk + QStringLiteral("/step.log"));
    CHECK(text);
    CHECK(text->startsWith("before\n"));
    CHECK(text->endsWith("after\n"));
    CHECK(text->contains("of output are missing here"));
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    if (arguments.size() == 4 && arguments.at(1) == QLatin1String("write"))
        return writeEvents(RunId(arguments.at(2)), arguments.at(3).toInt());
    if (arguments.size() == 3 && arguments.at(1) == QLatin1String("fill"))
        return fillTheDisk(arguments.at(2));
    return 2;
}
