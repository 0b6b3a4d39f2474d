// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/template.h"

#include "core/systems/ibm_toolchain/address.h"
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_rules.h"

#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

using Severity = Template::Finding::Severity;

const QString kFolder = QStringLiteral(".bluemix/");
const QString kToolchainFile = QStringLiteral(".bluemix/toolchain.yml");
const QString kConfiguration = QStringLiteral("configuration");
const QString kServices = QStringLiteral("services");
const QString kParameters = QStringLiteral("parameters");

QString below(const QString &pointer, const QString &key)
{
    return pointer + QLatin1Char('/') + pointerStep(key);
}

/// Removes members for which `isUnwanted(key, value)` holds, at any depth.
template <class IsUnwanted, class Removed>
void removeMembers(DataValue &value, const QString &pointer, const IsUnwanted &isUnwanted,
                   const Removed &removed)
{
    std::erase_if(value.members, [&](const DataValue::Member &member) {
        const bool unwanted = isUnwanted(member.key, member.value);
        if (unwanted)
            removed(below(pointer, member.key), member.value);
        return unwanted;
    });
    for (DataValue::Member &member : value.members)
        removeMembers(member.value, below(pointer, member.key), isUnwanted, removed);
    for (std::size_t i = 0; i < value.items.size(); ++i)
        removeMembers(value.items[i], pointer + QLatin1Char('/') + QString::number(i), isUnwanted,
                      removed);
}

DataValue textList(const QStringList &texts)
{
    DataValue list = DataValue::ofList();
    for (const QString &text : texts)
        list.items.push_back(DataValue::ofText(text));
    return list;
}

QString hostOf(const QString &url)
{
    return QUrl(url).host().toLower();
}

class TemplateWriter
{
public:
    TemplateWriter(const ToolchainExport &source, const TemplateOptions &options,
                   const std::vector<ToolchainService> &services)
        : m_source(source),
          m_options(options),
          m_services(services),
          m_toolchain(*toolchainIn(source.answer)),
          m_brokers(brokerSecrets(source.answer)),
          m_region(regionOf(source.answer)),
          m_notes(m_written)
    {
    }

    Template write()
    {
        DataValue services = DataValue::ofMap();
        for (const ToolchainService &service : m_services) {
            m_notes.setFile(kToolchainFile);
            m_pointer = below(QLatin1Char('/') + kServices, service.name);
            lintService(service);
            if (service.isEnded() && m_options.dropEndedServices)
                m_notes.dropped("R2", m_pointer);
            else
                services.set(service.name, entry(service));
        }
        m_notes.setFile(kToolchainFile);
        addFile(kToolchainFile, writeYamlData(document(std::move(services))));
        addFile(QStringLiteral("README.md"), readme());
        std::sort(m_written.files.begin(), m_written.files.end(),
                  [](const auto &a, const auto &b) { return a.path < b.path; });
        return std::move(m_written);
    }

private:
    void addFile(const QString &path, const QByteArray &bytes, const QString &instance = {})
    {
        m_written.files.push_back({path, bytes, instance});
    }

    QString sourceName() const { return m_toolchain.textOf(QStringLiteral("name")); }

    DataValue document(DataValue services)
    {
        const DataValue *old = m_toolchain.get(QStringLiteral("template"));
        const QString title = old ? old->textOf(QStringLiteral("name")) : QString();
        DataValue head = DataValue::ofMap();
        head.set(QStringLiteral("name"), DataValue::ofText(title.isEmpty() ? sourceName() : title));
        const QString description = m_toolchain.textOf(QStringLiteral("description"));
        if (!description.isEmpty())
            head.set(QStringLiteral("description"), DataValue::ofText(description));
        lintToolchainText(head, QStringLiteral("/template"), m_notes);
        head.set(QStringLiteral("required"), textList(required(services)));
        const DataValue name = DataValue::ofMap(
            {{QStringLiteral("name"), DataValue::ofText(sourceName() + m_options.nameSuffix)}});
        lintToolchainText(name, QStringLiteral("/toolchain"), m_notes);
        return DataValue::ofMap({{QStringLiteral("version"), DataValue::ofNumber(2)},
                                 {QStringLiteral("template"), head},
                                 {QStringLiteral("toolchain"), name},
                                 {kServices, std::move(services)}});
    }

