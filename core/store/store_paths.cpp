// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/store_paths.h"

#include "core/base/format.h"

#include <QStringList>

#include <algorithm>

namespace lb::storepaths {

namespace {

LB_TRANSLATE(Store)

bool isPlainName(const QString &name)
{
    return !name.isEmpty() && !name.startsWith(QLatin1Char('.')) && name.toUtf8().size() <= 200 &&
           std::none_of(name.begin(), name.end(), [](QChar c) {
               return c < QLatin1Char(' ') || c == QChar(0x7f) || c == QLatin1Char('/') ||
                      c == QLatin1Char('\\');
           });
}

} // namespace

QString marker(const QString &store)
{
    return store + QStringLiteral("/.lifeboat-store");
}

QString recoveryKeys(const QString &store)
{
    return store + QStringLiteral("/.lifeboat-recovery-keys");
}

QString partial(const QString &systemFolder, const PointId &id)
{
    return published(systemFolder, id) + QStringLiteral(".partial");
}

QString removing(const QString &systemFolder, const PointId &id)
{
    return systemFolder + QStringLiteral("/.removing-") + id.value();
}

QString published(const QString &systemFolder, const PointId &id)
{
    return systemFolder + QLatin1Char('/') + id.value();
}

QString proofs(const QString &systemFolder, const PointId &id)
{
    return systemFolder + QStringLiteral("/.proofs/") + id.value() + QStringLiteral(".jsonl");
}

QString locks(const QString &systemFolder)
{
    return systemFolder + QStringLiteral("/.locks");
}

QString owner(const QString &partialFolder)
{
    return partialFolder + QStringLiteral("/.writer.json");
}

Result<void> checkSystemName(const QString &system)
{
    if (!isPlainName(system))
        return fail(ErrorCode::BadInput, tr("This cannot be the name of a system"),
                    displayText(system));
    return {};
}

Result<void> checkPointId(const PointId &id)
{
    if (!isValidId(id.value()) || !id.value().startsWith(QLatin1Char('p')))
        return fail(ErrorCode::BadInput, tr("This is not the id of a restore point"),
                    displayText(id.value()),
                    tr("Ids look like p20261121-030405-a1b2c3; see backups list"));
    return {};
}

Result<void> checkPartPath(const QString &path)
{
    const QStringList names = path.split(QLatin1Char('/'));
    if (names.size() < 2 || names.first() != QLatin1String("parts") ||
        !std::all_of(names.begin(), names.end(), isPlainName))
        return fail(ErrorCode::BadInput, tr("This cannot be the file of a part"),
                    displayText(path));
    return {};
}

} // namespace lb::storepaths
