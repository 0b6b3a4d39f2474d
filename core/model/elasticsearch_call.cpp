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
    Word{ElasticsearchWork::Adopt, "adopt"},
    Word{ElasticsearchWork::AdoptFiles, "adopt_files"},
    Word{ElasticsearchWork::Connect, "connect"},
    Word{ElasticsearchWork::SwapPlugin, "swap_plugin"},
    Word{ElasticsearchWork::SwapPluginBack, "swap_plugin_back"},
};

const QString kRehearsal = QStringLiteral("rehearse_");

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
        return tr(
            "Look for indices that a rehearsal left, for closed ones, and for what a run left "
            "in the share");
    if (check == QLatin1String("switched_off"))
        return tr("See that no plugin is switched off, and whether the files of one that is are "
                  "there");
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
    if (check == QLatin1String("repository"))
        return tr("See which snapshots the repository %1 holds").arg(call.folder.display());
    if (check == QLatin1String("saved_config"))
        return tr("Compare the configuration in restore point %1 with that in %2, file by file")
            .arg(call.point, call.configFolder);
    if (check == QLatin1String("script_files"))
        return tr("See which of Alien's folders are in %1").arg(call.folder.display());
    if (check == QLatin1String("backup"))
        return tr("See that the restore point %1 is whole, verified, and of today").arg(call.point);
    if (check == QLatin1String("plugin_zip"))
        return tr("See that %1 is the new version of a plugin that is here").arg(call.file);
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
    static const QStringList list{QStringLiteral("cluster"),        QStringLiteral("health"),
                                  QStringLiteral("share"),          QStringLiteral("idle"),
                                  QStringLiteral("room"),           QStringLiteral("restore_room"),
                                  QStringLiteral("indices"),        QStringLiteral("leftovers"),
                                  QStringLiteral("references"),     QStringLiteral("config"),
                                  QStringLiteral("stopped"),        QStringLiteral("restorable"),
                                  QStringLiteral("backup"),         QStringLiteral("converted"),
                                  QStringLiteral("source_version"), QStringLiteral("plugin_zip"),
                                  QStringLiteral("plugins"),        QStringLiteral("orchestrators"),
                                  QStringLiteral("repository"),     QStringLiteral("script_files"),
                                  QStringLiteral("saved_config"),   QStringLiteral("switched_off")};
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
    filled("kept", kept);
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
        call.kept = filled("kept");
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
                kept.isEmpty()
                    ? tr("Copy the snapshot's folder %1 as %2; the run deletes it from the share "
                         "at its end")
                          .arg(folder.display(), file)
                    : tr("Keep the snapshot's folder in the share as %1, and the list of its files "
                         "with their checksums as %2")
                          .arg(kept.display(), file)};
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
        return {tr("Put back %n index(es) of %1 as the snapshot in %2 has them; one that the "
                   "restore could not make whole is deleted first",
                   nullptr, int(indices.size()))
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
    case ElasticsearchWork::Adopt:
        return {
            snapshot.isEmpty()
                ? tr("Find the newest whole snapshot in the repository %1 and see which of the "
                     "system's indices are in it; the repository is registered on %2, and the "
                     "run takes it away at its end")
                      .arg(folder.display(), where)
                : tr("Look at the snapshot %3 in the repository %1 and see which of the system's "
                     "indices are in it; the repository is registered on %2, and the run takes it "
                     "away at its end")
                      .arg(folder.display(), where, snapshot.display()),
            tr("Copy the repository's folder as %1").arg(file)};
    case ElasticsearchWork::AdoptFiles: {
        QStringList told{tr("Save the folder %1 as %2; a folder csar that holds nothing but csar "
                            "is taken for it, and so with artifacts and plugins")
                             .arg(folder.display(), file)};
        if (!dataFolder.isEmpty())
            told << tr("Take images and work from %1 where they are not in it").arg(dataFolder);
        return told;
    }
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

} // namespace lb
