// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/elasticsearch_call.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/model/plan.h"

#include <QRegularExpression>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

struct Word
{
    ElasticsearchWork work;
    const char *name;
};

constexpr std::array kWords{
    Word{ElasticsearchWork::Id, "id"},
    Word{ElasticsearchWork::Survey, "survey"},
    Word{ElasticsearchWork::Check, "check"},
    Word{ElasticsearchWork::Describe, "describe"},
    Word{ElasticsearchWork::Save, "save"},
    Word{ElasticsearchWork::Keep, "keep"},
    Word{ElasticsearchWork::Restore, "restore"},
    Word{ElasticsearchWork::RestoreBack, "restore_back"},
    Word{ElasticsearchWork::Rehearse, "rehearse"},
    Word{ElasticsearchWork::RemoveOwn, "remove_own"},
    Word{ElasticsearchWork::Forget, "forget"},
    Word{ElasticsearchWork::Export, "export"},
    Word{ElasticsearchWork::Transform, "transform"},
    Word{ElasticsearchWork::Clear, "clear"},
    Word{ElasticsearchWork::PutBack, "put_back"},
    Word{ElasticsearchWork::Import, "import"},
    Word{ElasticsearchWork::Connect, "connect"},
    Word{ElasticsearchWork::SwapPlugin, "swap_plugin"},
    Word{ElasticsearchWork::SwapPluginBack, "swap_plugin_back"},
};

const QString kRehearsal = QStringLiteral("rehearse_");
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
    /// What is sent is known only while it works.
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
    QString names(const QStringList &indices) const { return indices.join(QLatin1Char(',')); }

    void addRegister(bool verifies, const QString &speed = {})
    {
        QJsonObject settings{{QStringLiteral("location"), m_call.folder.toJson()},
                             {QStringLiteral("compress"), true}};
        if (!speed.isEmpty())
            settings.insert(QStringLiteral("max_restore_bytes_per_sec"), speed);
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

    std::vector<ElasticsearchRequest> list;

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
        requests.addLook("health", "/_cluster/health");
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
        }
    } else if (check == QLatin1String("indices") || check == QLatin1String("leftovers")) {
        requests.addLook("indices", "/_cluster/state/metadata");
    } else if (check == QLatin1String("references")) {
        requests.addDocuments(
            {QStringLiteral("csar"), QStringLiteral("imagedata"), QStringLiteral("plugin")});
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
    } else if (check == QLatin1String("converted")) {
        requests.addLook("indices", "/_cluster/state/metadata");
        requests.addScroll();
    } else if (check == QLatin1String("source_version")) {
        requests.addLook("root", "/");
        requests.addLook("indices", "/_cluster/state/metadata");
    }
}

QString title(const ElasticsearchCall &call)
{
    const QString &check = call.check;
    const QString where = call.at.text();
    if (check == QLatin1String("cluster"))
        return tr("See that %1 is the cluster that is meant, of a version this is proven on")
            .arg(where);
    if (check == QLatin1String("health"))
        return tr("See that %1 is not red").arg(where);
    if (check == QLatin1String("share"))
        return tr("See that every node of %1 writes to %2: a repository is registered for a moment "
                  "and taken away again")
            .arg(where, call.share);
    if (check == QLatin1String("idle"))
        return tr("See that no snapshot or restore runs on %1").arg(where);
    if (check == QLatin1String("room"))
        return tr("See that %1 has room for a snapshot").arg(call.share);
    if (check == QLatin1String("restore_room"))
        return tr("See that no node of %1 gets more than 80 % full").arg(where);
    if (check == QLatin1String("indices"))
        return tr("See that every index of Alien is there and open");
    if (check == QLatin1String("leftovers"))
        return tr("Look for indices that a rehearsal left and for closed ones");
    if (check == QLatin1String("references"))
        return tr("See that every plugin, archive and image has its files in %1, and the other way "
                  "round")
            .arg(call.dataFolder);
    if (check == QLatin1String("config"))
        return tr("See that Alien's configuration in %1 names this cluster and %2, and does not "
                  "wipe its data at start")
            .arg(call.configFolder, call.dataFolder);
    if (check == QLatin1String("stopped"))
        return tr("See that Alien does not answer at %1").arg(call.alienUrl);
    if (check == QLatin1String("plugins"))
        return tr("See that every plugin at %1 is switched on that was when it was saved")
            .arg(call.alienUrl);
    if (check == QLatin1String("orchestrators"))
        return tr("See that every orchestrator at %1 is connected that was when it was saved")
            .arg(call.alienUrl);
    if (check == QLatin1String("backup"))
        return tr("See that the restore point %1 is whole, verified, and of today").arg(call.point);
    if (check == QLatin1String("source_version"))
        return tr("See that the indices are those of Alien4Cloud 1.1, on Elasticsearch 1.7");
    if (check == QLatin1String("converted"))
        return tr("Read every document of %1 and see that Alien4Cloud 1.2.0 can read it")
            .arg(where);
    return tr("See that the saved indices fit those of %1").arg(where);
}

} // namespace

