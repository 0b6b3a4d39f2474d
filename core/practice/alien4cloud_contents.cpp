// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/alien4cloud_contents.h"

#include "core/base/json.h"

#include <QUuid>

namespace lb::practice {

namespace {

constexpr int kTypes = 112;
constexpr int kPictures = 10;
constexpr int kArtifacts = 8;
constexpr int kApplications = 12;
constexpr qint64 kStart = 1'460'000'000'000; ///< April 2016, in milliseconds
const QString kName = QStringLiteral("name");
const QString kVersion = QStringLiteral("version");
const QString kFirst = QStringLiteral("1.0.0");

struct Archive
{
    QString name, version;
};

QString uuid(const char *kind, int number)
{
    static const QUuid space(QStringLiteral("{3f0f9a54-2f1e-4f5c-9a5e-6a4b1d1e7c10}"));
    return QUuid::createUuidV5(space, QByteArray(kind) + QByteArray::number(number))
        .toString(QUuid::WithoutBraces);
}

QString numbered(const char *text, int number)
{
    return QString::fromLatin1(text).arg(number);
}

const std::vector<Archive> &archives()
{
    static const std::vector<Archive> list{
        {QStringLiteral("tosca-normative-types"), kFirst},
        {QStringLiteral("ferry"), kFirst},
        {QStringLiteral("ferry"), QStringLiteral("1.1.0-SNAPSHOT")},
        {QStringLiteral("harbour-types"), kFirst},
        {QStringLiteral("lighthouse"), kFirst},
        {QStringLiteral("tide-database"), QStringLiteral("2.3.1")}};
    return list;
}

/// As 1.1 stores them: what 1.2 wants as arrays are maps here (§4.1).
QJsonArray nodeTemplates(int number)
{
    const QJsonObject host{{QStringLiteral("type"), QStringLiteral("harbour.Host")}};
    const QJsonObject server{
        {QStringLiteral("type"), QStringLiteral("harbour.elements.Part0")},
        {kName, QStringLiteral("Ferry")},
        {QStringLiteral("requirements"), QJsonObject{{QStringLiteral("host"), host}}},
        {QStringLiteral("capabilities"), QJsonObject{{QStringLiteral("endpoint"), host}}},
        {QStringLiteral("artifacts"),
         QJsonObject{
             {QStringLiteral("war"), QJsonObject{{QStringLiteral("artifactRef"),
                                                  uuid("artifact", number % kArtifacts)}}}}}};
    return {QJsonObject{{QStringLiteral("key"), QStringLiteral("Ferry")},
                        {QStringLiteral("value"), server}}};
}

class Inventor
{
public:
    AlienContents invent()
    {
        inventArchives();
        inventTypes();
        inventPlugins();
        inventFiles();
        inventApplications();
        inventOrchestrators();
        inventEvents();
        return std::move(m_made);
    }

private:
    void add(const char *index, const char *type, const QString &id, const QByteArray &source)
    {
        m_made.documents.push_back(
            {QString::fromLatin1(index), QString::fromLatin1(type), id, source});
    }
    /// Most indices have one type, with their name.
    void add(const char *index, const QString &id, QJsonObject source)
    {
        source.insert(QStringLiteral("id"), id);
        add(index, index, id, toJson(source));
    }
    void file(const QString &path, const QByteArray &content)
    {
        m_made.files.insert(path, content);
    }

    void inventArchives();
    void inventTypes();
    void inventPlugins();
    void inventFiles();
    void inventApplications();
    void inventOrchestrators();
    void inventEvents();

