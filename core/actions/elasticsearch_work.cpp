// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/elasticsearch_work.h"

#include "core/actions/http_work.h"
#include "core/base/digest.h"
#include "core/base/json.h"

#include <QUrl>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

bool isGood(int status)
{
    return status >= 200 && status < 300;
}

bool meansMissing(int status, const std::optional<ElasticsearchError> &error)
{
    return error
               ? error->is("repository_missing_exception") ||
                     error->is("snapshot_missing_exception") ||
                     error->is("index_missing_exception") || error->is("index_not_found_exception")
               : status == 404;
}

QString seeAddress()
{
    return tr("See that elasticsearch_url is the address of Elasticsearch over HTTP, usually on "
              "port 9200, and what its log says");
}

Error failureOf(int status, const QByteArray &body, const QString &doing)
{
    if (const auto error = elasticsearchError(body))
        return elasticsearchFailure(*error, doing);
    const QString words = QString::fromUtf8(body.left(300)).simplified();
    const QString answered = tr("the server answered %1").arg(status);
    const QString detail = words.isEmpty() ? answered : answered + QStringLiteral(": ") + words;
    switch (status) {
    case 401:
    case 403:
        return {ErrorCode::Denied, doing, detail,
                tr("See the user and the secret elasticsearch_password")};
    case 404:
        // Elasticsearch says in words what it does not have.
        return {ErrorCode::Unsupported, doing,
                tr("no Elasticsearch answers there, but %1").arg(detail), seeAddress()};
    case 503:
        // A node that finds no master still says who it is.
        if (body.contains("cluster_name"))
            return {ErrorCode::Unreachable, doing, tr("a node answers and finds no master"),
                    tr("The nodes that may lead the cluster are away. See that all of them run and "
                       "see each other, and wait until GET /_cluster/health answers")};
        [[fallthrough]];
    case 429:
    case 502:
    case 504:
        return {ErrorCode::Unreachable, doing, detail,
                tr("It is too busy, or what stands before it does not reach it; wait, or see its "
                   "log")};
    default:
        return {ErrorCode::Failed, doing, detail, seeAddress()};
    }
}

} // namespace

ElasticsearchJob::ElasticsearchJob(ElasticsearchCall what, const ActionContext &given,
                                   std::shared_ptr<WorkerPrograms> worker,
                                   const WorkerExecution::Report &progress, std::stop_token asked)
    : WorkerJob(given, std::move(worker), progress, std::move(asked)),
      call(std::move(what)),
      m_requests(requestsOf(call))
{
}

const HttpCall *ElasticsearchJob::find(const char *purpose) const
{
    for (const PlannedRequest &request : m_requests) {
        if (request.purpose == QLatin1String(purpose))
            return &request.call;
    }
    return nullptr;
}

Result<HttpCall> ElasticsearchJob::planned(const char *purpose, const Values &values) const
{
    const HttpCall *found = find(purpose);
    if (found == nullptr)
        return fail(ErrorCode::Internal,
                    tr("The plan has no request “%1”").arg(QLatin1String(purpose)));
    HttpCall filled = *found;
    TRY_VALUE(const QString url, filled.url.fill([&](const Slot &slot) -> Result<QString> {
        const auto value = values.find(slot.path);
        if (value == values.end())
            return fail(ErrorCode::Internal, tr("Nobody gave a value for ‹%1›").arg(slot.path));
        return QString::fromLatin1(QUrl::toPercentEncoding(value->second));
    }));
    filled.url = url;
    return filled;
}

Result<ElasticsearchJob::Reply> ElasticsearchJob::send(const char *purpose, const Values &values,
                                                       const QByteArray &body)
{
    TRY_VALUE(HttpCall request, planned(purpose, values));
    if (!body.isEmpty())
        request.body = TemplateText();
    return sendTo(request, body);
}

