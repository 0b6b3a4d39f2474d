// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/template_text.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>

namespace lb {

/// What one call does with an Elasticsearch cluster (Elasticsearch 1.7 reference, “Snapshot And
/// Restore”; the calls are the same up to OpenSearch but for the shape of answers).
enum class ElasticsearchWork
{
    Id,             ///< which cluster it is: a fact, the UUIDs of the indices that the system has
    Survey,         ///< nodes, indices, repositories, what runs: a discovery
    Check,          ///< one condition, named by `check`
    Describe,       ///< mappings, settings, aliases and the lists of plugins and orchestrators
    Save,           ///< a snapshot of its own in the share, judged; copied into the store or kept
    Keep,           ///< a snapshot that stays in the share: the way back
    Restore,        ///< closes the listed indices only, restores over them, waits, compares
    RestoreBack,    ///< from what Keep kept; deletes what the restore has made
    Rehearse,       ///< beside, under names of the run, compared and deleted again
    RemoveOwn,      ///< indices with a rehearsal's names, and the run's repository
    Forget,         ///< the snapshot that Keep kept, and its repository
    Export,         ///< every document with what the server says about it, a line each, into files
    Transform,      ///< of these files, others as Alien4Cloud 1.2.0 reads them; asks no server
    Clear,          ///< deletes the listed indices
    PutBack,        ///< undo of Clear: from what Keep kept, whatever stands there now
    SwapPlugin,     ///< the files of a plugin for those of another version, by rename
    SwapPluginBack, ///< undo of SwapPlugin
    Connect,        ///< Alien's orchestrators: settings that 1.2.0 needs, then switched on
    Adopt,          ///< a part of a snapshot that somebody else has taken
    AdoptFiles,     ///< a part of files that a script has copied; asks no server
    Import,         ///< the files into empty indices that the new version has made, and compares
};

/// Which cluster and as whom. The first address that answers is used.
struct ElasticsearchServer
{
    QStringList urls; ///< `http://es1.example.test:9200`
    QString ca;       ///< file with the certificates to trust instead of the system's
    QString user;
    QString password; ///< the secret's name; empty: none is needed

    /// The first address.
    QString text() const { return urls.value(0); }
};

struct ElasticsearchCall
{
    ElasticsearchWork work = ElasticsearchWork::Survey;
    ElasticsearchServer at;
    QString check;       ///< of Check: a word of elasticsearchChecks()
    QStringList indices; ///< that the work is about, each by its name: never a pattern, never _all
    QStringList present; ///< of Keep and Restore: those of them that there were when it was planned
    QStringList made;    ///< of RestoreBack and PutBack: those that there were not before
    QStringList extra;   ///< indices besides Alien's own that the admin counts as the system's
    TemplateText repository, snapshot; ///< names that the run gives
    TemplateText kept;   ///< of a Save that is not copied: what the folder is called afterwards
    TemplateText folder; ///< of the repository; of an export: where its files are; of AdoptFiles
    TemplateText prefix; ///< of a rehearsal's indices
    QString share;       ///< the folder that every node must see
    QString part, point; ///< of a restore
    QString file, title; ///< of a save: below the point's folder
    QString clusterName; ///< expected; empty: any
    QString dataFolder, configFolder, alienUrl; ///< of Check
    QString alienUser, alienPassword;           ///< the latter is a secret's name
    qint64 bytes = 0;                           ///< of the part
    QJsonObject details; ///< of the saved part: what a restore is compared with

    /// `elasticsearch://HOST:PORT/INDEX` of each, for scopes.
    QStringList scope() const;

    QJsonObject toJson() const;
    /// Nothing when a word is unknown.
    static std::optional<ElasticsearchCall> fromJson(const QJsonObject &object);
    /// What a person reads in a plan, without the requests.
    QStringList describe() const;
};

/// Names of the checks that ElasticsearchWork::Check knows.
const QStringList &elasticsearchChecks();

/// What the names of a rehearsal's indices begin with: `rehearse_‹run›_`.
TemplateText rehearsalPrefix();
/// True for a name that a rehearsal gives to an index.
bool isRehearsalIndex(const QString &name);

/// A name that can only mean one index: lower case, no wildcard, list or leading sign (reference,
/// “Create Index”; sheet §5.2).
bool isIndexName(const QString &name);

} // namespace lb
