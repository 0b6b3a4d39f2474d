// SPDX-License-Identifier: GPL-3.0-or-later
// The way of documents through files: export, transformation, import (sheet §4 and §5.7).
#include "core/actions/elasticsearch_work.h"
#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>

#include <algorithm>
#include <array>
#include <future>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

// Below the folder of the run.
constexpr char kExported[] = "export";
constexpr char kTransformed[] = "import";
constexpr char kMappings[] = "mappings";
/// What the server is too busy for is sent so often again, with a pause that doubles.
constexpr int kBulkTries = 6;
constexpr auto kBulkPause = 1s;
constexpr qsizetype kWriteBytes = 1024 * 1024;
constexpr int kNamed = 5;

QString folderOf(const ElasticsearchJob &job, const char *kind)
{
    return job.call.folder.display() + QLatin1Char('/') + QLatin1String(kind);
}

QString linesOf(const ElasticsearchJob &job, const char *kind, const QString &index)
{
    return folderOf(job, kind) + QLatin1Char('/') + index + QStringLiteral(".ndjson");
}

/// A file of documents that is there whole or not at all, for nobody else to read.
class LineFile
{
public:
    explicit LineFile(const QString &path) : m_file(path) {}

    Result<void> open()
    {
        if (!m_file.open(QIODevice::WriteOnly) ||
            !m_file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return cannot(false);
        return {};
    }
    Result<void> write(const QByteArray &lines)
    {
        if (m_file.write(lines) != lines.size())
            return cannot();
        m_hash.add(lines);
        m_bytes += lines.size();
        return {};
    }
    /// What is told of it in the list beside the files.
    Result<QJsonObject> commit(qint64 documents)
    {
        if (!m_file.commit())
            return cannot();
        TRY(syncFolder(QFileInfo(m_file.fileName()).path()));
        return QJsonObject{{QStringLiteral("documents"), documents},
                           {QStringLiteral("bytes"), m_bytes},
                           {QStringLiteral("sha256"), QString::fromLatin1(m_hash.finishHex())}};
    }

private:
    /// While it is written, Qt says ResourceError for a full disk.
    tl::unexpected<Error> cannot(bool isOpen = true) const
    {
        const bool isFull = isOpen && m_file.error() == QFileDevice::ResourceError;
        return fail(isFull ? ErrorCode::NoSpace : ErrorCode::Failed,
                    tr("Cannot write %1").arg(m_file.fileName()), m_file.errorString(),
                    tr("Nothing live was changed by it; make room or mend the folder, and resume"));
    }

    QSaveFile m_file;
    Sha256 m_hash;
    qint64 m_bytes = 0;
};

/// Each line of a file, which must be what the list beside it says.
template <class Take>
Result<void> readLines(const QString &path, const QJsonValue &told, const ElasticsearchJob &job,
                       Take take)
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

QString listFile(const ElasticsearchJob &job, const char *kind)
{
    return folderOf(job, kind) + QStringLiteral("/files.json");
}

Result<QJsonObject> readList(const ElasticsearchJob &job, const char *kind)
{
    const QString path = listFile(job, kind);
    TRY_VALUE(const QByteArray bytes, readWholeFile(path));
    return parseJsonObject(bytes, path);
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

const QString kSource = QStringLiteral("_source");

/// What can be had of each document of an index beside its source. A field that is not stored
/// would be looked for in the source.
Result<QString> storedFields(ElasticsearchJob &job, const QString &index)
{
    TRY_VALUE(const QByteArray body,
              job.ask("describe", tr("Cannot read how %1 is made").arg(index),
                      {{QStringLiteral("index"), index}}));
    TRY_VALUE(const QJsonObject answer, parseJsonObject(body, tr("the index %1").arg(index)));
    QStringList fields{kSource, QStringLiteral("_routing")};
    for (const QJsonValue type : answer.value(index)[QLatin1String("mappings")].toObject()) {
        for (const char *name : {"_parent", "_ttl", "_timestamp"}) {
            const QJsonValue setting = type[QLatin1String(name)];
            // Defaults of 1.7: a parent and a time to live are stored, a timestamp is not.
            const bool isStored =
                name == QByteArrayView("_parent")
                    ? setting.isObject()
                    : setting[QLatin1String("enabled")].toBool() &&
                          setting[QLatin1String("store")].toBool(name == QByteArrayView("_ttl"));
            if (isStored && !fields.contains(QLatin1String(name)))
                fields << QString::fromLatin1(name);
        }
    }
    return fields.join(QLatin1Char(','));
}

/// Every document of an index, page by page: `take(lines, documents)`. How many there were.
template <class Take>
Result<qint64> readDocuments(ElasticsearchJob &job, const QString &index, const QString &fields,
                             Take take)
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

using DocumentDigest = std::array<char, 16>;

/// What a document is: its type, id and source, byte for byte.
Result<DocumentDigest> digestOf(QByteArrayView line, QString *name = nullptr)
{
    TRY_VALUE(const ExportLine document, readExportLine(line));
    const QByteArray type = jsonText(document.type);
    const QByteArray id = jsonText(document.id);
    if (name)
        *name = DocumentName{jsonText(document.index), type, id}.text();
    Sha256 hash;
    for (const QByteArrayView part : {QByteArrayView(type), QByteArrayView(id), document.source}) {
        const qint64 size = part.size();
        hash.add(&size, sizeof size);
        hash.add(part);
    }
    const auto whole = hash.finish();
    DocumentDigest digest;
    std::copy_n(reinterpret_cast<const char *>(whole.data()), digest.size(), digest.begin());
    return digest;
}

template <class Take>
Result<void> eachLine(const QByteArray &lines, Take take)
{
    for (qsizetype at = 0; at < lines.size();) {
        const qsizetype end = lines.indexOf('\n', at);
        const qsizetype stop = end < 0 ? lines.size() : end;
        TRY(take(QByteArrayView(lines).sliced(at, stop - at)));
        at = stop + 1;
    }
    return {};
}

/// Documents done of all, as progress.
class Counter
{
public:
    Counter(ElasticsearchJob &job, qint64 total) : m_job(job), m_total(total) {}
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

qint64 documentsIn(const QJsonObject &list)
{
    qint64 documents = 0;
    for (const QJsonValue file : list)
        documents += file[QLatin1String("documents")].toInteger();
    return documents;
}

// --- import ---

Result<void> sendBulk(ElasticsearchJob &job, const QString &index, BulkBody body)
{
    auto wait = std::chrono::milliseconds(kBulkPause);
    for (int tries = 1;; ++tries) {
        const QString doing = tr("Cannot import documents into %1").arg(index);
        TRY_VALUE(const QByteArray answer, job.askWith("bulk", doing, body.bytes));
        TRY_VALUE(const BulkAnswer read, readBulkAnswer(answer, body.documents()));
        const BulkFailure *final = read.firstFinal();
        if (!final && read.failures.empty())
            return {};
        if (!final && tries == kBulkTries)
            final = &read.failures.front();
        if (final)
            return fail(
                ErrorCode::Failed, doing,
                tr("%1: %2 (status %3)")
                    .arg(DocumentName{final->index, final->type, final->id}.text(), final->reason)
                    .arg(final->status),
                tr("Alien stays off. runs undo puts the old indices back"));
        body = body.only(read.retryItems());
        TRY(job.pause(wait));
        wait *= 2;
    }
}

/// Sends one body while the next one is put together.
class BulkSender
{
public:
    BulkSender(ElasticsearchJob &job, QString index, Counter &counter)
        : m_job(job), m_index(std::move(index)), m_counter(counter)
    {
    }

    Result<void> send(BulkBody body)
    {
        TRY(finish());
        m_documents = body.documents();
        m_bytes = body.bytes.size();
        // Where there is no thread to be had, finish() sends it.
        m_going =
            std::async(std::launch::async | std::launch::deferred,
                       [this, body = std::move(body)] { return sendBulk(m_job, m_index, body); });
        return {};
    }
    /// Waits for what is under way. Until then nobody else may ask the cluster.
    Result<void> finish()
    {
        if (!m_going.valid())
            return {};
        TRY(m_going.get());
        m_counter.add(m_documents, m_bytes);
        return {};
    }

private:
    ElasticsearchJob &m_job;
    const QString m_index;
    Counter &m_counter;
    qint64 m_documents = 0, m_bytes = 0;
    std::future<Result<void>> m_going; ///< last: its end waits for what uses the others
};

/// How the new version made an index, kept in a file before that index is made anew: an attempt
/// after this one must not read what this one has made.
Result<QJsonObject> madeAs(ElasticsearchJob &job, const QString &index)
{
    const QString path =
        folderOf(job, kMappings) + QLatin1Char('/') + index + QStringLiteral(".json");
    if (QFileInfo::exists(path)) {
        TRY_VALUE(const QByteArray bytes, readWholeFile(path));
        return parseJsonObject(bytes, path);
    }
    TRY_VALUE(const auto body,
              job.askIfThere("describe", tr("Cannot read how %1 is made").arg(index),
                             {{QStringLiteral("index"), index}}));
    if (!body)
        return fail(ErrorCode::NotFound, tr("The new Alien has not made the index %1").arg(index),
                    {},
                    tr("Its log says why. Alien stays off; runs undo puts the old indices back"));
    TRY_VALUE(const QJsonObject answer, parseJsonObject(*body, tr("the index %1").arg(index)));
    const QJsonValue described = answer.value(index);
    QJsonObject settings = described[QLatin1String("settings")][QLatin1String("index")].toObject();
    // The server's own; it gives them anew.
    for (const char *own : {"uuid", "creation_date", "version"})
        settings.remove(QLatin1String(own));
    const QJsonObject made{
        {QStringLiteral("settings"), QJsonObject{{QStringLiteral("index"), settings}}},
        {QStringLiteral("mappings"), described[QLatin1String("mappings")]},
        {QStringLiteral("aliases"), described[QLatin1String("aliases")]}};
    if (made.value(QLatin1String("mappings")).toObject().isEmpty())
        return fail(ErrorCode::Corrupt, tr("The index %1 has no mapping").arg(index), {},
                    tr("The new Alien makes it at its first start; its log says what went wrong"));
    TRY(writeFileAtomically(path, toJsonDocument(made)));
    return made;
}

/// Empty, as the new version made it. Nothing is searched while documents come in.
Result<void> makeAnew(ElasticsearchJob &job, const QString &index, QJsonObject made)
{
    const ElasticsearchJob::Values here{{QStringLiteral("index"), index}};
    TRY(job.askIfThere("delete", tr("Cannot delete %1").arg(index), here));
    QJsonObject settings = made.value(QLatin1String("settings")).toObject();
    QJsonObject own = settings.value(QLatin1String("index")).toObject();
    own.insert(QStringLiteral("refresh_interval"), QStringLiteral("-1"));
    settings.insert(QStringLiteral("index"), own);
    made.insert(QStringLiteral("settings"), settings);
    TRY(job.askWith("make", tr("Cannot make the index %1").arg(index),
                    QJsonDocument(made).toJson(QJsonDocument::Compact), here));
    return {};
}

Result<void> searchAgain(ElasticsearchJob &job, const QString &index, const QJsonObject &made)
{
    const ElasticsearchJob::Values here{{QStringLiteral("index"), index}};
    const QString interval = made.value(QLatin1String(
        "settings"))[QLatin1String("index")][QLatin1String("refresh_interval")]
                                 .toString(QStringLiteral("1s"));
    const QJsonObject settings{
        {QStringLiteral("index"), QJsonObject{{QStringLiteral("refresh_interval"), interval}}}};
    TRY(job.askWith("settings", tr("Cannot set up %1").arg(index),
                    QJsonDocument(settings).toJson(QJsonDocument::Compact), here));
    TRY(job.ask("refresh", tr("Cannot refresh %1").arg(index), here));
    // 1.x syncs what it was told every five seconds only: a cluster that dies would lose it.
    TRY(job.ask("flush", tr("Cannot have %1 written to disk").arg(index), here));
    return {};
}

/// Every document that is there against every one that was sent.
Result<void> compareImport(ElasticsearchJob &job, const QString &index,
                           std::vector<DocumentDigest> sent)
{
    std::sort(sent.begin(), sent.end());
    std::vector<bool> found(sent.size());
    QStringList wrong;
    TRY(readDocuments(job, index, kSource, [&](const QByteArray &lines, qint64) {
        return eachLine(lines, [&](QByteArrayView line) -> Result<void> {
            QString name;
            TRY_VALUE(const DocumentDigest digest, digestOf(line, &name));
            auto place = std::lower_bound(sent.begin(), sent.end(), digest);
            while (place != sent.end() && *place == digest && found[size_t(place - sent.begin())])
                ++place;
            if (place == sent.end() || *place != digest) {
                if (wrong.size() < kNamed)
                    wrong << name;
                return {};
            }
            found[size_t(place - sent.begin())] = true;
            return {};
        });
    }));
    const auto missing = std::count(found.begin(), found.end(), false);
    if (wrong.isEmpty() && (missing == 0 || expiringIndices().contains(index)))
        return {};
    QStringList told;
    if (!wrong.isEmpty())
        told << tr("not as sent: %1").arg(wrong.join(QStringLiteral(", ")));
    if (missing > 0)
        told << tr("%n document(s) missing", nullptr, int(missing));
    return fail(ErrorCode::Corrupt, tr("What is in %1 is not what was imported").arg(index),
                told.join(QStringLiteral("; ")),
                tr("Alien stays off. runs undo puts the old indices back"));
}

Result<void> importIndex(ElasticsearchJob &job, const QString &index, const QJsonValue &told,
                         Counter &counter)
{
    TRY_VALUE(const QJsonObject made, madeAs(job, index));
    TRY(makeAnew(job, index, made));
    BulkBodies bodies(1);
    std::vector<DocumentDigest> sent;
    sent.reserve(size_t(told[QLatin1String("documents")].toInteger()));
    BulkSender sender(job, index, counter);
    const Result<void> isSent = readLines(
        linesOf(job, kTransformed, index), told, job, [&](const QByteArray &line) -> Result<void> {
            const qint64 before = bodies.documents();
            TRY(bodies.add(line));
            if (bodies.documents() > before) {
                TRY_VALUE(const DocumentDigest digest, digestOf(line));
                sent.push_back(digest);
            }
            while (auto body = bodies.takeFull())
                TRY(sender.send(std::move(*body)));
            return {};
        });
    TRY(isSent);
    while (auto body = bodies.takeRest())
        TRY(sender.send(std::move(*body)));
    TRY(sender.finish());
    TRY(searchAgain(job, index, made));
    return compareImport(job, index, std::move(sent));
}

} // namespace

Result<CallOutcome> exportIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray root,
              job.ask("root", tr("Cannot read what answers at %1").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot cluster, readClusterRoot(root));
    if (cluster.major() != 1)
        return fail(ErrorCode::Unsupported,
                    tr("Documents are exported from Elasticsearch 1.7 only, and this is %1")
                        .arg(cluster.version));
    TRY(makeFolders(folderOf(job, kExported)));
    TRY_VALUE(const QJsonObject counts, countDocuments(job, call.indices));
    qint64 total = 0;
    for (const QJsonValue count : counts)
        total += count.toInteger();
    Counter counter(job, total);
    QJsonObject list;
    for (const QString &index : call.indices) {
        const QString path = linesOf(job, kExported, index);
        if (const auto before = job.onRecord("exported", index);
            before &&
            QFileInfo(path).size() ==
                before->value(QLatin1String("file"))[QLatin1String("bytes")].toInteger()) {
            const QJsonObject file = before->value(QLatin1String("file")).toObject();
            list.insert(index, file);
            counter.add(file.value(QLatin1String("documents")).toInteger(),
                        file.value(QLatin1String("bytes")).toInteger());
            continue;
        }
        LineFile file(path);
        TRY(file.open());
        const qint64 expected = counts.value(index).toInteger();
        TRY_VALUE(const QString fields, storedFields(job, index));
        TRY_VALUE(const qint64 documents,
                  readDocuments(job, index, fields,
                                [&](const QByteArray &lines, qint64 read) -> Result<void> {
                                    TRY(file.write(lines));
                                    counter.add(read, lines.size());
                                    return {};
                                }));
        if (documents > expected || (documents < expected && !expiringIndices().contains(index)))
            return fail(
                ErrorCode::Conflict,
                tr("%1 has %2 documents, and %3 came").arg(index).arg(expected).arg(documents), {},
                tr("Somebody writes to it: see that Alien is stopped, and resume"));
        TRY_VALUE(const QJsonObject told, file.commit(documents));
        list.insert(index, told);
        job.record("exported", {{QStringLiteral("index"), index}, {QStringLiteral("file"), told}});
    }
    TRY(writeFileAtomically(listFile(job, kExported), toJsonDocument(list)));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("documents"), counter.documents()},
                       {QStringLiteral("entries"), counter.documents()},
                       {QStringLiteral("bytes"), counter.bytes()}};
    return outcome;
}

