// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace lb {

/// The candidate nearest to `word` by edit distance, for "did you mean"; empty when none is near.
QString nearest(const QString &word, const QStringList &candidates);

/// One argument as a POSIX shell would need it typed, for showing and copying. Never executed.
QString shellQuoted(const QString &argument);
/// Program and arguments as one copyable line.
QString shellLine(const QString &program, const QStringList &arguments);

} // namespace lb
