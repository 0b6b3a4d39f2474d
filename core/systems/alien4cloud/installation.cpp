// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/installation.h"

#include "core/model/elasticsearch_call.h"
#include "core/systems/alien4cloud/settings.h"

#include <QSet>
#include <QVariant>

namespace lb {

namespace {

QStringList words(const char *list)
{
    return QString::fromLatin1(list).split(QLatin1Char(' '));
}

} // namespace

const QStringList &alienIndices()
{
    static const QStringList list =
        words("alienaudit application applicationenvironment applicationversion csar "
              "csargitrepository deployedtopologies deployment deploymentmonitorevents "
              "deploymenttopology group imagedata location locationresourcetemplate "
              "metapropconfiguration orchestrator orchestratorconfiguration plugin "
              "pluginconfiguration topology topologytemplate topologytemplateversion toscaelement "
              "user");
    return list;
}

const QStringList &alienIndices12()
{
    static const QStringList list = words("paasdeploymentlog suggestion");
    return list;
}

const QStringList &expiringIndices()
{
    static const QStringList list = words("alienaudit deploymentmonitorevents paasdeploymentlog");
    return list;
}

const QStringList &alienExcludes()
{
    static const QStringList list = words("upload elasticsearch");
    return list;
}

const QStringList &alienFolders()
{
    static const QStringList list = words("csar work/plugins/content");
    return list;
}

IndexSurvey surveyIndices(const std::vector<ClusterIndex> &indices, const QStringList &extra)
{
    IndexSurvey survey;
    QSet<QString> found;
    for (const ClusterIndex &index : indices) {
        found.insert(index.name);
        if (isRehearsalIndex(index.name))
            survey.rehearsals << index.name;
        else if (!alienIndices().contains(index.name) && !alienIndices12().contains(index.name) &&
                 !extra.contains(index.name))
            survey.foreign << index.name;
        else
            (index.isOpen ? survey.open : survey.closed) << index.name;
    }
    for (const QString &name : alienIndices() + extra) {
        if (!found.contains(name))
            survey.missing << name;
    }
    return survey;
}

QString referredPath(const SearchHit &document)
{
    const auto value = [&](const char *key) {
        return document.source.value(QLatin1String(key)).toString();
    };
    if (document.index == QLatin1String("plugin")) {
        const QString folder = value("pluginPathId");
        return folder.isEmpty() ? QString() : QStringLiteral("work/plugins/content/") + folder;
    }
    if (document.index == QLatin1String("csar"))
        return QStringLiteral("csar/%1/%2").arg(value("name"), value("version"));
    if (document.index == QLatin1String("imagedata"))
        return QStringLiteral("images/") + document.id;
    return {};
}

CrossReferences compareReferences(const std::vector<SearchHit> &documents,
                                  const QStringList &presentPaths)
{
    CrossReferences result;
    const QSet<QString> present(presentPaths.begin(), presentPaths.end());
    QSet<QString> named;
    for (const SearchHit &document : documents) {
        const QString path = referredPath(document);
        if (path.isEmpty())
            continue;
        ++result.checked;
        named.insert(path);
        if (!present.contains(path))
            result.missingFiles
                << QStringLiteral("%1 (%2 %3)").arg(path, document.index, document.id);
    }
    for (const QString &path : presentPaths) {
        // Images are looked up by the documents' ids; their variants have names of their own.
        if (!named.contains(path) && !path.startsWith(QLatin1String("images/")))
            result.unknownFolders << path;
    }
    result.missingFiles.sort();
    result.unknownFolders.sort();
    return result;
}

AlienConfig readAlienConfig(const QJsonValue &document)
{
    AlienConfig config;
    config.dataFolder = settingAt(document, QStringLiteral("directories.alien")).toString();
    config.clusterName =
        settingAt(document, QStringLiteral("elasticSearch.clusterName")).toString();
    config.resetsData = isYes(settingAt(document, QStringLiteral("elasticSearch.resetData")));
    const QJsonValue client = settingAt(document, QStringLiteral("elasticSearch.client"));
    static const QStringList no{QStringLiteral("false"), QStringLiteral("no"),
                                QStringLiteral("off")};
    config.isEmbedded = no.contains(client.toVariant().toString().toLower());
    config.usesHosts = isYes(client) &&
                       isYes(settingAt(document, QStringLiteral("elasticSearch.transportClient")));
    return config;
}

} // namespace lb
