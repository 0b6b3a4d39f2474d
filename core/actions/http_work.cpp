// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/http_work.h"

#include "core/actions/answer_output.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

Result<HttpValue> httpValue(const Sensitive &value, const ActionContext &context)
{
    if (const auto *secret = std::get_if<SecretRef>(&value)) {
        TRY_VALUE(const SecretHandle handle, secretOf(secret->name, context));
        return HttpValue(handle);
    }
    return HttpValue(std::get<TemplateText>(value).literal().toUtf8());
}

} // namespace

Result<HttpRequest> httpRequest(const HttpCall &call, const ActionContext &context)
{
    HttpRequest request;
    request.method = call.method.toLatin1();
    request.url = call.url.literal();
    for (const auto &[name, given] : call.headers) {
        TRY_VALUE(HttpValue value, httpValue(given, context));
        request.headers.emplace_back(name.toLatin1(), std::move(value));
    }
    if (call.json.isUndefined()) {
        TRY_VALUE(request.body, httpValue(call.body, context));
    } else {
        request.body = jsonBody(call).literal().toUtf8();
        request.bodyType = "application/json";
    }
    request.fromFile = call.fromFile;
    request.toFile = call.toFile;
    request.caFile = call.ca;
    request.clientCertificate = call.clientCertificate;
    request.clientKey = call.clientKey;
    request.user = call.user;
    if (!call.password.isEmpty()) {
        TRY_VALUE(request.password, secretOf(call.password, context));
    }
    if (!call.bearer.isEmpty()) {
        TRY_VALUE(request.bearer, secretOf(call.bearer, context));
    }
    request.timeout = call.timeout;
    request.success = call.success;
    request.anyStatus = context.isQuestion;
    request.maxSize = call.maxSize;
    request.redactor = context.redactor.get();
    return request;
}

WorkerExecution::Work httpWork(const HttpCall &call, const ActionContext &context)
{
    return [call, context](const WorkerExecution::Report &progress,
                           std::stop_token stop) -> Result<CallOutcome> {
        TRY_VALUE(const HttpRequest request, httpRequest(call, context));
        HttpListener listener;
        listener.progress = [&progress](qint64 done, qint64 total) {
            progress({done, total, 0, -1});
        };
        if (context.log)
            listener.note = [&context](const QString &line) {
                context.log(QByteArray(line.toUtf8() + '\n'));
            };
        TRY_VALUE(const HttpAnswer answer, sendHttp(request, stop, listener));
        CallOutcome outcome;
        TRY(addOutput(call.output, answer.body, tr("The answer of the server"), outcome));
        outcome.outputs.insert(QStringLiteral("status"), answer.status);
        outcome.answer.status = answer.status;
        return outcome;
    };
}

} // namespace lb
