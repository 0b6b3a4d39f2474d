// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/elasticsearch_work.h"
#include "core/base/digest.h"

#include <QSaveFile>

#include <functional>

namespace lb {

// Documents of indices on their way through files (sheet §5.7): a line each, a file for each index,
// below the folder of the run that the call names.
inline constexpr char kExported[] = "export";
inline constexpr char kTransformed[] = "import";
inline constexpr char kMappings[] = "mappings";
/// So many examples are named in an error.
inline constexpr int kExamples = 5;
/// The field of a hit that is the document itself.
inline const QString kSource = QStringLiteral("_source");

QString documentsFolder(const ElasticsearchJob &job, const char *kind);
/// The file of one index.
QString documentsFile(const ElasticsearchJob &job, const char *kind, const QString &index);

/// A file of documents that is there whole or not at all, for nobody else to read.
class LineFile
{
public:
    explicit LineFile(const QString &path) : m_file(path) {}

    Result<void> open();
    Result<void> write(const QByteArray &lines);
    /// What is told of it in the list beside the files.
    Result<QJsonObject> commit(qint64 documents);

private:
    /// While it is written, Qt says ResourceError for a full disk.
    tl::unexpected<Error> cannot(bool isOpen = true) const;

    QSaveFile m_file;
    Sha256 m_hash;
    qint64 m_bytes = 0;
};

/// Each line of a file, which must be what the list beside it says.
Result<void> readLines(const QString &path, const QJsonValue &told, const ElasticsearchJob &job,
                       const std::function<Result<void>(const QByteArray &)> &take);

/// `{index: {documents, bytes, sha256}}`, beside the files.
Result<QJsonObject> readList(const ElasticsearchJob &job, const char *kind);
Result<void> writeList(const ElasticsearchJob &job, const char *kind, const QJsonObject &list);
qint64 documentsIn(const QJsonObject &list);

/// Every document of an index, page by page: `take(lines, documents)`. How many there were.
/// `fields`: what is asked for, separated by commas.
Result<qint64> readDocuments(ElasticsearchJob &job, const QString &index, const QString &fields,
                             const std::function<Result<void>(const QByteArray &, qint64)> &take);
Result<void> eachLine(const QByteArray &lines,
                      const std::function<Result<void>(QByteArrayView)> &take);

/// Documents done of all, as progress.
class DocumentCounter
{
public:
    DocumentCounter(ElasticsearchJob &job, qint64 total) : m_job(job), m_total(total) {}
    void add(qint64 documents, qint64 bytes)
    {
        m_documents += documents;
        m_bytes += bytes;
        m_job.report({m_bytes, -1, m_documents, m_total});
    }
    qint64 documents() const { return m_documents; }
    qint64 bytes() const { return m_bytes; }

private:
    ElasticsearchJob &m_job;
    const qint64 m_total;
    qint64 m_documents = 0, m_bytes = 0;
};

} // namespace lb
