// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/ids.h"

#include "core/base/clock.h"

#include <QRandomGenerator>
#include <QRegularExpression>

namespace lb {

namespace {

QString freshId(QLatin1Char kind)
{
    // The last six digits: the millisecond, so that ids of one second sort too, then chance.
    const QDateTime now = utcNow();
    const quint32 noise = QRandomGenerator::system()->generate() & 0xFFFu;
    const quint32 tail = quint32(now.time().msec()) << 12 | noise;
    return kind + now.toString(QStringLiteral("yyyyMMdd-HHmmss-")) +
           QStringLiteral("%1").arg(tail, 6, 16, QLatin1Char('0'));
}

} // namespace

RunId newRunId()
{
    return RunId(freshId(QLatin1Char('r')));
}

PointId newPointId()
{
    return PointId(freshId(QLatin1Char('p')));
}

bool isValidId(const QString &text)
{
    static const QRegularExpression pattern(
        QStringLiteral("\\A[rp][0-9]{8}-[0-9]{6}-[0-9a-f]{6}\\z"));
    return pattern.match(text).hasMatch();
}

} // namespace lb
