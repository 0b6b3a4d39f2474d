// SPDX-License-Identifier: GPL-3.0-or-later
// Every request of a call on toolchains, by what it is for: a plan prints them, and a runner can
// send no other. Sources: systems/ibm-toolchain.md §2.2, §2.3 (IAM, console), §5 (GitLab), §6.2
// (setup/deploy), §7 (public APIs).
#include "core/model/plan.h"
#include "core/model/toolchain_call.h"

namespace lb {

namespace {

const QString kForm = QStringLiteral("application/x-www-form-urlencoded");
const QString kJson = QStringLiteral("application/json");

class Requests
{
public:
    explicit Requests(const ToolchainCall &call) : m_call(call) {}

    std::vector<PlannedRequest> list;

    /// With the token that the API key is exchanged for.
    HttpCall &add(const char *purpose, const char *method, const QString &base, TemplateText path)
    {
        HttpCall &request = addBare(QString::fromLatin1(purpose), method, base, std::move(path));
        request.headers.emplace_back(QStringLiteral("Authorization"), bearer());
        return request;
    }
    void addToken()
    {
        HttpCall &request = addBare(QStringLiteral("token"), "POST", m_call.at.iam,
                                    QStringLiteral("/identity/token"));
        request.headers.emplace_back(QStringLiteral("Content-Type"), TemplateText(kForm));
        TemplateText form(QStringLiteral(
            "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&response_type=cloud_iam&"
            "apikey="));
        form.append(Slot{QStringLiteral("API key")});
        request.body = form;
    }
    void addAccount()
    {
        HttpCall &request =
            add("account", "GET", m_call.at.iam, QStringLiteral("/v1/apikeys/details"));
        request.headers.emplace_back(QStringLiteral("IAM-ApiKey"), SecretRef{m_call.at.apiKey});
    }
    /// Each toolchain's own answer, without which there is nothing (§2.3, call 1).
    void addToolchains()
    {
        for (const ToolchainPlace &place : m_call.toolchains) {
            HttpCall &request =
                addBare(QStringLiteral("toolchain/") + place.id, "GET", m_call.at.console,
                        QStringLiteral("/devops/toolchains/%1?env_id=%2&isUIRequest=true")
                            .arg(place.id, place.environment()));
            request.headers.emplace_back(QStringLiteral("Authorization"), bearer());
            request.headers.emplace_back(QStringLiteral("include"),
                                         TemplateText(QStringLiteral("everything")));
        }
    }
    /// `tekton/ID` of a Tekton pipeline, `ID` of a classic one (§2.3, call 2).
    void addPipelines()
    {
        TemplateText path(QStringLiteral("/devops/pipelines/"));
        path.append(Slot{QStringLiteral("pipeline")});
        path.append(QStringLiteral("/yaml?env_id="));
        path.append(Slot{QStringLiteral("region")});
        HttpCall &request = add("pipeline", "GET", m_call.at.console, path);
        setAccept(request, QStringLiteral("application/x-yaml"));
    }
    void addSearch()
    {
        TemplateText path(QStringLiteral("/v3/resources/search?account_id="));
        path.append(Slot{QStringLiteral("account")});
        TemplateText body;
        body.append(Slot{QStringLiteral("question")});
        HttpCall &request = add("search", "POST", m_call.at.search, path);
        request.headers.emplace_back(QStringLiteral("Content-Type"), TemplateText(kJson));
        request.body = body;
    }
    /// Of GitLab in the target region; nothing of IBM Cloud's goes there but its own token.
    HttpCall &addGit(const char *purpose, const char *method, TemplateText path)
    {
        return addGitAt(m_call.at.git, m_call.at.gitToken, purpose, method, std::move(path));
    }
    /// Of GitLab where the repositories were saved from: tokens are of one region each.
    void addSourceGit(const char *purpose, TemplateText path)
    {
        addGitAt(m_call.at.sourceGit, m_call.at.sourceGitToken, purpose, "GET", std::move(path));
    }
    void addGitSelf()
    {
        addGit("user", "GET", QStringLiteral("/user"));
        addGit("token_self", "GET", QStringLiteral("/personal_access_tokens/self"));
    }

