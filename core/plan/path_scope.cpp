// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/path_scope.h"

#include "core/base/digest.h"

#include <QDir>

namespace lb {

namespace {

/// A name may have 255 bytes; `.lifeboat-stage-`, a run id and dashes take 44 of them.
constexpr qsizetype kLongestBase = 180;

QString shortened(const QString &base)
{
    if (base.toUtf8().size() <= kLongestBase)
        return base;
    QString head = base.left(kLongestBase / 4);
    if (head.back().isHighSurrogate())
        head.chop(1);
    return head + QLatin1Char('-') + shortHash(base);
}

} // namespace

QString cleanPath(const QString &path)
{
    QString clean = QDir::cleanPath(path);
    // QDir keeps a `..` that climbs above the root.
    while (clean.startsWith(QLatin1String("/../")))
        clean.remove(0, 3);
    return clean == QLatin1String("/..") ? QStringLiteral("/") : clean;
}

QString baseName(const QString &path)
{
    const QString base = cleanPath(path).section(QLatin1Char('/'), -1);
    return base.isEmpty() ? QStringLiteral("root") : base;
}

bool pathsOverlap(const QString &a, const QString &b)
{
    const auto withSlash = [](const QString &path) {
        const QString clean = cleanPath(path);
        return clean.endsWith(QLatin1Char('/')) ? clean : clean + QLatin1Char('/');
    };
    const QString first = withSlash(a);
    const QString second = withSlash(b);
    return first.startsWith(second) || second.startsWith(first);
}

QStringList firstOverlap(const QStringList &targets, const QStringList &live)
{
    for (const QString &target : targets) {
        for (const QString &name : live) {
            if (target == name || (name.startsWith(QLatin1Char('/')) && pathsOverlap(target, name)))
                return {target, name};
        }
    }
    return {};
}

TemplateText siblingOf(const QString &folder, const QString &word)
{
    const QString clean = cleanPath(folder);
    TemplateText sibling(clean.left(clean.lastIndexOf(QLatin1Char('/')) + 1) +
                         QStringLiteral(".lifeboat-%1-").arg(word));
    sibling.append(Slot{QStringLiteral("run")});
    sibling.append(QLatin1Char('-') + shortened(baseName(clean)));
    return sibling;
}

TemplateText childOf(const QString &folder, const QString &word)
{
    TemplateText child(cleanPath(folder));
    child.append(
        QStringLiteral("%1.lifeboat-%2-")
            .arg(child.literal().endsWith(QLatin1Char('/')) ? QString() : QStringLiteral("/"),
                 word));
    child.append(Slot{QStringLiteral("run")});
    return child;
}

QString shortHash(const QString &text)
{
    return QString::fromLatin1(Sha256::hex(text.toUtf8()).left(8));
}

} // namespace lb
