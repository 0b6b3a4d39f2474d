// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/restore_text.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/postgres_call.h"

#include <algorithm>

namespace lb {

namespace {

// English on purpose: whoever restores by hand may not share the language of whoever saved.

/// Text of unknown origin inside a Markdown paragraph or table cell.
QString plain(const QString &text)
{
    QString shown = displayText(text);
    for (const QChar special : {QLatin1Char('\\'), QLatin1Char('|'), QLatin1Char('`'),
                                QLatin1Char('*'), QLatin1Char('_'), QLatin1Char('<')})
        shown.replace(special, QString(QLatin1Char('\\')) + special);
    return shown;
}

QString block(const QStringList &lines)
{
    return QStringLiteral("\n```sh\n%1\n```\n").arg(lines.join(QLatin1Char('\n')));
}

bool hasControls(const QString &text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) {
        return c < QLatin1Char(' ') || c.category() == QChar::Other_Control ||
               c == QChar::LineSeparator || c == QChar::ParagraphSeparator;
    });
}

/// Where a tree can be put back by renaming: a folder with a name of its own.
bool hasPlace(const PartRecord &part)
{
    return part.source.startsWith(QLatin1Char('/')) && part.source != QLatin1String("/") &&
           !hasControls(part.source);
}

QString head(const RestorePoint &point)
{
    QString text =
        QStringLiteral("# Restore point %1 of %2\n\n"
                       "Made %3 by run %4 of Lifeboat %5, on %6.\n\n"
                       "This file says how to check it and put it back by hand, with programs of "
                       "any Linux distribution and without Lifeboat.\n\n")
            .arg(point.id, plain(point.system), toJsonTime(point.madeAt), point.run,
                 plain(point.lifeboatVersion), plain(point.identity.text));
    text += QStringLiteral("Taken from the installation with these facts; compare them before you "
                           "write over anything:\n\n");
    for (auto it = point.identity.facts.begin(); it != point.identity.facts.end(); ++it)
        text += QStringLiteral("- %1: %2\n")
                    .arg(plain(it.key()),
                         plain(it->toVariant().toStringList().join(QStringLiteral(", "))));
    for (const QString &name : point.identity.scope)
        text += QStringLiteral("- touched: %1\n").arg(plain(name));
    text += QStringLiteral("\n| Part | Holds | Taken from | Format | Size | File |\n"
                           "|---|---|---|---|---|---|\n");
    for (const PartRecord &part : point.parts)
        text +=
            QStringLiteral("| %1 | %2 | %3 | %4 | %5 bytes in %6 entries | %7 |\n")
                .arg(plain(part.id), plain(part.title), plain(part.source), plain(part.format),
                     QString::number(part.bytes), QString::number(part.entries), plain(part.file));
    return text;
}

QString limitsAndWarnings(const RestorePoint &point)
{
    QString text;
    for (const QString &missing : point.missingParts())
        text +=
            QStringLiteral("- Missing: part %1. A whole restore needs it.\n").arg(plain(missing));
    for (const QString &limit : point.limits)
        text += QStringLiteral("- %1\n").arg(plain(limit));
    for (const QString &warning : point.warnings)
        text += QStringLiteral("- Warning: %1\n").arg(plain(warning));
    return text.isEmpty() ? text
                          : QStringLiteral("\nWhat is not in it, or not as it was:\n\n") + text;
}

QString preparation(const RestorePoint &point)
{
    return QStringLiteral(
               "\n## 1. Before you begin\n\n"
               "You need `sha256sum`, `zstd` and GNU `tar`. Paths longer than 4095 bytes need "
               "`bsdtar` instead (package libarchive-tools). Work as root: others cannot give "
               "files their owners back.\n\n"
               "Stop whatever uses the folders that you will replace, and start it again only "
               "after step 4. Go to the folder of this file (this is where it was written):\n") +
           block({QStringLiteral("cd -- %1")
                      .arg(hasControls(point.folder) ? QStringLiteral("/path/to/this/folder")
                                                     : shellQuoted(point.folder))});
}

QString checking()
{
    return QStringLiteral("\n## 2. Check every byte\n\n"
                          "Every line must end in OK. If one does not, use another restore "
                          "point.\n") +
           block({QStringLiteral("sha256sum -c SHA256SUMS")});
}

const QString kTarOptions = QStringLiteral("--numeric-owner --xattrs --xattrs-include='*' --acls");

QString decrypting(const PartRecord &part)
{
    return QStringLiteral("age --decrypt --identity \"$KEY\" %1").arg(shellQuoted(part.file));
}

