// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/toolchain_work.h"

#include "core/actions/answer_output.h"
#include "core/actions/http_work.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/systems/ibm_toolchain/answers.h"

#include <QUrl>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

const QString kToken = QStringLiteral("IBM Cloud token");
/// IBM's tokens live an hour at most; one is not used to its last minute (sheet §2.2).
constexpr auto kEarly = 5min;
/// While a run is prepared several calls read the same; each waits so long for a whole answer. What
/// works waits a minute, as cd-tools does (sheet §7.5).
constexpr auto kLongestLook = 30s;
constexpr qsizetype kMostWords = 300;
constexpr int kMostPages = 200;

/// Every status that means something, but those that ask for patience: these are sent again.
QList<int> answers()
{
    QList<int> list;
    for (int status = 200; status < 600; ++status) {
        if (status != 429 && status != 502 && status != 503 && status != 504)
            list << status;
    }
    return list;
}

QString seeKey()
{
    return tr("See that the secret ibm_api_key is the key of a user who may read and change the "
              "toolchains, and that it was not deleted");
}

} // namespace

Error toolchainFailure(const ToolchainReply &reply, const QString &doing, const Redactor *redactor)
{
    if (reply.isRedirect())
        return {ErrorCode::Denied, doing,
                tr("the server points to %1 instead of answering: nobody is signed in there")
                    .arg(displayText(reply.location.section(QLatin1Char('?'), 0, 0))),
                seeKey()};
    const QString answered = tr("the server answered %1").arg(reply.status);
    QString words = serviceErrorText(reply.body);
    if (redactor)
        words = redactor->redacted(words);
    const QString detail =
        words.isEmpty() ? answered
                        : answered + QStringLiteral(": ") + displayText(words.left(kMostWords));
    switch (reply.status) {
    case 400:
    case 422:
        return {ErrorCode::BadInput, doing, detail, {}};
    case 401:
    case 403:
        return {ErrorCode::Denied, doing, detail, seeKey()};
    case 404:
    case 410:
        return {ErrorCode::NotFound, doing, detail,
                tr("It is not there, or this user may not see it: the service does not tell "
                   "these apart")};
    case 409:
        return {ErrorCode::Conflict, doing, detail, {}};
    default:
        return {reply.isGood() ? ErrorCode::Corrupt : ErrorCode::Failed, doing, detail, {}};
    }
}

Error withState(Error error, const QString &now)
{
    if (error.code != ErrorCode::Cancelled)
        return withAdvice(std::move(error), now);
    error.summary = tr("%1. %2", "two sentences").arg(error.summary, now);
    return error;
}

ToolchainJob::ToolchainJob(ToolchainCall what, const ActionContext &given,
                           std::shared_ptr<WorkerPrograms> worker,
                           const WorkerExecution::Report &progress, std::stop_token asked)
    : WorkerJob(given, std::move(worker), progress, std::move(asked)),
      call(std::move(what)),
      m_requests(requestsOf(call))
{
}

const HttpCall *ToolchainJob::find(const QString &purpose) const
{
    for (const PlannedRequest &request : m_requests) {
        if (request.purpose == purpose)
            return &request.call;
    }
    return nullptr;
}

Result<TokenCache::Token> ToolchainJob::exchange()
{
    const HttpCall *planned = find(QStringLiteral("token"));
    if (planned == nullptr)
        return fail(ErrorCode::Internal, tr("The plan asks for no token"));
    const QString doing = tr("The API key is not exchanged for a token at %1").arg(call.at.iam);
    TRY_VALUE(const SecretHandle key, secretOf(call.at.apiKey, context));
    // The key ends the form.
    TRY_VALUE(const QString fixed,
              std::get<TemplateText>(planned->body).fill([](const Slot &) -> Result<QString> {
                  return QString();
              }));
    QByteArray form = fixed.toUtf8();
    key->reveal([&](QByteArrayView bytes) {
        QByteArray encoded = bytes.toByteArray().toPercentEncoding();
        form += encoded;
        wipe(encoded);
    });
    ToolchainBody body;
    body.secret = std::make_shared<const SecretString>(std::move(form));
    body.isRepeatable = true; // it makes nothing
    TRY_VALUE(const ToolchainReply reply, sendOnce(*planned, body, {}, doing));
    if (!reply.isGood()) {
        Error error = toolchainFailure(reply, doing, context.redactor.get());
        // IAM answers 400 to a key that it does not know (sheet §2.2).
        if (reply.status == 400) {
            error.code = ErrorCode::Denied;
            error.advice = seeKey();
        }
        return tl::unexpected(error);
    }
    TRY_VALUE(const IamToken answer, readIamToken(reply.body, utcNow()));
    return TokenCache::Token{answer.token,
                             answer.expires.addMSecs(-std::chrono::milliseconds(kEarly).count())};
}

