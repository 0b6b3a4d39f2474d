// SPDX-License-Identifier: GPL-3.0-or-later
// Runs one tree operation and prints one JSON line: its own time, the process's peak memory and
// that of the idle process before, so that a script can compare it with other programs.
#include "core/archive/tree_compare.h"
#include "core/archive/tree_index.h"
#include "core/archive/tree_remove.h"
#include "core/archive/tree_restore.h"
#include "core/archive/tree_save.h"
#include "core/archive/tree_verify.h"
#include "core/base/clock.h"
#include "core/base/json.h"

#include <QCoreApplication>
#include <QFile>

#include <cstdio>

namespace {

using namespace lb;

qint64 peakKib()
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            return line.mid(6).trimmed().split(' ').first().toLongLong();
    }
    return 0;
}

Result<QJsonObject> work(const QString &verb, const QStringList &a)
{
    if (verb == QLatin1String("save") && a.size() == 3) {
        SaveOptions options;
        options.folder = a[0];
        options.archive = {a[1], a[2]};
        TRY_VALUE(const TreeSummary summary, saveTree(options));
        return summary.toJson();
    }
    if (verb == QLatin1String("verify") && a.size() == 2) {
        TRY_VALUE(const VerifyReport report, verifyTree({{a[0], a[1]}, false, 2}));
        return QJsonObject{{QStringLiteral("damage"), report.damage.toJson()},
                           {QStringLiteral("entries"), qint64(report.entries)}};
    }
    if (verb == QLatin1String("restore") && a.size() >= 3) {
        RestoreOptions options;
        options.archive = {a[0], a[1]};
        options.staging = a[2];
        options.sync = a.size() > 3;
        TRY_VALUE(const RestoreReport report, restoreTree(options));
        return QJsonObject{{QStringLiteral("refused"), report.refused.toJson()},
                           {QStringLiteral("warnings"), report.warnings.toJson()}};
    }
    if (verb == QLatin1String("extract") && a.size() >= 4) {
        ExtractOptions options;
        options.archive = {a[0], a[1]};
        options.destination = a[2];
        for (const QString &path : a.mid(3))
            options.paths.push_back(QFile::encodeName(path));
        TRY_VALUE(const RestoreReport report, extractPaths(options));
        return QJsonObject{{QStringLiteral("refused"), report.refused.toJson()}};
    }
    if (verb == QLatin1String("compare") && a.size() == 2) {
        TRY_VALUE(const CompareReport report, compareTree({a[0], a[1], true}));
        return QJsonObject{{QStringLiteral("differences"), report.differences.toJson()}};
    }
    if (verb == QLatin1String("remove") && a.size() == 1) {
        TRY(removeTree(a[0]));
        return QJsonObject{};
    }
    return fail(ErrorCode::BadInput,
                QStringLiteral("save FOLDER PART INDEX | verify PART INDEX | restore PART INDEX "
                               "STAGING [sync] | extract PART INDEX FOLDER PATH… | compare FOLDER "
                               "INDEX | remove FOLDER"));
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const qint64 idle = peakKib();
    const auto begin = bootTime();
    Result<QJsonObject> result = work(arguments.value(1), arguments.mid(2));
    const auto end = bootTime();
    if (!result) {
        std::fprintf(stderr, "%s\n", qPrintable(result.error().sentence()));
        return 1;
    }
    result->insert(QStringLiteral("seconds"), std::chrono::duration<double>(end - begin).count());
    result->insert(QStringLiteral("idle_kib"), idle);
    result->insert(QStringLiteral("peak_kib"), peakKib());
    std::printf("%s\n", toJson(*result).constData());
    return 0;
}
