// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/http_server.h"
#include "core/practice/ibm_simulator.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QSet>

#include <functional>
#include <initializer_list>

namespace lb::practice::ibm {

/// An answer and how it goes out.
struct Response
{
    enum class Way
    {
        Whole,
        Drip, ///< a byte at a time
        Cut   ///< the connection ends without it
    };

    HttpAnswer answer;
    Way way = Way::Whole;
};

/// What is answered instead of a value.
template <class T>
using Outcome = tl::expected<T, Response>;
using Handled = Outcome<Response>;

struct JsonMember
{
    JsonMember(const char *name, const QJsonValue &content) : key(name), value(content) {}
    JsonMember(const char *name, const char *text) : key(name), value(QString::fromUtf8(text)) {}

    const char *key;
    QJsonValue value;
};
QJsonObject object(std::initializer_list<JsonMember> members);
QString textOf(const QJsonObject &object, const char *key);
QJsonObject objectOf(const QJsonObject &object, const char *key);
QJsonArray arrayOf(const QJsonObject &object, const char *key);

Response json(const QJsonObject &body, int status = 200);
Response json(const QJsonArray &body, int status = 200);
Response html(const QByteArray &body, int status = 200);
Response noContent();
Response loginPage();
tl::unexpected<Response> refuse(const Response &response);
/// As Toolchain and pipeline v2 write it (systems/ibm-toolchain.md §7.1).
tl::unexpected<Response> refuseApi(int status, const char *code, const QString &message);
/// As GitLab writes it.
tl::unexpected<Response> refuseGit(int status, const QJsonValue &message);
/// What the practice does not play is no word of the real services: nobody may take it for one.
tl::unexpected<Response> notPlayed(const HttpRequest &request);

/// The fields of a form, urlencoded or multipart.
QMap<QString, QString> formOf(const HttpRequest &request);
Outcome<QJsonObject> jsonBody(const HttpRequest &request);
/// `Content-Type: application/json` or 415, as Toolchain and pipeline v2 want it.
Outcome<QJsonObject> apiBody(const HttpRequest &request);
/// RFC 7396.
QJsonObject mergePatched(QJsonObject object, const QJsonObject &patch);
/// `Content-Type: application/merge-patch+json` or 415 (§7.2, §11).
Outcome<QJsonObject> mergePatchBody(const HttpRequest &request);

QString newId();
QString now();

/// Kinds of documents; each names what its documents hold.
inline constexpr char kToolchains[] = "toolchains"; ///< as Toolchain v2 shows them
inline constexpr char kTools[] = "tools";           ///< the same, with secrets as they are
/// name, toolchain_id, is_tekton; classic: `yaml`; Tekton: `document`, what has no call of its own.
inline constexpr char kPipelines[] = "pipelines";
/// By owner/name: `owner` (pipeline, pipeline/trigger or pipeline/stage), name, type, value as it
/// is.
inline constexpr char kProperties[] = "properties";
inline constexpr char kDefinitions[] = "definitions"; ///< `owner`
inline constexpr char kTriggers[] = "triggers";       ///< `owner`
inline constexpr char kRuns[] = "runs";               ///< `owner`
inline constexpr char kProjects[] = "projects";       ///< by region/number, with all their files
inline constexpr char kGitTokens[] = "git_tokens";    ///< by the token itself
inline constexpr char kAccess[] = "access";           ///< IAM access tokens, by the token itself
inline constexpr char kFacts[] = "facts";             ///< resource groups, instances

/// One request with what its path says taken apart.
struct Call
{
    HttpRequest request;
    QString region;   ///< of the path, or of `env_id`
    QStringList path; ///< behind the region and the service
    QString base;     ///< http://127.0.0.1:PORT

    bool is(const char *method) const { return request.method == method; }
    QString at(qsizetype index) const { return path.value(index); }
    bool matches(const char *method, std::initializer_list<const char *> pattern) const;
};

/// Which requests to Toolchain v2 and pipeline v2 the faults `api-…` mean.
struct Aim
{
    QByteArray method{}; ///< empty: any
    QByteArray path{};   ///< what is in the address; empty: any
    int skip = 0;        ///< so many go well first
    int times = 0;       ///< so many then do not; 0: all
};

/// All that the practice regions hold: documents by kind and id, in the order they were made; kept
/// in one file. And the faults. Main thread.
class World
{
public:
    explicit World(IbmSimulator::Options options);

    Result<void> load();
    /// Written when something has changed since.
    Result<void> save();

    /// All of it: kind → id → document.
    QJsonObject documents() const;
    const IbmSimulator::Options &options() const { return m_options; }
    bool has(const char *fault) const;
    void setFaults(const QStringList &faults);
    void setLatency(int milliseconds) { m_options.latencyMs = milliseconds; }
    void setAim(const Aim &aim) { m_aim = aim; }
    const Aim &aim() const { return m_aim; }