Result<SecretHandle> ToolchainJob::token()
{
    if (!context.tokens)
        return fail(ErrorCode::Internal, tr("Nobody keeps tokens here"));
    return context.tokens->get(kToken, [this] { return exchange(); });
}

Result<ToolchainReply> ToolchainJob::sendOnce(const HttpCall &planned, const ToolchainBody &body,
                                              const SecretHandle &token, const QString &doing)
{
    HttpCall bare = planned;
    const auto isBearer = [](const auto &header) {
        return header.first == QLatin1String("Authorization");
    };
    bare.headers.erase(std::remove_if(bare.headers.begin(), bare.headers.end(), isBearer),
                       bare.headers.end());
    bare.body = TemplateText();
    TRY_VALUE(HttpRequest request, httpRequest(bare, context));
    request.bearer = token;
    request.anyStatus = false;
    request.success = answers();
    request.followRedirects = false;
    request.tries = tries;
    if (call.work == ToolchainWork::Fact || call.work == ToolchainWork::Survey ||
        call.work == ToolchainWork::Check)
        request.timeout = kLongestLook;
    request.isRepeatable = body.isRepeatable;
    request.isRefusalRepeatable = true;
    if (body.secret)
        request.body = body.secret;
    else if (!body.bytes.isEmpty())
        request.body = body.bytes;
    HttpListener listener;
    listener.note = [this](const QString &line) { log(line); };
    // What was not begun is not begun any more.
    if (body.isUnbroken && stop.stop_requested())
        return fail(ErrorCode::Cancelled, tr("It was cancelled"));
    const bool isWaitedFor = body.isUnbroken || isUnbroken;
    if (isWaitedFor && stop.stop_requested())
        request.tries = 1; // whoever has cancelled does not wait for patience
    const auto answer = sendHttp(request, isWaitedFor ? std::stop_token() : stop, listener);
    if (!answer)
        return tl::unexpected(inContext(answer.error(), doing));
    return ToolchainReply{answer->status, answer->body, QString::fromLatin1(answer->type),
                          QString::fromUtf8(answer->location)};
}

Result<ToolchainReply> ToolchainJob::send(const QString &purpose, const QString &doing,
                                          const Values &values, const ToolchainBody &body)
{
    const HttpCall *found = find(purpose);
    if (found == nullptr)
        return fail(ErrorCode::Internal, tr("The plan has no request “%1”").arg(purpose));
    HttpCall planned = *found;
    TRY_VALUE(const QString url, planned.url.fill([&](const Slot &slot) -> Result<QString> {
        const auto value = values.find(slot.path);
        if (value == values.end())
            return fail(ErrorCode::Internal, tr("Nobody gave a value for ‹%1›").arg(slot.path));
        // `tekton/ID` is a path below another one; `ibm:yp:eu-de` is readable so.
        return QString::fromLatin1(QUrl::toPercentEncoding(
            value->second, slot.path == QLatin1String("pipeline") ? "/" : ":"));
    }));
    planned.url = url;
    const bool needsToken =
        std::any_of(planned.headers.begin(), planned.headers.end(), [](const auto &header) {
            return header.first == QLatin1String("Authorization");
        });
    SecretHandle bearer;
    if (needsToken) {
        TRY_VALUE(bearer, token());
    }
    TRY_VALUE(ToolchainReply reply, sendOnce(planned, body, bearer, doing));
    // It may have ended in the middle of the work, or been taken back. Pages for people then point
    // to where one signs in instead of answering 401 (sheet §6.2).
    if (needsToken && (reply.status == 401 || reply.isRedirect())) {
        context.tokens->drop(kToken, bearer);
        TRY_VALUE(bearer, token());
        TRY_VALUE(reply, sendOnce(planned, body, bearer, doing));
    }
    return reply;
}

