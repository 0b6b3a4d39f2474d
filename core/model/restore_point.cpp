// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/restore_point.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(RestorePoints)

qint64 integer(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toInteger();
}

QString text(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toString();
}

/// For two complete points: is `a` the better proof, and at the same proof the newer?
bool provesMore(const RestorePoint &a, const RestorePoint &b)
{
    return a.proof != b.proof ? a.proof > b.proof : a.madeAt > b.madeAt;
}

} // namespace

QString treeIndexFile(const QString &partFile)
{
    return QString(partFile).replace(QStringLiteral(".tar.zst"), QStringLiteral(".index.zst"));
}

QJsonObject PartRecord::toJson() const
{
    return {{QStringLiteral("id"), id},
            {QStringLiteral("title"), title},
            {QStringLiteral("kind"), kind},
            {QStringLiteral("format"), format},
            {QStringLiteral("encryption"), encryption},
            {QStringLiteral("bytes"), bytes},
            {QStringLiteral("stored_bytes"), storedBytes},
            {QStringLiteral("entries"), entries},
            {QStringLiteral("taken_from"), toJsonTime(takenFrom)},
            {QStringLiteral("taken_to"), toJsonTime(takenTo)},
            {QStringLiteral("sha256"), QString::fromLatin1(sha256)},
            {QStringLiteral("file"), file},
            {QStringLiteral("index"), index},
            {QStringLiteral("index_sha256"), QString::fromLatin1(indexSha256)},
            {QStringLiteral("source"), source},
            {QStringLiteral("details"), details}};
}

PartRecord PartRecord::fromJson(const QJsonObject &object)
{
    PartRecord part;
    part.id = text(object, "id");
    part.title = text(object, "title");
    part.kind = text(object, "kind");
    part.format = text(object, "format");
    part.encryption = text(object, "encryption");
    part.bytes = integer(object, "bytes");
    part.storedBytes = integer(object, "stored_bytes");
    part.entries = integer(object, "entries");
    part.takenFrom = fromJsonTime(text(object, "taken_from"));
    part.takenTo = fromJsonTime(text(object, "taken_to"));
    part.sha256 = text(object, "sha256").toLatin1();
    part.file = text(object, "file");
    part.index = text(object, "index");
    part.indexSha256 = text(object, "index_sha256").toLatin1();
    part.source = text(object, "source");
    part.details = object.value(QLatin1String("details")).toObject();
    return part;
}

QStringList RestorePoint::missingParts() const
{
    QStringList missing;
    for (const QString &needed : neededParts) {
        if (!part(needed))
            missing << needed;
    }
    return missing;
}

Completeness RestorePoint::completeness() const
{
    if (!problem.isEmpty() || (parts.empty() && neededParts.isEmpty()))
        return Completeness::Unknown;
    return missing().isEmpty() ? Completeness::Complete : Completeness::Incomplete;
}

QStringList RestorePoint::missing() const
{
    QStringList list = missingParts();
    if (isRecoveryKeyUntried)
        list << tr("the recovery key has not opened a point of this store yet");
    return list;
}

bool RestorePoint::isWhole() const
{
    return problem.isEmpty() && !(parts.empty() && neededParts.isEmpty()) &&
           missingParts().isEmpty();
}

bool RestorePoint::isEncrypted() const
{
    return std::any_of(parts.begin(), parts.end(),
                       [](const PartRecord &part) { return !part.encryption.isEmpty(); });
}

std::chrono::milliseconds RestorePoint::skew() const
{
    QDateTime first, last;
    for (const PartRecord &record : parts) {
        if (!first.isValid() || record.takenFrom < first)
            first = record.takenFrom;
        if (!last.isValid() || record.takenFrom > last)
            last = record.takenFrom;
    }
    return std::chrono::milliseconds(first.isValid() ? first.msecsTo(last) : 0);
}

qint64 RestorePoint::bytes() const
{
    qint64 sum = 0;
    for (const PartRecord &record : parts)
        sum += record.bytes;
    return sum;
}

qint64 RestorePoint::storedBytes() const
{
    qint64 sum = 0;
    for (const PartRecord &record : parts)
        sum += record.storedBytes;
    return sum;
}

const PartRecord *RestorePoint::part(const QString &partId) const
{
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const PartRecord &record) { return record.id == partId; });
    return found == parts.end() ? nullptr : &*found;
}

Result<const PartRecord *> RestorePoint::neededPart(const QString &partId) const
{
    if (const PartRecord *found = part(partId))
        return found;
    // What cannot be read has no parts: it is not the parts that are missing.
    if (!problem.isEmpty())
        return fail(ErrorCode::Corrupt, tr("Restore point %1 cannot be used").arg(id), problem,
                    tr("Choose another restore point"));
    QStringList ids;
    for (const PartRecord &record : parts)
        ids << record.id;
    return fail(ErrorCode::NotFound, tr("Restore point %1 has no part “%2”").arg(id, partId),
                tr("it has %1").arg(ids.join(QStringLiteral(", "))),
                tr("Choose another restore point, or only parts that it has with --only"));
}

