// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/toolchain_answer.h"

#include "core/systems/ibm_toolchain/secret_names.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QSet>
#include <QUrl>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainAnswer)

/// The position as toolchain-to-template.sh writes it: at least two digits.
QString digits(std::size_t position)
{
    return QStringLiteral("%1").arg(position, 2, 10, QLatin1Char('0'));
}

QString uniqueName(const QString &wanted, std::size_t position, const QSet<QString> &taken)
{
    QString name = wanted;
    while (taken.contains(name))
        name = name == wanted ? wanted + digits(position) : name + QLatin1Char('_');
    return name;
}

QString bindingName(const DataValue &entry)
{
    const DataValue *binding = entry.get(QStringLiteral("toolchain_binding"));
    return binding ? binding->textOf(QStringLiteral("name")) : QString();
}

bool hasMap(const DataValue *value)
{
    return value && value->isMap();
}

/// The repository's address without what two spellings of it may differ in.
QString comparable(const QString &given)
{
    QString text = withoutUserInfo(given.trimmed());
    if (text.endsWith(QLatin1Char('/')))
        text.chop(1);
    if (text.endsWith(QLatin1String(".git")))
        text.chop(4);
    const QUrl url(text);
    const qsizetype path = text.indexOf(QLatin1Char('/'), text.indexOf(QLatin1String("://")) + 3);
    if (!url.isValid() || url.host().isEmpty() || path < 0)
        return text;
    return text.left(path).toLower() + text.mid(path);
}

bool isWebPage(const QByteArray &bytes, const QString &contentType)
{
    const QByteArray begin = bytes.left(512).trimmed().toLower();
    return contentType.contains(QLatin1String("html"), Qt::CaseInsensitive) ||
           begin.startsWith("<!doctype") || begin.startsWith("<html");
}

Result<void> checkBody(const QByteArray &bytes, const QString &contentType, const QString &what)
{
    if (isWebPage(bytes, contentType))
        return fail(ErrorCode::Denied,
                    tr("IBM Cloud answered with a web page instead of %1").arg(what), {},
                    tr("The token may have expired, or has no access; log in again"));
    if (bytes.trimmed().isEmpty())
        return fail(ErrorCode::Corrupt, tr("The answer with %1 is empty").arg(what));
    return {};
}

} // namespace

const DataValue *toolchainIn(const DataValue &answer)
{
    if (const DataValue *toolchain = answer.get(QStringLiteral("toolchain")); hasMap(toolchain))
        return toolchain;
    const DataValue *items = answer.get(QStringLiteral("items"));
    if (items && items->isList() && items->items.size() == 1 && items->items.front().isMap())
        return &items->items.front();
    return answer.get(QStringLiteral("toolchain_guid")) ? &answer : nullptr;
}

DataValue *toolchainIn(DataValue &answer)
{
    return const_cast<DataValue *>(toolchainIn(std::as_const(answer)));
}

QString toolchainPointer(const DataValue &answer)
{
    if (hasMap(answer.get(QStringLiteral("toolchain"))))
        return QStringLiteral("/toolchain");
    return answer.get(QStringLiteral("items")) ? QStringLiteral("/items/0") : QString();
}

const DataValue *brokerCatalogue(const DataValue &answer)
{
    if (toolchainIn(answer) == &answer)
        return nullptr;
    const DataValue *brokers = answer.get(QStringLiteral("services"));
    return brokers && brokers->isList() ? brokers : nullptr;
}

bool ToolchainService::isTekton() const
{
    return parameter(QStringLiteral("type")) == QLatin1String("tekton");
}

bool ToolchainService::isRepository() const
{
    static const QSet<QString> types{
        QStringLiteral("hostedgit"), QStringLiteral("gitlab"), QStringLiteral("githubconsolidated"),
        QStringLiteral("github_integrated"), QStringLiteral("bitbucketgit")};
    return types.contains(type);
}

QString ToolchainService::parameter(const QString &key) const
{
    return parameters ? parameters->textOf(key) : QString();
}

Result<std::vector<ToolchainService>> toolchainServices(const DataValue &answer)
{
    const DataValue *toolchain = toolchainIn(answer);
    const DataValue *list = toolchain ? toolchain->get(QStringLiteral("services")) : nullptr;
    if (!toolchain || toolchain->textOf(QStringLiteral("name")).isEmpty() || !list ||
        !list->isList())
        return fail(ErrorCode::Corrupt, tr("The answer describes no toolchain"), {},
                    tr("It must hold the toolchain's name and the list of its tools"));
    std::vector<ToolchainService> services;
    QSet<QString> taken;
    for (std::size_t i = 0; i < list->items.size(); ++i) {
        const DataValue &entry = list->items[i];
        ToolchainService service;
        service.position = i;
        service.type = entry.textOf(QStringLiteral("service_id"));
        if (service.type.isEmpty())
            return fail(ErrorCode::Corrupt, tr("A tool of the toolchain has no type"),
                        QStringLiteral("%1/services/%2").arg(toolchainPointer(answer)).arg(i));
        service.binding = bindingName(entry);
        const QString wanted =
            service.binding.isEmpty() ? service.type + digits(i) : service.binding;
        service.name = uniqueName(wanted, i, taken);
        taken.insert(service.name);
        service.instance = entry.textOf(QStringLiteral("instance_id"));
        service.entry = &entry;
        const DataValue *parameters = entry.get(QStringLiteral("parameters"));
        service.parameters = hasMap(parameters) ? parameters : nullptr;
        services.push_back(std::move(service));
    }
    return services;
}

