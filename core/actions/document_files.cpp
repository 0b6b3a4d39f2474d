// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/document_files.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/systems/alien4cloud/bulk_lines.h"

#include <QFile>
#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

QString listFile(const ElasticsearchJob &job, const char *kind)
{
    return documentsFolder(job, kind) + QStringLiteral("/files.json");
}

/// The scroll's context costs the cluster memory until its lease runs out.
class ScrollEnd
{
public:
    explicit ScrollEnd(ElasticsearchJob &job) : m_job(job) {}
    ~ScrollEnd()
    {
        if (!id.isEmpty())
            (void)m_job.askWith("end_scroll", tr("Cannot end the scroll"), id);
    }
    ScrollEnd(const ScrollEnd &) = delete;
    ScrollEnd &operator=(const ScrollEnd &) = delete;

    QByteArray id;

private:
    ElasticsearchJob &m_job;
};

} // namespace

QString documentsFolder(const ElasticsearchJob &job, const char *kind)
{
    return job.call.folder.display() + QLatin1Char('/') + QLatin1String(kind);
}

QString documentsFile(const ElasticsearchJob &job, const char *kind, const QString &index)
{
    return documentsFolder(job, kind) + QLatin1Char('/') + index + QStringLiteral(".ndjson");
}

Result<void> LineFile::open()
{
    if (!m_file.open(QIODevice::WriteOnly) ||
        !m_file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
        return cannot(false);
    return {};
}

Result<void> LineFile::write(const QByteArray &lines)
{
    if (m_file.write(lines) != lines.size())
        return cannot();
    m_hash.add(lines);
    m_bytes += lines.size();
    return {};
}

Result<QJsonObject> LineFile::commit(qint64 documents)
{
    if (!m_file.commit())
        return cannot();
    TRY(syncFolder(QFileInfo(m_file.fileName()).path()));
    return QJsonObject{{QStringLiteral("documents"), documents},
                       {QStringLiteral("bytes"), m_bytes},
                       {QStringLiteral("sha256"), QString::fromLatin1(m_hash.finishHex())}};
}

tl::unexpected<Error> LineFile::cannot(bool isOpen) const
{
    const bool isFull = isOpen && m_file.error() == QFileDevice::ResourceError;
    return fail(isFull ? ErrorCode::NoSpace : ErrorCode::Failed,
                tr("Cannot write %1").arg(m_file.fileName()), m_file.errorString(),
                tr("Nothing live was changed by it; make room or mend the folder, and resume"));
}

Result<void> readLines(const QString &path, const QJsonValue &told, const ElasticsearchJob &job,
                       const std::function<Result<void>(const QByteArray &)> &take)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::NotFound, tr("Cannot read %1").arg(path), file.errorString());
    Sha256 hash;
    qint64 lines = 0;
    while (!file.atEnd()) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("It was cancelled"));
        const QByteArray line = file.readLine();
        if (line.isEmpty())
            break;
        hash.add(line);
        ++lines;
        TRY(take(line));
    }
    const QString seen = QString::fromLatin1(hash.finishHex());
    if (file.error() != QFileDevice::NoError || seen != told[QLatin1String("sha256")].toString() ||
        lines != told[QLatin1String("documents")].toInteger())
        return fail(ErrorCode::Corrupt, tr("%1 is not as it was written").arg(path),
                    file.error() != QFileDevice::NoError ? file.errorString() : QString(),
                    tr("Resume cannot help; undo the run and begin again"));
    return {};
}

Result<QJsonObject> readList(const ElasticsearchJob &job, const char *kind)
{
    const QString path = listFile(job, kind);
    TRY_VALUE(const QByteArray bytes, readWholeFile(path));
    return parseJsonObject(bytes, path);
}

Result<void> writeList(const ElasticsearchJob &job, const char *kind, const QJsonObject &list)
{
    return writeFileAtomically(listFile(job, kind), toJsonDocument(list));
}

qint64 documentsIn(const QJsonObject &list)
{
    qint64 documents = 0;
    for (const QJsonValue file : list)
        documents += file[QLatin1String("documents")].toInteger();
    return documents;
}

Result<qint64> readDocuments(ElasticsearchJob &job, const QString &index, const QString &fields,
                             const std::function<Result<void>(const QByteArray &, qint64)> &take)
{
    const QString doing = tr("Cannot read the documents of %1").arg(index);
    QByteArray lines;
    qint64 documents = 0;
    ScrollEnd scroll(job);
    TRY_VALUE(QByteArray answer,
              job.ask("scan", doing,
                      {{QStringLiteral("index"), index}, {QStringLiteral("fields"), fields}}));
    for (bool isFirst = true;; isFirst = false) {
        lines.truncate(0);
        TRY_VALUE(const ScrollPage page, readScrollPage(answer, lines));
        TRY(page.check());
        if (!page.scrollId.isEmpty())
            scroll.id = page.scrollId;
        // The first page of a scan has none.
        if (page.documents == 0 && !isFirst)
            return documents;
        documents += page.documents;
        if (page.documents > 0)
            TRY(take(lines, page.documents));
        if (scroll.id.isEmpty())
            return fail(ErrorCode::Corrupt, doing, tr("the server gave no scroll to go on with"));
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, tr("It was cancelled"));
        TRY_VALUE(answer, job.askWith("page", doing, scroll.id));
    }
}

Result<void> eachLine(const QByteArray &lines,
                      const std::function<Result<void>(QByteArrayView)> &take)
{
    for (qsizetype at = 0; at < lines.size();) {
        const qsizetype end = lines.indexOf('\n', at);
        const qsizetype stop = end < 0 ? lines.size() : end;
        TRY(take(QByteArrayView(lines).sliced(at, stop - at)));
        at = stop + 1;
    }
    return {};
}

} // namespace lb
