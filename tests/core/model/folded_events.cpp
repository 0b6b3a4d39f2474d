// SPDX-License-Identifier: GPL-3.0-or-later
#include "folded_events.h"

#include <QJsonDocument>

namespace lb::test {

QJsonObject json(const QByteArray &text)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(QByteArray(text).replace('\'', '"'), &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("%s: %s", text.constData(), qPrintable(error.errorString()));
    return document.object();
}

QDateTime second(int n)
{
    return QDateTime(QDate(2026, 11, 21), QTime(3, 4, 5), Qt::UTC).addSecs(n);
}

RunState folded(const QString &events)
{
    RunRequest request;
    request.id = RunId(kRun);
    request.runbookId = QStringLiteral("files.save");
    request.system.name = QStringLiteral("shop");
    RunEvent first;
    first.seq = 1;
    first.time = second(0);
    first.data = {{QStringLiteral("request"), request.toJson()}};
    RunState state;
    state.apply(first);
    for (const QString &text : events.split(QStringLiteral(" | "), Qt::SkipEmptyParts)) {
        const QString head = text.section(u'{', 0, 0).simplified();
        const auto kind = eventKindFromName(head.section(u' ', 0, 0));
        if (!kind)
            qFatal("no event: %s", qPrintable(text));
        RunEvent event;
        event.seq = state.lastSeq + 1;
        event.time = second(int(state.lastSeq));
        event.kind = *kind;
        event.step = head.section(u' ', 1, 1);
        if (const StepRecord *record = state.step(event.step))
            event.attempt = record->attempts;
        if (event.kind == EventKind::StepIntended)
            ++event.attempt;
        if (text.contains(u'{'))
            event.data = json(text.mid(text.indexOf(u'{')).toUtf8());
        state.apply(event);
    }
    return state;
}

} // namespace lb::test