    /// What the set-up page asks for. It fails when there is nothing, so then it is every
    /// repository.
    QStringList required(const DataValue &services)
    {
        QStringList names;
        for (const DataValue::Member &service : services.members) {
            const DataValue *used = service.value.get(kParameters)->get(kServices);
            for (std::size_t i = 0; used && i < used->items.size(); ++i) {
                // Old lists may name tools that are gone.
                if (used->items[i].isText() && services.get(used->items[i].text))
                    addSorted(names, used->items[i].text);
            }
        }
        if (!names.isEmpty())
            return names;
        for (const ToolchainService &service : m_services) {
            if (service.isRepository())
                addSorted(names, service.name);
        }
        m_notes.find("required_empty", Severity::Warning, QStringLiteral("/template/required"),
                     names.isEmpty() ? tr("No pipeline uses a tool, and there is no repository")
                                     : tr("No pipeline uses a tool; all repositories are listed"),
                     tr("IBM's set-up page shows an error when nothing is required"));
        return names;
    }

    void lintService(const ToolchainService &service)
    {
        static const QRegularExpression usual(QStringLiteral("\\A[A-Za-z0-9_-]+\\z"));
        if (!service.binding.isEmpty() && service.name != service.binding)
            m_notes.find("duplicate_name", Severity::Warning, m_pointer,
                         tr("Another tool is called “%1” too; this one becomes “%2”")
                             .arg(service.binding, service.name),
                         tr("Give each tool of the toolchain its own name"));
        else if (!usual.match(service.name).hasMatch())
            m_notes.find("unusual_name", Severity::Warning, m_pointer,
                         tr("The tool's name “%1” holds more than letters, digits, - and _")
                             .arg(service.name),
                         tr("IBM Cloud may not find it in expressions; look at the copy"));
        if (service.isEnded())
            m_notes.find("ended_service", Severity::Warning, m_pointer,
                         tr("DevOps Insights ended on 31 August 2026"),
                         tr("A restore leaves the tool out"));
    }

    /// Parameters before `service_id`, as the original has them.
    DataValue entry(const ToolchainService &service)
    {
        DataValue parameters = service.parameters ? *service.parameters : DataValue::ofMap();
        m_pointer = below(m_pointer, kParameters);
        removeMembers(
            parameters, m_pointer,
            [](const QString &key, const DataValue &) { return key == kConfiguration; },
            [this](const QString &pointer, const DataValue &) { m_notes.dropped("T10", pointer); });
        if (service.isPipeline())
            dropOldServices(parameters);
        blankSecrets(service, parameters);
        dropRedacted(parameters);
        dropUserInfo(parameters, m_pointer);
        if (service.isRepository())
            pointAtTarget(service, parameters);
        lintParameters(service, parameters);
        if (service.isPipeline())
            configure(service, parameters);
        return DataValue::ofMap({{kParameters, std::move(parameters)},
                                 {QStringLiteral("service_id"), DataValue::ofText(service.type)}});
    }

    void dropOldServices(DataValue &parameters)
    {
        removeMembers(
            parameters, m_pointer,
            [](const QString &key, const DataValue &value) {
                return key == kServices && (value.isList() || value.isNull());
            },
            [this](const QString &pointer, const DataValue &value) {
                m_notes.change("T11", pointer, &value, nullptr);
            });
    }

