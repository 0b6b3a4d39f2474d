// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/process_execution.h"

#include "core/actions/answer_output.h"
#include "core/base/format.h"
#include "core/base/text.h"

#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

QString stepMarker(const RunId &run, const QString &step, int attempt)
{
    return QStringLiteral("%1/%2/%3").arg(run.value(), step).arg(attempt);
}

ProcessExecution::ProcessExecution(const ProcessCall &call, const ActionContext &context,
                                   QObject *parent)
    : Execution(parent),
      m_call(call),
      m_grace(context.grace),
      m_process(context.guard),
      m_isQuestion(context.isQuestion)
{
    connect(&m_process, &LocalProcess::started, this, [this](const ProcessIdentity &process) {
        Q_EMIT observed({{QStringLiteral("what"), QStringLiteral("process")},
                         {QStringLiteral("process"), process.toJson()}});
    });
    connect(&m_process, &LocalProcess::finished, this, &ProcessExecution::onFinished);

    ProcessStart start;
    start.program = call.program;
    for (const TemplateText &argument : call.arguments)
        start.arguments << argument.literal();
    start.folder = call.folder;
    start.startsDaemon = call.startsDaemon;
    start.marker = stepMarker(context.run, context.step, context.attempt);
    start.log = context.log;
    start.endFile = context.endFile;
    const auto prepared = [&]() -> Result<void> {
        TRY_VALUE(start.input, plainValue(call.input, context));
        for (const auto &[variable, value] : call.environment) {
            TRY_VALUE(const QByteArray text, plainValue(value, context));
            start.environment.emplace_back(variable, text);
        }
        return {};
    }();
    // What is not asked for is not kept: only then may a program print without limit.
    start.capture = call.output != OutputKind::None || m_isQuestion;
    if (!prepared) {
        QMetaObject::invokeMethod(
            this, [this, error = prepared.error()] { Q_EMIT finished(tl::unexpected(error)); },
            Qt::QueuedConnection);
        return;
    }
    m_process.start(std::move(start));
}

void ProcessExecution::cancel()
{
    m_cancelled = true;
    m_process.terminate(m_grace);
}

void ProcessExecution::onFinished(const ProcessEnd &end)
{
    Q_EMIT finished(outcomeOf(end));
}

Result<CallOutcome> ProcessExecution::outcomeOf(const ProcessEnd &end) const
{
    if (end.error)
        return tl::unexpected(*end.error);
    const QString tail = displayText(QString::fromUtf8(end.tail).trimmed(), true);
    if (end.survivors > 0)
        return fail(ErrorCode::Failed,
                    tr("%n process(es) that %1 started could not be ended", nullptr, end.survivors)
                        .arg(m_call.program),
                    tail);
    if (m_cancelled)
        return fail(ErrorCode::Cancelled, tr("%1 was stopped").arg(m_call.program));
    if (end.signal)
        return fail(ErrorCode::Failed,
                    tr("%1 was ended by signal %2 (%3)")
                        .arg(m_call.program)
                        .arg(*end.signal)
                        .arg(QString::fromLocal8Bit(::strsignal(*end.signal))),
                    tail);
    CallOutcome outcome;
    outcome.answer.exitStatus = end.exitStatus;
    const bool isExpected =
        end.exitStatus && (m_isQuestion || m_call.success.contains(*end.exitStatus));
    if (end.exitStatus)
        outcome.outputs.insert(QStringLiteral("exit_status"), *end.exitStatus);
    if (!isExpected) {
        return fail(
            ErrorCode::Failed,
            tr("%1 ended with exit status %2").arg(m_call.program).arg(end.exitStatus.value_or(-1)),
            tail);
    }
    TRY(addOutput(m_call.output, end.output, tr("The program's output"), outcome));
    outcome.outputs.insert(QStringLiteral("exit_status"), *end.exitStatus);
    return outcome;
}

} // namespace lb
