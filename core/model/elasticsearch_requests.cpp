// SPDX-License-Identifier: GPL-3.0-or-later
// Every request of a call to a cluster, by what it is for: a plan prints them, and a runner can
// send no other.
#include "core/base/json.h"
#include "core/model/elasticsearch_call.h"
#include "core/model/plan.h"

namespace lb {

namespace {

/// A rehearsal runs beside people who work.
const QString kRehearsalSpeed = QStringLiteral("20mb");
/// Documents whose content is compared one by one, of each index.
constexpr int kSamples = 5;
/// More than an installation has plugins, archives and images; `from + size` ends at 10,000 from
/// 2.1 on (sheet §5.7).
constexpr int kMostDocuments = 10'000;
/// Documents of one page of a scroll, of each shard, and how long the server keeps it for us: what
/// the vendor's tool has as `poller.scroll.batch_size` and `.lease` (sheet §2.1).
constexpr int kPage = 100;
const QString kLease = QStringLiteral("120s");

/// Puts the requests of one call together.
class Requests
{
public:
    explicit Requests(const ElasticsearchCall &call) : m_call(call) {}

    HttpCall &add(const char *purpose, const char *method, TemplateText path)
    {
        HttpCall request;
        request.method = QString::fromLatin1(method);
        request.url = TemplateText(m_call.at.text());
        request.url.append(path);
        request.ca = m_call.at.ca;
        request.user = m_call.at.user;
        request.password = m_call.at.password;
        request.output = OutputKind::Text;
        list.push_back({QString::fromLatin1(purpose), std::move(request)});
        return list.back().call;
    }
    /// Of Alien, another server: nothing of the cluster's goes there.
    HttpCall &addAlien(const char *purpose, const char *method, const TemplateText &path)
    {
        HttpCall request;
        request.method = QString::fromLatin1(method);
        request.url = TemplateText(m_call.alienUrl);
        request.url.append(path);
        request.output = OutputKind::Text;
        list.push_back({QString::fromLatin1(purpose), std::move(request)});
        return list.back().call;
    }
    /// `/rest/latest/KIND?…`, page by page.
    void addAlienList(const char *kind)
    {
        TemplateText path(QStringLiteral("/rest/latest/%1?query=&connectedOnly=false&size=50&from=")
                              .arg(QLatin1String(kind)));
        path.append(Slot{QStringLiteral("from")});
        addAlien(kind, "GET", path);
    }
    void addLogin()
    {
        TemplateText form;
        form.append(Slot{QStringLiteral("user and password")});
        addAlien("login", "POST", QStringLiteral("/login")).body = form;
    }
    void addOrchestrator(const char *purpose, const char *method, const QString &tail,
                         const char *body = nullptr)
    {
        TemplateText path(QStringLiteral("/rest/latest/orchestrators/"));
        path.append(Slot{QStringLiteral("id")});
        path.append(tail);
        HttpCall &request = addAlien(purpose, method, path);
        if (!body)
            return;
        TemplateText given;
        given.append(Slot{QString::fromLatin1(body)});
        request.body = given;
    }
    /// What is sent is known only while it works.
    void addWithBody(const char *purpose, const char *method, const TemplateText &path,
                     const char *body)
    {
        TemplateText given;
        given.append(Slot{QString::fromLatin1(body)});
        add(purpose, method, path).body = given;
    }
    void addLook(const char *purpose, const char *path)
    {
        add(purpose, "GET", QString::fromLatin1(path));
    }
    /// `/_snapshot/REPOSITORY` and what follows.
    TemplateText repository(const QString &tail = {}) const
    {
        TemplateText path(QStringLiteral("/_snapshot/"));
        path.append(m_call.repository);
        if (!tail.isEmpty())
            path.append(tail);
        return path;
    }
    TemplateText snapshot(const QString &tail = {}) const
    {
        TemplateText path = repository(QStringLiteral("/"));
        path.append(m_call.snapshot);
        if (!tail.isEmpty())
            path.append(tail);
        return path;
    }
    /// Nothing is written into a repository that is not ours: no test of the nodes, and from 2.0 on
    /// it is said so too.
    void addAdopt()
    {
        addLook("root", "/");
        addRegister(false, {{QStringLiteral("readonly"), true}});
        add("snapshots", "GET", repository(QStringLiteral("/_all")));
        TemplateText path = repository(QStringLiteral("/"));
        path.append(Slot{QStringLiteral("snapshot")});
        path.append(QStringLiteral("/_status"));
        add("status", "GET", path);
    }
    QString names(const QStringList &indices) const { return indices.join(QLatin1Char(',')); }

