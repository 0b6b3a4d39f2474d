// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"
#include "core/model/run_state.h"
#include "core/service/service.h"

#include <QHash>

#include <memory>

namespace lb {

class Inventory;

/// Runs, obligations and restore points for lists: the inventory where it is known to be right,
/// run folders and journals where it is not. Main thread. Blocks on local files only.
class RunIndex
{
public:
    RunIndex();
    ~RunIndex();

    /// One run with what it still has to undo.
    struct Row
    {
        facade::RunSummary summary;
        std::vector<Obligation> obligations;
    };
    /// Newest first; every run folder that there is.
    std::vector<Row> runs(bool withHidden);
    static Row rowOf(const RunView &view);

    std::vector<RestorePoint> points(const QString &system);
    /// Why the inventory does not tell which restore points there are; nothing when it does.
    std::optional<QString> outOfDate(const std::vector<StoreProfile> &stores);

    /// Takes a run that was just changed here into the inventory. Its failure is no failure of
    /// the change: the index can be made anew at any time.
    void remember(const RunView &view);
    void forget(const RunId &run);

private:
    struct Known
    {
        QDateTime changed;  ///< of the journal file, when it was read
        qint64 bytes = 0;   ///< of it
        bool lives = false; ///< the runner, then
        Row row;
    };
    Inventory *inventory();
    /// `indexed`: what the inventory says of it; the title of a plan does not change.
    std::optional<Row> fromJournal(const RunId &run, const QDateTime &changed, const Row *indexed);

    std::unique_ptr<Inventory> m_inventory;
    QHash<RunId, Known> m_known;
};

} // namespace lb