Result<ToolchainReply> ToolchainJob::ask(const QString &purpose, const QString &doing,
                                         const Values &values, const ToolchainBody &body)
{
    TRY_VALUE(const ToolchainReply reply, send(purpose, doing, values, body));
    if (!reply.isGood())
        return tl::unexpected(toolchainFailure(reply, doing, context.redactor.get()));
    return reply;
}

Result<DataValue> askData(ToolchainJob &job, const QString &purpose, const QString &doing,
                          const ToolchainJob::Values &values, const ToolchainBody &body)
{
    TRY_VALUE(const ToolchainReply reply, job.ask(purpose, doing, values, body));
    if (reply.body.trimmed().isEmpty())
        return fail(ErrorCode::Corrupt, doing,
                    tr("the server answered %1 and said nothing").arg(reply.status));
    auto data = readJsonData(reply.body, doing);
    if (!data)
        return tl::unexpected(toolchainFailure(reply, doing, job.context.redactor.get()));
    return data;
}

Result<void> eachPage(ToolchainJob &job, const char *purpose, const QString &doing,
                      ToolchainJob::Values values,
                      const std::function<Result<void>(const DataValue &page)> &take)
{
    QString start;
    for (int n = 0; n < kMostPages; ++n) {
        values[QStringLiteral("start")] = start;
        TRY_VALUE(const DataValue page, askData(job, QLatin1String(purpose), doing, values));
        if (const auto taken = take(page); !taken)
            return tl::unexpected(inContext(taken.error(), doing));
        const DataValue *next = page.get(QStringLiteral("next"));
        const QString following = next ? next->textOf(QStringLiteral("start")) : QString();
        if (following.isEmpty() || following == start)
            return {};
        start = following;
    }
    return fail(ErrorCode::Corrupt, doing, tr("the list has no end"));
}

Result<DataValue> readToolchain(ToolchainJob &job, const ToolchainPlace &place)
{
    const QString doing = tr("Toolchain %1 in %2 cannot be read").arg(place.id, place.region);
    TRY_VALUE(const ToolchainReply reply, job.ask(QStringLiteral("toolchain/") + place.id, doing));
    auto answer = checkToolchainAnswer(reply.body, reply.type);
    if (!answer)
        return tl::unexpected(inContext(answer.error(), doing));
    return answer;
}

WorkerExecution::Work toolchainWork(const ToolchainCall &call, const ActionContext &context,
                                    const std::shared_ptr<WorkerPrograms> &programs)
{
    return [call, context, programs](const WorkerExecution::Report &report,
                                     std::stop_token stop) -> Result<CallOutcome> {
        ToolchainJob job(call, context, programs, report, std::move(stop));
        switch (call.work) {
        case ToolchainWork::Fact:
            return readToolchainFact(job);
        case ToolchainWork::Survey:
            return surveyToolchains(job);
        case ToolchainWork::Check:
            return checkToolchain(job);
        case ToolchainWork::Save:
            return saveToolchain(job);
        case ToolchainWork::Publish:
            return publishTemplate(job);
        case ToolchainWork::Create:
            return createCopy(job);
        case ToolchainWork::Build:
            return buildCopy(job);
        case ToolchainWork::RemoveCreated:
            return removeCopy(job);
        case ToolchainWork::Projects:
            return findProjects(job);
        case ToolchainWork::Revoke:
            return revokeToken(job);
        case ToolchainWork::Unpublish:
            return unpublishTemplate(job);
        case ToolchainWork::Compare:
            return compareWithTemplate(job);
        case ToolchainWork::Locate:
            return locateTool(job);
        case ToolchainWork::SetSecret:
            return setToolchainSecret(job);
        case ToolchainWork::Triggers:
            return switchTriggers(job);
        case ToolchainWork::Prove:
            return provePipelines(job);
        }
        return fail(ErrorCode::Internal, tr("Unknown work for a toolchain"));
    };
}

} // namespace lb
