// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/alien4cloud/elasticsearch_answer.h"

#include <QJsonValue>

namespace lb {

/// What an installation of Alien4Cloud 1.1 or 1.2 consists of (sources of the tags 1.1.0 and 1.2.0:
/// the data access classes that list indices, PluginManager, CsarFileRepository, ImageDAO).

/// Every index that 1.1.0 makes, by name.
const QStringList &alienIndices();
/// Those that 1.2 adds.
const QStringList &alienIndices12();
/// Indices whose documents expire by themselves (`_ttl`): they may hold fewer than they did.
const QStringList &expiringIndices();
/// Left out of the files: temporary uploads, and live Lucene files, which are no backup.
const QStringList &alienExcludes();
/// Folders that must stand in `directories.alien`.
const QStringList &alienFolders();

/// The indices of a cluster, sorted by whose they are.
struct IndexSurvey
{
    QStringList open, closed; ///< Alien's own and the extra ones that the admin named
    QStringList missing;      ///< that 1.1.0 makes and that are not there
    QStringList foreign;      ///< all others: never touched
    QStringList rehearsals;   ///< left by rehearsals
};
IndexSurvey surveyIndices(const std::vector<ClusterIndex> &indices, const QStringList &extra);

/// A file that a document names, below `directories.alien`, and the other way round.
struct CrossReferences
{
    QStringList missingFiles;   ///< `csar/ferry/1.0 (csar ferry:1.0)`
    QStringList unknownFolders; ///< plugins and archives that no document names
    int checked = 0;
};
/// `folders`: what stands there of what referredPaths() asks for, with each plugin's and archive's
/// folder.
CrossReferences compareReferences(const std::vector<SearchHit> &documents,
                                  const QStringList &presentPaths);
/// Where a document of `plugin`, `csar` or `imagedata` has its file, below `directories.alien`;
/// empty for others.
QString referredPath(const SearchHit &document);

/// What `config/alien4cloud-config.yml` says that decides about a backup. How Alien4Cloud reaches
/// Elasticsearch: ElasticSearchClient of elasticsearch-mapping, whose node takes part in the
/// cluster with data of its own unless `client` is true; `local` does not decide it.
struct AlienConfig
{
    QString dataFolder; ///< `directories.alien` as written
    QString clusterName;
    bool resetsData = false; ///< `elasticSearch.resetData`: wipes everything at start
    bool isEmbedded = false; ///< `elasticSearch.client` is false: data lives inside Alien's process
    bool usesHosts = false;  ///< `client` and `transportClient`: connects to `elasticSearch.hosts`
};
/// From the file's content as JSON; keys nested or dotted.
AlienConfig readAlienConfig(const QJsonValue &document);

} // namespace lb
