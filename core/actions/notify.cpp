// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/notify.h"

#include "core/actions/worker_execution.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/model/notify_target.h"
#include "core/transport/http_client.h"
#include "core/transport/local_process.h"

#include <QTimer>

namespace lb {

namespace {

LB_TRANSLATE(Notify)

using namespace std::chrono_literals;

constexpr auto kLimit = 30s;

void runProgram(QObject *owner, Guard *guard, const QStringList &words, const QJsonObject &facts,
                std::function<void(const Result<void> &)> then)
{
    auto *process = new LocalProcess(guard, owner);
    auto *limit = new QTimer(process);
    limit->setSingleShot(true);
    QObject::connect(limit, &QTimer::timeout, process, [process] { process->terminate(2s); });
    QObject::connect(
        process, &LocalProcess::finished, owner,
        [process, program = words.first(), then = std::move(then)](const ProcessEnd &end) {
            process->deleteLater();
            if (end.error)
                then(tl::unexpected(*end.error));
            else if (end.terminated)
                then(fail(ErrorCode::TimedOut,
                          tr("%1 took longer than %2").arg(program, formatDuration(kLimit))));
            else if (end.exitStatus.value_or(-1) != 0)
                then(fail(ErrorCode::Failed, tr("%1 failed").arg(program),
                          displayText(QString::fromUtf8(end.tail).trimmed(), true)));
            else
                then({});
        });
    ProcessStart start;
    start.program = words.first();
    start.arguments = words.mid(1);
    start.input = toJsonDocument(facts);
    for (const char *fact : {"run", "runbook", "system", "waiting", "step", "text", "since"})
        start.environment.emplace_back(QStringLiteral("LIFEBOAT_") +
                                           QString::fromLatin1(fact).toUpper(),
                                       facts.value(QLatin1String(fact)).toString().toUtf8());
    limit->start(kLimit);
    process->start(std::move(start));
}

/// Posts it once and follows no redirect. Errors name the host alone: what stands behind it in a
/// webhook's URL is often what lets one in.
Result<void> postJson(const QUrl &url, const QJsonObject &facts, const std::stop_token &stop)
{
    HttpRequest request;
    request.method = "POST";
    request.url = url.toString(QUrl::FullyEncoded);
    request.body = toJson(facts);
    request.bodyType = "application/json";
    request.timeout = kLimit;
    request.anyStatus = true;
    request.followRedirects = false;
    const auto answer = sendHttp(request, stop);
    if (!answer && answer.error().code == ErrorCode::TimedOut)
        return fail(ErrorCode::TimedOut, tr("%1 did not answer").arg(url.host()));
    if (!answer)
        return fail(answer.error().code, tr("%1 could not be told").arg(url.host()),
                    answer.error().detail);
    if (answer->status < 200 || answer->status > 299)
        return fail(ErrorCode::Failed, tr("%1 did not take what was posted").arg(url.host()),
                    tr("it answered %1").arg(answer->status));
    return {};
}

void callWebhook(QObject *owner, const QUrl &url, const QJsonObject &facts,
                 std::function<void(const Result<void> &)> then)
{
    const auto work = [url, facts](const WorkerExecution::Report &,
                                   const std::stop_token &stop) -> Result<CallOutcome> {
        TRY(postJson(url, facts, stop));
        return CallOutcome();
    };
    auto *posting = new WorkerExecution(work, owner);
    QObject::connect(posting, &Execution::finished, owner,
                     [posting, then = std::move(then)](const CallEnd &end) {
                         posting->deleteLater();
                         if (end.result)
                             then({});
                         else
                             then(tl::unexpected(end.result.error()));
                     });
}

} // namespace

void notifySomebody(QObject *owner, Guard *guard, const QString &notify, const QJsonObject &facts,
                    std::function<void(const Result<void> &)> then)
{
    const auto target = NotifyTarget::parse(notify);
    if (!target)
        then(tl::unexpected(target.error()));
    else if (target->program.isEmpty())
        callWebhook(owner, target->webhook, facts, std::move(then));
    else
        runProgram(owner, guard, target->program, facts, std::move(then));
}

} // namespace lb
