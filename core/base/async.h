// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QFuture>
#include <QFutureWatcher>
#include <QObject>

namespace lb {

/// One answer that comes later. T must be copyable.
template <class T>
using Async = QFuture<Result<T>>;

/// Calls `handler(const Result<T> &)` in `owner`'s thread when the future is done: always queued,
/// dropped when `owner` dies; a dropped promise arrives as Cancelled. The one way to wait for an
/// answer (`QFuture::then` with a context is broken on Qt 6.4.2).
template <class T, class Handler>
void onDone(QObject *owner, const Async<T> &future, Handler handler)
{
    auto *watcher = new QFutureWatcher<Result<T>>(owner);
    QObject::connect(
        watcher, &QFutureWatcherBase::finished, owner,
        [watcher, handler]() {
            const QFuture<Result<T>> done = watcher->future();
            if (done.resultCount() > 0)
                handler(done.result());
            else
                handler(Result<T>(fail(ErrorCode::Cancelled, QStringLiteral("cancelled"))));
            watcher->deleteLater();
        },
        Qt::QueuedConnection);
    watcher->setFuture(future);
}

} // namespace lb