    void addRegister(bool verifies, QJsonObject settings = {{QStringLiteral("compress"), true}})
    {
        settings.insert(QStringLiteral("location"), m_call.folder.toJson());
        HttpCall &request = add("register", "PUT",
                                repository(verifies ? QString() : QStringLiteral("?verify=false")));
        request.json = QJsonObject{{QStringLiteral("type"), QStringLiteral("fs")},
                                   {QStringLiteral("settings"), settings}};
    }
    void addSnapshot(const QStringList &indices)
    {
        addRegister(true);
        add("verify", "POST", repository(QStringLiteral("/_verify")));
        addLook("nodes", "/_nodes/settings");
        addLook("indices", "/_cluster/state/metadata");
        HttpCall &create =
            add("create", "PUT", snapshot(QStringLiteral("?wait_for_completion=false")));
        create.json = QJsonObject{{QStringLiteral("indices"), names(indices)},
                                  {QStringLiteral("ignore_unavailable"), false},
                                  {QStringLiteral("include_global_state"), false},
                                  {QStringLiteral("partial"), false}};
        add("look", "GET", snapshot());
        add("progress", "GET", snapshot(QStringLiteral("/_status")));
        addLook("running", "/_snapshot/_status");
        add("remove_snapshot", "DELETE", snapshot());
        add("remove_repository", "DELETE", repository());
    }
    /// What tells that restored indices are whole, and what is in them.
    void addWatch()
    {
        add("recovering", "GET", listed(QStringLiteral("/"), QStringLiteral("/_recovery")));
        add("shards", "GET", listed(QStringLiteral("/_cluster/state/routing_table/"), {}));
        add("health", "GET", listed(QStringLiteral("/_cluster/health/"), {}));
        addCounts();
    }
    void addCounts()
    {
        add("count", "GET", ofIndex({"index"}, QStringLiteral("/_count")));
        add("sample", "GET", ofIndex({"index", "type", "id"}, QStringLiteral("/_source")));
    }
    void addRestore(bool renames)
    {
        QJsonObject body{{QStringLiteral("indices"), names(m_call.indices)},
                         {QStringLiteral("ignore_unavailable"), false},
                         {QStringLiteral("include_global_state"), false}};
        if (renames) {
            TemplateText replacement = m_call.prefix;
            replacement.append(QStringLiteral("$1"));
            body.insert(QStringLiteral("rename_pattern"), QStringLiteral("(.+)"));
            body.insert(QStringLiteral("rename_replacement"), replacement.toJson());
            body.insert(QStringLiteral("include_aliases"), false);
            body.insert(QStringLiteral("index_settings"),
                        QJsonObject{{QStringLiteral("index.number_of_replicas"), 0}});
        }
        add("restore", "POST", snapshot(QStringLiteral("/_restore?wait_for_completion=false")))
            .json = body;
    }
    /// Every document of these indices, but only the fields that are read: a document may hold
    /// numbers that not every reader takes, such as 1e400.
    void addDocuments(const QStringList &indices)
    {
        const QStringList fields{QStringLiteral("name"),         QStringLiteral("version"),
                                 QStringLiteral("pluginPathId"), QStringLiteral("enabled"),
                                 QStringLiteral("pluginId"),     QStringLiteral("state")};
        add("documents", "POST", QLatin1Char('/') + names(indices) + QStringLiteral("/_search"))
            .json = QJsonObject{
            {QStringLiteral("size"), kMostDocuments},
            {QStringLiteral("_source"), toJsonArray(fields)},
            {QStringLiteral("query"), QJsonObject{{QStringLiteral("match_all"), QJsonObject()}}}};
    }
    /// Elasticsearch 1.x: a scan's first answer has no documents; the next ones come for the raw
    /// id that each answer has. What is beside the source survives only when it is asked for, and
    /// a field that the index does not store makes the server parse the source, which fails at
    /// numbers of 20 digits; so what is asked for depends on the index.
    void addScroll()
    {
        TemplateText path = ofIndex(
            {"index"},
            QStringLiteral("/_search?search_type=scan&scroll=%1&version=true&fields=").arg(kLease));
        path.append(Slot{QStringLiteral("fields")});
        add("scan", "POST", path).json = QJsonObject{
            {QStringLiteral("size"), kPage},
            {QStringLiteral("query"), QJsonObject{{QStringLiteral("match_all"), QJsonObject()}}}};
        addWithBody("page", "POST", QStringLiteral("/_search/scroll?scroll=") + kLease, "scroll");
        addWithBody("end_scroll", "DELETE", QStringLiteral("/_search/scroll"), "scroll");
    }
    void addImport()
    {
        addLook("indices", "/_cluster/state/metadata");
        add("describe", "GET", ofIndex({"index"}, {}));
        addClear();
        addWithBody("make", "PUT", ofIndex({"index"}, {}), "mappings");
        addWithBody("bulk", "POST", QStringLiteral("/_bulk"), "documents");
        addWithBody("settings", "PUT", ofIndex({"index"}, QStringLiteral("/_settings")),
                    "settings");
        add("refresh", "POST", ofIndex({"index"}, QStringLiteral("/_refresh")));
        add("flush", "POST", ofIndex({"index"}, QStringLiteral("/_flush")));
        addScroll();
    }
    void addClear() { add("delete", "DELETE", ofIndex({"index"}, {})); }
    void addDelete(const char *purpose, const QStringList &indices)
    {
        if (!indices.isEmpty())
            add(purpose, "DELETE", QLatin1Char('/') + names(indices));
    }