QJsonObject RestorePoint::manifest() const
{
    QJsonArray partList;
    for (const PartRecord &record : parts)
        partList.append(record.toJson());
    return {{QStringLiteral("format"), 1},
            {QStringLiteral("id"), id},
            {QStringLiteral("system"), system},
            {QStringLiteral("type"), type},
            {QStringLiteral("made_at"), toJsonTime(madeAt)},
            {QStringLiteral("run"), run},
            {QStringLiteral("lifeboat"), lifeboatVersion},
            {QStringLiteral("plan_sha256"), planSha256},
            {QStringLiteral("journal_head"), journalHead},
            {QStringLiteral("tools"), tools},
            {QStringLiteral("identity"), identity.toJson()},
            {QStringLiteral("parts"), partList},
            {QStringLiteral("needed_parts"), toJsonArray(neededParts)},
            {QStringLiteral("limits"), toJsonArray(limits)},
            {QStringLiteral("warnings"), toJsonArray(warnings)},
            {QStringLiteral("recovery_recipient"), recoveryRecipient}};
}

Result<RestorePoint> RestorePoint::fromManifest(const QJsonObject &object)
{
    TRY(checkFormat(object, 1, tr("The restore point's manifest")));
    RestorePoint point;
    point.id = text(object, "id");
    point.system = text(object, "system");
    point.type = text(object, "type");
    point.madeAt = fromJsonTime(text(object, "made_at"));
    if (point.id.isEmpty() || !point.madeAt.isValid())
        return fail(ErrorCode::Corrupt, tr("The manifest lacks the restore point's id or time"));
    point.run = text(object, "run");
    point.lifeboatVersion = text(object, "lifeboat");
    point.planSha256 = text(object, "plan_sha256");
    point.journalHead = text(object, "journal_head");
    point.tools = object.value(QLatin1String("tools")).toObject();
    point.identity = Identity::fromJson(object.value(QLatin1String("identity")).toObject());
    for (const QJsonValue value : object.value(QLatin1String("parts")).toArray())
        point.parts.push_back(PartRecord::fromJson(value.toObject()));
    point.neededParts = toStringList(object.value(QLatin1String("needed_parts")));
    point.limits = toStringList(object.value(QLatin1String("limits")));
    point.warnings = toStringList(object.value(QLatin1String("warnings")));
    point.recoveryRecipient = text(object, "recovery_recipient");
    return point;
}

QJsonObject RestorePoint::toListJson() const
{
    QJsonArray partList;
    for (const PartRecord &record : parts)
        partList.append(record.toJson());
    return {{QStringLiteral("id"), id},
            {QStringLiteral("system"), system},
            {QStringLiteral("type"), type},
            {QStringLiteral("made_at"), toJsonTime(madeAt)},
            {QStringLiteral("run"), run},
            {QStringLiteral("store"), store},
            {QStringLiteral("completeness"),
             QJsonObject{{QStringLiteral("verdict"), name(completeness())},
                         {QStringLiteral("missing"), toJsonArray(missing())}}},
            {QStringLiteral("problem"), problem},
            {QStringLiteral("skew_seconds"), double(skew().count()) / 1000.0},
            {QStringLiteral("proof"),
             QJsonObject{{QStringLiteral("level"), name(proof)},
                         {QStringLiteral("at"),
                          proofAt.isValid() ? QJsonValue(toJsonTime(proofAt)) : QJsonValue()}}},
            {QStringLiteral("bytes"), bytes()},
            {QStringLiteral("stored_bytes"), storedBytes()},
            {QStringLiteral("parts"), partList},
            {QStringLiteral("identity"), identity.toJson()},
            {QStringLiteral("limits"), toJsonArray(limits)},
            {QStringLiteral("warnings"), toJsonArray(warnings)}};
}

BestPoint chooseBest(const std::vector<RestorePoint> &points,
                     std::optional<std::chrono::milliseconds> limit)
{
    BestPoint best;
    for (const RestorePoint &point : points) {
        if (!point.isWhole())
            continue;
        if (!best.newest || point.madeAt > best.newest->madeAt)
            best.newest = point;
        if (!best.proven || provesMore(point, *best.proven))
            best.proven = point;
    }
    if (!best.newest) {
        best.reason = points.empty() ? tr("There is no restore point yet")
                                     : tr("No restore point is complete");
        return best;
    }
    const qint64 lost = best.proven->madeAt.msecsTo(best.newest->madeAt);
    if (limit && lost > limit->count()) {
        best.reason = tr("The best proven point %1 is older than the newest complete one %2 by "
                         "more than the allowed loss")
                          .arg(best.proven->id, best.newest->id);
        return best;
    }
    best.chosen = best.proven;
    return best;
}

} // namespace lb
