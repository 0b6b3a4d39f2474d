// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/check_sums.h"

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/file_descriptor.h"
#include "core/base/format.h"
#include "core/store/store_paths.h"

#include <QFile>
#include <QRegularExpression>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

namespace lb {

namespace {

LB_TRANSLATE(Store)

constexpr qsizetype kBuffer = 1024 * 1024;
using storepaths::kSums;

struct Found
{
    QMap<QString, qint64> files; ///< relative path → size
    QStringList others;          ///< links, devices…
};

Result<Found> findFiles(const QString &folder)
{
    namespace fs = std::filesystem;
    Found found;
    std::error_code error;
    const fs::path root(QFile::encodeName(folder).toStdString());
    for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
         it.increment(error)) {
        const std::string relative = it->path().lexically_relative(root).string();
        // Names of ours are plain; a name that is not UTF-8 is foreign and only gets shown.
        const QByteArray bytes = QByteArray::fromStdString(relative);
        const QString name = QString::fromUtf8(bytes).toUtf8() == bytes ? QString::fromUtf8(bytes)
                                                                        : displayBytes(bytes);
        const fs::file_status status = it->symlink_status(error);
        if (error)
            break;
        if (status.type() == fs::file_type::regular)
            found.files.insert(name, qint64(it->file_size(error)));
        else if (status.type() != fs::file_type::directory)
            found.others << name;
    }
    if (error)
        return failErrno(tr("Cannot read the folder %1").arg(folder), error.value());
    return found;
}

bool isRelativeAndPlain(const QString &path)
{
    const QStringList names = path.split(QLatin1Char('/'));
    return std::none_of(names.begin(), names.end(), [](const QString &name) {
        return name.isEmpty() || name == QLatin1String(".") || name == QLatin1String("..");
    });
}

QString named(const QString &title, const QStringList &paths)
{
    QStringList shown;
    for (const QString &path : paths)
        shown << displayText(path);
    return title.arg(shown.join(QStringLiteral(", ")));
}

} // namespace

bool SumsReport::isClean() const
{
    return mismatched.isEmpty() && missing.isEmpty() && extra.isEmpty() && unreadable.isEmpty() &&
           malformed.isEmpty();
}

QString SumsReport::summary() const
{
    if (isClean())
        return tr("%n file(s), %1, all equal to their sums", nullptr, int(files))
            .arg(formatSize(bytes));
    QStringList faults;
    if (!mismatched.isEmpty())
        faults << named(tr("changed: %1"), mismatched);
    if (!missing.isEmpty())
        faults << named(tr("missing: %1"), missing);
    if (!extra.isEmpty())
        faults << named(tr("not listed: %1"), extra);
    if (!unreadable.isEmpty())
        faults << named(tr("unreadable: %1"), unreadable);
    if (!malformed.isEmpty())
        faults << named(tr("SHA256SUMS is damaged: %1"), malformed);
    return faults.join(QStringLiteral("; "));
}

QMap<QString, QByteArray> parseSums(const QByteArray &text, QStringList *malformed)
{
    static const QRegularExpression pattern(QStringLiteral("\\A([0-9a-f]{64})  ([^\\\\]+)\\z"));
    QMap<QString, QByteArray> sums;
    QList<QByteArray> lines = text.split('\n');
    if (!lines.last().isEmpty())
        *malformed << tr("the last line is cut");
    lines.removeLast();
    if (lines.isEmpty())
        *malformed << tr("it lists nothing");
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString line = QString::fromUtf8(lines[i]);
        const auto match = pattern.match(line);
        const QString path = match.captured(2);
        if (!match.hasMatch() || line.toUtf8() != lines[i] || !isRelativeAndPlain(path))
            *malformed << tr("line %1 is not a sum and a name").arg(i + 1);
        else if (sums.contains(path))
            *malformed << tr("line %1 names %2 again").arg(i + 1).arg(displayText(path));
        else
            sums.insert(path, match.captured(1).toLatin1());
    }
    return sums;
}

QByteArray formatSums(const QMap<QString, QByteArray> &sums)
{
    QByteArray text;
    for (auto it = sums.begin(); it != sums.end(); ++it)
        text += it.value() + "  " + it.key().toUtf8() + '\n';
    return text;
}

Result<QByteArray> hashFile(const QString &path, const std::function<void(qint64)> &read,
                            std::stop_token stop)
{
    // O_NONBLOCK: opening a FIFO that was put in a file's place must not wait for a writer.
    const FileDescriptor fd(::open(QFile::encodeName(path).constData(),
                                   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!fd.isOpen())
        return failErrno(tr("Cannot open %1").arg(path), errno);
    struct stat info
    {
    };
    if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorCode::Corrupt, tr("%1 is not a file").arg(path));
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    Sha256 hash;
    QByteArray buffer(kBuffer, Qt::Uninitialized);
    for (;;) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("Reading was cancelled"));
        const ssize_t n = ::read(fd.get(), buffer.data(), size_t(buffer.size()));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failErrno(tr("Cannot read %1").arg(path), errno);
        if (n == 0)
            return hash.finishHex();
        hash.add(buffer.constData(), size_t(n));
        if (read)
            read(n);
    }
}

Result<SumsReport> checkSums(const QString &folder, const ByteProgress &progress,
                             std::stop_token stop, const QMap<QString, QByteArray> &known)
{
    TRY_VALUE(const Found found, findFiles(folder));
    SumsReport report;
    QMap<QString, QByteArray> sums;
    if (const auto text = readWholeFile(folder + QLatin1Char('/') + kSums))
        sums = parseSums(*text, &report.malformed);
    else
        report.missing << kSums;

    qint64 total = 0;
    for (auto it = found.files.begin(); it != found.files.end(); ++it)
        total += known.contains(it.key()) ? 0 : it.value();
    qint64 done = 0;
    const auto advance = [&](qint64 bytes) {
        done += bytes;
        if (progress)
            progress(done, total);
    };
    for (auto it = found.files.begin(); it != found.files.end(); ++it) {
        if (it.key() == kSums)
            continue;
        if (!sums.contains(it.key())) {
            report.extra << it.key();
            continue;
        }
        const auto hash = known.contains(it.key())
                              ? Result<QByteArray>(known.value(it.key()))
                              : hashFile(folder + QLatin1Char('/') + it.key(), advance, stop);
        if (!hash && hash.error().code == ErrorCode::Cancelled)
            return tl::unexpected(hash.error());
        if (!hash) {
            report.unreadable << it.key() + QStringLiteral(": ") + hash.error().detail;
        } else if (*hash != sums.value(it.key())) {
            report.mismatched << it.key();
        } else {
            ++report.files;
            report.bytes += it.value();
        }
    }
    for (const QString &path : found.others)
        (sums.contains(path) ? report.mismatched : report.extra) << path;
    for (auto it = sums.begin(); it != sums.end(); ++it) {
        if (!found.files.contains(it.key()) && !found.others.contains(it.key()))
            report.missing << it.key();
    }
    return report;
}

} // namespace lb
