// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/process_execution.h"

#include "core/actions/answer_output.h"
#include "core/base/format.h"
#include "core/base/process_identity.h"
#include "core/base/text.h"
#include "core/model/sudo.h"

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
                                   QObject *parent, ProcessPipes pipes)
    : Execution(parent),
      m_call(call),
      m_context(context),
      m_pipes(std::move(pipes)),
      m_programs(programsOf(call))
{
    startNext();
}

void ProcessExecution::startNext()
{
    const ProcessCall program = m_programs.front();
    m_programs.erase(m_programs.begin());
    auto start = startOf(program);
    if (!start) {
        QMetaObject::invokeMethod(
            this, [this, error = start.error()] { Q_EMIT finished(tl::unexpected(error)); },
            Qt::QueuedConnection);
        return;
    }
    m_process = std::make_unique<LocalProcess>(m_context.guard);
    if (m_programs.empty()) { // the one that the step is about
        connect(m_process.get(), &LocalProcess::started, this,
                [this](const ProcessIdentity &process) {
                    Q_EMIT observed({{QStringLiteral("what"), QStringLiteral("process")},
                                     {QStringLiteral("process"), process.toJson()}});
                });
        start->endFile = m_context.endFile;
        start->from = std::move(m_pipes.from);
        start->to = std::move(m_pipes.to);
    }
    connect(m_process.get(), &LocalProcess::finished, this, &ProcessExecution::onFinished);
    m_process->start(std::move(*start));
}

Result<ProcessStart> ProcessExecution::startOf(const ProcessCall &program) const
{
    ProcessStart start;
    start.program = program.program;
    for (const TemplateText &argument : program.arguments)
        start.arguments << argument.literal();
    start.folder = program.folder;
    start.startsDaemon = program.startsDaemon;
    start.marker = stepMarker(m_context.run, m_context.step, m_context.attempt);
    start.log = m_context.log;
    TRY_VALUE(start.input, plainValue(program.input, m_context));
    if (program.asksPassword) {
        start.prompt = kSudoPrompt;
        TRY_VALUE(start.answer,
                  plainValue(SecretRef{QString::fromLatin1(kSudoPassword)}, m_context));
    }
    for (const auto &[variable, value] : program.environment) {
        TRY_VALUE(const QByteArray text, plainValue(value, m_context));
        start.environment.emplace_back(variable, text);
    }
    // What is not asked for is not kept: only then may a program print without limit.
    start.capture = program.output != OutputKind::None || m_context.isQuestion;
    return start;
}

void ProcessExecution::cancel()
{
    m_cancelled = true;
    m_process->terminate(m_context.grace);
}

void ProcessExecution::onFinished(const ProcessEnd &end)
{
    if (m_programs.empty()) {
        Q_EMIT finished(outcomeOf(end));
        return;
    }
    const bool isStopped = m_cancelled || end.error || end.survivors > 0;
    if (!isStopped && end.exitStatus == 0) {
        m_process.release()->deleteLater(); // it is its signal that we are in
        startNext();
        return;
    }
    Q_EMIT finished(
        isStopped ? outcomeOf(end)
                  : Result<CallOutcome>(fail(
                        ErrorCode::Denied,
                        tr("sudo does not take the password of %1").arg(currentUserName()),
                        displayText(QString::fromUtf8(end.tail).trimmed(), true),
                        tr("%1 was not started. Correct the secret sudo_password, or let sudo ask "
                           "for none")
                            .arg(m_call.program))));
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
        end.exitStatus && (m_context.isQuestion || m_call.success.contains(*end.exitStatus));
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
