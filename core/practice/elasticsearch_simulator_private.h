// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/elasticsearch_share.h"
#include "core/practice/elasticsearch_simulator.h"
#include "core/practice/http_server.h"

#include <QTimer>

#include <functional>
#include <list>

namespace lb::practice {

/// What is answered instead of a value.
template <class T>
using Outcome = tl::expected<T, HttpAnswer>;

struct Node
{
    QString id, name;
    bool seesShare = true;
};

struct Repository
{
    QString type;
    QJsonObject settings; ///< all values are texts
};

/// A shard that is being saved.
struct ShardCopy
{
    QString index;
    int number = 0;
    qint64 bytes = 0;
    QString failure; ///< why it is not in the snapshot
};

struct RunningSnapshot
{
    QString repository;
    Share share;
    SnapshotInfo info;
    std::vector<Index> indices; ///< as they were when it began
    std::vector<ShardCopy> shards;
    int step = 0;
    bool isStalled = false; ///< of a fault: never gets on
    bool isAborted = false;
    std::vector<std::function<void(const SnapshotInfo &)>> whenOver;
};

/// Where an index was restored from, while that goes on and afterwards.
struct Recovery
{
    QString repository, snapshot, version, uuid;
    QString source; ///< its name there
    qint64 bytes = 0, recovered = 0;
    qint64 startedAt = 0, endedAt = 0;
    Documents documents;
    bool isHeld = false; ///< never gets on
};

struct RunningRestore
{
    QString repository, snapshot;
    QStringList indices; ///< as they are called here
    int shards = 0;
    int step = 0;
    std::optional<HttpReply> whenOver;
};

/// What a scan has still to give.
struct Scroll
{
    QString index;
    Documents left;
    qint64 total = 0;
    qint64 size = 0; ///< of a page
    int shards = 0;  ///< that have still something to give
    bool isEnded = false;
};

/// A snapshot or a restore is seen at least this often before it is over.
inline constexpr int kSteps = 4;

HttpAnswer jsonAnswer(const QJsonObject &body, int status = 200);
HttpAnswer acknowledged();

} // namespace lb::practice

namespace lb {

using namespace practice;

/// All of the simulated cluster. A handler answers, fails, or keeps the reply for later (nothing).
struct ElasticsearchSimulator::Private
{
    explicit Private(Options given);

    using Handled = Outcome<std::optional<HttpAnswer>>;
    using Refusal = tl::unexpected<HttpAnswer>;

    struct Call
    {
        const HttpRequest &request;
        const HttpReply &reply;
        QString at(int n) const { return request.path.value(n); }
        qsizetype depth() const { return request.path.size(); }
        bool is(const char *method) const { return request.method == method; }
    };

    // elasticsearch_simulator.cpp
    Result<void> start();
    void handle(const HttpRequest &request, const HttpReply &reply);
    Handled route(const Call &call);
    bool has(const char *fault) const { return options.faults.contains(QLatin1String(fault)); }
    bool isOld() const { return !has("later-version"); }
    QString version() const;
    Outcome<QJsonObject> bodyOf(const Call &call) const;
    void saveCluster();
    void save(const Index &index);
    QString fileOf(const QString &index) const;

    /// 1.7 has one text, later ones an object. `type` is the later one, `index_closed_exception`;
    /// the old class is made of it. `more` stands beside type and reason.
    Refusal refuse(int status, const char *type, const QString &sentence,
                   const QJsonObject &more = {}) const;
    /// Where more is nested in it: `oldText` is all of 1.7's, `cause` is the later one's.
    Refusal refuse(int status, const QString &oldText, const char *type, const QString &sentence,
                   const QString &cause) const;
    Refusal refuseToPlay(const Call &call) const;
    Refusal indexMissing(const QString &index) const;

    // elasticsearch_cluster.cpp
    HttpAnswer root() const;
    Handled nodeCalls(const Call &call) const;
    QJsonObject nodeSettings(size_t node) const;
    QJsonObject disk() const;
    QString transportAddress(size_t node) const;
    /// `level`: `indices` for each one's too.
    HttpAnswer health(const QString &expression, const QString &level) const;
    Handled state(const Call &call) const;
    HttpAnswer storeSizes() const;

    // elasticsearch_documents.cpp
    /// Names of indices from a list; empty: all.
    Outcome<QStringList> resolve(const QString &expression, bool mayMiss = false) const;
    /// The same, for reading and writing documents: open ones.
    Outcome<QStringList> resolveOpen(const QString &expression) const;
    Handled createIndex(const QString &name, const QJsonObject &body);
    Handled deleteIndices(const Call &call);
    Handled closeIndices(const Call &call);
    Handled document(const Call &call);
    Outcome<qint64> store(const QString &index, const DocumentKey &key, const QByteArray &source);
    Handled bulk(const Call &call);
    Handled count(const QString &expression) const;
    Handled search(const Call &call) const;
    QJsonObject shardsOf(const QStringList &names) const;
    Handled describe(const QString &name) const;
    Handled changeSettings(const Call &call);
    /// Refresh and flush: everything is seen and on disk at once here.
    Handled settled(const QString &expression) const;

    // elasticsearch_scroll.cpp
    Handled scan(const Call &call);
    Handled scroll(const Call &call);
    HttpAnswer page(const QString &id, const QByteArrayList &hits, const Scroll &scroll) const;
    HttpAnswer pageOfEnded(const QString &id, const Scroll &scroll) const;

    // elasticsearch_snapshots.cpp
    Handled snapshotCalls(const Call &call);
    Handled repositoryCalls(const Call &call);
    Outcome<void> registerRepository(const QString &name, const QJsonObject &body, bool isVerified);
    Outcome<void> verify(const QString &name) const;
    Outcome<Share> share(const QString &repository) const;
    Outcome<void> checkSnapshotName(const QString &repository, const QString &name) const;
    Outcome<SnapshotInfo> read(const QString &repository, const QString &name) const;
    Handled createSnapshot(const Call &call, const QString &repository, const QString &name);
    void advanceSnapshot();
    void finishSnapshot();
    Handled getSnapshots(const QString &repository, const QString &name) const;
    QJsonObject shown(const SnapshotInfo &info) const;
    Handled snapshotStatus(const QString &repository, const QString &name) const;
    Handled deleteSnapshot(const Call &call, const QString &repository, const QString &name);
    bool isRunning(const QString &repository, const QString &name) const;

    // elasticsearch_restore.cpp
    Handled restore(const Call &call, const QString &repository, const QString &name);
    Outcome<void> checkTarget(const Index &index, const QString &source,
                              const std::function<Refusal(const QString &)> &refuseIt) const;
    void advanceRestores();
    HttpAnswer restoreAnswer(const RunningRestore &run) const;
    void forgetRestore(const QString &index);
    QJsonArray restoresUnderWay() const;
    Handled recoveries(const QString &expression) const;

    Options options;
    QString clusterUuid;
    std::vector<Node> nodes;
    QMap<QString, Index> indices;
    QMap<QString, Repository> repositories;
    std::optional<RunningSnapshot> snapshot;
    std::list<RunningRestore> restores;
    QMap<QString, Scroll> scrolls;     ///< by id
    QMap<QString, Recovery> recovered; ///< by the index's name here
    QTimer ticks;
    std::optional<Error> diskError; ///< of the first write that failed since the last answer
    quint16 port = 0;
    std::unique_ptr<HttpServer> server;
};

} // namespace lb
