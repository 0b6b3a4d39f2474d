// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/run_environment.h"

#include "core/base/json.h"
#include "core/engine/undo_plan.h"
#include "core/journal/log_writer.h"

#include <atomic>

namespace lb {

namespace {

/// One writer for a step's attempt; the last one who lets go closes it. What does not fit on the
/// disk is told once, as a warning of the run.
ByteSink sinkFor(const QString &file, RunLog *log, const std::shared_ptr<Redactor> &redactor)
{
    LogFilter filter;
    if (redactor) {
        const auto stream = std::make_shared<RedactorStream>(*redactor);
        filter = [redactor, stream](QByteArrayView bytes, bool last) {
            return last ? stream->push(bytes) + stream->finish() : stream->push(bytes);
        };
    }
    auto opened = LogWriter::open(file, filter);
    if (!opened)
        return {}; // a step is never lost for its log; LogWriter itself tells of full disks
    const std::shared_ptr<LogWriter> writer(std::move(*opened));
    const auto told = std::make_shared<std::atomic_bool>(false);
    return [writer, told, log](QByteArrayView bytes) {
        writer->write(bytes);
        if (*told)
            return;
        const auto problem = writer->problem();
        if (!problem || told->exchange(true))
            return;
        const QJsonObject data{{QStringLiteral("text"), problem->sentence()}};
        QMetaObject::invokeMethod(
            log, [log, data] { log->commit(makeEvent(EventKind::WarningRaised, {}, 0, data)); },
            Qt::QueuedConnection);
    };
}

} // namespace

ActionContext RunEnvironment::readContext(const QString &what) const
{
    ActionContext context;
    context.guard = guard;
    context.inventory = inventory;
    context.run = request().id;
    context.point = pointOf(request().id);
    context.plan = plan.get();
    context.system = request().system;
    context.store = request().store;
    context.stores = request().stores;
    context.step = what;
    context.isQuestion = true;
    context.record = [](const QJsonObject &) {};
    context.readYaml = hooks.readYaml;
    context.redactor = redactor;
    context.tokens = tokens;
    return context;
}

ActionContext RunEnvironment::contextFor(const PlannedStep &planned, int attempt) const
{
    const QString step = planned.id;
    ActionContext context = readContext(step);
    context.isQuestion = false;
    context.attempt = attempt;
    context.session = session;
    context.log = sinkFor(folder.logFile(step, attempt), log, redactor);
    context.endFile = folder.endFile(step, attempt);
    context.journalHead = QString::fromLatin1(log->head());
    context.record = [runLog = log, step, attempt](const QJsonObject &what) {
        runLog->commitAndWait(makeEvent(EventKind::StepObserved, step, attempt, what));
    };
    if (const StepRecord *record = state().step(step))
        context.observed = record->observed;
    context.grace = planned.grace;
    // An undo step knows what the step it takes back had journalled.
    if (undone) {
        if (const StepRecord *original = undone->step(planned.part))
            context.observed = original->observed + context.observed;
    }
    // Only publishing wants to know what all the steps before it have made.
    const bool publishes = !planned.calls.empty() && callAs<PublishCall>(planned.calls.front());
    if (!publishes)
        return context;
    for (const StepRecord &record : state().steps) {
        if (!record.outputs.contains(QLatin1String("part")))
            continue;
        context.parts.push_back(
            PartRecord::fromJson(record.outputs.value(QLatin1String("part")).toObject()));
        context.limits += toStringList(record.outputs.value(QLatin1String("limits")));
        context.warnings += record.warnings;
    }
    return context;
}

} // namespace lb
