// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_cluster.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/process_identity.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>

#include <algorithm>
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

constexpr int kLimitMs = 120'000;
/// A socket's path has at most 107 bytes (unix(7)), and the server adds a name of 16.
constexpr qsizetype kLongestFolder = 88;
const QString kUser = QStringLiteral("postgres");
const QString kDatabase = QStringLiteral("shop");

const char *const kFill = R"(
CREATE ROLE shop_app LOGIN;
CREATE DATABASE shop OWNER shop_app;
ALTER DATABASE shop SET work_mem TO '8MB';
\connect shop
SET ROLE shop_app;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who text, at timestamptz);
INSERT INTO orders (who, at)
    SELECT md5(i::text), timestamptz '2026-01-01' + i * interval '1 minute'
    FROM generate_series(1, 20000) i;
CREATE TABLE lines (orders_id bigint REFERENCES orders, what bytea);
INSERT INTO lines SELECT i, decode(md5(i::text), 'hex') FROM generate_series(1, 20000) i;
CREATE INDEX ON orders (who);
CREATE VIEW latest AS SELECT * FROM orders ORDER BY id DESC LIMIT 10;
CREATE TABLE "odd name" ("v" text);
INSERT INTO "odd name" VALUES (E'two\nlines'), ('äöü'), (NULL);
SELECT lo_from_bytea(0, decode(repeat('ab', 9000), 'hex')) FROM generate_series(1, 10);
)";

QString serverPrograms()
{
    QDir versions(QStringLiteral("/usr/lib/postgresql"));
    QString newest;
    int best = 0;
    for (const QString &name : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString folder = versions.filePath(name) + QStringLiteral("/bin");
        if (name.toInt() > best && QFileInfo::exists(folder + QStringLiteral("/initdb"))) {
            best = name.toInt();
            newest = folder;
        }
    }
    return newest;
}

QString recordOf(const QString &home)
{
    return home + QStringLiteral("/cluster.json");
}

/// Who owns the server's files and runs it.
struct ServerUser
{
    uid_t uid = 0;
    gid_t gid = 0;
};

Result<ServerUser> serverUser()
{
    if (::geteuid() != 0)
        return ServerUser{::geteuid(), ::getegid()};
    const passwd *nobody = ::getpwnam("nobody");
    if (!nobody)
        return fail(ErrorCode::NotFound, tr("There is no user nobody to run the server as"));
    return ServerUser{nobody->pw_uid, nobody->pw_gid};
}

Result<QByteArray> run(const QString &program, const QStringList &arguments,
                       const QByteArray &input = {}, bool asServer = false)
{
    QProcess process;
    process.setProgram(program);
    process.setArguments(arguments);
    process.setWorkingDirectory(QStringLiteral("/"));
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString &name : environment.keys()) {
        if (name.startsWith(QLatin1String("PG")))
            environment.remove(name);
    }
    environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
    process.setProcessEnvironment(environment);
    if (asServer) {
        TRY_VALUE(const ServerUser user, serverUser());
        process.setChildProcessModifier([user] {
            ::umask(077);
            if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(user.gid) != 0 ||
                                     ::setuid(user.uid) != 0))
                ::_exit(126);
        });
        // The server that pg_ctl leaves behind must not hold our pipes.
        process.setStandardOutputFile(QProcess::nullDevice());
    }
    process.start();
    if (!process.waitForStarted())
        return fail(ErrorCode::NotFound, tr("%1 cannot be started").arg(program),
                    process.errorString(),
                    tr("Install the packages postgresql and "
                       "postgresql-client"));
    process.write(input);
    process.closeWriteChannel();
    const bool ended = process.waitForFinished(kLimitMs);
    if (!ended)
        process.kill();
    if (!ended || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return fail(ended ? ErrorCode::Failed : ErrorCode::TimedOut, tr("%1 failed").arg(program),
                    QString::fromUtf8(process.readAllStandardError()).trimmed().right(500));
    return process.readAllStandardOutput();
}

QStringList address(const PracticeCluster &cluster)
{
    return {QStringLiteral("--host=") + cluster.folder,
            QStringLiteral("--username=") + cluster.user, QStringLiteral("--no-password")};
}

Result<QByteArray> sql(const PracticeCluster &cluster, const QString &database,
                       const QByteArray &text)
{
    return run(QStringLiteral("psql"),
               QStringList{QStringLiteral("--no-psqlrc"), QStringLiteral("--quiet"),
                           QStringLiteral("--no-align"), QStringLiteral("--tuples-only"),
                           QStringLiteral("--set=ON_ERROR_STOP=1"),
                           QStringLiteral("--dbname=") + database} +
                   address(cluster),
               text);
}

Result<void> own(const QString &path, const ServerUser &user)
{
    if (::geteuid() == 0 && ::chown(QFile::encodeName(path).constData(), user.uid, user.gid) != 0)
        return failErrno(tr("Cannot give %1 to the server's user").arg(path), errno);
    return {};
}

/// A place that the server's user reaches and where a socket's path is short enough.
Result<QString> makeFolder(const QString &home)
{
    const QString near = home + QStringLiteral("/cluster");
    if (::geteuid() != 0 && QFile::encodeName(near).size() <= kLongestFolder) {
        TRY(makeFolders(near));
        return near;
    }
    QByteArray made("/var/tmp/lifeboat-practice-XXXXXX");
    if (!::mkdtemp(made.data()))
        return failErrno(tr("Cannot make a folder below /var/tmp"), errno);
    TRY_VALUE(const ServerUser user, serverUser());
    const QString folder = QFile::decodeName(made);
    TRY(own(folder, user));
    return folder;
}