const QStringList &elasticsearchChecks()
{
    static const QStringList list{
        QStringLiteral("cluster"), QStringLiteral("health"),       QStringLiteral("share"),
        QStringLiteral("idle"),    QStringLiteral("room"),         QStringLiteral("restore_room"),
        QStringLiteral("indices"), QStringLiteral("leftovers"),    QStringLiteral("references"),
        QStringLiteral("config"),  QStringLiteral("stopped"),      QStringLiteral("restorable"),
        QStringLiteral("backup"),  QStringLiteral("converted"),    QStringLiteral("source_version"),
        QStringLiteral("plugins"), QStringLiteral("orchestrators")};
    return list;
}

TemplateText rehearsalPrefix()
{
    TemplateText prefix(kRehearsal);
    prefix.append(Slot{QStringLiteral("run")});
    prefix.append(QStringLiteral("_"));
    return prefix;
}

bool isRehearsalIndex(const QString &name)
{
    static const QRegularExpression form(
        QStringLiteral("\\Arehearse_r[0-9]{8}-[0-9]{6}-[0-9a-f]{6}_.+\\z"));
    return form.match(name).hasMatch();
}

bool isIndexName(const QString &name)
{
    static const QRegularExpression form(QStringLiteral("\\A[a-z0-9.][a-z0-9._-]{0,200}\\z"));
    return form.match(name).hasMatch() && name != QLatin1String(".") && name != QLatin1String("..");
}

QStringList ElasticsearchCall::scope() const
{
    QStringList list;
    for (const QString &index : indices)
        list << QStringLiteral("elasticsearch://%1/%2")
                    .arg(at.text().section(QStringLiteral("//"), 1), index);
    return list;
}

QJsonObject ElasticsearchCall::toJson() const
{
    QJsonObject object{{QStringLiteral("call"), QStringLiteral("elasticsearch")}};
    for (const Word &word : kWords) {
        if (word.work == work)
            object.insert(QStringLiteral("work"), QLatin1String(word.name));
    }
    const auto text = [&](const char *key, const QString &value) {
        if (!value.isEmpty())
            object.insert(QLatin1String(key), value);
    };
    const auto list = [&](const char *key, const QStringList &value) {
        if (!value.isEmpty())
            object.insert(QLatin1String(key), toJsonArray(value));
    };
    const auto filled = [&](const char *key, const TemplateText &value) {
        if (!value.isEmpty())
            object.insert(QLatin1String(key), value.toJson());
    };
    list("urls", at.urls);
    text("ca", at.ca);
    text("user", at.user);
    text("secret", at.password);
    text("check", check);
    list("indices", indices);
    list("present", present);
    list("made", made);
    list("extra", extra);
    filled("repository", repository);
    filled("snapshot", snapshot);
    filled("folder", folder);
    filled("prefix", prefix);
    text("share", share);
    text("part", part);
    text("point", point);
    text("file", file);
    text("title", title);
    text("cluster_name", clusterName);
    text("data_folder", dataFolder);
    text("config_folder", configFolder);
    text("alien_url", alienUrl);
    text("alien_user", alienUser);
    text("alien_secret", alienPassword);
    if (bytes > 0)
        object.insert(QStringLiteral("bytes"), bytes);
    if (!details.isEmpty())
        object.insert(QStringLiteral("details"), details);
    return object;
}

std::optional<ElasticsearchCall> ElasticsearchCall::fromJson(const QJsonObject &object)
{
    const auto text = [&](const char *key) { return object.value(QLatin1String(key)).toString(); };
    const auto list = [&](const char *key) {
        return toStringList(object.value(QLatin1String(key)));
    };
    const auto filled = [&](const char *key) {
        return TemplateText::fromJson(object.value(QLatin1String(key)));
    };
    for (const Word &word : kWords) {
        if (text("work") != QLatin1String(word.name))
            continue;
        ElasticsearchCall call;
        call.work = word.work;
        call.at = {list("urls"), text("ca"), text("user"), text("secret")};
        call.check = text("check");
        call.indices = list("indices");
        call.present = list("present");
        call.made = list("made");
        call.extra = list("extra");
        call.repository = filled("repository");
        call.snapshot = filled("snapshot");
        call.folder = filled("folder");
        call.prefix = filled("prefix");
        call.share = text("share");
        call.part = text("part");
        call.point = text("point");
        call.file = text("file");
        call.title = text("title");
        call.clusterName = text("cluster_name");
        call.dataFolder = text("data_folder");
        call.configFolder = text("config_folder");
        call.alienUrl = text("alien_url");
        call.alienUser = text("alien_user");
        call.alienPassword = text("alien_secret");
        call.bytes = object.value(QLatin1String("bytes")).toInteger();
        call.details = object.value(QLatin1String("details")).toObject();
        return call;
    }
    return std::nullopt;
}

