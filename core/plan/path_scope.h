// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/template_text.h"

#include <QStringList>

namespace lb {

/// Absolute paths by their text alone; nothing here looks at a disk.

/// Without `.`, `..`, doubled and trailing slashes.
QString cleanPath(const QString &path);
/// `/srv/shop` → `shop`; `/` → `root`.
QString baseName(const QString &path);
/// True when one is the other or lies below it, component by component.
bool pathsOverlap(const QString &a, const QString &b);
/// The first pair that overlaps; empty when none does. Entries of `live` that are no absolute
/// paths (names of databases) are left out.
QStringList firstOverlap(const QStringList &targets, const QStringList &live);

/// `<parent>/.lifeboat-<word>-‹run›-<base>`: beside the folder, named after the run.
TemplateText siblingOf(const QString &folder, const QString &word);
/// `<folder>/.lifeboat-<word>-‹run›`.
TemplateText childOf(const QString &folder, const QString &word);

/// At most eight hex digits that tell texts apart.
QString shortHash(const QString &text);

} // namespace lb