    /// A temporary project: found, made, filled, read back (§5).
    void addProject()
    {
        addGit("project", "GET", withSlot(QStringLiteral("/projects/"), "project"));
    }
    void addPublish()
    {
        addGitSelf();
        addProject();
        TemplateText body;
        body.append(Slot{QStringLiteral("project and what it is for")});
        sendsJson(addGit("make_project", "POST", QStringLiteral("/projects"))).body = body;
        TemplateText files;
        files.append(Slot{QStringLiteral("template")});
        sendsJson(addGit("commit", "POST",
                         withSlot(QStringLiteral("/projects/"), "project",
                                  QStringLiteral("/repository/commits"))))
            .body = files;
        TemplateText tree =
            withSlot(QStringLiteral("/projects/"), "project",
                     QStringLiteral("/repository/tree?recursive=true&per_page=100&ref=%1&page=")
                         .arg(m_call.branch));
        tree.append(Slot{QStringLiteral("page")});
        addGit("tree", "GET", tree);
        TemplateText file =
            withSlot(QStringLiteral("/projects/"), "project", QStringLiteral("/repository/files/"));
        file.append(Slot{QStringLiteral("file")});
        file.append(QStringLiteral("/raw?ref=%1").arg(m_call.branch));
        addGit("file", "GET", file);
    }
    void addUnpublish()
    {
        addGitSelf();
        addProject();
        addGit("delete", "DELETE", withSlot(QStringLiteral("/projects/"), "project"));
        TemplateText now = withSlot(QStringLiteral("/projects/"), "project",
                                    QStringLiteral("?permanently_remove=true&full_path="));
        now.append(Slot{QStringLiteral("full path")});
        addGit("delete_now", "DELETE", now);
    }
    void addRevoke()
    {
        addGit("token_self", "GET", QStringLiteral("/personal_access_tokens/self"));
        addGit("revoke", "DELETE", QStringLiteral("/personal_access_tokens/self"));
    }
    /// The copy and its tools (§7.1); what runs in its pipelines (§7.2).
    void addTools()
    {
        add("tools", "GET", m_call.at.toolchain,
            withSlot(QStringLiteral("/toolchain/v2/toolchains/"), "toolchain",
                     QStringLiteral("/tools?limit=100&start=")))
            .url.append(Slot{QStringLiteral("start")});
    }
    void addRuns()
    {
        add("runs", "GET", m_call.at.pipeline,
            ofPipeline(QStringLiteral("/pipeline_runs?limit=100&start=")))
            .url.append(Slot{QStringLiteral("start")});
    }
    /// Ends one.
    void addCancel()
    {
        TemplateText cancel = ofPipeline(QStringLiteral("/pipeline_runs/"));
        cancel.append(Slot{QStringLiteral("run of the pipeline")});
        cancel.append(QStringLiteral("/cancel"));
        HttpCall &end = sendsJson(add("cancel", "POST", m_call.at.pipeline, cancel));
        end.body = TemplateText(QStringLiteral("{\"force\":true}"));
    }
    /// What stands for the source's repositories in the target region (§5).
    void addMirrors()
    {
        addGit("mirror", "GET", ofRepository({}));
        addGit("mirror_head", "GET",
               ofRepository(QStringLiteral("/repository/commits?per_page=1")));
    }
    /// A mirror's branches, and what its source has of them (§5).
    void addComparison()
    {
        addGit("branches", "GET", branchesOf());
        addSourceGit("source_commit", ofRepository(QStringLiteral("/repository/commits/")));
        list.back().call.url.append(Slot{QStringLiteral("commit")});
    }
    void addMirrorLag()
    {
        addGit("branches", "GET", branchesOf());
        addSourceGit("source_branches", branchesOf());
        TemplateText mirrors = ofRepository(QStringLiteral("/remote_mirrors?per_page=100&page="));
        mirrors.append(Slot{QStringLiteral("page")});
        addSourceGit("source_mirrors", mirrors);
    }
    /// Projects of the token's user that runs have made and not deleted.
    void addProjects()
    {
        TemplateText path(
            QStringLiteral("/projects?owned=true&search=lifeboat-&per_page=100&page="));
        path.append(Slot{QStringLiteral("page")});
        addGit("projects", "GET", path);
    }
    /// The toolchains of a name in the target region, page by page (§7.1).
    void addNamesakes()
    {
        TemplateText known(QStringLiteral("/toolchain/v2/toolchains?resource_group_id=%1&limit=100"
                                          "&name=")
                               .arg(m_call.group));
        known.append(Slot{QStringLiteral("name")});
        known.append(QStringLiteral("&start="));
        known.append(Slot{QStringLiteral("start")});
        add("toolchains", "GET", m_call.at.toolchain, known);
    }
    void addCreate()
    {
        addNamesakes();
        if (!m_call.isByPerson)
            addDeploy();
        addTools();
        addRuns();
        addCancel();
        addTriggerList();
        addTriggerSwitch();
    }
    void addDeploy()
    {
        addGit("user", "GET", QStringLiteral("/user"));
        addProject();
        HttpCall &request =
            add("create", "POST", m_call.at.console,
                QStringLiteral("/devops/setup/deploy?env_id=ibm:yp:%1").arg(m_call.region));
        request.headers.emplace_back(QStringLiteral("Content-Type"), TemplateText(kForm));
        TemplateText form(QStringLiteral("autocreate=true&branch=%1&resourceGroupId=%2&repository=")
                              .arg(m_call.branch, m_call.group));
        form.append(Slot{QStringLiteral("project")});
        form.append(QStringLiteral("&repository_token="));
        form.append(Slot{m_call.at.gitToken});
        request.body = form;
    }
    /// A copy built piece by piece (§6.3): each is looked for, and made when it is not there.
    void addBuild()
    {
        addCopy();
        addMaking("make_toolchain", m_call.at.toolchain, QStringLiteral("/toolchain/v2/toolchains"),
                  "toolchain");
        addMaking("make_tool", m_call.at.toolchain,
                  withSlot(QStringLiteral("/toolchain/v2/toolchains/"), "toolchain",
                           QStringLiteral("/tools")),
                  "tool without its secrets");
        // Its definitions, properties and triggers too.
        add("tekton", "GET", m_call.at.pipeline, ofPipeline({}));
        addMaking("make_pipeline", m_call.at.pipeline,
                  QStringLiteral("/pipeline/v2/tekton_pipelines"), "pipeline's tool and worker");
        addMaking("make_definition", m_call.at.pipeline, ofPipeline(QStringLiteral("/definitions")),
                  "definition");
        addMaking("make_property", m_call.at.pipeline, ofPipeline(QStringLiteral("/properties")),
                  "property, empty when it is a secret");
        addMaking("make_trigger", m_call.at.pipeline, ofPipeline(QStringLiteral("/triggers")),
                  "trigger, off unless it is manual");
        addMaking("make_trigger_property", m_call.at.pipeline,
                  ofTrigger(QStringLiteral("/properties")), "property, empty when it is a secret");
    }
    /// The copy, found by its name, and its tools.
    void addCopy()
    {
        addNamesakes();
        addTools();
    }
    /// `/pipeline/v2/tekton_pipelines/‹pipeline›` and what follows (§7.2).
    static TemplateText ofPipeline(const QString &tail)
    {
        return withSlot(QStringLiteral("/pipeline/v2/tekton_pipelines/"), "pipeline", tail);
    }
    static TemplateText ofTrigger(const QString &tail)
    {
        TemplateText path = ofPipeline(QStringLiteral("/triggers/"));
        path.append(Slot{QStringLiteral("trigger")});
        if (!tail.isEmpty())
            path.append(tail);
        return path;
    }
    void addMaking(const char *purpose, const QString &base, const TemplateText &path,
                   const char *what)
    {
        TemplateText body;
        body.append(Slot{QString::fromLatin1(what)});
        sendsJson(add(purpose, "POST", base, path)).body = body;
    }
    void addTriggerList()
    {
        add("triggers", "GET", m_call.at.pipeline, ofPipeline(QStringLiteral("/triggers")));
    }
    /// `{"name":…,"type":"secure","value":…}`, made when it is not there, and what is there
    /// afterwards.
    void addProperty(const char *put, const char *make, const char *get, TemplateText path)
    {
        TemplateText body(QStringLiteral("{\"type\":\"secure\",\"name\":\""));
        body.append(Slot{QStringLiteral("property")});
        body.append(QStringLiteral("\",\"value\":"));
        body.append(Slot{m_call.secret});
        body.append(QStringLiteral("}"));
        sendsJson(add(make, "POST", m_call.at.pipeline, path)).body = body;
        path.append(QStringLiteral("/"));
        path.append(Slot{QStringLiteral("property")});
        sendsJson(add(put, "PUT", m_call.at.pipeline, path)).body = body;
        add(get, "GET", m_call.at.pipeline, path);
    }
    HttpCall &addTriggerPatch()
    {
        HttpCall &request = add("patch", "PATCH", m_call.at.pipeline, ofTrigger({}));
        request.headers.emplace_back(QStringLiteral("Content-Type"),
                                     TemplateText(QStringLiteral("application/merge-patch+json")));
        return request;
    }
    void addTriggerSwitch()
    {
        addTriggerPatch().body =
            TemplateText(QStringLiteral("{\"enabled\":%1}")
                             .arg(m_call.isOn ? QStringLiteral("true") : QStringLiteral("false")));
    }
    void addSetSecret()
    {
        addCopy();
        addTriggerList();
        addProperty("put_property", "make_property", "property",
                    ofPipeline(QStringLiteral("/properties")));
        addProperty("put_trigger_property", "make_trigger_property", "trigger_property",
                    ofTrigger(QStringLiteral("/properties")));
        TemplateText body(QStringLiteral("{\"secret\":{\"value\":"));
        body.append(Slot{m_call.secret});
        body.append(QStringLiteral("}}"));
        addTriggerPatch().body = body;
    }
    void addTriggers()
    {
        addCopy();
        addTriggerList();
        addTriggerSwitch();
        if (!m_call.isOn)
            return;
        addMaking("make_trigger", m_call.at.pipeline, ofPipeline(QStringLiteral("/triggers")),
                  "trigger as it was saved");
        addMaking("make_trigger_property", m_call.at.pipeline,
                  ofTrigger(QStringLiteral("/properties")), "property as it was saved");
        TemplateText property = ofTrigger(QStringLiteral("/properties/"));
        property.append(Slot{QStringLiteral("property")});
        add("trigger_property", "GET", m_call.at.pipeline, property);
    }
    void addProve()
    {
        addCopy();
        addTriggerList();
        addRuns();
        TemplateText start(QStringLiteral("{\"description\":\"Lifeboat "));
        start.append(Slot{QStringLiteral("run")});
        start.append(QStringLiteral("\",\"trigger\":{\"name\":\""));
        start.append(Slot{QStringLiteral("trigger")});
        start.append(QStringLiteral("\"}}"));
        sendsJson(
            add("start", "POST", m_call.at.pipeline, ofPipeline(QStringLiteral("/pipeline_runs"))))
            .body = start;
        TemplateText one = ofPipeline(QStringLiteral("/pipeline_runs/"));
        one.append(Slot{QStringLiteral("run of the pipeline")});
        add("run", "GET", m_call.at.pipeline, one);
    }
    void addRemoveCreated()
    {
        addNamesakes();
        add("remove", "DELETE", m_call.at.toolchain,
            withSlot(QStringLiteral("/toolchain/v2/toolchains/"), "toolchain"));
    }

private:
    HttpCall &addGitAt(const QString &base, const QString &token, const char *purpose,
                       const char *method, TemplateText path)
    {
        TemplateText whole(QStringLiteral("/api/v4"));
        whole.append(path);
        HttpCall &request = addBare(QString::fromLatin1(purpose), method, base, std::move(whole));
        request.headers.emplace_back(QStringLiteral("PRIVATE-TOKEN"), SecretRef{token});
        return request;
    }
    static TemplateText ofRepository(const QString &tail)
    {
        return withSlot(QStringLiteral("/projects/"), "repository", tail);
    }
    static TemplateText branchesOf()
    {
        TemplateText path = ofRepository(QStringLiteral("/repository/branches?per_page=100&page="));
        path.append(Slot{QStringLiteral("page")});
        return path;
    }
    static HttpCall &sendsJson(HttpCall &request)
    {
        request.headers.emplace_back(QStringLiteral("Content-Type"), TemplateText(kJson));
        return request;
    }
    static TemplateText withSlot(const QString &before, const char *slot, const QString &after = {})
    {
        TemplateText path(before);
        path.append(Slot{QString::fromLatin1(slot)});
        if (!after.isEmpty())
            path.append(after);
        return path;
    }
    HttpCall &addBare(const QString &purpose, const char *method, const QString &base,
                      TemplateText path)
    {
        HttpCall request;
        request.method = QString::fromLatin1(method);
        request.url = TemplateText(base);
        request.url.append(path);
        request.ca = m_call.at.ca;
        request.output = OutputKind::Text;
        request.headers.emplace_back(QStringLiteral("Accept"), TemplateText(kJson));
        list.push_back({purpose, std::move(request)});
        return list.back().call;
    }
    static void setAccept(HttpCall &request, const QString &type)
    {
        for (auto &[name, value] : request.headers) {
            if (name == QLatin1String("Accept"))
                value = TemplateText(type);
        }
    }
    static TemplateText bearer()
    {
        TemplateText text(QStringLiteral("Bearer "));
        text.append(Slot{QStringLiteral("token")});
        return text;
    }

