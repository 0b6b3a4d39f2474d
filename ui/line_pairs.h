// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

#include <vector>

namespace lb {

/// One row of two texts side by side; -1 where a side has no line for it.
struct LinePair
{
    int left = -1, right = -1; ///< index of the line
    bool isSame = false;

    friend bool operator==(const LinePair &, const LinePair &) = default;
};

/// Lays two texts side by side so that equal lines stand in one row: with the fewest differences
/// that can be found in reasonable time, else the lines that differ as one block. Pure.
std::vector<LinePair> pairLines(const QStringList &left, const QStringList &right);

} // namespace lb
