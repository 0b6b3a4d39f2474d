// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/point_session.h"

namespace lb {

Result<void> PointSession::begin()
{
    if (m_writer)
        return {};
    TRY_VALUE(const FolderStore store, FolderStore::open(m_store, true));
    TRY_VALUE(PointWriter writer, store.beginPoint(m_system, m_point, m_run));
    m_writer.emplace(std::move(writer));
    return {};
}

Result<QString> PointSession::folder()
{
    const std::lock_guard lock(m_mutex);
    TRY(begin());
    return m_writer->folder();
}

Result<RestorePoint> PointSession::publish(const RestorePoint &point)
{
    const std::lock_guard lock(m_mutex);
    TRY(begin());
    return m_writer->publish(point);
}

Result<void> PointSession::abandon()
{
    const std::lock_guard lock(m_mutex);
    if (!m_writer)
        return {};
    Result<void> done;
    if (!m_writer->isPublished())
        done = m_writer->abandon();
    m_writer.reset();
    return done;
}

} // namespace lb
