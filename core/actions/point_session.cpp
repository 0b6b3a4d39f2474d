// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/point_session.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

Result<FolderStore> openForSaving(const StoreProfile &profile, const Inventory *inventory)
{
    PointFilter filter;
    filter.store = profile.name;
    filter.limit = 1;
    bool hadPoints = false;
    if (inventory) {
        TRY_VALUE(const std::vector<RestorePoint> known, inventory->points(filter));
        hadPoints = !known.empty();
    }
    if (!hadPoints)
        return FolderStore::open(profile, OpenStore::OrCreate);
    auto store = FolderStore::open(profile, OpenStore::Existing);
    if (store || store.error().code != ErrorCode::NotFound)
        return store;
    return fail(ErrorCode::Unreachable, tr("The store %1 is not where it was").arg(profile.name),
                tr("%1 holds no store, and restore points in it are known").arg(profile.folder),
                profile.name == kDefaultStore
                    ? tr("Nothing was saved. Mount its disk; if it is gone for good: lifeboat-cli "
                         "doctor --rebuild-inventory")
                    : tr("Nothing was saved. Mount its disk; if it is gone for good, make %1 a "
                         "store anew: stores remove, doctor --rebuild-inventory, stores add")
                          .arg(profile.folder));
}

Result<void> PointSession::begin()
{
    if (m_writer)
        return {};
    TRY_VALUE(const FolderStore store, openForSaving(m_store, m_inventory));
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