Result<CallOutcome> transformExport(ElasticsearchJob &job)
{
    TRY_VALUE(const QJsonObject list, readList(job, kExported));
    TRY(makeFolders(folderOf(job, kTransformed)));
    Counter counter(job, documentsIn(list));
    ExportTransformer transformer;
    QJsonObject made;
    for (const QString &index : list.keys()) {
        LineFile file(linesOf(job, kTransformed, index));
        TRY(file.open());
        QByteArray lines;
        qint64 documents = 0;
        const Result<void> isRead = readLines(linesOf(job, kExported, index), list.value(index),
                                              job, [&](const QByteArray &line) -> Result<void> {
                                                  const qsizetype before = lines.size();
                                                  TRY(transformer.take(line, lines));
                                                  if (lines.size() > before)
                                                      ++documents;
                                                  if (lines.size() < kWriteBytes)
                                                      return {};
                                                  TRY(file.write(lines));
                                                  counter.add(0, lines.size());
                                                  lines.truncate(0);
                                                  return {};
                                              });
        TRY(isRead);
        TRY(file.write(lines));
        counter.add(documents, lines.size());
        TRY_VALUE(const QJsonObject told, file.commit(documents));
        made.insert(index, told);
    }
    const TransformReport report = transformer.report();
    const QStringList told = report.lines();
    for (const QString &line : told)
        job.log(line);
    const TypeReport sum = report.sum();
    if (!report.isClean()) {
        QStringList examples;
        for (const TypeReport &type : report.types) {
            for (const Error &example : type.examples)
                examples << example.sentence();
        }
        return fail(ErrorCode::Corrupt,
                    tr("%n document(s) cannot be brought to the form of Alien4Cloud 1.2.0", nullptr,
                       int(sum.failed)),
                    examples.mid(0, kNamed).join(QStringLiteral("; ")),
                    tr("Nothing was changed in the cluster. Correct or delete them in Alien, save "
                       "again, and begin anew; the step's log lists each type"));
    }
    if (sum.read != documentsIn(list))
        return fail(ErrorCode::Corrupt, tr("%1 documents were exported, and %2 were read")
                                            .arg(documentsIn(list))
                                            .arg(sum.read));
    TRY(writeFileAtomically(listFile(job, kTransformed), toJsonDocument(made)));
    CallOutcome outcome;
    outcome.outputs = {
        {QStringLiteral("report"), report.toJson()}, {QStringLiteral("documents"), sum.read},
        {QStringLiteral("changed"), sum.changed},    {QStringLiteral("entries"), sum.read},
        {QStringLiteral("bytes"), counter.bytes()},  {QStringLiteral("evidence"), told.last()}};
    QStringList unknown;
    for (const TypeReport &type : report.types) {
        if (type.rule == TransformRule::Unknown)
            unknown << type.index + QLatin1Char('/') + type.type;
    }
    if (!unknown.isEmpty())
        outcome.warnings << tr("Types that Alien4Cloud 1.1.0 does not have, left as they are: %1")
                                .arg(unknown.join(QStringLiteral(", ")));
    return outcome;
}

