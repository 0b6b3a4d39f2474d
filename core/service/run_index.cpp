// SPDX-License-Identifier: GPL-3.0-or-later
// First, before the facade's types of the same names are visible.
#include "core/inventory/inventory.h"

#include "core/service/run_index.h"

#include "core/base/paths.h"
#include "core/journal/run_folder.h"

#include <QDir>
#include <QFileInfo>
#include <QSet>

namespace lb {

namespace {

LB_TRANSLATE(RunIndex)

/// A run whose journal changed this long after its recorded end was taken up again, or had an
/// obligation discharged: the index may not know.
constexpr qint64 kEndTolerance = 2;

QDateTime journalChanged(const RunId &run)
{
    return QFileInfo(RunFolder::of(run).journalFile()).lastModified();
}

qint64 journalSize(const RunId &run)
{
    return QFileInfo(RunFolder::of(run).journalFile()).size();
}

int openOf(const std::vector<Obligation> &obligations)
{
    return int(std::count_if(obligations.begin(), obligations.end(),
                             [](const Obligation &o) { return o.state == ObligationState::Open; }));
}

} // namespace

RunIndex::RunIndex() = default;
RunIndex::~RunIndex() = default;

Inventory *RunIndex::inventory()
{
    if (!m_inventory && QFileInfo::exists(paths::inventoryFile())) {
        if (auto opened = Inventory::open(paths::inventoryFile()))
            m_inventory = std::move(*opened);
    }
    return m_inventory.get();
}

RunIndex::Row RunIndex::rowOf(const RunView &view)
{
    const RunState &state = view.state;
    Row row;
    facade::RunSummary &summary = row.summary;
    summary.id = state.request.id.value();
    summary.runbook = state.request.runbookId;
    summary.title = view.plan ? view.plan->title : state.request.runbookId;
    summary.system = state.request.system.name;
    summary.purpose = view.plan ? view.plan->purpose : Purpose::Change;
    summary.state = view.shown;
    summary.startedAt = state.startedAt;
    summary.endedAt = state.endedAt;
    summary.restorePoint = state.restorePoint;
    // A draft's runner is gone, and with it what it waited for.
    if (view.shown != RunStateName::Draft)
        summary.waiting = state.waiting;
    summary.openObligations = openOf(state.obligations);
    summary.hidden = state.request.hidden;
    row.obligations = state.obligations;
    return row;
}

std::optional<RunIndex::Row> RunIndex::fromJournal(const RunId &run, const QDateTime &changed,
                                                   const Row *indexed)
{
    const bool isPlanKnown = indexed && !indexed->summary.title.isEmpty();
    const auto view = readRun(run, isPlanKnown ? ReadPlan::No : ReadPlan::Yes);
    if (!view)
        return std::nullopt;
    Row row = rowOf(*view);
    if (isPlanKnown) {
        row.summary.title = indexed->summary.title;
        row.summary.purpose = indexed->summary.purpose;
    }
    m_known.insert(run, Known{changed, journalSize(run), view->runnerAlive, row});
    return row;
}

std::vector<RunIndex::Row> RunIndex::runs(bool withHidden)
{
    QHash<QString, Row> indexed;
    if (Inventory *index = inventory()) {
        RunFilter filter;
        filter.withHidden = true;
        const auto found = index->runs(filter);
        ObligationFilter all;
        all.openOnly = false;
        const auto owed = index->obligations(all);
        if (found && owed) {
            for (const auto &run : *found) {
                Row row;
                row.summary = {
                    run.id.value(),      run.runbook,   run.title,   run.system,       run.purpose,
                    run.state,           run.startedAt, run.endedAt, run.restorePoint, std::nullopt,
                    run.openObligations, run.hidden,    false};
                indexed.insert(run.id.value(), row);
            }
            for (const Obligation &obligation : *owed) {
                if (const auto run = indexed.find(obligation.run); run != indexed.end())
                    run->obligations.push_back(obligation);
            }
        }
    }
    std::vector<Row> rows;
    for (const RunId &run : listRuns()) {
        const QDateTime changed = journalChanged(run);
        const auto add = [&](const Row &row) {
            if (!withHidden && row.summary.hidden)
                return;
            rows.push_back(row);
            rows.back().summary.imported = RunFolder::of(run).isImported();
        };
        const auto index = indexed.constFind(run.value());
        if (index != indexed.constEnd() && isEnded(index->summary.state) &&
            changed <= index->summary.endedAt.addSecs(kEndTolerance)) {
            add(*index);
            continue;
        }
        const auto known = m_known.constFind(run);
        if (known != m_known.constEnd() && known->changed == changed &&
            (isEnded(known->row.summary.state) ||
             (known->bytes == journalSize(run) &&
              known->lives == RunFolder::of(run).owner().has_value()))) {
            add(known->row);
            continue;
        }
        if (const auto row =
                fromJournal(run, changed, index == indexed.constEnd() ? nullptr : &*index))
            add(*row);
    }
    return rows;
}

std::vector<RestorePoint> RunIndex::points(const QString &system)
{
    Inventory *index = inventory();
    if (!index)
        return {};
    auto found = index->points();
    if (!found)
        return {};
    if (!system.isEmpty())
        std::erase_if(*found, [&](const RestorePoint &point) { return point.system != system; });
    return std::move(*found);
}

std::optional<QString> RunIndex::outOfDate(const std::vector<StoreProfile> &stores)
{
    QSet<QString> there, away;
    for (const StoreProfile &store : stores) {
        const QDir folder(store.folder);
        if (!folder.exists(QStringLiteral(".lifeboat-store"))) {
            away.insert(store.name); // not made yet, or not mounted
            continue;
        }
        for (const QString &system : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            const QDir points(folder.filePath(system));
            for (const QString &id : points.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
                if (isValidId(id))
                    there.insert(id);
            }
        }
    }
    Inventory *index = inventory();
    if (!index) {
        // A new installation has nothing to index.
        if (there.isEmpty() && listRuns().isEmpty())
            return std::nullopt;
        return tr("there is no inventory");
    }
    if (index->needsRebuild())
        return tr("the inventory is new or was damaged");
    const auto known = index->points();
    if (!known)
        return known.error().sentence();
    QSet<QString> listed;
    for (const RestorePoint &point : *known) {
        if (!away.contains(point.store))
            listed.insert(point.id);
    }
    if (listed == there)
        return std::nullopt;
    return tr("a store holds other restore points than the inventory knows");
}

void RunIndex::remember(const RunView &view)
{
    m_known.remove(view.state.request.id);
    Inventory *index = inventory();
    if (!index)
        return;
    using IndexedRun = std::remove_cvref_t<decltype(index->runs()->front())>;
    if (index->upsertRun(IndexedRun::of(view.state, view.plan ? &*view.plan : nullptr))) {
        for (const Obligation &obligation : view.state.obligations)
            static_cast<void>(index->upsertObligation(obligation));
    }
}

void RunIndex::forget(const RunId &run)
{
    m_known.remove(run);
    if (Inventory *index = inventory())
        static_cast<void>(index->removeRun(run));
}

} // namespace lb
