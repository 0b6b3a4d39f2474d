// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/worker_job.h"
#include "core/systems/ibm_toolchain/answers.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"
#include "core/transport/http_client.h"

#include <QJsonArray>

#include <functional>
#include <map>
#include <optional>

namespace lb {

/// How many requests are under way at once. IBM publishes no limit; its own tools send a few
/// (sheet §8).
inline constexpr int kToolchainRequestsAtOnce = 6;

/// What a call does with toolchains, as work for a WorkerExecution.
WorkerExecution::Work toolchainWork(const ToolchainCall &call, const ActionContext &context,
                                    const std::shared_ptr<WorkerPrograms> &programs);

/// What a server said.
struct ToolchainReply
{
    int status = 0;
    QByteArray body;
    QString type;     ///< Content-Type
    QString location; ///< where it points to, not followed

    bool isGood() const { return status >= 200 && status < 300; }
    /// To a page for people who are to sign in, or another one.
    bool isRedirect() const { return status >= 300 && status < 400; }
    bool isMissing() const { return status == 404 || status == 410; }
};

/// What goes with a request where the plan leaves it open.
struct ToolchainBody
{
    QByteArray bytes{};
    SecretHandle secret{};     ///< instead of bytes
    bool isRepeatable = false; ///< may be sent twice though it is a POST
    /// A cancel waits for its answer: what the service makes meanwhile would be nobody's.
    bool isUnbroken = false;
};

/// One call at work: sends the requests that its plan names, and no others. Its methods that send
/// may be called from several threads at once.
class ToolchainJob : public WorkerJob
{
public:
    ToolchainJob(ToolchainCall call, const ActionContext &context,
                 std::shared_ptr<WorkerPrograms> programs, const WorkerExecution::Report &report,
                 std::stop_token stop);

    const ToolchainCall call;

    /// How often a server that does not answer, or is too busy, is asked.
    int tries = HttpRequest().tries;
    /// A cancel waits for what is asked: whether the service has done it must be known first.
    bool isUnbroken = false;

    /// What the request's own slots are filled with.
    using Values = std::map<QString, QString>;
    /// Whatever the server answers but that it is too busy, which is waited for (Retry-After). A
    /// token that it refuses is exchanged anew, once. `doing` begins the error of a server that
    /// cannot be reached.
    Result<ToolchainReply> send(const QString &purpose, const QString &doing,
                                const Values &values = {}, const ToolchainBody &body = {});
    /// The same; anything but a good status is an error in the server's words.
    Result<ToolchainReply> ask(const QString &purpose, const QString &doing,
                               const Values &values = {}, const ToolchainBody &body = {});

private:
    const HttpCall *find(const QString &purpose) const;
    Result<SecretHandle> token();
    Result<TokenCache::Token> exchange();
    Result<ToolchainReply> sendOnce(const HttpCall &planned, const ToolchainBody &body,
                                    const SecretHandle &token, const QString &doing);