    const ToolchainCall &m_call;
};

void addCheck(Requests &requests, const ToolchainCall &call)
{
    const QString &check = call.check;
    if (check == QLatin1String("key")) {
        requests.addToken();
        requests.addAccount();
    } else if (check == QLatin1String("source") || check == QLatin1String("unchanged")) {
        requests.addToken();
        requests.addToolchains();
    } else if (check == QLatin1String("source_seen")) {
        requests.addToken();
        requests.addTools();
    } else if (check == QLatin1String("source_quiet")) {
        requests.addToken();
        requests.addTools();
        requests.addTriggerList();
    } else if (check == QLatin1String("instance")) {
        requests.addToken();
        requests.addAccount();
        requests.addSearch();
    } else if (check == QLatin1String("git")) {
        requests.addGitSelf();
    } else if (check == QLatin1String("name")) {
        requests.addToken();
        requests.addNamesakes();
    } else if (check == QLatin1String("mirror_lag")) {
        requests.addMirrorLag();
    } else if (check == QLatin1String("returned")) {
        requests.addComparison();
    } else if (check == QLatin1String("repositories")) {
        requests.addMirrors();
    }
}

} // namespace

std::vector<PlannedRequest> requestsOf(const ToolchainCall &call)
{
    Requests requests(call);
    switch (call.work) {
    case ToolchainWork::Fact:
        if (call.check == QLatin1String("git_user")) {
            requests.addGitSelf();
            break;
        }
        requests.addToken();
        if (call.check == QLatin1String("account") || call.check == QLatin1String("user"))
            requests.addAccount();
        else if (call.toolchains.empty())
            requests.addNamesakes();
        else
            requests.addToolchains();
        break;
    case ToolchainWork::Survey:
        requests.addToken();
        requests.addToolchains();
        break;
    case ToolchainWork::Check:
        addCheck(requests, call);
        break;
    case ToolchainWork::Save:
        requests.addToken();
        requests.addToolchains();
        requests.addPipelines();
        break;
    case ToolchainWork::Publish:
        requests.addPublish();
        break;
    case ToolchainWork::Create:
        requests.addToken();
        requests.addCreate();
        break;
    case ToolchainWork::Build:
        requests.addToken();
        requests.addBuild();
        break;
    case ToolchainWork::Compare:
        requests.addToken();
        requests.addTools();
        break;
    case ToolchainWork::Projects:
        requests.addGit("user", "GET", QStringLiteral("/user"));
        requests.addProjects();
        break;
    case ToolchainWork::Revoke:
        requests.addRevoke();
        break;
    case ToolchainWork::Unpublish:
        requests.addUnpublish();
        break;
    case ToolchainWork::RemoveCreated:
        requests.addToken();
        requests.addRemoveCreated();
        break;
    case ToolchainWork::Locate:
        requests.addToken();
        requests.addCopy();
        break;
    case ToolchainWork::SetSecret:
        requests.addToken();
        requests.addSetSecret();
        break;
    case ToolchainWork::Triggers:
        requests.addToken();
        requests.addTriggers();
        break;
    case ToolchainWork::Prove:
        requests.addToken();
        requests.addProve();
        break;
    }
    return std::move(requests.list);
}

} // namespace lb
