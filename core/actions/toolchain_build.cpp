// SPDX-License-Identifier: GPL-3.0-or-later
// A copy built by the public APIs, piece by piece, nothing twice (sheet §6.3, §7, §9).
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/archive/worker_threads.h"
#include "core/systems/ibm_toolchain/api_copy.h"

#include <algorithm>
#include <atomic>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// What was asked for when the answer was lost is there within seconds, or was never begun.
constexpr int kLooks = 5;
constexpr auto kLookPause = 1500ms;
constexpr int kTries = 3;
const QString kPipeline = QStringLiteral("pipeline");
const QString kTrigger = QStringLiteral("trigger");
const QString kName = QStringLiteral("name");

/// Something that a POST makes. Nothing of it is asked for twice without being looked for.
struct Piece
{
    QString purpose; ///< of the request
    QString doing;   ///< begins its errors
    ToolchainJob::Values values;
    DataValue body;
    std::function<Result<QString>()> find; ///< its id; empty: it is not there
};

Result<QString> lookFor(ToolchainJob &job, const Piece &piece)
{
    for (int look = 1;; ++look) {
        TRY_VALUE(const QString id, piece.find());
        if (!id.isEmpty() || look == kLooks)
            return id;
        TRY(job.pause(kLookPause));
    }
}

/// What the answer calls it; properties have a name only.
QString idIn(const ToolchainReply &reply)
{
    const auto answer = readJsonData(reply.body, kName);
    const QString id = answer ? answer->textOf(QStringLiteral("id")) : QString();
    return id.isEmpty() && answer ? answer->textOf(kName) : id;
}

/// Asks for it; again only when it is not to be found after an answer was lost.
Result<QString> askFor(ToolchainJob &job, const Piece &piece)
{
    for (int attempt = 1;; ++attempt) {
        ToolchainBody body{writeJsonData(piece.body)};
        body.isUnbroken = true;
        const auto reply = job.send(piece.purpose, piece.doing, piece.values, body);
        if (!reply && !isLost(reply))
            return tl::unexpected(reply.error());
        QString id = reply && reply->isGood() ? idIn(*reply) : QString();
        if (!id.isEmpty())
            return id;
        const bool isThere = reply && reply->status == 409;
        if (!isLost(reply) && !isThere && !reply->isGood())
            return tl::unexpected(
                toolchainFailure(*reply, piece.doing, job.context.redactor.get()));
        job.log(tr("%1: the answer was lost or says nothing; looking for it").arg(piece.doing));
        TRY_VALUE(id, lookFor(job, piece));
        if (!id.isEmpty())
            return id;
        if (attempt == kTries || isThere)
            return tl::unexpected(
                reply ? toolchainFailure(*reply, piece.doing, job.context.redactor.get())
                      : inContext(reply.error(), piece.doing));
    }
}

/// `key` names the piece in the journal, for the next attempt. `known`: its id when it was seen
/// just now.
Result<QString> makeOrFind(ToolchainJob &job, const QString &key, const QString &known,
                           const Piece &piece)
{
    if (const auto made = job.onRecord("made", key))
        return made->value(QLatin1String("id")).toString();
    QString id = known;
    if (id.isEmpty() && job.onRecord("making", key)) {
        // The attempt before this one was killed when it may have asked already.
        TRY_VALUE(id, lookFor(job, piece));
    } else if (id.isEmpty()) {
        job.record("making", {{QStringLiteral("index"), key}});
    }
    if (id.isEmpty()) {
        TRY_VALUE(id, askFor(job, piece));
    }
    job.record("made", {{QStringLiteral("index"), key}, {QStringLiteral("id"), id}});
    return id;
}

/// The item of a list in an answer for which `is` holds; nullptr when there is none.
template <class Is>
const DataValue *itemIn(const DataValue &answer, const QString &list, const Is &is)
{
    const DataValue *all = answer.get(list);
    if (!all)
        return nullptr;
    const auto found = std::find_if(all->items.begin(), all->items.end(), is);
    return found == all->items.end() ? nullptr : &*found;
}

const DataValue *named(const DataValue &answer, const QString &list, const QString &name)
{
    return itemIn(answer, list, [&](const DataValue &one) { return one.textOf(kName) == name; });
}

QString idOf(const DataValue *item)
{
    return item ? item->textOf(QStringLiteral("id")) : QString();
}

/// Fills one pipeline. Its definitions and triggers one after the other, for they are in an order;
/// its properties at once.
class PipelineBuild
{
public:
    PipelineBuild(ToolchainJob &job, const QString &pipeline, const PipelineToMake &wanted)
        : m_job(job),
          m_name(pipeline),
          m_id(wanted.body.textOf(QStringLiteral("id"))),
          m_wanted(wanted)
    {
    }

