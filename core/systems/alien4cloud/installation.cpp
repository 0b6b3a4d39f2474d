// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/installation.h"

#include "core/model/elasticsearch_call.h"

#include <QSet>

namespace lb {

namespace {

QStringList words(const char *list)
{
    return QString::fromLatin1(list).split(QLatin1Char(' '));
}

/// A value where it may stand nested, dotted, or half of each.
QJsonValue valueAt(const QJsonValue &document, const QString &path)
{
    if (const QJsonValue whole = document[path]; !whole.isUndefined())
        return whole;
    for (qsizetype dot = path.indexOf(QLatin1Char('.')); dot > 0;
         dot = path.indexOf(QLatin1Char('.'), dot + 1)) {
        const QJsonValue below = document[path.left(dot)];
        if (!below.isObject())
            continue;
        if (const QJsonValue found = valueAt(below, path.mid(dot + 1)); !found.isUndefined())
            return found;
    }
    return QJsonValue(QJsonValue::Undefined);
}

bool isYes(const QJsonValue &value)
{
    static const QStringList yes{QStringLiteral("true"), QStringLiteral("yes"),
                                 QStringLiteral("on")};
    return value.toBool() || yes.contains(value.toString().toLower());
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
    config.dataFolder = valueAt(document, QStringLiteral("directories.alien")).toString();
    config.clusterName = valueAt(document, QStringLiteral("elasticSearch.clusterName")).toString();
    config.resetsData = isYes(valueAt(document, QStringLiteral("elasticSearch.resetData")));
    config.isEmbedded = isYes(valueAt(document, QStringLiteral("elasticSearch.local"))) &&
                        !isYes(valueAt(document, QStringLiteral("elasticSearch.client"))) &&
                        !isYes(valueAt(document, QStringLiteral("elasticSearch.transportClient")));
    return config;
}

} // namespace lb
