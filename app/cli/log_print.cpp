// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/log_print.h"

#include "app/cli/terminal.h"
#include "core/base/format.h"

#include <QFile>
#include <QTimer>

namespace lb::cli {

namespace {

using namespace std::chrono_literals;

constexpr qint64 kBlock = 256 * 1024;

/// Prints the files from where it stopped the last time, each whole before the next.
class LogPrinter
{
public:
    void print(const QStringList &files)
    {
        for (const QString &path : files) {
            QFile file(path);
            if (!file.open(QIODevice::ReadOnly) || !file.seek(m_done.value(path)))
                continue;
            while (true) {
                const QByteArray block = file.read(kBlock);
                if (block.isEmpty())
                    break;
                show(block);
            }
            m_done.insert(path, file.pos());
        }
    }

private:
    static void show(const QByteArray &block)
    {
        if (!terminal::outputIsTerminal()) {
            sayRaw(block);
            return;
        }
        // A terminal obeys control sequences; a program's output must not.
        QByteArray safe;
        qsizetype from = 0;
        while (from < block.size()) {
            qsizetype end = block.indexOf('\n', from);
            const bool whole = end >= 0;
            end = whole ? end : block.size();
            const QByteArray line = block.mid(from, end - from);
            const QString text = QString::fromUtf8(line);
            safe += (text.toUtf8() == line ? displayText(text, true) : displayBytes(line)).toUtf8();
            if (whole)
                safe += '\n';
            from = end + 1;
        }
        sayRaw(safe);
    }

    QMap<QString, qint64> m_done;
};

} // namespace

void printLogs(Service &service, const RunId &run, const QString &step)
{
    LogPrinter().print(service.logFiles(run, step));
}

int followLog(Session &session, const RunId &run, const QString &step)
{
    QEventLoop loop;
    LogPrinter printer;
    RunFollower follower(run);
    QTimer look;
    const auto print = [&] {
        printer.print(session.service.logFiles(run, step));
        const RunStateName state = follower.view().shown;
        if (follower.view().state.lastSeq > 0 && (isEnded(state) || !follower.view().runnerAlive)) {
            printer.print(session.service.logFiles(run, step));
            loop.quit();
        }
    };
    QObject::connect(&look, &QTimer::timeout, &loop, print);
    QObject::connect(&follower, &RunFollower::loaded, &loop, print);
    look.start(300ms);
    loop.exec();
    return exitStatus(follower.view().shown);
}

QString cancelLeaves(const RunId &run)
{
    QEventLoop loop;
    RunFollower follower(run);
    const auto look = [&] {
        if (!follower.cancelLeaves().isEmpty())
            loop.quit();
    };
    QObject::connect(&follower, &RunFollower::changed, &loop, look);
    QObject::connect(&follower, &RunFollower::runnerGone, &loop, &QEventLoop::quit);
    QTimer::singleShot(2s, &loop, &QEventLoop::quit);
    loop.exec();
    return follower.cancelLeaves();
}

} // namespace lb::cli