    void blankSecrets(const ToolchainService &service, DataValue &parameters)
    {
        const bool isOauth = service.isRepository() &&
                             service.parameter(QStringLiteral("auth_type")) != QLatin1String("pat");
        forEachSecretParameter(
            service.type, m_brokers, parameters, [&](const SecretParameter &secret) {
                Template::SecretSlot slot;
                slot.service = service.name;
                slot.type = service.type;
                slot.name = secret.name;
                slot.pointer = m_pointer + secret.pointer;
                slot.isNeeded = !isOauth;
                if (secret.value->isText() && isSecretReference(secret.value->text)) {
                    slot.reference = secret.value->text;
                    findReference(slot);
                } else {
                    if (!secret.value->isText() || !secret.value->text.isEmpty())
                        m_notes.blanked("T12", slot.pointer);
                    *secret.value = DataValue::ofText(QString());
                }
                // Two parameters of one name at several depths are told apart by their places.
                if (secret.pointer.count(QLatin1Char('/')) > 1)
                    slot.name = secret.pointer.mid(1);
                m_notes.slot(std::move(slot));
            });
    }

    void findReference(const Template::SecretSlot &slot)
    {
        m_notes.find("reference", Severity::Warning, slot.pointer,
                     tr("The secret “%1” lives elsewhere: %2").arg(slot.name, slot.reference),
                     tr("It must resolve from the target region, or no run starts"));
    }

    void dropRedacted(DataValue &parameters)
    {
        removeMembers(
            parameters, m_pointer,
            [](const QString &, const DataValue &value) { return isRedacted(value); },
            [this](const QString &pointer, const DataValue &value) {
                m_notes.change("T13", pointer, &value, nullptr);
                m_notes.find("redacted", Severity::Note, pointer,
                             tr("IBM Cloud shows asterisks instead of this value; it is left out"),
                             tr("Look at the parameter in the copy"));
            });
    }

    void dropUserInfo(DataValue &value, const QString &pointer)
    {
        if (value.isText() && withoutUserInfo(value.text) != value.text) {
            value.text = withoutUserInfo(value.text);
            m_notes.change("T12", pointer, nullptr, &value);
            m_notes.find("secret_in_url", Severity::Warning, pointer,
                         tr("The address holds a user name or password, which is left out"),
                         tr("Give the tool its token in the copy"));
        }
        for (DataValue::Member &member : value.members)
            dropUserInfo(member.value, below(pointer, member.key));
        for (std::size_t i = 0; i < value.items.size(); ++i)
            dropUserInfo(value.items[i], pointer + QLatin1Char('/') + QString::number(i));
    }

    void setText(DataValue &parameters, const QString &key, const QString &text)
    {
        const DataValue *given = parameters.get(key);
        const DataValue after = DataValue::ofText(text);
        if (given && *given == after)
            return;
        const DataValue before = given ? *given : DataValue();
        parameters.set(key, after);
        m_notes.change("R1", below(m_pointer, key), given ? &before : nullptr, &after);
    }

    void pointAtTarget(const ToolchainService &service, DataValue &parameters)
    {
        const QString key = QStringLiteral("repo_url");
        const QString apiKey = QStringLiteral("api_root_url");
        const QString url = parameters.textOf(key);
        const QString target = mapped(url);
        const QString api = parameters.textOf(apiKey);
        if (!target.isEmpty()) {
            setText(parameters, key, target);
            if (!api.isEmpty() && hostOf(api) == hostOf(url) && hostOf(url) != hostOf(target)) {
                QUrl moved(api);
                const QUrl other(target);
                moved.setScheme(other.scheme());
                moved.setHost(other.host());
                moved.setPort(other.port());
                setText(parameters, apiKey, moved.toString(QUrl::FullyEncoded));
            }
        }
        const QString origin = mapped(parameters.textOf(QStringLiteral("source_repo_url")));
        if (!origin.isEmpty())
            setText(parameters, QStringLiteral("source_repo_url"), origin);
        const QString type = parameters.textOf(QStringLiteral("type"));
        if (m_options.linkRepositories)
            setText(parameters, QStringLiteral("type"), QStringLiteral("link"));
        else if (!type.isEmpty() && type != QLatin1String("link"))
            m_notes.find(
                "repository_type", Severity::Warning, below(m_pointer, QStringLiteral("type")),
                tr("As “%1” the repository “%2” would be made anew").arg(type, service.name),
                tr("A restore links the repository that is there instead"));
    }

