// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answer_output.h"
#include "core/actions/worker_job.h"
#include "core/systems/alien4cloud/installation.h"

#include <map>

namespace lb {

/// What a call does with a cluster, as work for a WorkerExecution.
WorkerExecution::Work elasticsearchWork(const ElasticsearchCall &call, const ActionContext &context,
                                        const std::shared_ptr<WorkerPrograms> &programs);

/// One call at work: sends the requests that its plan names, and no others.
class ElasticsearchJob : public WorkerJob
{
public:
    ElasticsearchJob(ElasticsearchCall call, const ActionContext &context,
                     std::shared_ptr<WorkerPrograms> programs,
                     const WorkerExecution::Report &report, std::stop_token stop);

    const ElasticsearchCall call;

    /// What the request's own slots are filled with.
    using Values = std::map<QString, QString>;
    /// The answer of the request for `purpose`; anything but a good status is an error in the
    /// server's words. `doing` begins that error: “Cannot close the indices”.
    Result<QByteArray> ask(const char *purpose, const QString &doing, const Values &values = {});
    /// The same with the body that the plan leaves open.
    Result<QByteArray> askWith(const char *purpose, const QString &doing, const QByteArray &body,
                               const Values &values = {});
    /// The same; nothing when the server says that it has no such thing.
    Result<std::optional<QByteArray>> askIfThere(const char *purpose, const QString &doing,
                                                 const Values &values = {});
    /// As the plan has it; nullptr when it has none for this purpose.
    const HttpCall *find(const char *purpose) const;
    /// The same with its address filled; what it sends stays open. Internal when the plan has none.
    Result<HttpCall> planned(const char *purpose, const Values &values) const;

private:
    struct Reply
    {
        int status = 0;
        QByteArray body;
    };
    Result<Reply> send(const char *purpose, const Values &values, const QByteArray &body = {});
    /// At the first address that answers; it is kept.
    Result<Reply> sendTo(const HttpCall &request, const QByteArray &body);

    const std::vector<PlannedRequest> m_requests;
    QString m_address;
};

Result<CallOutcome> readClusterId(ElasticsearchJob &job);
Result<CallOutcome> surveyCluster(ElasticsearchJob &job);
Result<CallOutcome> checkAlien(ElasticsearchJob &job);
Result<CallOutcome> describeIndices(ElasticsearchJob &job);
Result<CallOutcome> saveIndices(ElasticsearchJob &job);
Result<CallOutcome> keepIndices(ElasticsearchJob &job);
/// What others have saved, as parts.
Result<CallOutcome> adoptSnapshot(ElasticsearchJob &job);
Result<CallOutcome> adoptFiles(ElasticsearchJob &job);
Result<CallOutcome> checkRepository(ElasticsearchJob &job);
Result<CallOutcome> checkScriptFiles(ElasticsearchJob &job);
Result<CallOutcome> checkLeftovers(ElasticsearchJob &job);
Result<CallOutcome> checkSwitchedOff(ElasticsearchJob &job);
/// What a restore of the configuration would change.
Result<CallOutcome> checkSavedConfig(ElasticsearchJob &job);
/// Restore, RestoreBack and Rehearse.
Result<CallOutcome> restoreIndices(ElasticsearchJob &job);
Result<CallOutcome> removeOwn(ElasticsearchJob &job);
Result<CallOutcome> forgetSnapshot(ElasticsearchJob &job);
Result<CallOutcome> exportIndices(ElasticsearchJob &job);
Result<CallOutcome> transformExport(ElasticsearchJob &job);
Result<CallOutcome> clearIndices(ElasticsearchJob &job);
Result<CallOutcome> importIndices(ElasticsearchJob &job);
/// What Alien itself says, once it runs.
Result<CallOutcome> checkPlugins(ElasticsearchJob &job);
Result<CallOutcome> checkOrchestrators(ElasticsearchJob &job);
Result<CallOutcome> connectOrchestrators(ElasticsearchJob &job);
Result<CallOutcome> swapPlugin(ElasticsearchJob &job);
Result<CallOutcome> swapPluginBack(ElasticsearchJob &job);
/// The checks that read every document or ask what Alien's version is.
Result<CallOutcome> checkConverted(ElasticsearchJob &job);
Result<CallOutcome> checkSourceVersion(ElasticsearchJob &job);
/// Whether a zip is the new version of a plugin that is there.
Result<CallOutcome> checkPluginZip(ElasticsearchJob &job);

/// The call's folder as a part of the restore point.
TreeSaveCall folderSave(const ElasticsearchCall &call);

/// Every index of the cluster.
Result<std::vector<ClusterIndex>> clusterIndices(ElasticsearchJob &job);
/// `{index: documents}`, with the sum reported as progress.
Result<QJsonObject> countDocuments(ElasticsearchJob &job, const QStringList &indices);
/// What the document's source hashes to; nothing when it is not there.
Result<std::optional<QString>> hashDocument(ElasticsearchJob &job, const QString &index,
                                            const QString &type, const QString &id);

} // namespace lb