QStringList ElasticsearchCall::describe() const
{
    const QString where = at.text();
    const QString names = indices.join(QStringLiteral(", "));
    QStringList lines;
    switch (work) {
    case ElasticsearchWork::Id:
        return {tr("Read which cluster answers at %1").arg(where)};
    case ElasticsearchWork::Survey:
        return {tr("Read the version and the indices of %1").arg(where)};
    case ElasticsearchWork::Check:
        return {::lb::title(*this)};
    case ElasticsearchWork::Describe:
        return {tr("Save mappings, settings, aliases and the lists of plugins and orchestrators of "
                   "%1 as %2")
                    .arg(where, file)};
    case ElasticsearchWork::Save:
        return {tr("Take a snapshot of %n index(es) of %1, watch it to its end and judge it by its "
                   "indices and shards",
                   nullptr, int(indices.size()))
                    .arg(where),
                tr("Indices: %1").arg(names),
                tr("Copy the snapshot's folder %1 as %2; the run deletes it from the share at its "
                   "end")
                    .arg(folder.display(), file)};
    case ElasticsearchWork::Keep:
        return {tr("Keep what stands now: a snapshot of %n index(es) of %1 in %2", nullptr,
                   int(present.size()))
                    .arg(where, folder.display()),
                tr("Indices: %1").arg(present.join(QStringLiteral(", ")))};
    case ElasticsearchWork::Restore:
        return {tr("Close %n index(es) of %1 and no other, and restore part %2 of restore point %3 "
                   "over them",
                   nullptr, int(present.size()))
                    .arg(where, part, point),
                tr("Indices: %1").arg(names),
                tr("Then every shard is waited for, and documents are counted and compared")};
    case ElasticsearchWork::RestoreBack:
        return {tr("Put back %n index(es) of %1 as the snapshot in %2 has them", nullptr,
                   int(indices.size()))
                    .arg(where, folder.display()),
                tr("Indices: %1").arg(names)};
    case ElasticsearchWork::Rehearse:
        return {tr("Restore part %1 of restore point %2 on %3 beside what is live, under names "
                   "that begin with %4")
                    .arg(part, point, where, prefix.display()),
                tr("Count and compare the documents, then delete these indices again")};
    case ElasticsearchWork::RemoveOwn:
        return {tr("Take away what this run made on %1: indices whose names begin with %2, its "
                   "snapshot, its repository, and %3")
                    .arg(where, prefix.display(), folder.display())};
    case ElasticsearchWork::Forget:
        return {tr("Delete the snapshot of %1 that was kept in %2").arg(where, folder.display())};
    case ElasticsearchWork::Export:
        return {tr("Read every document of %n index(es) of %1 into files in %2", nullptr,
                   int(indices.size()))
                    .arg(where, folder.display()),
                tr("Indices: %1").arg(names),
                tr("The files hold password hashes; only this user can read them, and the run "
                   "deletes them at its end")};
    case ElasticsearchWork::Transform:
        return {tr("Bring the documents in %1 to the form that Alien4Cloud 1.2.0 reads, into files "
                   "beside them, and count them by type; one that cannot be brought there stops "
                   "the run before anything is changed")
                    .arg(folder.display())};
    case ElasticsearchWork::Clear:
        return {
            tr("Delete %n index(es) of %1 and no other", nullptr, int(indices.size())).arg(where),
            tr("Indices: %1").arg(names)};
    case ElasticsearchWork::PutBack:
        return {tr("Put back %n index(es) of %1 as the snapshot in %2 has them; what stands there "
                   "under their names is deleted first",
                   nullptr, int(indices.size()))
                    .arg(where, folder.display()),
                tr("Indices: %1").arg(names)};
    case ElasticsearchWork::Connect:
        return {tr("Give each orchestrator of Cloudify 3 at %1 the settings that it lacks: "
                   "delayBetweenDeploymentStatusPolling 30, "
                   "delayBetweenInProgressDeploymentStatusPolling 5; and delayBetweenLogPolling 2 "
                   "only where its configuration has that key")
                    .arg(alienUrl),
                tr("Switch on each that was connected when it was saved, and wait until it is")};
    case ElasticsearchWork::SwapPlugin:
        return {tr("Unpack %1 beside, see which plugin it is, and put it in the place of that "
                   "plugin's files below %2: work/plugins/content and work/plugins/ui",
                   "%1 a .zip, %2 a folder")
                    .arg(file, dataFolder),
                tr("The old files stay in %1").arg(folder.display())};
    case ElasticsearchWork::SwapPluginBack:
        return {tr("Put the plugin's old files back from %1").arg(folder.display())};
    case ElasticsearchWork::Import:
        return {tr("Read the mappings that the new Alien made for %n index(es) of %1, make these "
                   "indices anew, empty, and import the documents in %2",
                   nullptr, int(indices.size()))
                    .arg(where, folder.display()),
                tr("Indices: %1").arg(names), tr("Then every document is read back and compared")};
    }
    return lines;
}

std::vector<ElasticsearchRequest> requestsOf(const ElasticsearchCall &call)
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
                         QLatin1Char('/') + requests.names(closed) + QStringLiteral("/_close"));
        requests.addRestore(false);
        requests.addWatch();
        if (call.work == ElasticsearchWork::RestoreBack)
            requests.addDelete("delete", call.made);
        requests.add("remove_repository", "DELETE", requests.repository());
        break;
    }
    case ElasticsearchWork::Rehearse: {
        requests.addRegister(false, kRehearsalSpeed);
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
