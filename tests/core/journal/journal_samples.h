// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/base/process_identity.h"
#include "core/journal/journal_format.h"

#include <QFile>
#include <QTest>

namespace lb::test {

inline RunEvent newEvent(EventKind kind, const QString &step = {}, const QJsonObject &data = {})
{
    RunEvent made;
    made.kind = kind;
    made.step = step;
    made.attempt = step.isEmpty() ? 0 : 1;
    made.data = data;
    return made;
}

/// What a run of `steps` steps leaves: a request, three lines a step, an end.
inline std::vector<RunEvent> runOf(int steps)
{
    std::vector<RunEvent> events;
    events.push_back(
        newEvent(EventKind::RunRequested, {},
                 {{QStringLiteral("request"),
                   QJsonObject{{QStringLiteral("runbook"), QStringLiteral("files.save")},
                               {QStringLiteral("system"), QStringLiteral("Bücher \"1\"")}}}}));
    for (int i = 0; i < steps; ++i) {
        const QString step = QStringLiteral("copy[folder %1]").arg(i);
        events.push_back(newEvent(
            EventKind::StepIntended, step,
            {{QStringLiteral("fills"),
              QJsonObject{{QStringLiteral("run"), QStringLiteral("r20261121-030405-a1b2c3")}}}}));
        events.push_back(newEvent(EventKind::StepObserved, step,
                                  {{QStringLiteral("what"), ProcessIdentity::self().toJson()}}));
        events.push_back(newEvent(
            EventKind::StepSucceeded, step,
            {{QStringLiteral("outputs"), QJsonObject{{QStringLiteral("exit_status"), 0},
                                                     {QStringLiteral("bytes"), 123456 + i}}}}));
    }
    events.push_back(newEvent(EventKind::RunEnded, {},
                              {{QStringLiteral("state"), QStringLiteral("succeeded")}}));
    return events;
}

inline QByteArray journalBytes(std::vector<RunEvent> events)
{
    QByteArray bytes;
    QByteArray head = journalOrigin();
    quint64 seq = 0;
    for (RunEvent &one : events) {
        one.seq = ++seq;
        one.time = utcNow();
        const SealedLine sealed = sealLine(one, head);
        bytes += sealed.line;
        head = sealed.sha256;
    }
    return bytes;
}

inline void writeFile(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

inline QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<unreadable>");
}

inline bool full()
{
    return qEnvironmentVariableIntValue("LIFEBOAT_TEST_FULL") == 1;
}

} // namespace lb::test

#define VERIFY_RESULT(result)                                                                      \
    do {                                                                                           \
        if (!(result))                                                                             \
            QFAIL(qPrintable((result).error().sentence()));                                        \
    } while (false)