    const std::vector<PlannedRequest> m_requests;
};

/// The answer that was not good, as an error: what it means and in whose words.
Error toolchainFailure(const ToolchainReply &reply, const QString &doing, const Redactor *redactor);

/// Accounts and tokens of GitLab are separate in each region.
enum class GitSide
{
    Target,
    Source, ///< where the repositories were saved from
};
/// The same of GitLab, whose token is another secret.
Error gitFailure(const ToolchainReply &reply, const QString &doing, const ToolchainJob &job,
                 GitSide side = GitSide::Target);
/// Every page of one of GitLab's lists (`page`, `per_page`); nothing when what it is of is missing.
Result<std::optional<QJsonArray>> readGitList(ToolchainJob &job, const char *purpose,
                                              const QString &doing, ToolchainJob::Values values);

/// The same error, saying what is now true; a cancelled one too.
Error withState(Error error, const QString &now);

/// The answer about the call's toolchain; checked, with its secrets.
Result<DataValue> readToolchain(ToolchainJob &job, const ToolchainPlace &place);

/// When the toolchain or one of its tools changed last, as the answer has it.
QString lastChange(const DataValue &answer);

Result<CallOutcome> readToolchainFact(ToolchainJob &job);
Result<CallOutcome> surveyToolchains(ToolchainJob &job);
Result<CallOutcome> checkToolchain(ToolchainJob &job);
/// Checks about the source of a copy. One that is lost passes the first and the last.
Result<CallOutcome> sourceIsUnchanged(ToolchainJob &job);
Result<CallOutcome> sourceIsSeen(ToolchainJob &job);
Result<CallOutcome> sourceIsQuiet(ToolchainJob &job);
/// Checks about repositories: those of the copy are there; they are as their sources are; the
/// sources have what was committed into them. A link to what is missing or empty leaves the tool
/// misconfigured.
Result<CallOutcome> mirrorsAreThere(ToolchainJob &job);
Result<CallOutcome> mirrorsAreUpToDate(ToolchainJob &job);
Result<CallOutcome> sourceHasEveryCommit(ToolchainJob &job);
Result<CallOutcome> saveToolchain(ToolchainJob &job);
Result<CallOutcome> publishTemplate(ToolchainJob &job);
Result<CallOutcome> createCopy(ToolchainJob &job);
Result<CallOutcome> buildCopy(ToolchainJob &job);
Result<CallOutcome> compareWithTemplate(ToolchainJob &job);
Result<CallOutcome> locateTool(ToolchainJob &job);
Result<CallOutcome> setToolchainSecret(ToolchainJob &job);
Result<CallOutcome> switchTriggers(ToolchainJob &job);
Result<CallOutcome> provePipelines(ToolchainJob &job);
Result<CallOutcome> removeCopy(ToolchainJob &job);
Result<CallOutcome> unpublishTemplate(ToolchainJob &job);
Result<CallOutcome> revokeToken(ToolchainJob &job);
Result<CallOutcome> findProjects(ToolchainJob &job);

/// Anything but a good status of GitLab's is an error in its words.
Result<ToolchainReply> askGit(ToolchainJob &job, const char *purpose, const QString &doing,
                              const ToolchainJob::Values &values = {},
                              const ToolchainBody &body = {});
/// A run of Lifeboat has made it: its name and its description say which.
bool isOfItsRun(const GitProject &project);
/// The call's temporary project as GitLab has it; nothing when it is not there.
Result<std::optional<GitProject>> findProject(ToolchainJob &job);
/// Ids of the toolchains in the target region that have the copy's name.
Result<QStringList> namesakes(ToolchainJob &job);
/// How a toolchain is asked for.
struct ToolchainRequest
{
    QString purpose;
    /// Made when it is known that nothing was asked yet.
    std::function<Result<ToolchainBody>(const QString &doing)> body;
    /// Empty when the answer names none.
    std::function<QString(const ToolchainReply &)> idOf;
    /// How often it is asked for when it is not to be found after an answer was lost. Once where
    /// the service may take longer than anybody looks.
    int tries = 1;
};
/// The toolchain of the call's name that this run has made: on record, found when the answer is
/// lost or the attempt before was killed, or asked for now. On record afterwards.
Result<QString> makeOrFindToolchain(ToolchainJob &job, const ToolchainRequest &request);
/// Whether the service may have done what it was asked all the same.
bool isLost(const Result<ToolchainReply> &reply);
/// Waits until no tool is being set up any more.
Result<std::vector<ToolchainTool>> settledTools(ToolchainJob &job, const QString &id,
                                                QStringList &warnings);
/// The toolchain's page in the console.
QString pageOf(const ToolchainCall &call, const QString &id);
/// What a step says of the toolchain that it has made.
QJsonObject madeToolchain(const ToolchainJob &job, const QString &id, size_t tools);
/// Asks for every page of a list (§7.1): `next.start` until there is none.
Result<void> eachPage(ToolchainJob &job, const char *purpose, const QString &doing,
                      ToolchainJob::Values values,
                      const std::function<Result<void>(const DataValue &page)> &take);
/// Of every page.
Result<std::vector<ToolchainTool>> readTools(ToolchainJob &job, const QString &toolchain);
/// Of a Tekton pipeline, the newest first.
Result<std::vector<DataValue>> readRuns(ToolchainJob &job, const ToolchainTool &pipeline);
bool isTekton(const ToolchainTool &tool);
/// The copy of the call's name in the target region, or the toolchain that the call names: its id.
Result<QString> findCopy(ToolchainJob &job);
/// Its Tekton pipelines.
Result<std::vector<ToolchainTool>> pipelinesOf(ToolchainJob &job, const QString &copy);
Result<std::vector<TektonTrigger>> triggersOf(ToolchainJob &job, const ToolchainTool &pipeline);
/// Switches the pipeline's triggers as the call wants it, and sees that they are so. Off: whatever
/// starts by itself. On: those of `wanted`. Adds PIPELINE/TRIGGER to `done` for each that was
/// another way before.
Result<void> switchThere(ToolchainJob &job, const ToolchainTool &pipeline,
                         const QStringList &wanted, QStringList &done);
/// An answer as data; not good, or no JSON, is an error.
Result<DataValue> askData(ToolchainJob &job, const QString &purpose, const QString &doing,
                          const ToolchainJob::Values &values = {}, const ToolchainBody &body = {});

} // namespace lb