/// How a part's plain bytes come out of its file: the beginning of a pipe.
QString reading(const PartRecord &part)
{
    return part.encryption.isEmpty() ? QStringLiteral("zstd -dc %1").arg(shellQuoted(part.file))
                                     : decrypting(part) + QStringLiteral(" | zstd -dc");
}

/// What has to be said, and set, before an encrypted part is read. Nothing for others.
QStringList keyLines(const PartRecord &part, QString *text)
{
    if (part.encryption.isEmpty())
        return {};
    *text += QStringLiteral("\nIt is encrypted (%1): you need the recovery key, or another "
                            "recipient's, and the program `age`. KEY is the file with the line "
                            "that begins with AGE-SECRET-KEY-1.\n")
                 .arg(plain(part.encryption));
    return {QStringLiteral("KEY=/path/to/the/recovery-key")};
}

QString treeCommands(const PartRecord &part, const QString &folder)
{
    const QString dir = QStringLiteral("DIR=%1").arg(shellQuoted(folder));
    const QString make = QStringLiteral("mkdir -- \"$DIR\" &&");
    QString text;
    const QStringList key = keyLines(part, &text);
    text += QStringLiteral("\nInto a new folder, never over the old one (that tar ignores the "
                           "keyword hdrcharset is harmless):\n") +
            block(key + QStringList{dir, make,
                                    QStringLiteral("%1 | tar -xpf - %2 -C \"$DIR\"")
                                        .arg(reading(part), kTarOptions)});
    text +=
        QStringLiteral("\nThe same with bsdtar (it also takes paths longer than 4095 bytes, but "
                       "leaves the top "
                       "folder's own time as it is now):\n") +
        block(key + QStringList{
                        dir, make,
                        QStringLiteral("%1 | LC_ALL=C.UTF-8 bsdtar -xpf - --numeric-owner --xattrs "
                                       "--acls -C \"$DIR\"")
                            .arg(reading(part))});
    text += QStringLiteral("\nOne single file: list the names,\n") +
            block(key + QStringList{QStringLiteral("%1 | tar -tf -").arg(reading(part))}) +
            QStringLiteral("\nthen put the name exactly as listed in the second line (of a hard "
                           "link, its first name too):\n") +
            block(key + QStringList{dir, QStringLiteral("NAME='path/as/listed'"),
                                    QStringLiteral("mkdir -p -- \"$DIR\" &&"),
                                    QStringLiteral("%1 | tar -xpf - %2 -C \"$DIR\" -- \"$NAME\"")
                                        .arg(reading(part), kTarOptions)});
    return text;
}

QString swapCommands(const PartRecord &part, const QString &folder)
{
    if (!hasPlace(part))
        return QStringLiteral("\nThen move what you need to where it came from.\n");
    const QString source = shellQuoted(part.source);
    const QString before = shellQuoted(part.source + QStringLiteral(".before-restore"));
    return QStringLiteral("\nLook at the result; then let it take the old folder's place. (Is the "
                          "old folder a mount point? Then move its content aside and the new "
                          "content in, instead of the folders.)\n") +
           block({QStringLiteral("{ [ ! -e %1 ] || mv -T -- %1 %2; } &&").arg(source, before),
                  QStringLiteral("mv -T -- %1 %2").arg(shellQuoted(folder), source)});
}

QString databaseCommands(const PartRecord &part)
{
    const QString fresh = part.source + QStringLiteral("_restored");
    const QString before = part.source + QStringLiteral("_before_restore");
    const auto psql = [](const QStringList &statements) {
        QStringList words{QStringLiteral("psql --set=ON_ERROR_STOP=1 --dbname=postgres")};
        for (const QString &statement : statements)
            words << QStringLiteral("  --command=") + shellQuoted(statement);
        return words.join(QStringLiteral(" \\\n"));
    };
    const QString version = part.details.value(QLatin1String("server_version")).toString();
    QString text;
    const QStringList key = keyLines(part, &text);
    const QString target = shellQuoted(conninfo(fresh));
    const QString restore = key.isEmpty()
                                ? QStringLiteral("pg_restore --exit-on-error --dbname=%1 %2")
                                      .arg(target, shellQuoted(part.file))
                                : QStringLiteral("%1 | pg_restore --exit-on-error --dbname=%2")
                                      .arg(decrypting(part), target);
    text +=
        QStringLiteral("\nSaved from PostgreSQL %1; you need that version of `pg_restore` or a "
                       "newer one. Give --host, --port and --username to each command where they "
                       "are needed. Roles first (see their part). Into a new database, never over "
                       "the old one:\n")
            .arg(plain(version)) +
        block(key + QStringList{psql({createDatabase(fresh, part.details)}), restore,
                                psql(databaseProperties(fresh, part.details)),
                                QStringLiteral("psql --dbname=%1 --command=ANALYZE")
                                    .arg(shellQuoted(conninfo(fresh)))});
    text += QStringLiteral("\nThese are the rows that each table must have:\n\n");
    const QJsonObject rows = part.details.value(QLatin1String("rows")).toObject();
    for (auto it = rows.begin(); it != rows.end(); ++it)
        text += QStringLiteral("- %1: %2\n").arg(plain(it.key())).arg(it.value().toInteger());
    return text +
           QStringLiteral("\nStop what uses the old database; then let the new one take its "
                          "place:\n") +
           block({psql({QStringLiteral("ALTER DATABASE %1 RENAME TO %2")
                            .arg(sqlName(part.source), sqlName(before)),
                        QStringLiteral("ALTER DATABASE %1 RENAME TO %2")
                            .arg(sqlName(fresh), sqlName(part.source))})});
}