    AlienContents m_made;
};

void Inventor::inventArchives()
{
    for (const Archive &archive : archives()) {
        const QByteArray yaml = QStringLiteral("tosca_definitions_version: "
                                               "tosca_simple_yaml_1_0_0_wd03\n"
                                               "template_name: %1\ntemplate_version: %2\n")
                                    .arg(archive.name, archive.version)
                                    .toUtf8();
        const QString folder = QStringLiteral("csar/%1/%2/").arg(archive.name, archive.version);
        file(folder + QStringLiteral("%1-%2.csar").arg(archive.name, archive.version), yaml);
        file(folder + QStringLiteral("expanded/types.yml"), yaml);
        file(folder + QStringLiteral("expanded/scripts/create.sh"), "#!/bin/sh\nexec true\n");
        file(folder + QStringLiteral("content.json"), toJson({{kName, archive.name}}));
        file(folder + QStringLiteral("parsingresult.json"), "{}");
        add("csar", archive.name + QLatin1Char(':') + archive.version,
            {{kName, archive.name},
             {kVersion, archive.version},
             {QStringLiteral("dependencies"), QJsonArray()}});
    }
    add("csargitrepository", uuid("git", 0),
        {{QStringLiteral("repositoryUrl"), QStringLiteral("https://git.harbour.example/a.git")}});
}

/// Key orders and numbers as documents in the field have them, so as text.
void Inventor::inventTypes()
{
    const char *const kinds[] = {"indexednodetype",         "indexedcapabilitytype",
                                 "indexedrelationshiptype", "indexedartifacttype",
                                 "indexeddatatype",         "indexedartifacttoscaelement",
                                 "indexedtoscaelement"};
    const char *const numbers[] = {"1.0", "12345678901234567890", "-0.0", "0.10"};
    for (int n = 0; n < kTypes; ++n) {
        const Archive &archive = archives()[size_t(n) % archives().size()];
        const QString element = numbered("harbour.elements.Part%1", n);
        const QString source =
            QStringLiteral("{\"elementId\":\"%1\",\"archiveVersion\":\"%2\",\"archiveName\":\"%3\","
                           "\"alienScore\":%4,\"properties\":{\"size\":{\"type\":\"float\","
                           "\"default\":%5},\"name\":{\"required\":true}},"
                           "\"interfaces\":{\"z.last\":{},\"a.first\":{}}}")
                .arg(element, archive.version, archive.name)
                .arg(n % 5)
                .arg(QLatin1String(numbers[n % 4]));
        add("toscaelement", kinds[n % 7], element + QLatin1Char(':') + archive.version,
            source.toUtf8());
    }
}

void Inventor::inventPlugins()
{
    const char *const names[] = {"alien-cloudify-3-orchestrator", "alien4cloud-mock-paas-provider",
                                 "harbour-archives", "tide-clock"};
    for (int n = 0; n < 4; ++n) {
        const QString name = QString::fromLatin1(names[n]);
        const QString version = QStringLiteral("1.1.0");
        const QString id = name + QLatin1Char(':') + version;
        const QString path = uuid("plugin", n);
        const QByteArray descriptor =
            QStringLiteral("id: %1\nname: %1\nversion: %2\n").arg(name, version).toUtf8();
        const QByteArray script = "// " + id.toUtf8() + '\n';
        const QString content = QStringLiteral("work/plugins/content/%1/").arg(path);
        file(QStringLiteral("plugins/%1-%2.zip").arg(name, version), descriptor + script);
        file(content + QStringLiteral("META-INF/plugin.yml"), descriptor);
        file(content + QStringLiteral("lib/plugin.jar"), descriptor.repeated(100));
        // Made once, when the plugin is uploaded, and served from the second place (§1.2).
        file(content + QStringLiteral("ui/scripts/main.js"), script);
        file(QStringLiteral("work/plugins/ui/%1/scripts/main.js").arg(path), script);
        add("plugin", id,
            {{QStringLiteral("descriptor"),
              QJsonObject{{QStringLiteral("id"), name}, {kName, name}, {kVersion, version}}},
             {QStringLiteral("pluginPathId"), path},
             {QStringLiteral("enabled"), n < 3},
             {QStringLiteral("configurable"), true}});
        if (n == 1)
            add("pluginconfiguration", id,
                {{QStringLiteral("configuration"),
                  QJsonObject{{QStringLiteral("password"), QStringLiteral("secret-of-plugin")}}}});
    }
}

void Inventor::inventFiles()
{
    for (int n = 0; n < kPictures; ++n) {
        const QString id = uuid("picture", n);
        for (const char *size : {"", "16", "32", "64", "128"})
            file(QStringLiteral("images/%1%2.png").arg(QLatin1String(size), id),
                 "\x89PNG\r\n\x1a\n" + id.toLatin1().repeated(20));
        add("imagedata", id,
            {{kName, numbered("picture-%1", n)},
             {QStringLiteral("mime"), QStringLiteral("image/png")}});
    }
    for (int n = 0; n < kArtifacts; ++n)
        file(QStringLiteral("artifacts/") + uuid("artifact", n),
             QByteArray(200 * (n + 1), char('a' + n)));
    file(QStringLiteral("upload/half-an-archive.tmp"), "never saved\n");
}

void Inventor::inventApplications()
{
    for (int n = 0; n < kApplications; ++n) {
        const QString application = uuid("application", n);
        const QJsonObject link{{QStringLiteral("applicationId"), application},
                               {kVersion, QStringLiteral("0.1.0-SNAPSHOT")},
                               {kName, QStringLiteral("Environment")}};
        const QJsonObject topology{
            {QStringLiteral("delegateId"), application},
            {QStringLiteral("nodeTemplates"), nodeTemplates(n)},
            {QStringLiteral("originalNodes"),
             QJsonObject{{QStringLiteral("Ferry"), nodeTemplates(n)[0][QLatin1String("value")]}}}};
        add("application", application,
            {{kName, numbered("Ferry %1", n)},
             {QStringLiteral("imageId"), uuid("picture", n % kPictures)}});
        add("applicationversion", uuid("version", n), link);
        add("applicationenvironment", uuid("environment", n), link);
        add("topology", uuid("topology", n), topology);
        add("deploymenttopology", uuid("deploymenttopology", n), topology);
        // The same type in another index.
        add("deployedtopologies", "deploymenttopology", uuid("deployed", n), toJson(topology));
        add("deployment", uuid("deployment", n),
            {{QStringLiteral("orchestratorId"), uuid("orchestrator", 0)},
             {QStringLiteral("sourceId"), application},
             {QStringLiteral("startDate"), kStart + 60'000 * n}});
    }
    for (int n = 0; n < 3; ++n) {
        add("topologytemplate", uuid("template", n), {{kName, numbered("Template %1", n)}});
        add("topologytemplateversion", uuid("templateversion", n),
            {{QStringLiteral("topologyTemplateId"), uuid("template", n)}, {kVersion, kFirst}});
        add("metapropconfiguration", uuid("metaproperty", n),
            {{kName, numbered("harbour_prop_%1", n)}});
        const QString user = n == 0 ? QStringLiteral("admin") : numbered("pilot%1", n);
        add("user", "user", user,
            toJson({{QStringLiteral("username"), user},
                    {QStringLiteral("password"), QStringLiteral("$2a$10$invented.hash")}}));
        add("group", uuid("group", n),
            {{kName, numbered("crew%1", n)}, {QStringLiteral("users"), QJsonArray{user}}});
    }
}

void Inventor::inventOrchestrators()
{
    for (int n = 0; n < 2; ++n) {
        const QString id = uuid("orchestrator", n);
        add("orchestrator", id,
            {{kName, numbered("Orchestrator %1", n)},
             {QStringLiteral("pluginId"),
              n == 0 ? QStringLiteral("alien-cloudify-3-orchestrator:1.1.0")
                     : QStringLiteral("alien4cloud-mock-paas-provider:1.1.0")},
             {QStringLiteral("state"),
              n == 0 ? QStringLiteral("CONNECTED") : QStringLiteral("DISABLED")}});
        add("orchestratorconfiguration", id,
            {{QStringLiteral("configuration"),
              QJsonObject{{QStringLiteral("url"), QStringLiteral("https://cloudify.example")},
                          {QStringLiteral("password"), QStringLiteral("secret-of-cloudify")}}}});
        add("location", uuid("location", n),
            {{kName, numbered("Quay %1", n)}, {QStringLiteral("orchestratorId"), id}});
        add("locationresourcetemplate", uuid("resource", n),
            {{QStringLiteral("locationId"), uuid("location", n)},
             {QStringLiteral("template"), nodeTemplates(n)[0][QLatin1String("value")]}});
    }
}

void Inventor::inventEvents()
{
    const char *const kinds[] = {"paasdeploymentstatusmonitorevent",
                                 "paasinstancestatemonitorevent", "paasmessagemonitorevent",
                                 "paasworkflowmonitorevent"};
    for (int n = 0; n < 20; ++n) {
        add("deploymentmonitorevents", kinds[n % 4], uuid("event", n),
            toJson({{QStringLiteral("deploymentId"), uuid("deployment", n % kApplications)},
                    {QStringLiteral("date"), kStart + 1000 * n}}));
        add("alienaudit", "audittrace", uuid("trace", n),
            toJson({{QStringLiteral("timestamp"), kStart + 5000 * n},
                    {QStringLiteral("username"), QStringLiteral("admin")},
                    {QStringLiteral("path"), QStringLiteral("/rest/applications")}}));
    }
    add("alienaudit", "auditconfiguration", uuid("auditconfiguration", 0), "{\"enabled\":true}");
}

} // namespace

AlienContents inventAlien4Cloud()
{
    return Inventor().invent();
}

} // namespace lb::practice
