// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/model/plan.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <functional>

namespace lb {

/// What can be known about a swap before anything is restored: pure names and a reason, for the
/// plan. Made by probeSwap().
struct SwapPlan
{
    SwapWay way = SwapWay::Exchange;
    QString why;     ///< for people: why this way
    QString target;  ///< absolute, links in its parent resolved
    QString staging; ///< restore into this folder
    QString aside;   ///< where the old content will be

    QJsonObject toJson() const;
    static Result<SwapPlan> fromJson(const QJsonObject &object);
};

/// Decides how `target` can be swapped for a restored tree, by trying with throw-away names where
/// a rename is in question (overlayfs refuses some). Leaves nothing behind, changes no content.
/// `run` goes into the names of staging and aside. Errors say why it is impossible (a mount point
/// below the target, no right to write, not a folder).
Result<SwapPlan> probeSwap(const QString &target, const QString &run);

/// All that resuming and undoing need; journal it before the first apply(). `before` is the root
/// folder's metadata where its inode stays (way Children).
struct SwapRecord
{
    SwapPlan plan;
    quint64 stagedInode = 0; ///< of the verified staging folder
    quint64 oldInode = 0;    ///< of the target; 0 = there was none
    QJsonObject before;      ///< metadata of the target folder
    QJsonObject staged;      ///< metadata of the staging folder

    QJsonObject toJson() const;
    static Result<SwapRecord> fromJson(const QJsonObject &object);
};

/// One rename, reported before (`done` false) and after it.
struct SwapMove
{
    QByteArray from; ///< paths, bytes
    QByteArray to;
    bool exchange = false;
    bool done = false;

    QJsonObject toJson() const;
};
/// An error returned for the report before a move stops the swap there; it can be resumed.
using SwapObserver = std::function<Result<void>(const SwapMove &)>;

enum class SwapState
{
    NotApplied, ///< the target is as it was
    Partly,     ///< apply() or undo() has to be called to the end
    Applied,
};

/// Puts a staged tree in the place of the target, and back. Every operation is single renames,
/// each one reported; apply() and undo() can be killed anywhere and called again, and each can
/// follow a half-done other. Blocks. Nothing is ever copied or deleted here: the old content
/// stays at plan.aside.
class TreeSwap
{
public:
    /// Reads what apply() and undo() need; the staging folder is complete and verified.
    static Result<SwapRecord> prepare(const SwapPlan &plan);

    explicit TreeSwap(SwapRecord record) : m_record(std::move(record)) {}

    Result<SwapState> state() const;
    Result<void> apply(const SwapObserver &observer = {}) const;
    /// The exact inverse: the old content at the target, the restored one back at plan.staging.
    Result<void> undo(const SwapObserver &observer = {}) const;

private:
    SwapRecord m_record;
};

} // namespace lb
