// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/toolchain_slots.h"

#include "core/model/runbook.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Toolchains)

QJsonArray neededSlots(const PartRecord &part, bool isByApi)
{
    QJsonArray list;
    for (const QJsonValue slot : part.details.value(QLatin1String("slots")).toArray()) {
        if (!slot[QLatin1String("needed")].toBool() ||
            !slot[QLatin1String("reference")].toString().isEmpty() ||
            slot[QLatin1String("by_api")].toBool() != isByApi)
            continue;
        QJsonObject one = slot.toObject();
        one.insert(QStringLiteral("part"), part.id);
        one.insert(QStringLiteral("toolchain"), part.details.value(QLatin1String("name")));
        list.append(one);
    }
    return list;
}

} // namespace

QJsonArray slotsByApi(const PartRecord &part)
{
    return neededSlots(part, true);
}

QJsonArray slotsByHand(const PartRecord &part)
{
    return neededSlots(part, false);
}

QString slotTitle(const QJsonValue &slot, const QString &part)
{
    return tr("%1, %2", "%1 a secret of a tool, %2 a toolchain")
        .arg(slot[QLatin1String("title")].toString(), part);
}

bool fillsSlots(const Runbook &runbook)
{
    const QString each = QStringLiteral("point.") + QLatin1String(kSlotsByApi);
    return std::any_of(runbook.steps.begin(), runbook.steps.end(),
                       [&](const StepSpec &step) { return step.forEach == each; });
}

} // namespace lb