Result<void> startServer(const PracticeCluster &cluster)
{
    const QString data = cluster.folder + QStringLiteral("/data");
    const QString pgCtl = serverPrograms() + QStringLiteral("/pg_ctl");
    if (run(pgCtl, {QStringLiteral("status"), QStringLiteral("-D"), data}, {}, true))
        return {};
    TRY(run(pgCtl,
            {QStringLiteral("start"), QStringLiteral("-D"), data, QStringLiteral("-w"),
             QStringLiteral("-s"), QStringLiteral("-l"), cluster.folder + QStringLiteral("/log"),
             QStringLiteral("-o"),
             QStringLiteral("-k '%1' -c listen_addresses='' -c shared_buffers=16MB "
                            "-c max_wal_size=64MB -c unix_socket_permissions=0700")
                 .arg(cluster.folder)},
            {}, true));
    return {};
}

Result<PracticeCluster> makeCluster(const QString &home)
{
    TRY_VALUE(const QString folder, makeFolder(home));
    const PracticeCluster cluster{folder, kUser, kDatabase};
    // On record first: what is left by a crash is found by the removal.
    TRY(writeFileAtomically(recordOf(home), toJson({{QStringLiteral("format"), 1},
                                                    {QStringLiteral("folder"), folder}})));
    const QString data = folder + QStringLiteral("/data");
    TRY(run(serverPrograms() + QStringLiteral("/initdb"),
            {QStringLiteral("-D"), data, QStringLiteral("-U"), kUser, QStringLiteral("-N"),
             QStringLiteral("--auth=peer"), QStringLiteral("--encoding=UTF8"),
             QStringLiteral("--locale=C.UTF-8")},
            {}, true));
    TRY_VALUE(const ServerUser user, serverUser());
    const auto write = [&](const char *name, const QString &text) -> Result<void> {
        const QString file = data + QLatin1Char('/') + QLatin1String(name);
        TRY(writeFileAtomically(file, text.toUtf8()));
        return own(file, user);
    };
    TRY(write("pg_hba.conf", QStringLiteral("local all all peer map=practice\n")));
    TRY(write("pg_ident.conf", QStringLiteral("practice %1 %2\n").arg(currentUserName(), kUser)));
    TRY(startServer(cluster));
    TRY(sql(cluster, kUser, kFill));
    TRY(writeFileAtomically(recordOf(home), toJson({{QStringLiteral("format"), 1},
                                                    {QStringLiteral("folder"), folder},
                                                    {QStringLiteral("filled"), true}})));
    return cluster;
}

Result<QJsonObject> record(const QString &home)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(recordOf(home)));
    return parseJsonObject(bytes, recordOf(home));
}

} // namespace

bool canPractiseDatabase()
{
    return !serverPrograms().isEmpty();
}

Result<PracticeCluster> startPracticeCluster(const QString &home)
{
    const auto known = record(home);
    if (!known || !known->value(QLatin1String("filled")).toBool()) {
        TRY(removePracticeCluster(home));
        return makeCluster(home);
    }
    const PracticeCluster cluster{known->value(QLatin1String("folder")).toString(), kUser,
                                  kDatabase};
    TRY(startServer(cluster));
    return cluster;
}

Result<QStringList> damagePracticeCluster(const PracticeCluster &cluster)
{
    TRY(sql(cluster, cluster.database,
            "DELETE FROM lines WHERE orders_id % 3 = 0;"
            "UPDATE orders SET who = 'nobody' WHERE id % 5 = 0;"
            "DROP TABLE IF EXISTS \"odd name\";"
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata LIMIT 3;"));
    return QStringList{
        tr("database %1: every third row of lines was deleted").arg(cluster.database),
        tr("database %1: every fifth row of orders was overwritten").arg(cluster.database),
        tr("database %1: a table was dropped").arg(cluster.database)};
}

Result<QByteArray> readPracticeCluster(const PracticeCluster &cluster)
{
    TRY_VALUE(QByteArray dump, run(QStringLiteral("pg_dump"),
                                   QStringList{QStringLiteral("--create"),
                                               QStringLiteral("--dbname=") + cluster.database} +
                                       address(cluster)));
    // Newer versions put a random word around what psql may do (release notes, 15.14).
    QList<QByteArray> lines = dump.split('\n');
    lines.removeIf([](const QByteArray &line) {
        return line.startsWith("\\restrict ") || line.startsWith("\\unrestrict ");
    });
    return lines.join('\n');
}

Result<void> removePracticeCluster(const QString &home)
{
    const auto known = record(home);
    if (!known)
        return {};
    const QString folder = known->value(QLatin1String("folder")).toString();
    const QFileInfo place(folder);
    const bool isOurs = folder == home + QStringLiteral("/cluster") ||
                        (place.path() == QLatin1String("/var/tmp") &&
                         place.fileName().startsWith(QLatin1String("lifeboat-practice-")));
    if (isOurs && QFileInfo::exists(folder)) {
        const QString pgCtl = serverPrograms() + QStringLiteral("/pg_ctl");
        const QString data = folder + QStringLiteral("/data");
        if (run(pgCtl, {QStringLiteral("status"), QStringLiteral("-D"), data}, {}, true))
            TRY(run(pgCtl,
                    {QStringLiteral("stop"), QStringLiteral("-D"), data, QStringLiteral("-w"),
                     QStringLiteral("-s"), QStringLiteral("-m"), QStringLiteral("immediate")},
                    {}, true));
        if (!QDir(folder).removeRecursively())
            return fail(ErrorCode::Failed, tr("Cannot remove all of %1").arg(folder), {},
                        tr("What is left there can be removed by hand"));
    }
    QFile::remove(recordOf(home));
    return {};
}

} // namespace lb
