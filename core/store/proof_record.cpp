// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/proof_record.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/json.h"
#include "core/store/store_paths.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

const QString kOpened = QStringLiteral("opened");

} // namespace

QJsonObject ProofRecord::toJson() const
{
    return {
        {QStringLiteral("at"), toJsonTime(at)},
        {QStringLiteral("by"), by},
        {QStringLiteral("detail"), detail},
        {QStringLiteral("level"), name(level)},
        {QStringLiteral("result"), passed ? QStringLiteral("passed") : QStringLiteral("failed")},
        {QStringLiteral("run"), run}};
}

Result<ProofRecord> ProofRecord::fromJson(const QJsonObject &object)
{
    const auto text = [&](const char *key) { return object.value(QLatin1String(key)).toString(); };
    const auto level = fromWord<ProofLevel>(text("level"));
    const QString result = text("result");
    const QDateTime at = fromJsonTime(text("at"));
    if (!level || !at.isValid() ||
        (result != QLatin1String("passed") && result != QLatin1String("failed")))
        return fail(ErrorCode::Corrupt, tr("A proof record cannot be read"));
    return ProofRecord{
        *level, result == QLatin1String("passed"), at, text("run"), text("by"), text("detail")};
}

void applyProofs(RestorePoint &point, const std::vector<ProofRecord> &records)
{
    std::array<QDateTime, 4>
        proven; // by level: when it was last proven; a level proves those below
    QString problem;
    size_t failedAt = 0;
    for (const ProofRecord &record : records) {
        const size_t level = size_t(record.level);
        if (record.passed) {
            std::fill(proven.begin() + 1, proven.begin() + ptrdiff_t(level) + 1, record.at);
            // Proving less than what failed says nothing about the failure.
            if (level >= failedAt)
                problem.clear();
        } else {
            std::fill(proven.begin() + ptrdiff_t(level), proven.end(), QDateTime());
            problem = tr("proof failed on %1: %2").arg(toJsonTime(record.at), record.detail);
            failedAt = level;
        }
    }
    const auto highest = std::find_if(proven.rbegin(), proven.rend(),
                                      [](const QDateTime &at) { return at.isValid(); });
    point.proof = highest == proven.rend()
                      ? ProofLevel::Listed
                      : static_cast<ProofLevel>(std::distance(highest, proven.rend()) - 1);
    point.proofAt = highest == proven.rend() ? QDateTime() : *highest;
    if (point.problem.isEmpty())
        point.problem = problem;
}

std::vector<ProofRecord> readProofs(const QString &path)
{
    std::vector<ProofRecord> records;
    const auto content = readWholeFile(path);
    if (!content)
        return records;
    QList<QByteArray> lines = content->split('\n');
    lines.removeLast(); // empty, or torn: its writer was never told that it is on disk
    for (const QByteArray &line : std::as_const(lines)) {
        if (line.isEmpty())
            continue; // closes a torn line, see appendProof()
        const auto object = parseJsonObject(line, path);
        const auto record =
            object ? ProofRecord::fromJson(*object) : tl::unexpected(object.error());
        if (record)
            records.push_back(*record);
        else
            records.push_back({ProofLevel::Checksummed,
                               false,
                               QFileInfo(path).lastModified().toUTC(),
                               {},
                               {},
                               tr("a record of an earlier proof is damaged; verify it again")});
    }
    return records;
}

Result<void> appendProof(const QString &path, const ProofRecord &record)
{
    const QString folder = QFileInfo(path).absolutePath();
    TRY(makeFolders(folder));
    const FileDescriptor fd(::open(QFile::encodeName(path).constData(),
                                   O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open %1").arg(path), errno);
    struct stat info
    {
    };
    if (::fstat(fd.get(), &info) != 0)
        return failErrno(tr("Cannot look at %1").arg(path), errno);
    QByteArray line = toJson(record.toJson()) + '\n';
    char last = '\n';
    if (info.st_size > 0 && ::pread(fd.get(), &last, 1, info.st_size - 1) == 1 && last != '\n')
        line.prepend('\n'); // a torn line of a killed writer must not swallow this one
    // One write: with O_APPEND, lines of two processes never mix.
    const ssize_t written = ::write(fd.get(), line.constData(), size_t(line.size()));
    if (written != line.size())
        return failErrno(tr("Cannot write %1").arg(path), written < 0 ? errno : ENOSPC);
    if (::fsync(fd.get()) != 0)
        return failErrno(tr("Cannot sync %1").arg(path), errno);
    return info.st_size == 0 ? syncFolder(folder) : Result<void>();
}

Result<void> keepRecoveryKey(const QString &folder, const QString &recipient, const PointId &point,
                             const RunId &run)
{
    const QString file = storepaths::recoveryKeys(folder);
    QJsonObject opened;
    if (const auto bytes = readWholeFile(file)) {
        if (const auto known = parseJsonObject(*bytes, file))
            opened = known->value(kOpened).toObject();
    }
    opened.insert(recipient, QJsonObject{{QStringLiteral("at"), toJsonTime(utcNow())},
                                         {QStringLiteral("point"), point.value()},
                                         {QStringLiteral("run"), run.value()}});
    return writeFileAtomically(file,
                               toJsonDocument({{QStringLiteral("format"), 1}, {kOpened, opened}}));
}

bool isRecoveryKeyTried(const QString &folder, const QString &recipient)
{
    const QString file = storepaths::recoveryKeys(folder);
    const auto bytes = readWholeFile(file);
    const auto known = bytes ? parseJsonObject(*bytes, file) : tl::unexpected(bytes.error());
    return known && known->value(kOpened).toObject().contains(recipient);
}

} // namespace lb
