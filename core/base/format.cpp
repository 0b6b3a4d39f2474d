// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "core/base/error.h"

#include <QLocale>
#include <QStringDecoder>
#include <QTimeZone>

namespace lb {

namespace {

LB_TRANSLATE(Format)

bool isBidiControl(ushort u)
{
    return u == 0x061C || u == 0x200E || u == 0x200F || (u >= 0x202A && u <= 0x202E) ||
           (u >= 0x2066 && u <= 0x2069);
}

} // namespace

QString formatSize(qint64 bytes)
{
    return QLocale().formattedDataSize(bytes, bytes < 1024 ? 0 : 1, QLocale::DataSizeIecFormat);
}

QString formatDuration(std::chrono::milliseconds duration)
{
    const QLocale locale;
    const qint64 ms = qMax<qint64>(0, duration.count());
    if (ms < 1000)
        //: a duration in milliseconds
        return tr("%1 ms").arg(locale.toString(ms));
    if (ms < 10'000)
        //: a duration in seconds with one decimal
        return tr("%1 s").arg(locale.toString(double(ms) / 1000.0, 'f', 1));
    const qint64 s = ms / 1000;
    if (s < 60)
        return tr("%1 s").arg(locale.toString(s));
    if (s < 3600)
        //: a duration: minutes and seconds
        return tr("%1 min %2 s").arg(locale.toString(s / 60), locale.toString(s % 60));
    if (s < 48 * 3600)
        //: a duration: hours and minutes
        return tr("%1 h %2 min").arg(locale.toString(s / 3600), locale.toString(s % 3600 / 60));
    //: a duration: days and hours
    return tr("%1 d %2 h").arg(locale.toString(s / 86400), locale.toString(s % 86400 / 3600));
}

QString formatTime(const QDateTime &time)
{
    if (!time.isValid())
        return tr("never");
    const QDateTime local = time.toLocalTime();
    //: %1 date and time, %2 time zone abbreviation
    return tr("%1 %2").arg(QLocale().toString(local, QStringLiteral("d MMM yyyy HH:mm")),
                           local.timeZoneAbbreviation());
}

QString formatAge(const QDateTime &time, const QDateTime &now)
{
    if (!time.isValid())
        return tr("never");
    const qint64 s = qMax<qint64>(0, time.secsTo(now));
    if (s < 60)
        return tr("just now");
    if (s < 3600)
        return tr("%n minute(s) ago", nullptr, int(s / 60));
    if (s < 86400)
        return tr("%n hour(s) ago", nullptr, int(s / 3600));
    return tr("%n day(s) ago", nullptr, int(s / 86400));
}

QString displayText(const QString &text, bool keepLines)
{
    QString safe;
    safe.reserve(text.size());
    for (const QChar c : text) {
        const ushort u = c.unicode();
        if (keepLines && (u == '\n' || u == '\t'))
            safe += c;
        else if (u == '\n')
            safe += QStringLiteral("\\n");
        else if (u == '\t')
            safe += QStringLiteral("\\t");
        else if (u < 0x20 || (u >= 0x7F && u < 0xA0))
            safe += QStringLiteral("\\x%1").arg(u, 2, 16, QLatin1Char('0'));
        else if (isBidiControl(u))
            safe += QStringLiteral("\\u%1").arg(u, 4, 16, QLatin1Char('0'));
        else
            safe += c;
    }
    return safe;
}

QString displayBytes(const QByteArray &bytes)
{
    QString text;
    qsizetype from = 0;
    while (from < bytes.size()) {
        // The longest valid run, then one byte escaped.
        qsizetype length = bytes.size() - from;
        QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
        QString run = decoder.decode(QByteArrayView(bytes).sliced(from, length));
        if (!decoder.hasError()) {
            text += displayText(run);
            break;
        }
        const auto byte = static_cast<unsigned char>(bytes[from]);
        qsizetype width = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
        width = qMin(width, length);
        QStringDecoder one(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
        run = one.decode(QByteArrayView(bytes).sliced(from, width));
        if (byte >= 0xC2 && byte < 0xF5 && !one.hasError() &&
            !run.contains(QChar::ReplacementCharacter)) {
            text += displayText(run);
            from += width;
        } else if (byte < 0x80) {
            text += displayText(QString(QLatin1Char(char(byte))));
            ++from;
        } else {
            text += QStringLiteral("\\x%1").arg(byte, 2, 16, QLatin1Char('0'));
            ++from;
        }
    }
    return text;
}

} // namespace lb
