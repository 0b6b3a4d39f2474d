// SPDX-License-Identifier: GPL-3.0-or-later
// Reports of runs, and runs as files that travel.
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/journal/journal_reader.h"
#include "core/journal/run_folder.h"
#include "core/report/run_report.h"
#include "core/runner/read_run.h"
#include "core/service/service_private.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMap>
#include <QScopeGuard>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace lb {

namespace {

LB_TRANSLATE(RunRecords)

constexpr QLatin1String kStaging(".import-");

struct FoundFile
{
    QString sha256;
    qint64 bytes = 0;
};

/// The hashes of what lies in the evidence folder. Names come from there, never from a journal.
QMap<QString, FoundFile> evidenceFiles(const RunFolder &folder)
{
    QMap<QString, FoundFile> found;
    for (const QByteArray &path : folder.records()) {
        if (!path.startsWith("evidence/"))
            continue;
        QFile file(folder.path() + QLatin1Char('/') + QFile::decodeName(path));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        Sha256 hash;
        for (QByteArray block = file.read(1 << 20); !block.isEmpty(); block = file.read(1 << 20))
            hash.add(block);
        found.insert(QFileInfo(file).fileName(),
                     {QString::fromLatin1(hash.finishHex()), file.size()});
    }
    return found;
}

std::vector<EvidenceFile> evidenceOf(const RunFolder &folder, const std::vector<RunEvent> &events)
{
    QMap<QString, FoundFile> there = evidenceFiles(folder);
    std::vector<EvidenceFile> list;
    QStringList named;
    for (const RunEvent &event : events) {
        const QJsonObject evidence = event.data.value(QLatin1String("evidence")).toObject();
        const QString file = evidence.value(QLatin1String("file")).toString();
        if (file.isEmpty())
            continue;
        const FoundFile found = there.value(file);
        named << file;
        list.push_back(
            {file,
             event.step.isEmpty() ? event.data.value(QLatin1String("obligation")).toString()
                                  : event.step,
             event.data.value(QLatin1String("by")).toString(), event.time,
             evidence.value(QLatin1String("sha256")).toString(), found.sha256, found.bytes});
    }
    for (auto file = there.begin(); file != there.end(); ++file) {
        if (!named.contains(file.key()))
            list.push_back({file.key(), {}, {}, {}, {}, file->sha256, file->bytes});
    }
    return list;
}

Result<RunRecord> recordOf(Service &service, const RunId &run)
{
    RunRecord record;
    TRY_VALUE(record.view, service.run(run));
    const RunFolder folder = RunFolder::of(run);
    TRY_VALUE(JournalContent content, readJournal(folder.journalFile()));
    record.events = std::move(content.events);
    record.head = QString::fromLatin1(content.head);
    record.tornBytes = content.tornBytes;
    record.evidence = evidenceOf(folder, record.events);
    record.madeAt = utcNow();
    record.version = QStringLiteral(LIFEBOAT_VERSION);
    return record;
}

/// Folders that an import which was killed has left.
void removeOldStaging()
{
    const QDir runs(paths::runsFolder());
    for (const QString &name : runs.entryList({QString(kStaging) + QLatin1Char('*')},
                                              QDir::Dirs | QDir::Hidden | QDir::NoSymLinks)) {
        const QStringList words = name.mid(kStaging.size()).split(QLatin1Char('-'));
        const auto process = ProcessIdentity::of(words.value(0).toInt());
        if (!process || QString::number(process->startTime) != words.value(1))
            QDir(runs.filePath(name)).removeRecursively();
    }
}

/// Whether a staged folder is the run that it says, whole and as it was written.
Result<void> checkStaged(const RunFolder &staged)
{
    const RunId id = staged.id();
    const auto refuse = [&id](ErrorCode code, const QString &why) {
        return fail(code, tr("Run %1 was not taken in").arg(displayText(id.value())), why,
                    tr("Nothing was changed here"));
    };
    if (!isValidId(id.value()) || !id.value().startsWith(QLatin1Char('r')))
        return refuse(ErrorCode::Denied, tr("that is no run's id"));
    if (RunFolder::of(id).exists())
        return refuse(ErrorCode::Conflict, tr("a run of this id is here already"));
    const auto journal = readJournal(staged.journalFile());
    if (!journal)
        return refuse(journal.error().code, journal.error().sentence());
    if (journal->problem)
        return refuse(ErrorCode::Corrupt,
                      tr("line %1 of its journal is damaged").arg(journal->lastSeq() + 1));
    if (journal->events.empty())
        return refuse(ErrorCode::Corrupt, tr("its journal holds no whole line"));
    RunState state;
    for (const RunEvent &event : journal->events)
        state.apply(event);
    if (state.request.id != id)
        return refuse(ErrorCode::Corrupt, tr("its journal is that of another run, “%1”")
                                              .arg(displayText(state.request.id.value())));
    if (state.planSha256.isEmpty())
        return {};
    if (const auto plan = readPlan(staged.planFile(), state.planSha256); !plan)
        return refuse(plan.error().code, plan.error().sentence());
    return {};
}

Result<void> makeVisible(const RunFolder &staged, const QString &from)
{
    TRY(makeFolders(staged.logFolder()));
    TRY(makeFolders(staged.evidenceFolder()));
    TRY(writeFileAtomically(staged.importFile(),
                            toJsonDocument({{QStringLiteral("format"), 1},
                                            {QStringLiteral("file"), from},
                                            {QStringLiteral("at"), toJsonTime(utcNow())},
                                            {QStringLiteral("by"), currentUserName()}})));
    const QString place = RunFolder::of(staged.id()).path();
    // A folder that came into being there meanwhile has something in it, and is not replaced.
    if (::rename(QFile::encodeName(staged.path()).constData(),
                 QFile::encodeName(place).constData()) != 0)
        return failErrno(tr("Cannot rename %1 to %2").arg(staged.path(), place), errno);
    return syncFolder(paths::runsFolder());
}

} // namespace