    QString mapped(const QString &url) const
    {
        for (const auto &[from, to] : m_options.repositoryMap) {
            if (!url.isEmpty() && isSameRepository(from, url))
                return withoutUserInfo(to);
        }
        return {};
    }

    /// A tool of IBM's own GitLab takes repositories of its own region only (ibm-cloud-docs,
    /// grit_integration.md).
    bool isRefused(const ToolchainService &service, const QString &url) const
    {
        return service.type == QLatin1String("hostedgit") &&
               hostOf(url).endsWith(QLatin1String(".git.cloud.ibm.com")) &&
               !pointsAtRegion(url, m_options.targetRegion);
    }

    void lintParameters(const ToolchainService &service, const DataValue &parameters)
    {
        lintToolchainText(parameters, m_pointer, m_notes);
        if (m_options.targetRegion.isEmpty() || m_options.targetRegion == m_region)
            return;
        for (const DataValue::Member &member : parameters.members) {
            const QString text = member.value.isText() ? member.value.text : QString();
            const QString place = below(m_pointer, member.key);
            if (service.isRepository() && member.key == QLatin1String("repo_url") &&
                isRefused(service, text)) {
                m_notes.find("other_region", Severity::Error, place,
                             tr("“%1” is not in the GitLab of %2; IBM Cloud refuses it")
                                 .arg(service.name, m_options.targetRegion),
                             tr("Map the repository to its mirror there"));
            } else if (service.isRepository() && pointsAtRegion(text, m_region)) {
                m_notes.find(
                    "source_region", Severity::Warning, place,
                    tr("“%1” still points at %2").arg(service.name, m_region),
                    tr("Map the repository to its mirror in %1").arg(m_options.targetRegion));
            } else if (text.startsWith(QLatin1String("crn:v1:")) &&
                       text.section(QLatin1Char(':'), 5, 5) == m_region) {
                m_notes.find("region_bound", Severity::Warning, place,
                             tr("“%1” uses a service in %2").arg(service.name, m_region),
                             tr("It may be out of reach when that region is down"));
            }
        }
    }

    /// Writes the pipeline's own file and what toolchain.yml says of it.
    void configure(const ToolchainService &service, DataValue &parameters)
    {
        const auto exported = m_source.pipelines.find(service.instance);
        if (service.instance.isEmpty() || exported == m_source.pipelines.end()) {
            m_notes.find("pipeline_missing", Severity::Error, m_pointer,
                         tr("The definition of the pipeline “%1” is not there").arg(service.name),
                         tr("Save again"));
            return;
        }
        const QString file = pipelineFileName(service.name, m_fileNames);
        if (file != QStringLiteral("pipeline_%1.yml").arg(service.name))
            m_notes.find("file_name_changed", Severity::Note, m_pointer,
                         tr("The pipeline “%1” is in the file %2").arg(service.name, file), {});
        m_notes.setFile(kFolder + file);
        PipelineRules rules(m_services, service, m_options, m_notes);
        const DataValue definition = rules.rewrite(exported->second);
        const DataValue environment = environmentOf(service, rules);
        QStringList names;
        for (const DataValue::Member &member : environment.members)
            names << member.key;
        lintPipeline(definition, names, m_notes);
        m_notes.setFile(kToolchainFile);
        addFile(kFolder + file, writeYamlData(definition), service.instance);

        DataValue configuration = DataValue::ofMap();
        if (!environment.members.empty())
            configuration.set(QStringLiteral("env"), environment);
        configuration.set(QStringLiteral("content"),
                          DataValue::ofMap({{QStringLiteral("$text"), DataValue::ofText(file)}}));
        if (m_options.quiet) {
            const DataValue no = DataValue::ofBoolean(false);
            configuration.set(QStringLiteral("execute"), no);
            m_notes.change("Q1", m_pointer + QStringLiteral("/configuration/execute"), nullptr,
                           &no);
        }
        parameters.set(kConfiguration, configuration);
        const QStringList used = rules.repositories() + rules.workers();
        if (used.isEmpty())
            return;
        parameters.set(kServices, textList(used));
        const DataValue after = textList(used);
        m_notes.change("T11", below(m_pointer, kServices), nullptr, &after);
    }

