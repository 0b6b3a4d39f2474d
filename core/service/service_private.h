// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/runbook_library.h"
#include "core/service/run_index.h"
#include "core/service/service.h"

#include <QPromise>

#include <memory>

namespace lb {

class ChangeWatcher;

struct Service::Private
{
    explicit Private(Service *service, QString runnerProgram);
    ~Private();

    /// The runbooks as they are on disk now. Reading them again costs a few milliseconds and
    /// spares everybody the question whether a file was edited meanwhile.
    const RunbookLibrary &library();
    Async<RunId> launch(RunnerOrder order);
    void forgetOldHiddenRuns();
    Keychain &keychain();
    struct DeclaredSecret
    {
        SecretSpec spec;
        QStringList runbooks; ///< titles of those that declare it
    };
    /// What the runbooks of the system's type declare, each once.
    std::vector<DeclaredSecret> declaredSecrets(const SystemProfile &system);
    /// What the system's type says of it, given its restore points.
    std::vector<Advice> adviceOn(const SystemProfile &system,
                                 const std::vector<RestorePoint> &points) const;
    Result<SystemProfile> systemWith(const QString &system, const QString &secret);

    Service *q;
    QString program;
    RunIndex index;
    std::unique_ptr<RunbookLibrary> runbooks;
    std::unique_ptr<ChangeWatcher> watcher;
    QMap<QString, VendorFiles> vendorFiles; ///< by type
    QMap<QString, AdviceSource> advice;     ///< by type
    std::unique_ptr<Keychain> secretKeeper; ///< made when it is needed first
    bool forgot = false;
};

/// An answer that is there already.
template <class T>
Async<T> readyAnswer(Result<T> result)
{
    QPromise<Result<T>> promise;
    promise.start();
    promise.addResult(std::move(result));
    promise.finish();
    return promise.future();
}

/// The answer turned into another when it comes; dropped (Cancelled) when `owner` dies before.
template <class To, class From, class Convert>
Async<To> converted(QObject *owner, const Async<From> &from, Convert convert)
{
    auto promise = std::make_shared<QPromise<Result<To>>>();
    promise->start();
    onDone(owner, from, [promise, convert](const Result<From> &result) {
        promise->addResult(convert(result));
        promise->finish();
    });
    return promise->future();
}

} // namespace lb
