// SPDX-License-Identifier: GPL-3.0-or-later
// Documents from files into indices that a new version of Alien4Cloud has made (sheet §4.2, §5.7).
#include "core/actions/document_files.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"

#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <future>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

using namespace std::chrono_literals;

/// What the server is too busy for is sent so often again, with a pause that doubles.
constexpr int kBulkTries = 6;
constexpr auto kBulkPause = 1s;

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
    BulkSender(ElasticsearchJob &job, QString index, DocumentCounter &counter)
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
    DocumentCounter &m_counter;
    qint64 m_documents = 0, m_bytes = 0;
    std::future<Result<void>> m_going; ///< last: its end waits for what uses the others
};

/// How the new version made an index, kept in a file before that index is made anew: an attempt
/// after this one must not read what this one has made.
Result<QJsonObject> madeAs(ElasticsearchJob &job, const QString &index)
{
    const QString path =
        documentsFolder(job, kMappings) + QLatin1Char('/') + index + QStringLiteral(".json");
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
                if (wrong.size() < kExamples)
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
                         DocumentCounter &counter)
{
    TRY_VALUE(const QJsonObject made, madeAs(job, index));
    TRY(makeAnew(job, index, made));
    BulkBodies bodies(1);
    std::vector<DocumentDigest> sent;
    sent.reserve(size_t(told[QLatin1String("documents")].toInteger()));
    BulkSender sender(job, index, counter);
    const Result<void> isSent =
        readLines(documentsFile(job, kTransformed, index), told, job,
                  [&](const QByteArray &line) -> Result<void> {
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
    TRY(makeFolders(documentsFolder(job, kMappings)));
    DocumentCounter counter(job, documentsIn(list));
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

} // namespace lb