QString roleCommands(const PartRecord &part)
{
    if (!part.encryption.isEmpty()) {
        QString text;
        const QStringList key = keyLines(part, &text);
        return text +
               QStringLiteral("\nIt creates the roles and sets their passwords. A role that exists "
                              "already gives an error, and gets the saved attributes and password "
                              "all the same.\n") +
               block(key + QStringList{decrypting(part) +
                                       QStringLiteral(" | psql --dbname=postgres --file=-")});
    }
    return QStringLiteral("\nRoles that exist already give an error each and stay as they are. "
                          "Passwords are not in it: set them afterwards (`\\password NAME` in "
                          "psql).\n") +
           block({QStringLiteral("psql --dbname=postgres --file=%1").arg(shellQuoted(part.file))});
}

QString snapshotCommands(const PartRecord &part)
{
    const QString snapshot = part.details.value(QLatin1String("snapshot")).toString();
    const QJsonObject indices = part.details.value(QLatin1String("indices")).toObject();
    const QString names = indices.keys().join(QLatin1Char(','));
    const auto send = [](const QString &method, const QString &path, const QJsonObject &body = {}) {
        QString line =
            QStringLiteral("curl --fail-with-body --request %1 \"$ES%2\"").arg(method, path);
        if (!body.isEmpty())
            line += QStringLiteral(" \\\n  --header 'Content-Type: application/json' --data ") +
                    shellQuoted(QString::fromUtf8(toJson(body)));
        return line;
    };
    const QString reference = part.details.value(QLatin1String("reference")).toString();
    // The copy is worked on, so that what there is only once stays as it is.
    const QString staging =
        reference.isEmpty()
            ? QStringLiteral("%1 | tar -xpf - %2 -C \"$SHARE\" &&").arg(reading(part), kTarOptions)
            : QStringLiteral("LIST=\"$PWD\"/%1 && cp -a -- %2/. \"$SHARE\" &&\n"
                             "(cd -- \"$SHARE\" && sha256sum -c --quiet \"$LIST\") &&")
                  .arg(shellQuoted(part.file), shellQuoted(reference));
    QString text =
        QStringLiteral(
            "\nIt is the folder of a snapshot repository of Elasticsearch %1. SHARE is a "
            "folder below `path.repo` that every node sees; the user elasticsearch must "
            "be able to read what is in it. ES is where the cluster answers over HTTP. "
            "Stop Alien first.\n")
            .arg(plain(part.details.value(QLatin1String("server_version")).toString())) +
        block(
            {QStringLiteral("SHARE=/path/to/the/share/by-hand"),
             QStringLiteral("ES=http://127.0.0.1:9200"), QStringLiteral("mkdir -- \"$SHARE\" &&"),
             staging,
             QStringLiteral("curl --fail-with-body --request PUT "
                            "\"$ES/_snapshot/by-hand?verify=false\" \\\n"
                            "  --header 'Content-Type: application/json' \\\n"
                            "  --data "
                            "'{\"type\":\"fs\",\"settings\":{\"location\":\"'\"$SHARE\"'\"}}' &&"),
             send(QStringLiteral("GET"), QStringLiteral("/_snapshot/by-hand/") + snapshot)});
    text +=
        QStringLiteral("\nIts state must be SUCCESS, and the list of its indices the one below. "
                       "These indices and no others are closed and restored over (leave out of "
                       "the first command those that are not there):\n") +
        block({send(QStringLiteral("POST"), QLatin1Char('/') + names + QStringLiteral("/_close")),
               send(QStringLiteral("POST"),
                    QStringLiteral("/_snapshot/by-hand/%1/_restore?wait_for_completion=true")
                        .arg(snapshot),
                    {{QStringLiteral("indices"), names},
                     {QStringLiteral("include_global_state"), false}}),
               send(QStringLiteral("DELETE"), QStringLiteral("/_snapshot/by-hand"))});
    text += QStringLiteral("\nThese are the documents that each index must have "
                           "(`curl \"$ES/INDEX/_count\"`; marked ones lose documents by "
                           "themselves):\n\n");
    for (auto it = indices.begin(); it != indices.end(); ++it)
        text += QStringLiteral("- %1: %2%3\n")
                    .arg(plain(it.key()))
                    .arg(it.value()[QLatin1String("docs")].toInteger())
                    .arg(it.value()[QLatin1String("expires")].toBool() ? QStringLiteral(" (marked)")
                                                                       : QString());
    return text;
}