    std::vector<PlannedRequest> list;

    /// `/PREFIX‹index›/‹type›` and what follows: asked for each.
    TemplateText ofIndex(std::initializer_list<const char *> slots, const QString &tail) const
    {
        TemplateText path(QStringLiteral("/"));
        path.append(m_call.prefix);
        bool isFirst = true;
        for (const char *slot : slots) {
            if (!isFirst)
                path.append(QStringLiteral("/"));
            path.append(Slot{QString::fromLatin1(slot)});
            isFirst = false;
        }
        path.append(tail);
        return path;
    }

private:
    /// Every index under the name that it has here.
    TemplateText listed(const QString &before, const QString &after) const
    {
        TemplateText path(before);
        bool isFirst = true;
        for (const QString &index : m_call.indices) {
            if (!isFirst)
                path.append(QStringLiteral(","));
            path.append(m_call.prefix);
            path.append(index);
            isFirst = false;
        }
        path.append(after);
        return path;
    }

    const ElasticsearchCall &m_call;
};

void addCheck(Requests &requests, const ElasticsearchCall &call)
{
    const QString &check = call.check;
    if (check == QLatin1String("cluster")) {
        requests.addLook("root", "/");
    } else if (check == QLatin1String("health")) {
        requests.addLook("health", "/_cluster/health?level=indices");
    } else if (check == QLatin1String("share")) {
        requests.addLook("nodes", "/_nodes/settings");
        requests.add("register", "PUT", requests.repository()).json = QJsonObject{
            {QStringLiteral("type"), QStringLiteral("fs")},
            {QStringLiteral("settings"), QJsonObject{{QStringLiteral("location"), call.share}}}};
        requests.add("verify", "POST", requests.repository(QStringLiteral("/_verify")));
        requests.add("remove_repository", "DELETE", requests.repository());
    } else if (check == QLatin1String("idle")) {
        requests.addLook("running", "/_snapshot/_status");
        requests.addLook("restoring", "/_cluster/state/metadata,customs");
    } else if (check == QLatin1String("room") || check == QLatin1String("restore_room")) {
        if (check == QLatin1String("room")) {
            requests.addLook("indices", "/_cluster/state/metadata");
            requests.addLook("sizes", "/_stats/store");
        } else {
            requests.addLook("nodes", "/_nodes/settings");
            requests.addLook("disks", "/_nodes/stats/fs");
            requests.addLook("settings", "/_cluster/settings");
        }
    } else if (check == QLatin1String("indices") || check == QLatin1String("leftovers")) {
        requests.addLook("indices", "/_cluster/state/metadata");
    } else if (check == QLatin1String("references")) {
        requests.addDocuments(
            {QStringLiteral("csar"), QStringLiteral("imagedata"), QStringLiteral("plugin")});
    } else if (check == QLatin1String("plugin_zip") || check == QLatin1String("switched_off")) {
        requests.addDocuments({QStringLiteral("plugin")});
    } else if (check == QLatin1String("stopped")) {
        requests.addAlien("alien", "GET", QStringLiteral("/rest/latest/auth/status")).timeout =
            std::chrono::seconds(10);
    } else if (check == QLatin1String("plugins") || check == QLatin1String("orchestrators")) {
        requests.addLogin();
        requests.addAlienList(check == QLatin1String("plugins") ? "plugins" : "orchestrators");
    } else if (check == QLatin1String("restorable")) {
        requests.addLook("root", "/");
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addLook("settings", "/_cluster/settings");
        requests.addLook("nodes", "/_nodes/settings");
    } else if (check == QLatin1String("converted")) {
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addScroll();
    } else if (check == QLatin1String("source_version")) {
        requests.addLook("root", "/");
        requests.addLook("indices", "/_cluster/state/metadata");
    }
}

} // namespace

std::vector<PlannedRequest> requestsOf(const ElasticsearchCall &call)
{
    Requests requests(call);
    switch (call.work) {
    case ElasticsearchWork::Id:
    case ElasticsearchWork::Survey:
        requests.addLook("root", "/");
        requests.addLook("indices", "/_cluster/state/metadata");
        break;
    case ElasticsearchWork::Check:
        addCheck(requests, call);
        break;
    case ElasticsearchWork::Describe:
        requests.addLook("root", "/");
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addDocuments({QStringLiteral("orchestrator"), QStringLiteral("plugin")});
        break;
    case ElasticsearchWork::Save: {
        requests.addLook("root", "/");
        TemplateText search(QStringLiteral("/"));
        search.append(Slot{QStringLiteral("index")});
        search.append(QStringLiteral("/_search?size=%1&_source=false").arg(kSamples));
        requests.add("sample_names", "GET", search);
        requests.addSnapshot(call.indices);
        requests.addCounts();
        break;
    }
    case ElasticsearchWork::Keep:
        requests.addSnapshot(call.present);
        break;
    case ElasticsearchWork::Restore:
    case ElasticsearchWork::RestoreBack: {
        requests.addRegister(false);
        requests.add("look", "GET", requests.snapshot());
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addLook("restoring", "/_cluster/state/metadata,customs");
        const QStringList &closed =
            call.work == ElasticsearchWork::Restore ? call.present : call.indices;
        if (!closed.isEmpty())
            requests.add("close", "POST",
                         QLatin1Char('/') + requests.names(closed) +
                             // One that could not be restored has been deleted before.
                             (call.work == ElasticsearchWork::RestoreBack
                                  ? QStringLiteral("/_close?ignore_unavailable=true")
                                  : QStringLiteral("/_close")));
        requests.addRestore(false);
        requests.addWatch();
        if (call.work == ElasticsearchWork::RestoreBack) {
            requests.addDelete("delete", call.made);
            // What the restore that is taken back could not make whole cannot be closed.
            requests.add("drop", "DELETE", requests.ofIndex({"index"}, {}));
        }
        requests.add("remove_repository", "DELETE", requests.repository());
        break;
    }
    case ElasticsearchWork::Rehearse: {
        requests.addRegister(false,
                             {{QStringLiteral("compress"), true},
                              {QStringLiteral("max_restore_bytes_per_sec"), kRehearsalSpeed}});
        requests.add("look", "GET", requests.snapshot());
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addLook("restoring", "/_cluster/state/metadata,customs");
        requests.addRestore(true);
        requests.addWatch();
        break;
    }
    case ElasticsearchWork::RemoveOwn: {
        requests.addLook("indices", "/_cluster/state/metadata");
        TemplateText name(QStringLiteral("/"));
        name.append(call.prefix);
        name.append(Slot{QStringLiteral("index")});
        requests.add("delete", "DELETE", name);
        requests.add("remove_snapshot", "DELETE", requests.snapshot());
        requests.add("remove_repository", "DELETE", requests.repository());
        break;
    }
    case ElasticsearchWork::Forget:
        requests.addRegister(false);
        requests.add("remove_snapshot", "DELETE", requests.snapshot());
        requests.add("remove_repository", "DELETE", requests.repository());
        break;
    case ElasticsearchWork::Export:
        requests.addLook("root", "/");
        requests.add("describe", "GET", requests.ofIndex({"index"}, {}));
        requests.addCounts();
        requests.addScroll();
        break;
    case ElasticsearchWork::Adopt:
        requests.addAdopt();
        break;
    case ElasticsearchWork::AdoptFiles:
    case ElasticsearchWork::Transform:
    case ElasticsearchWork::SwapPluginBack:
        break;
    case ElasticsearchWork::Connect:
        requests.addLogin();
        requests.addAlienList("orchestrators");
        requests.addOrchestrator("configuration", "GET", QStringLiteral("/configuration"));
        requests.addOrchestrator("configure", "PUT", QStringLiteral("/configuration"),
                                 "configuration");
        requests.addOrchestrator("enable", "POST", QStringLiteral("/instance"));
        break;
    case ElasticsearchWork::SwapPlugin:
        requests.addDocuments({QStringLiteral("plugin")});
        break;
    case ElasticsearchWork::Clear:
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addClear();
        break;
    case ElasticsearchWork::PutBack:
        requests.addRegister(false);
        requests.add("look", "GET", requests.snapshot());
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addLook("restoring", "/_cluster/state/metadata,customs");
        requests.addClear();
        requests.addRestore(false);
        requests.addWatch();
        requests.add("remove_repository", "DELETE", requests.repository());
        break;
    case ElasticsearchWork::Import:
        requests.addImport();
        break;
    }
    return std::move(requests.list);
}

} // namespace lb
