// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/elasticsearch_work.h"
#include "core/actions/execution.h"
#include "core/actions/file_work.h"
#include "core/actions/http_work.h"
#include "core/actions/point_work.h"
#include "core/actions/postgres_work.h"
#include "core/actions/process_execution.h"
#include "core/actions/read_work.h"
#include "core/actions/toolchain_work.h"
#include "core/actions/tree_work.h"
#include "core/actions/wait_execution.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

/// The table of executors: one row a call, no default.
struct Starter
{
    const ActionContext &context;
    QObject *parent;

    Execution *work(WorkerExecution::Work what) const
    {
        return new WorkerExecution(std::move(what), parent);
    }

    /// Work that starts programs.
    template <class MakeWork, class WorkCall>
    Execution *with(MakeWork make, const WorkCall &call) const
    {
        const auto programs = WorkerPrograms::make(context);
        Execution *execution = work(make(call, context, programs));
        QObject::connect(programs.get(), &WorkerPrograms::observed, execution,
                         &Execution::observed);
        return execution;
    }

    Execution *operator()(const ProcessCall &call) const
    {
        return new ProcessExecution(call, context, parent);
    }
    Execution *operator()(const HttpCall &call) const { return work(httpWork(call, context)); }
    Execution *operator()(const WaitUntilCall &call) const
    {
        return new WaitExecution(call, context, parent);
    }
    Execution *operator()(const WriteFileCall &call) const
    {
        return work(writeFileWork(call, context));
    }
    Execution *operator()(const RestoreFileCall &call) const
    {
        return work(restoreFileWork(call, context));
    }
    Execution *operator()(const TreeSaveCall &call) const { return with(treeSaveWork, call); }
    Execution *operator()(const TreeStageCall &call) const { return with(treeStageWork, call); }
    Execution *operator()(const TreeSwapCall &call) const
    {
        return work(treeSwapWork(call, context));
    }
    Execution *operator()(const TreeSwapBackCall &call) const
    {
        return work(treeSwapBackWork(call, context));
    }
    Execution *operator()(const TreeRemoveCall &call) const
    {
        return work(treeRemoveWork(call, context));
    }
    Execution *operator()(const PublishCall &call) const
    {
        return work(publishWork(call, context));
    }
    Execution *operator()(const PointCall &call) const { return with(pointWork, call); }
    Execution *operator()(const PostgresCall &call) const { return with(postgresWork, call); }
    Execution *operator()(const ElasticsearchCall &call) const
    {
        return with(elasticsearchWork, call);
    }
    Execution *operator()(const ToolchainCall &call) const { return with(toolchainWork, call); }
    Execution *operator()(const ReadCall &call) const { return work(readWork(call)); }
    Execution *operator()(const AskCall &) const { return forPeople(); }
    Execution *operator()(const ConfirmCall &) const { return forPeople(); }

    Execution *forPeople() const
    {
        return work([](const WorkerExecution::Report &, std::stop_token) -> Result<CallOutcome> {
            return fail(ErrorCode::Internal, tr("A question to a person has no executor"));
        });
    }
};

} // namespace

Execution *startCall(const Call &call, const ActionContext &context, QObject *parent)
{
    return std::visit(Starter{context, parent}, call);
}

} // namespace lb