QString toolchainCommands(const PartRecord &part)
{
    const QString folder = QStringLiteral("/restored-%1").arg(part.id);
    return treeCommands(part, folder) +
           QStringLiteral(
               "\n`toolchain.json` and `pipelines/` are what IBM Cloud's console said of the "
               "toolchain, "
               "without its secrets; `template/` is what a copy is made from; `secrets.yaml` lists "
               "every place that needs its secret again, `findings.json` what is doubtful.\n\nTo "
               "make "
               "a copy: make an empty private project in the GitLab of the target region, exchange "
               "the repositories' addresses in `template/.bluemix/toolchain.yml` for their mirrors "
               "there (`repo_url`, with `type: link`), and push:\n") +
           block({QStringLiteral("REGION=eu-de"),
                  QStringLiteral("PROJECT=https://$REGION.git.cloud.ibm.com/NAME/PROJECT.git"),
                  QStringLiteral("cd -- %1/template &&").arg(shellQuoted(folder)),
                  QStringLiteral("git init --initial-branch=main && git add --all &&"),
                  QStringLiteral("git commit --message=Template && git push \"$PROJECT\" main")}) +
           QStringLiteral(
               "\nThen open "
               "`https://cloud.ibm.com/devops/setup/deploy?env_id=ibm:yp:REGION&branch=main&"
               "repository=PROJECT` in a browser where you are signed in, and create. A token for "
               "the private project is asked for there; revoke it afterwards and delete the "
               "project. "
               "Switch off what starts pipelines by itself before you fill in the secrets.\n");
}

QString restoring(const PartRecord &part)
{
    QString text = QStringLiteral("\n### Part %1: %2\n").arg(plain(part.id), plain(part.title));
    if (part.file.isEmpty())
        return text + QStringLiteral("\nOnly a reference: nothing of it is stored here.\n");
    if (part.kind == QLatin1String(kPostgresPart))
        return text + databaseCommands(part);
    if (part.kind == QLatin1String(kGlobalsPart))
        return text + roleCommands(part);
    if (part.kind == QLatin1String(kElasticsearchPart))
        return text + snapshotCommands(part);
    if (part.kind == QLatin1String(kToolchainPart))
        return text + toolchainCommands(part);
    if (part.kind == QLatin1String(kFilePart))
        return text + QStringLiteral("\nThe file %1 is to be read; nothing of it is restored.\n")
                          .arg(plain(part.file));
    if (part.format != QLatin1String("tar.zst"))
        return text +
               QStringLiteral("\nThe file %1 is in the format %2; restore it with the program of "
                              "that format. It was taken from %3.\n")
                   .arg(plain(part.file), plain(part.format), plain(part.source));
    const QString folder = hasPlace(part) ? part.source + QStringLiteral(".restored")
                                          : QStringLiteral("/restored-%1").arg(part.id);
    return text + treeCommands(part, folder) + swapCommands(part, folder);
}

} // namespace

QByteArray restoreText(const RestorePoint &point)
{
    QString text = head(point) + limitsAndWarnings(point) + preparation(point) + checking() +
                   QStringLiteral("\n## 3. Restore\n");
    for (const PartRecord &part : point.parts)
        text += restoring(part);
    text += QStringLiteral("\n## 4. Afterwards\n\n"
                           "Compare sizes and owners with the old folder, start the service, and "
                           "use it once. Only when it works delete what ends in "
                           "`.before-restore`.\n");
    return text.toUtf8();
}

} // namespace lb
