// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/region_advice.h"

#include <QJsonArray>
#include <QLocale>
#include <QMap>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainAddress)

/// With fewer days left a save can no longer wait for the next maintenance window.
constexpr qint64 kUrgentDays = 30;

bool isOver(const ToolchainRegion &region, const QDate &today)
{
    return region.state == ToolchainRegion::State::Gone ||
           (region.state == ToolchainRegion::State::Closing && region.end < today);
}

/// Of each region that the profile names, and how many restore points hold something of each.
struct Regions
{
    QStringList named;
    QMap<QString, int> saved;
};

Regions regionsOf(const QJsonObject &inputs, const std::vector<RestorePoint> &points)
{
    Regions regions;
    const QJsonValue given = inputs.value(QLatin1String("toolchain"));
    const QString console = inputs.value(QLatin1String("console_url")).toString();
    for (const QJsonValue text : given.isString() ? QJsonArray{given} : given.toArray()) {
        // What is no address is said by the checks.
        if (const auto address = readToolchainAddress(text.toString(), console))
            regions.named << address->region;
    }
    for (const RestorePoint &point : points) {
        QStringList inside;
        for (const PartRecord &part : point.parts) {
            if (part.kind == QLatin1String(kToolchainPart))
                inside << part.details.value(QLatin1String("region")).toString();
        }
        inside.removeDuplicates();
        for (const QString &name : std::as_const(inside))
            ++regions.saved[name];
    }
    return regions;
}

Advice adviceOn(const ToolchainRegion &region, int saved, const QDate &today)
{
    const bool over = isOver(region, today);
    Advice advice{
        over || today.daysTo(region.end) < kUrgentDays, regionEnd(region, today), {}, region.end};
    if (!over)
        advice.remedy = tr("Save now, and restore into a region that stays");
    else if (saved > 0)
        advice.remedy = tr("%n restore point(s) of it are left: restore into a region that stays",
                           nullptr, saved);
    else
        advice.remedy = tr("Nothing was saved from it");
    return advice;
}

} // namespace

QString regionEnd(const ToolchainRegion &region, const QDate &today)
{
    const QString day = QLocale().toString(region.end, QLocale::LongFormat);
    if (region.state == ToolchainRegion::State::Gone)
        return tr("%1 is gone: what was in it is removed and can no longer be saved")
            .arg(region.name);
    if (region.state != ToolchainRegion::State::Closing)
        return {};
    if (region.end < today)
        return tr("%1 is gone since %2: what was in it is removed and can no longer be saved")
            .arg(region.name, day);
    if (region.end == today)
        return tr("%1 is being closed: its service ends today, and what is in it is removed")
            .arg(region.name);
    return tr("%1 is being closed: its service ends on %2, in %n day(s), perhaps earlier, and "
              "what is in it is removed",
              nullptr, int(today.daysTo(region.end)))
        .arg(region.name, day);
}

std::vector<Advice> toolchainAdvice(const QJsonObject &inputs,
                                    const std::vector<RestorePoint> &points, const QDate &today)
{
    const Regions regions = regionsOf(inputs, points);
    std::vector<Advice> list;
    for (const ToolchainRegion &region : toolchainRegions()) {
        const int saved = regions.saved.value(region.name);
        const bool counts =
            regions.named.contains(region.name) || (saved > 0 && isOver(region, today));
        if (counts && !regionEnd(region, today).isEmpty())
            list.push_back(adviceOn(region, saved, today));
    }
    std::stable_partition(list.begin(), list.end(),
                          [](const Advice &advice) { return advice.isUrgent; });
    return list;
}

} // namespace lb
