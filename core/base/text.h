// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace lb {

/// The candidate nearest to `word` by edit distance, for "did you mean"; empty when none is near.
QString nearest(const QString &word, const QStringList &candidates);

enum class LongWords
{
    Break,
    Keep, ///< on a line of their own, unbroken, for what people copy
};

/// Text broken at spaces so that no line has more than `width` characters; 0 = not broken. The
/// first line begins with `first`, the others with `next`.
QStringList wrapText(const QString &text, int width, const QString &first = {},
                     const QString &next = {}, LongWords longWords = LongWords::Break);

/// One argument as a POSIX shell would need it typed, for showing and copying. Never executed.
QString shellQuoted(const QString &argument);
/// Program and arguments as one copyable line.
QString shellLine(const QString &program, const QStringList &arguments);

} // namespace lb