    QStringList warnings;

    Result<void> run()
    {
        TRY_VALUE(const DataValue before, there());
        TRY(makeOrFind(m_job, kPipeline + QLatin1Char('/') + m_name, idOf(&before),
                       {QStringLiteral("make_pipeline"),
                        tr("Pipeline %1 cannot be made").arg(m_name),
                        {},
                        m_wanted.body,
                        [this]() -> Result<QString> {
                            TRY_VALUE(const DataValue now, there());
                            return idOf(&now);
                        }}));
        TRY(makeDefinitions(before));
        TRY(makeProperties(m_wanted.properties, before, {}));
        return makeTriggers(before);
    }

private:
    ToolchainJob::Values values() const { return {{kPipeline, m_id}}; }

    /// The pipeline with all that is in it; null when it is not there.
    Result<DataValue> there() const
    {
        const QString doing = tr("Pipeline %1 of the copy cannot be read").arg(m_name);
        TRY_VALUE(const ToolchainReply reply,
                  m_job.send(QStringLiteral("tekton"), doing, values()));
        if (reply.isMissing())
            return DataValue();
        if (!reply.isGood())
            return tl::unexpected(toolchainFailure(reply, doing, m_job.context.redactor.get()));
        return readJsonData(reply.body, doing);
    }

    Result<void> makeDefinitions(const DataValue &before)
    {
        const QString list = QStringLiteral("definitions");
        for (const DataValue &body : m_wanted.definitions) {
            const QString key = definitionKey(body);
            const auto find = [list, key](const DataValue &answer) {
                return idOf(itemIn(
                    answer, list, [&](const DataValue &one) { return definitionKey(one) == key; }));
            };
            TRY(makeOrFind(m_job, QStringLiteral("definition/%1/%2").arg(m_name, key), find(before),
                           {QStringLiteral("make_definition"),
                            tr("A definition of pipeline %1 cannot be made").arg(m_name), values(),
                            body, [this, find]() -> Result<QString> {
                                TRY_VALUE(const DataValue now, there());
                                return find(now);
                            }}));
        }
        return {};
    }

    Result<void> makeTriggers(const DataValue &before)
    {
        const QString list = QStringLiteral("triggers");
        for (const TriggerToMake &trigger : m_wanted.triggers) {
            const DataValue *known = named(before, list, trigger.name);
            TRY_VALUE(const QString id,
                      makeOrFind(
                          m_job, QStringLiteral("trigger/%1/%2").arg(m_name, trigger.name),
                          idOf(known),
                          {QStringLiteral("make_trigger"),
                           tr("Trigger %1 of pipeline %2 cannot be made").arg(trigger.name, m_name),
                           values(), trigger.body, [this, list, &trigger]() -> Result<QString> {
                               TRY_VALUE(const DataValue now, there());
                               return idOf(named(now, list, trigger.name));
                           }}));
            TRY(makeProperties(trigger.properties, known ? *known : DataValue(), id));
        }
        return {};
    }

    /// Of the pipeline, or of one of its triggers. `before` is whichever it is. The service has a
    /// name once at most, so they need no record.
    Result<void> makeProperties(const std::vector<DataValue> &bodies, const DataValue &before,
                                const QString &trigger)
    {
        std::vector<const DataValue *> missing;
        for (const DataValue &body : bodies) {
            if (!named(before, QStringLiteral("properties"), body.textOf(kName)))
                missing.push_back(&body);
        }
        std::vector<Result<bool>> made(missing.size(), false);
        std::atomic_size_t next = 0;
        std::atomic_bool isOver = false;
        {
            std::vector<std::jthread> threads;
            const int wanted = std::min<int>(kToolchainRequestsAtOnce, int(missing.size()));
            if (wanted > 0)
                startWorkers(threads, wanted, [&](int) {
                    for (size_t n = next++; n < missing.size() && !isOver; n = next++) {
                        made[n] = makeProperty(*missing[n], trigger);
                        isOver = isOver || !made[n];
                    }
                });
        }
        for (size_t n = 0; n < missing.size(); ++n) {
            if (!made[n])
                return tl::unexpected(made[n].error());
            if (!*made[n])
                warnings << tr("%1 of pipeline %2 is a secret, and the service takes no empty one: "
                               "it is there once ibm-toolchain.secrets has set it")
                                .arg(missing[n]->textOf(kName), m_name);
        }
        return {};
    }

