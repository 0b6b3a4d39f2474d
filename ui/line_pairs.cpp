// SPDX-License-Identifier: GPL-3.0-or-later
// E. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1986: the greedy
// algorithm of its figure 2, with the paths kept to walk back.
#include "ui/line_pairs.h"

#include <QHash>

#include <algorithm>

namespace lb {

namespace {

/// Time and memory grow with the square of it: 2 million numbers.
constexpr int kMostDifferences = 1400;

using Numbers = std::vector<int>;

/// Lines as numbers: compared once, not in each step.
struct Numbered
{
    Numbers left, right;
};

Numbered numbered(const QStringList &left, const QStringList &right)
{
    QHash<QString, int> known;
    const auto number = [&](const QStringList &lines) {
        Numbers all;
        for (const QString &line : lines) {
            if (!known.contains(line))
                known.insert(line, int(known.size()));
            all.push_back(known.value(line));
        }
        return all;
    };
    return {number(left), number(right)};
}

/// How far each diagonal was reached with 0, 1, 2… differences; empty when there are too many.
std::vector<Numbers> furthestPaths(const Numbers &left, const Numbers &right)
{
    const int most = std::min(int(left.size() + right.size()), kMostDifferences);
    std::vector<Numbers> paths;
    Numbers reached(size_t(2 * most + 3), 0);
    for (int differences = 0; differences <= most; ++differences) {
        for (int k = -differences; k <= differences; k += 2) {
            const size_t at = size_t(k + most + 1);
            const bool down =
                k == -differences || (k != differences && reached[at - 1] < reached[at + 1]);
            int x = down ? reached[at + 1] : reached[at - 1] + 1;
            while (x < int(left.size()) && x - k < int(right.size()) &&
                   left[size_t(x)] == right[size_t(x - k)])
                ++x;
            reached[at] = x;
            if (x >= int(left.size()) && x - k >= int(right.size())) {
                paths.emplace_back(reached.begin() + (most + 1 - differences),
                                   reached.begin() + (most + 2 + differences));
                return paths;
            }
        }
        paths.emplace_back(reached.begin() + (most + 1 - differences),
                           reached.begin() + (most + 2 + differences));
    }
    return {};
}

/// The equal lines as pairs, in order.
std::vector<std::pair<int, int>> equalLines(const Numbers &left, const Numbers &right)
{
    const std::vector<Numbers> paths = furthestPaths(left, right);
    std::vector<std::pair<int, int>> equal;
    int x = int(left.size()), y = int(right.size());
    for (int differences = int(paths.size()) - 1; differences >= 0; --differences) {
        int fromX = 0, fromY = 0;
        if (differences > 0) {
            const Numbers &before = paths[size_t(differences) - 1];
            const auto reached = [&](int k) {
                return std::abs(k) < differences ? before[size_t(k + differences - 1)] : -1;
            };
            const int k = x - y;
            const bool down =
                k == -differences || (k != differences && reached(k - 1) < reached(k + 1));
            const int previous = down ? k + 1 : k - 1;
            fromX = reached(previous);
            fromY = fromX - previous;
            const int startX = down ? fromX : fromX + 1;
            while (x > startX)
                equal.emplace_back(--x, --y);
            x = fromX;
            y = fromY;
        } else {
            while (x > 0)
                equal.emplace_back(--x, --y);
        }
    }
    std::reverse(equal.begin(), equal.end());
    return equal;
}

} // namespace

std::vector<LinePair> pairLines(const QStringList &left, const QStringList &right)
{
    const Numbered all = numbered(left, right);
    const auto ends =
        std::mismatch(all.left.begin(), all.left.end(), all.right.begin(), all.right.end());
    const int head = int(ends.first - all.left.begin());
    const auto tails = std::mismatch(all.left.rbegin(), std::make_reverse_iterator(ends.first),
                                     all.right.rbegin(), std::make_reverse_iterator(ends.second));
    const int tail = int(tails.first - all.left.rbegin());
    const int leftEnd = int(all.left.size()) - tail, rightEnd = int(all.right.size()) - tail;

    std::vector<LinePair> pairs;
    int l = 0, r = 0;
    const auto goTo = [&](int leftStop, int rightStop) {
        while (l < leftStop || r < rightStop)
            pairs.push_back({l < leftStop ? l++ : -1, r < rightStop ? r++ : -1, false});
    };
    const auto same = [&] { pairs.push_back({l++, r++, true}); };
    while (l < head)
        same();
    for (const auto &[x, y] :
         equalLines(Numbers(all.left.begin() + head, all.left.begin() + leftEnd),
                    Numbers(all.right.begin() + head, all.right.begin() + rightEnd))) {
        goTo(head + x, head + y);
        same();
    }
    goTo(leftEnd, rightEnd);
    while (l < int(all.left.size()))
        same();
    return pairs;
}

} // namespace lb
