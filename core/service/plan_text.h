// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace lb {

/// Text broken at spaces (a longer word inside) so that no line has more than `width` characters;
/// 0 = not broken. The first line begins with `first`, the others with `next`.
QStringList wrapText(const QString &text, int width, const QString &first = {},
                     const QString &next = {});

} // namespace lb
