// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/parts.h"

#include "core/base/text.h"
#include "core/model/toolchain_slots.h"
#include "core/plan/path_scope.h"

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr qsizetype kLongestId = 60;

/// Letters, digits, dot, dash and underscore; never hidden, never empty.
QString safeName(const QString &text)
{
    static const QRegularExpression unsafe(QStringLiteral("[^A-Za-z0-9._-]+"));
    static const QRegularExpression edges(QStringLiteral("\\A[._-]+|[._-]+\\z"));
    QString safe = text;
    safe.replace(unsafe, QStringLiteral("-")).remove(edges);
    return safe.left(kLongestId);
}

const PartSpec *declared(const Runbook &runbook, const QString &id)
{
    const auto found = std::find_if(runbook.parts.begin(), runbook.parts.end(),
                                    [&](const PartSpec &part) { return part.id == id; });
    return found == runbook.parts.end() ? nullptr : &*found;
}

/// The pipelines of a toolchain that a person runs, as items for for_each.
void addClassicPipelines(QJsonObject &item, const PartRecord &part)
{
    const QString key = QString::fromLatin1(kClassicPipelines);
    QJsonArray list;
    for (const QJsonValue pipeline : part.details.value(key).toArray()) {
        QJsonObject one = pipeline.toObject();
        one.insert(QStringLiteral("part"), part.id);
        one.insert(QStringLiteral("toolchain"), part.details.value(QLatin1String("name")));
        list.append(one);
    }
    item.insert(key, list);
}

} // namespace

QJsonArray pointParts(const RestorePoint &point, const QStringList &only)
{
    // Over all parts, chosen or not, so that a folder's name does not depend on `only`.
    QHash<QString, int> bases;
    for (const PartRecord &part : point.parts)
        ++bases[baseName(part.source)];
    QJsonArray list;
    for (const PartRecord &part : point.parts) {
        if (!only.isEmpty() && !only.contains(part.id))
            continue;
        QString base = baseName(part.source);
        if (bases.value(base) > 1)
            base += QLatin1Char('-') + shortHash(part.source);
        QJsonObject item{
            {QStringLiteral("id"), part.id},         {QStringLiteral("name"), part.id},
            {QStringLiteral("title"), part.title},   {QStringLiteral("kind"), part.kind},
            {QStringLiteral("source"), part.source}, {QStringLiteral("base_name"), base},
            {QStringLiteral("bytes"), part.bytes},   {QStringLiteral("entries"), part.entries}};
        item.insert(QString::fromLatin1(kSlotsByApi), slotsByApi(part));
        item.insert(QString::fromLatin1(kSlotsByHand), slotsByHand(part));
        addClassicPipelines(item, part);
        list.append(item);
    }
    return list;
}

Result<void> checkOnly(const RestorePoint &point, const QStringList &only)
{
    QStringList ids;
    for (const PartRecord &part : point.parts)
        ids << part.id;
    for (const QString &wanted : only) {
        if (ids.contains(wanted))
            continue;
        const QString close = nearest(wanted, ids);
        return fail(ErrorCode::BadInput,
                    tr("Restore point %1 has no part “%2”").arg(point.id, wanted),
                    tr("it has %1").arg(ids.join(QStringLiteral(", "))),
                    close.isEmpty() ? QString() : tr("Did you mean “%1”?").arg(close));
    }
    return {};
}

PartSpec PartNames::take(const QString &written, const QString &key, const QString &source)
{
    const PartSpec *spec = declared(*m_runbook, written);
    PartSpec part = spec ? *spec : PartSpec{written, {}, {}, true, false};
    if (!spec && m_runbook->parts.size() == 1) {
        part = m_runbook->parts.front();
        part.id = written;
    }
    const QString wanted = key.isEmpty() || !spec ? written : key;
    const QString base = wanted.startsWith(QLatin1Char('/')) ? baseName(wanted) : wanted;
    QString id = safeName(base);
    const bool changed = id != base;
    if (id.isEmpty())
        id = QStringLiteral("part");
    if (changed || m_taken.contains(id))
        id += QLatin1Char('-') + shortHash(wanted);
    // Equal keys are refused before; two steps that save the same thing are told apart by number.
    const QString unique = id;
    for (int n = 2; m_taken.contains(id); ++n)
        id = QStringLiteral("%1-%2").arg(unique).arg(n);
    m_taken.insert(id);
    if (part.title.isEmpty())
        part.title = source;
    else if (!key.isEmpty())
        part.title = QStringLiteral("%1 %2").arg(part.title, source);
    part.id = id;
    return part;
}

QString treePartFile(const QString &partId)
{
    return QStringLiteral("parts/%1.tar.zst").arg(partId);
}

QString referenceFile(const QString &partId)
{
    return QStringLiteral("parts/%1.sha256").arg(partId);
}

} // namespace lb