Result<ElasticsearchJob::Reply> ElasticsearchJob::sendTo(const HttpCall &request,
                                                         const QByteArray &body)
{
    const QStringList addresses = m_address.isEmpty() ? call.at.urls : QStringList{m_address};
    Result<HttpAnswer> answer = fail(ErrorCode::Internal, tr("The cluster has no address"));
    for (const QString &address : addresses) {
        HttpCall there = request;
        there.url = address + request.url.literal().mid(call.at.text().size());
        TRY_VALUE(HttpRequest wanted, httpRequest(there, context));
        // A status is an answer here: the server's words say more than its number.
        wanted.anyStatus = true;
        if (!body.isEmpty()) {
            wanted.body = body;
            wanted.bodyType = body.endsWith('\n') ? "application/x-ndjson" : "application/json";
        }
        answer = sendHttp(wanted, stop);
        if (answer) {
            m_address = address;
            log(QStringLiteral("%1 %2: %3")
                    .arg(there.method, there.url.literal())
                    .arg(answer->status));
            return Reply{answer->status, answer->body};
        }
        if (answer.error().code != ErrorCode::Unreachable)
            break;
    }
    Error error = answer.error();
    if (error.code == ErrorCode::Unreachable && error.advice.isEmpty())
        error.advice = tr("See that Elasticsearch runs. Alien's files name the port 9300, over "
                          "which nodes speak with each other; HTTP is usually on 9200");
    return tl::unexpected(error);
}

Result<QByteArray> ElasticsearchJob::ask(const char *purpose, const QString &doing,
                                         const Values &values)
{
    TRY_VALUE(const Reply reply, send(purpose, values));
    if (!isGood(reply.status))
        return tl::unexpected(failureOf(reply.status, reply.body, doing));
    return reply.body;
}

Result<QByteArray> ElasticsearchJob::askWith(const char *purpose, const QString &doing,
                                             const QByteArray &body, const Values &values)
{
    TRY_VALUE(const Reply reply, send(purpose, values, body));
    if (!isGood(reply.status))
        return tl::unexpected(failureOf(reply.status, reply.body, doing));
    return reply.body;
}

Result<std::optional<QByteArray>>
ElasticsearchJob::askIfThere(const char *purpose, const QString &doing, const Values &values)
{
    TRY_VALUE(const Reply reply, send(purpose, values));
    if (isGood(reply.status))
        return std::optional(reply.body);
    if (meansMissing(reply.status, elasticsearchError(reply.body)))
        return std::optional<QByteArray>();
    return tl::unexpected(failureOf(reply.status, reply.body, doing));
}

TreeSaveCall folderSave(const ElasticsearchCall &call)
{
    TreeSaveCall save;
    save.folder = call.folder.display();
    save.part = call.part;
    save.file = call.file;
    save.title = call.title;
    return save;
}

Result<std::vector<ClusterIndex>> clusterIndices(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray body,
              job.ask("indices", tr("Cannot read the indices of %1").arg(job.call.at.text())));
    return readIndices(body);
}

Result<QJsonObject> countDocuments(ElasticsearchJob &job, const QStringList &indices)
{
    QJsonObject counts;
    for (const QString &index : indices) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("It was cancelled"));
        TRY_VALUE(const QByteArray body,
                  job.ask("count", tr("Cannot count the documents of %1").arg(index),
                          {{QStringLiteral("index"), index}}));
        TRY_VALUE(const qint64 count, readCount(body));
        counts.insert(index, count);
    }
    return counts;
}

Result<std::optional<QString>> hashDocument(ElasticsearchJob &job, const QString &index,
                                            const QString &type, const QString &id)
{
    TRY_VALUE(const auto body, job.askIfThere("sample", tr("Cannot read %1 of %2").arg(id, index),
                                              {{QStringLiteral("index"), index},
                                               {QStringLiteral("type"), type},
                                               {QStringLiteral("id"), id}}));
    if (!body)
        return std::optional<QString>();
    return std::optional(QString::fromLatin1(Sha256::hex(*body)));
}

