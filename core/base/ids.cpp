// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/ids.h"

#include "core/base/clock.h"

#include <QRandomGenerator>
#include <QRegularExpression>

namespace lb {

namespace {

QString freshId(QLatin1Char kind)
{
    const quint32 noise = QRandomGenerator::system()->generate() & 0xFFFFFFu;
    return kind + utcNow().toString(QStringLiteral("yyyyMMdd-HHmmss-")) +
           QStringLiteral("%1").arg(noise, 6, 16, QLatin1Char('0'));
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