Result<std::vector<PipelineSource>> toolchainPipelines(const DataValue &answer)
{
    TRY_VALUE(const std::vector<ToolchainService> services, toolchainServices(answer));
    std::vector<PipelineSource> pipelines;
    for (const ToolchainService &service : services) {
        if (!service.isPipeline())
            continue;
        const QString page = service.entry->textOf(QStringLiteral("dashboard_url"));
        static const QRegularExpression path(QStringLiteral("\\A/[A-Za-z0-9/_-]+\\z"));
        if (!path.match(page).hasMatch() || service.instance.isEmpty())
            return fail(ErrorCode::Corrupt,
                        tr("The answer does not say where the pipeline %1 is").arg(service.name),
                        page);
        const QString environment = service.entry->textOf(QStringLiteral("region_id"));
        pipelines.push_back(
            {service.instance, service.name,
             page + QStringLiteral("/yaml?env_id=") +
                 QString::fromLatin1(QUrl::toPercentEncoding(environment, QByteArrayLiteral(":"))),
             service.isTekton()});
    }
    return pipelines;
}

Result<DataValue> checkPipeline(const QByteArray &bytes, const QString &contentType,
                                const QString &what)
{
    TRY(checkBody(bytes, contentType, what));
    TRY_VALUE(DataValue pipeline, readYamlData(bytes, what));
    for (const char *key : {"stages", "inputs", "triggers"}) {
        const DataValue *list = pipeline.get(QString::fromLatin1(key));
        if (list && list->isList())
            return pipeline;
    }
    return fail(ErrorCode::Corrupt, tr("The answer with %1 is no pipeline").arg(what),
                tr("It has no stages, no inputs and no triggers"));
}

Result<DataValue> checkToolchainAnswer(const QByteArray &bytes, const QString &contentType)
{
    const QString what = tr("the toolchain");
    TRY(checkBody(bytes, contentType, what));
    TRY_VALUE(DataValue answer, readJsonData(bytes, what));
    const auto services = toolchainServices(answer);
    if (!services)
        return tl::unexpected(services.error());
    return answer;
}

bool isSameRepository(const QString &left, const QString &right)
{
    return comparable(left) == comparable(right);
}

std::vector<const ToolchainService *> repositoriesAt(const std::vector<ToolchainService> &services,
                                                     const QString &url)
{
    std::vector<const ToolchainService *> exact;
    std::vector<const ToolchainService *> similar;
    if (url.isEmpty())
        return {};
    for (const ToolchainService &service : services) {
        const QString own = service.parameter(QStringLiteral("repo_url"));
        if (own.isEmpty())
            continue;
        if (withoutUserInfo(own) == withoutUserInfo(url))
            exact.push_back(&service);
        else if (isSameRepository(own, url))
            similar.push_back(&service);
    }
    return exact.empty() ? similar : exact;
}

const ToolchainService *privateWorker(const std::vector<ToolchainService> &services,
                                      const QString &name)
{
    const auto found = std::find_if(services.begin(), services.end(), [&](const auto &service) {
        return service.type == QLatin1String("private_worker") && !name.isEmpty() &&
               service.parameter(QStringLiteral("name")) == name;
    });
    return found == services.end() ? nullptr : &*found;
}

QString pipelineFileName(const QString &service, QStringList &taken)
{
    static const QRegularExpression safe(QStringLiteral("\\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\\z"));
    static const QRegularExpression unsafe(QStringLiteral("[^A-Za-z0-9_-]+"));
    const QString pattern = QStringLiteral("pipeline_%1.yml");
    QString name = pattern.arg(service);
    // Some file systems do not tell upper from lower case.
    if (!safe.match(service).hasMatch() || taken.contains(name.toLower())) {
        const QByteArray digest =
            QCryptographicHash::hash(service.toUtf8(), QCryptographicHash::Sha256).toHex();
        name = pattern.arg(QString(service).replace(unsafe, QStringLiteral("-")).left(60) +
                           QLatin1Char('-') + QString::fromLatin1(digest.left(8)));
    }
    taken << name.toLower();
    return name;
}

} // namespace lb
