// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/points_model.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "ui/sorted_rows.h"

#include <algorithm>

namespace lb {

namespace {

using namespace std::chrono_literals;

/// The list has no room for the time between parts that were taken as good as at once.
constexpr auto kWorthTelling = 1min;

} // namespace

void rank(std::vector<RestorePoint> &points)
{
    const auto key = [](const RestorePoint &point) {
        return std::tuple(point.problem.isEmpty(), point.completeness() == Completeness::Complete,
                          int(point.proof), point.madeAt.toMSecsSinceEpoch());
    };
    std::stable_sort(points.begin(), points.end(),
                     [&](const RestorePoint &a, const RestorePoint &b) { return key(a) > key(b); });
}

void PointsModel::setPoints(std::vector<RestorePoint> points)
{
    const bool sameRows =
        std::equal(points.begin(), points.end(), m_points.begin(), m_points.end(),
                   [](const RestorePoint &a, const RestorePoint &b) { return a.id == b.id; });
    if (sameRows) {
        m_points = std::move(points);
        if (!m_points.empty())
            Q_EMIT dataChanged(index(0, 0), index(int(m_points.size()) - 1, Count - 1));
        return;
    }
    beginResetModel();
    m_points = std::move(points);
    endResetModel();
}

const RestorePoint *PointsModel::at(int row) const
{
    return row >= 0 && row < int(m_points.size()) ? &m_points[size_t(row)] : nullptr;
}

int PointsModel::rowOf(const QString &point) const
{
    const auto found = std::find_if(m_points.begin(), m_points.end(),
                                    [&](const RestorePoint &one) { return one.id == point; });
    return found == m_points.end() ? -1 : int(found - m_points.begin());
}

int PointsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_points.size());
}

int PointsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString PointsModel::cell(const RestorePoint &point, int column) const
{
    switch (column) {
    case Made:
        return shortTimeAndAge(point.madeAt);
    case System:
        return displayText(point.system);
    case Complete:
        return completenessText(point);
    case Proof:
        return proofText(point);
    case Loss:
        return formatDuration(std::chrono::milliseconds(point.madeAt.msecsTo(utcNow())));
    case Parts:
        return point.parts.size() > 1 && point.skew() >= kWorthTelling
                   //: how many parts a restore point has and the time between them
                   ? tr("%1, %2 apart")
                         .arg(QLocale().toString(qlonglong(point.parts.size())),
                              formatDuration(point.skew()))
                   : QLocale().toString(qlonglong(point.parts.size()));
    case Size:
        return formatSize(point.bytes());
    case Store:
        return displayText(point.store);
    }
    return {};
}

QVariant PointsModel::data(const QModelIndex &index, int role) const
{
    const RestorePoint *point = index.isValid() ? at(index.row()) : nullptr;
    if (!point)
        return {};
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return cell(*point, index.column());
    case Qt::DecorationRole:
        if (index.column() == Complete)
            return lifeboatIcon(toneIcon(toneOf(point->completeness())),
                                toneOf(point->completeness()));
        if (index.column() == Proof) {
            const Tone tone = point->problem.isEmpty() ? toneOf(point->proof) : Tone::Bad;
            return lifeboatIcon(toneIcon(tone), tone);
        }
        return {};
    case kSortRole:
        switch (index.column()) {
        case Made:
            return point->madeAt;
        case Complete:
            return int(point->completeness());
        case Proof:
            return int(point->proof);
        case Loss:
            return -point->madeAt.toMSecsSinceEpoch();
        case Parts:
            return qlonglong(point->parts.size());
        case Size:
            return point->bytes();
        }
        return cell(*point, index.column());
    case kFilterRole: {
        QStringList words{point->id, point->run};
        for (int column = 0; column < Count; ++column)
            words << cell(*point, column);
        for (const PartRecord &part : point->parts)
            words << part.title << part.source;
        return words.join(QLatin1Char(' '));
    }
    }
    return {};
}

QVariant PointsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Made:
        return tr("Made (%1)").arg(zoneWord());
    case System:
        return tr("System");
    case Complete:
        return tr("Complete");
    case Proof:
        return tr("Proof");
    case Loss:
        return tr("Would lose");
    case Parts:
        return tr("Parts");
    case Size:
        return tr("Size");
    case Store:
        return tr("Store");
    }
    return {};
}

} // namespace lb
