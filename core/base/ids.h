// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHashFunctions>
#include <QString>

namespace lb {

/// A text that names one kind of thing; different kinds do not mix. `Tag` only tells them apart.
template <class Tag>
class Id
{
public:
    Id() = default;
    explicit Id(QString value) : m_value(std::move(value)) {}
    const QString &value() const { return m_value; }
    bool isEmpty() const { return m_value.isEmpty(); }
    friend bool operator==(const Id &a, const Id &b) { return a.m_value == b.m_value; }
    friend bool operator<(const Id &a, const Id &b) { return a.m_value < b.m_value; }
    friend size_t qHash(const Id &id, size_t seed = 0) { return ::qHash(id.m_value, seed); }

private:
    QString m_value;
};

using RunId = Id<struct RunTag>;
using PointId = Id<struct PointTag>;
using StepId = Id<struct StepTag>;

/// New ids sort by the time they were made and are safe as file names: `20261121-030405-a1b2c3`.
/// Runs begin with `r`, restore points with `p`, so that one is never taken for the other.
RunId newRunId();
PointId newPointId();

/// True for a text that newRunId()/newPointId() could have made. Checked before an id that came
/// from outside becomes part of a path.
bool isValidId(const QString &text);

} // namespace lb