Result<QByteArray> Service::reportHtml(const RunId &run)
{
    TRY_VALUE(const RunRecord record, recordOf(*this, run));
    return runReportHtml(record);
}

Result<QJsonObject> Service::reportJson(const RunId &run)
{
    TRY_VALUE(const RunRecord record, recordOf(*this, run));
    return runReportJson(record);
}

Result<void> Service::saveReport(const RunId &run, const QString &file, ReportForm form)
{
    if (QFileInfo::exists(file))
        return fail(ErrorCode::Conflict, tr("%1 exists already").arg(file), {},
                    tr("Choose another name; nothing was changed"));
    if (form == ReportForm::Html) {
        TRY_VALUE(const QByteArray page, reportHtml(run));
        return writeFileAtomically(file, page);
    }
    TRY_VALUE(const QJsonObject document, reportJson(run));
    return writeFileAtomically(file, toJsonDocument(document));
}

Result<void> Service::exportRun(const RunId &id, const QString &file, const PackRecords &pack)
{
    const RunFolder folder = RunFolder::of(id);
    TRY_VALUE(const RunView view, run(id));
    if (view.runnerAlive)
        return fail(ErrorCode::Conflict, tr("Run %1 is still going").arg(id.value()), {},
                    tr("Export it when it has ended"));
    TRY_VALUE(const JournalReport report, verifyRun(id));
    // A file that travels stands for the run; a damaged record must not.
    if (!report.problems.isEmpty())
        return fail(ErrorCode::Corrupt, tr("The records of run %1 are damaged").arg(id.value()),
                    report.problems.join(QStringLiteral("; ")),
                    tr("“report %1” shows what can still be read").arg(id.value()));
    TRY_VALUE(const RunLock lock, folder.lock());
    if (QFileInfo::exists(file))
        return fail(ErrorCode::Conflict, tr("%1 exists already").arg(file), {},
                    tr("Choose another name; nothing was changed"));
    return pack(folder.path(), id.value().toLatin1(), folder.records());
}

Result<RunId> Service::importRun(const QString &file, const UnpackRecords &unpack)
{
    TRY(makeFolders(paths::runsFolder()));
    removeOldStaging();
    const ProcessIdentity self = ProcessIdentity::self();
    const QString staging = QStringLiteral("%1/%2%3-%4")
                                .arg(paths::runsFolder(), kStaging, QString::number(self.pid),
                                     QString::number(self.startTime));
    TRY(makeFolders(staging));
    const auto removed = qScopeGuard([&staging] { QDir(staging).removeRecursively(); });
    TRY_VALUE(const QByteArray top, unpack(staging, &RunFolder::isRecord));
    const RunFolder staged(staging + QLatin1Char('/') + QFile::decodeName(top));
    TRY(checkStaged(staged));
    TRY(makeVisible(staged, QFileInfo(file).fileName()));
    Q_EMIT changed();
    return staged.id();
}

QString Service::importedFrom(const RunId &run)
{
    const RunFolder folder = RunFolder::of(run);
    if (!folder.isImported())
        return {};
    const auto text = readWholeFile(folder.importFile(), 64 * 1024);
    const auto about = text ? parseJsonObject(*text, folder.importFile())
                            : Result<QJsonObject>(tl::unexpected(text.error()));
    if (!about)
        return tr("an unknown file");
    return tr("%1, %2").arg(about->value(QLatin1String("file")).toString(),
                            formatTime(fromJsonTime(about->value(QLatin1String("at")).toString())));
}

} // namespace lb