Result<CallOutcome> clearIndices(ElasticsearchJob &job)
{
    TRY_VALUE(const auto live, clusterIndices(job));
    const QStringList wanted = job.call.indices + job.call.made;
    CallOutcome outcome;
    QStringList removed;
    for (const ClusterIndex &index : live) {
        if (!wanted.contains(index.name))
            continue;
        TRY(job.askIfThere("delete", tr("Cannot delete %1").arg(index.name),
                           {{QStringLiteral("index"), index.name}}));
        removed << index.name;
    }
    outcome.outputs.insert(QStringLiteral("removed"), toJsonArray(removed));
    // Nothing is left to know the cluster by until the indices are made anew.
    outcome.outputs.insert(QStringLiteral("facts"), QJsonObject{{QStringLiteral("elasticsearch_id"),
                                                                 QJsonValue(QJsonValue::Null)}});
    return outcome;
}

Result<CallOutcome> importIndices(ElasticsearchJob &job)
{
    TRY_VALUE(const QJsonObject list, readList(job, kTransformed));
    TRY(makeFolders(folderOf(job, kMappings)));
    Counter counter(job, documentsIn(list));
    for (const QString &index : job.call.indices) {
        const QJsonValue told = list.value(index);
        if (told.isUndefined())
            return fail(ErrorCode::NotFound, tr("Nothing was exported from %1").arg(index), {},
                        tr("Alien stays off. runs undo puts the old indices back"));
        if (job.onRecord("imported", index)) {
            counter.add(told[QLatin1String("documents")].toInteger(),
                        told[QLatin1String("bytes")].toInteger());
            continue;
        }
        TRY(importIndex(job, index, told, counter));
        job.record("imported", {{QStringLiteral("index"), index}});
    }
    TRY_VALUE(const CallOutcome id, readClusterId(job));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("documents"), counter.documents()},
                       {QStringLiteral("entries"), counter.documents()},
                       {QStringLiteral("bytes"), counter.bytes()},
                       {QStringLiteral("facts"),
                        QJsonObject{{QStringLiteral("elasticsearch_id"), id.answer.value}}}};
    return outcome;
}