    /// Empty when it is not there.
    QJsonObject find(const char *kind, const QString &id) const;
    std::vector<QJsonObject> list(const char *kind,
                                  const std::function<bool(const QJsonObject &)> &which = {}) const;
    /// Those with that text in that member.
    std::vector<QJsonObject> listBy(const char *kind, const char *key, const QString &text) const;
    void put(const char *kind, const QString &id, QJsonObject document);
    void drop(const char *kind, const QString &id);
    void dropBy(const char *kind, const char *key, const QString &text);

    /// How often this was asked, this time included; of this process's life.
    int count(const QString &what) { return ++m_counts[what]; }

    /// A number that was never given before.
    int nextNumber();
    bool isAuthorised(const HttpRequest &request);

private:
    IbmSimulator::Options m_options;
    Aim m_aim;
    QMap<QString, QMap<QString, QJsonObject>> m_documents;
    QMap<QString, int> m_counts;
    int m_number = 0;
    bool m_isChanged = false;
};

/// systems/ibm-toolchain.md §0, as of June 2026.
enum class RegionState
{
    Unknown,
    Stays,
    Closing, ///< nothing new can be made there
    Gone
};
RegionState regionState(const QString &region);
/// Empty when it is none of `ibm:yp:REGION`.
QString regionOf(const QString &environment);

/// A repository's address as the services write it, or below this server; a nothing for others.
struct RepositoryPlace
{
    QString region, path; ///< namespace/project
};
std::optional<RepositoryPlace> repositoryPlace(const QString &url);
QString repositoryUrl(const QString &region, const QString &path);
QJsonObject findProject(const World &world, const QString &region, const QString &path);
QString projectId(const QJsonObject &project);
/// Fits the region, is neither revoked nor over. Empty otherwise.
QJsonObject findGitToken(const World &world, const QString &region, const QString &token);
QStringList scopesOf(const World &world, const QJsonObject &token);

/// Asterisks for a secret that is set; a reference to one in a vault is no secret (§3.4).
QString masked(const QString &value);
/// Which parameters of a tool are secrets (§3.4).
QStringList secretParameters(const QString &toolType);
/// `configured`, `misconfigured` or `configuring`; being looked at moves the last on.
QString lookedAtState(World &world, const QJsonObject &tool);
/// No way to look at the tool changes it.
QString settledState(const World &world, const QJsonObject &tool);

QJsonObject makeToolchain(const World &world, const QString &region, const QString &name,
                          const QString &description, const QString &group);
QJsonObject makeTool(const QJsonObject &toolchain, const QString &type, const QString &name,
                     const QJsonObject &parameters);
/// A pipeline's own, those of its triggers, and of a classic one's stages.
std::vector<QJsonObject> propertiesBelow(const World &world, const QString &pipeline);
void keepProperty(World &world, const QString &owner, QJsonObject property);
/// Without what is only for the practice.
QJsonObject shown(QJsonObject document);
void removeToolchain(World &world, const QString &id);
void removePipeline(World &world, const QString &id);
/// A region's, with those that only a fault makes.
std::vector<QJsonObject> visibleToolchains(const World &world);

/// Starts a run by itself or by hand; the run.
QJsonObject startRun(World &world, const QString &pipeline, const QString &trigger,
                     const QJsonObject &more = {});
/// What is looked at moves on: pending, running, succeeded or failed.
QJsonObject lookedAtRun(World &world, QJsonObject run);

Handled iamCalls(World &world, const Call &call);
Handled searchCalls(World &world, const Call &call);
Handled consoleCalls(World &world, const Call &call);
Handled deployCall(World &world, const Call &call);
Handled gitlabCalls(World &world, const Call &call);
/// A new one with these scopes, or with the five that a restore needs (§5); the token.
QString makeGitToken(World &world, const QString &region, const QString &name,
                     const QString &scopes = {});
Handled gitTokenPage(World &world, const Call &call);
/// Files, commits, branches and mirrors of a project.
/// The page of a list that `page` and `per_page` ask for, with the headers that tell of the next.
Handled paged(const Call &call, const QJsonArray &all);
Handled repositoryCalls(World &world, const Call &call, const QJsonObject &project);
Handled mirrorCalls(World &world, const Call &call, const QJsonObject &project);
/// The answer, or what a fault `api-…` makes of it when it means this request.
Handled withApiFaults(World &world, const Call &call, Handled (*answer)(World &, const Call &));
Handled toolchainCalls(World &world, const Call &call);
Handled pipelineCalls(World &world, const Call &call);
Handled triggerCalls(World &world, const Call &call, const QJsonObject &pipeline);
Handled runCalls(World &world, const Call &call, const QJsonObject &pipeline);
/// Properties of a pipeline or a trigger, whichever `owner` is; the path begins behind
/// `properties`.
Handled propertyCalls(World &world, const Call &call, const QString &owner,
                      const QStringList &path);

} // namespace lb::practice::ibm