Result<CallOutcome> readClusterId(ElasticsearchJob &job)
{
    TRY_VALUE(const auto indices, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(indices, job.call.extra);
    QStringList own;
    for (const ClusterIndex &index : indices) {
        if ((survey.open.contains(index.name) || survey.closed.contains(index.name)) &&
            !index.uuid.isEmpty())
            own << index.name + QLatin1Char(' ') + index.uuid;
    }
    if (own.isEmpty())
        return fail(ErrorCode::NotFound,
                    tr("%1 has no index of Alien to know it by").arg(job.call.at.text()), {},
                    tr("See elasticsearch_url: is it the cluster of Alien? A new one gets its "
                       "indices at Alien's first start"));
    CallOutcome outcome;
    outcome.answer.value = toJsonArray(own);
    outcome.outputs.insert(QStringLiteral("value"), outcome.answer.value);
    return outcome;
}

Result<CallOutcome> surveyCluster(ElasticsearchJob &job)
{
    TRY_VALUE(const QByteArray root,
              job.ask("root", tr("Cannot read what answers at %1").arg(job.call.at.text())));
    TRY_VALUE(const ClusterRoot cluster, readClusterRoot(root));
    TRY_VALUE(const auto indices, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(indices, job.call.extra);
    QStringList own = survey.open;
    own.removeIf([&](const QString &name) { return job.call.extra.contains(name); });
    CallOutcome outcome;
    outcome.answer.value = QJsonObject{{QStringLiteral("cluster"), cluster.cluster},
                                       {QStringLiteral("version"), cluster.version},
                                       {QStringLiteral("indices"), toJsonArray(survey.open)},
                                       {QStringLiteral("own"), toJsonArray(own)},
                                       {QStringLiteral("closed"), toJsonArray(survey.closed)},
                                       {QStringLiteral("missing"), toJsonArray(survey.missing)},
                                       {QStringLiteral("foreign"), toJsonArray(survey.foreign)}};
    outcome.outputs.insert(QStringLiteral("json"), outcome.answer.value);
    return outcome;
}

WorkerExecution::Work elasticsearchWork(const ElasticsearchCall &call, const ActionContext &context,
                                        const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs](const WorkerExecution::Report &report,
                                     std::stop_token stop) -> Result<CallOutcome> {
        ElasticsearchJob job(call, context, programs, report, std::move(stop));
        switch (call.work) {
        case ElasticsearchWork::Id:
            return readClusterId(job);
        case ElasticsearchWork::Survey:
            return surveyCluster(job);
        case ElasticsearchWork::Check:
            return checkAlien(job);
        case ElasticsearchWork::Describe:
            return describeIndices(job);
        case ElasticsearchWork::Save:
            return saveIndices(job);
        case ElasticsearchWork::Keep:
            return keepIndices(job);
        case ElasticsearchWork::Restore:
        case ElasticsearchWork::RestoreBack:
        case ElasticsearchWork::PutBack:
        case ElasticsearchWork::Rehearse:
            return restoreIndices(job);
        case ElasticsearchWork::Export:
            return exportIndices(job);
        case ElasticsearchWork::Adopt:
            return adoptSnapshot(job);
        case ElasticsearchWork::AdoptFiles:
            return adoptFiles(job);
        case ElasticsearchWork::Transform:
            return transformExport(job);
        case ElasticsearchWork::Clear:
            return clearIndices(job);
        case ElasticsearchWork::Connect:
            return connectOrchestrators(job);
        case ElasticsearchWork::SwapPlugin:
            return swapPlugin(job);
        case ElasticsearchWork::SwapPluginBack:
            return swapPluginBack(job);
        case ElasticsearchWork::Import:
            return importIndices(job);
        case ElasticsearchWork::RemoveOwn:
            return removeOwn(job);
        case ElasticsearchWork::Forget:
            return forgetSnapshot(job);
        }
        return fail(ErrorCode::Internal, tr("Unknown work for a cluster"));
    };
}

} // namespace lb