    /// What IBM Cloud puts in place of ${NAME} in the pipeline's file.
    DataValue environmentOf(const ToolchainService &service, const PipelineRules &rules) const
    {
        DataValue environment = DataValue::ofMap();
        if (service.isTekton()) {
            for (const QString &name : rules.repositories())
                environment.set(name, DataValue::ofText(name));
        }
        for (const QString &name : rules.workers())
            environment.set(name, DataValue::ofText(
                                      QStringLiteral("{{services.%1.parameters.name}}").arg(name)));
        return environment;
    }

    QByteArray readme() const
    {
        const QString text =
            QStringLiteral("# %1\n\nGenerated from toolchain URL: %2\non %3\n")
                .arg(sourceName().simplified(), withoutUserInfo(m_source.url),
                     m_source.time.toUTC().toString(QStringLiteral("yyyy-MM-dd'T'HH-mm-ss")));
        return text.toUtf8();
    }

    const ToolchainExport &m_source;
    const TemplateOptions &m_options;
    const std::vector<ToolchainService> &m_services;
    const DataValue &m_toolchain;
    const BrokerSecrets m_brokers;
    const QString m_region;
    Template m_written;
    TemplateNotes m_notes;
    QString m_pointer; ///< of the tool that is written
    QStringList m_fileNames;
};

} // namespace

const Template::File *Template::file(const QString &path) const
{
    const auto found =
        std::find_if(files.begin(), files.end(), [&](const File &one) { return one.path == path; });
    return found == files.end() ? nullptr : &*found;
}

Result<Template> writeTemplate(const ToolchainExport &source, const TemplateOptions &options)
{
    TRY_VALUE(const std::vector<ToolchainService> services, toolchainServices(source.answer));
    return TemplateWriter(source, options, services).write();
}

QString regionOf(const DataValue &answer)
{
    const DataValue *toolchain = toolchainIn(answer);
    const QString environment =
        toolchain ? toolchain->textOf(QStringLiteral("region_id")) : QString();
    return environment.section(QLatin1Char(':'), -1);
}

bool pointsAtRegion(const QString &text, const QString &region)
{
    if (region.isEmpty() || !text.startsWith(QLatin1String("http")))
        return false;
    const QString host = hostOf(text);
    return host.endsWith(QLatin1String(".cloud.ibm.com")) &&
           host.split(QLatin1Char('.')).contains(region);
}

std::vector<std::pair<QString, QString>> suggestRepositoryMap(const DataValue &answer,
                                                              const QString &targetRegion)
{
    std::vector<std::pair<QString, QString>> map;
    const auto services = toolchainServices(answer);
    if (!services)
        return map;
    for (const ToolchainService &service : *services) {
        const QString url = withoutUserInfo(service.parameter(QStringLiteral("repo_url")));
        const QString mirror = mirrorUrl(url, regionOf(answer), targetRegion);
        const bool isThere = std::any_of(map.begin(), map.end(),
                                         [&](const auto &pair) { return pair.first == url; });
        if (service.isRepository() && !mirror.isEmpty() && !isThere)
            map.emplace_back(url, mirror);
    }
    return map;
}

} // namespace lb