    /// False when the service does not take it without its value.
    Result<bool> makeProperty(const DataValue &body, const QString &trigger) const
    {
        const QString name = body.textOf(kName);
        ToolchainJob::Values which = values();
        if (!trigger.isEmpty())
            which[kTrigger] = trigger;
        const auto done =
            askFor(m_job, {trigger.isEmpty() ? QStringLiteral("make_property")
                                             : QStringLiteral("make_trigger_property"),
                           tr("Property %1 of pipeline %2 cannot be made").arg(name, m_name), which,
                           body, [this, trigger, name]() -> Result<QString> {
                               TRY_VALUE(const DataValue now, there());
                               const DataValue *owner =
                                   trigger.isEmpty() ? &now
                                                     : itemIn(now, QStringLiteral("triggers"),
                                                              [&](const DataValue &one) {
                                                                  return idOf(&one) == trigger;
                                                              });
                               return owner && named(*owner, QStringLiteral("properties"), name)
                                          ? name
                                          : QString();
                           }});
        const bool isEmptySecret = body.textOf(QStringLiteral("type")) == QLatin1String("secure") &&
                                   body.textOf(QStringLiteral("value")).isEmpty();
        if (!done && isEmptySecret && done.error().code == ErrorCode::BadInput)
            return false;
        if (!done)
            return tl::unexpected(done.error());
        return true;
    }

    ToolchainJob &m_job;
    const QString m_name, m_id;
    const PipelineToMake &m_wanted;
};

/// Each after those that it may name; their ids by their names.
Result<void> makeTools(ToolchainJob &job, const QString &id, const ToolchainToMake &whole,
                       ToolIds &ids)
{
    TRY_VALUE(const auto before, readTools(job, id));
    for (const ToolToMake &tool : whole.tools) {
        const auto find = [tool](const std::vector<ToolchainTool> &tools) {
            const auto found = std::find_if(tools.begin(), tools.end(), [&](const auto &one) {
                return one.type == tool.type && one.name == tool.name;
            });
            return found == tools.end() ? QString() : found->id;
        };
        TRY_VALUE(ids.made[tool.name],
                  makeOrFind(job, QStringLiteral("tool/") + tool.name, find(before),
                             {QStringLiteral("make_tool"),
                              tr("Tool %1 of %2 cannot be made").arg(tool.name, whole.name),
                              {{QStringLiteral("toolchain"), id}},
                              tool.body(),
                              [&job, id, find]() -> Result<QString> {
                                  TRY_VALUE(const auto now, readTools(job, id));
                                  return find(now);
                              }}));
        job.report({0, -1, qint64(ids.made.size()), qint64(whole.tools.size())});
    }
    return {};
}

Result<void> makePipelines(ToolchainJob &job, const Template &made, const ToolchainToMake &whole,
                           const ToolIds &ids, QStringList &warnings)
{
    QStringList left = whole.left;
    for (const ToolToMake &tool : whole.tools) {
        if (!tool.isTekton())
            continue;
        const Template::File *file = made.file(tool.file);
        if (!file)
            return fail(ErrorCode::Internal, tr("The template has no %1").arg(tool.file));
        TRY_VALUE(const DataValue definition, readYamlData(file->bytes, tool.file));
        const PipelineToMake wanted = pipelineToMake(tool, definition, whole, ids);
        PipelineBuild build(job, tool.name, wanted);
        TRY(build.run());
        warnings += build.warnings;
        left += wanted.left;
        if (!wanted.addedTrigger.isEmpty())
            warnings << tr("Pipeline %1 had no manual trigger that was on; %2 was added to try it")
                            .arg(tool.name, wanted.addedTrigger);
    }
    for (const QString &sentence : std::as_const(left))
        warnings << tr("Not in the copy: %1").arg(sentence);
    return {};
}

/// The same error, saying what is now true of a copy that is there in part.
Error halfMade(Error error, const QString &id, const ToolchainJob &job)
{
    return withAdvice(std::move(error),
                      tr("The copy %1 in %2 is there in part, and nothing in it starts by itself: "
                         "undo this run to delete it, and run it again")
                          .arg(id, job.call.region));
}

} // namespace

Result<CallOutcome> buildCopy(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    TRY_VALUE(const ToolchainToMake whole, toolchainToMake(made));
    TRY(checkIsTekton(whole));
    TRY_VALUE(const QString id,
              makeOrFindToolchain(job, {QStringLiteral("make_toolchain"),
                                        [&](const QString &) -> Result<ToolchainBody> {
                                            return ToolchainBody{
                                                writeJsonData(whole.body(job.call.group))};
                                        },
                                        idIn, kTries}));
    CallOutcome outcome;
    ToolIds ids{{}, sourceToolNames(saved.answer)};
    auto done = makeTools(job, id, whole, ids);
    if (done)
        done = makePipelines(job, made, whole, ids, outcome.warnings);
    if (!done)
        return tl::unexpected(halfMade(done.error(), id, job));
    TRY_VALUE(const auto tools, settledTools(job, id, outcome.warnings));
    outcome.outputs = madeToolchain(job, id, tools.size());
    return outcome;
}

} // namespace lb