Result<CallOutcome> checkConverted(ElasticsearchJob &job)
{
    TRY_VALUE(const auto live, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(live, {});
    TRY_VALUE(const QJsonObject exported, readList(job, kExported));
    qint64 documents = 0, unconverted = 0;
    QStringList examples, lost;
    const auto note = [&](const QString &text) {
        ++unconverted;
        if (examples.size() < kNamed)
            examples << text;
    };
    for (const QString &index : survey.open) {
        const auto look = [&](QByteArrayView line) -> Result<void> {
            TRY_VALUE(const ExportLine document, readExportLine(line));
            const QByteArray type = jsonText(document.type);
            const QByteArray id = jsonText(document.id);
            const QByteArray place = index.toUtf8();
            const DocumentName name{place, type, id};
            const auto change = findChange(name, document.source);
            if (!change)
                note(change.error().sentence());
            else if (change->changes())
                note(name.text());
            return {};
        };
        TRY_VALUE(const qint64 read,
                  readDocuments(job, index, kSource, [&](const QByteArray &lines, qint64) {
                      return eachLine(lines, look);
                  }));
        documents += read;
        const qint64 before = exported.value(index)[QLatin1String("documents")].toInteger(read);
        if (read > before || (read < before && !expiringIndices().contains(index)))
            lost << tr("%1 has %2 documents and had %3").arg(index).arg(read).arg(before);
    }
    for (const QString &index : exported.keys()) {
        if (!survey.open.contains(index))
            lost << tr("%1 is not there").arg(index);
    }
    if (!lost.isEmpty())
        return fail(ErrorCode::Corrupt, tr("Not every document is there"),
                    lost.join(QStringLiteral("; ")),
                    tr("Alien stays off. runs undo puts the old indices back"));
    if (unconverted > 0)
        return fail(ErrorCode::Corrupt,
                    tr("%n document(s) in a form that Alien4Cloud 1.2.0 cannot read", nullptr,
                       int(unconverted)),
                    examples.join(QStringLiteral("; ")),
                    tr("Alien stays off. runs undo puts the old indices back"));
    return holds(tr("%n document(s) read, all in the form of 1.2.0", nullptr, int(documents)));
}

Result<CallOutcome> checkSourceVersion(ElasticsearchJob &job)
{
    const QString where = job.call.at.text();
    TRY_VALUE(const QByteArray root, job.ask("root", tr("%1 does not answer").arg(where)));
    TRY_VALUE(const ClusterRoot cluster, readClusterRoot(root));
    if (!cluster.version.startsWith(QLatin1String("1.7.")))
        return fail(ErrorCode::Unsupported,
                    tr("%1 is Elasticsearch %2; 1.1 and 1.2 of Alien4Cloud use 1.7")
                        .arg(where, cluster.version),
                    {}, tr("Later versions cannot hold several types in one index"));
    TRY_VALUE(const auto live, clusterIndices(job));
    QStringList newer;
    for (const ClusterIndex &index : live) {
        if (alienIndices12().contains(index.name))
            newer << index.name;
    }
    if (!newer.isEmpty())
        return fail(ErrorCode::Conflict, tr("Alien4Cloud 1.2 has been started on these indices"),
                    tr("only 1.2 makes %1").arg(newer.join(QStringLiteral(", "))),
                    tr("A migration begins with 1.1.0. Restore its restore point, or delete what a "
                       "failed migration left"));
    return holds(tr("Elasticsearch %1, indices of Alien4Cloud 1.1").arg(cluster.version));
}

} // namespace lb
