// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/lossless_json.h"

#include <deque>

namespace lb {

// Export and import of documents through Elasticsearch's scroll and bulk requests (fact sheet of
// Alien4Cloud, §5.7). Pure: bytes in, bytes out. An exported document is one line
//   {"_index":"csar","_type":"csar","_id":"ferry:1.0","_version":3,"_source":{…}}
// with `_source` last and, but for line ends between its tokens, as the server sent it.

/// One exported document: views into its line, names and values as they stand there, with their
/// quotes. What the document does not have is empty.
struct ExportLine
{
    QByteArrayView index, type, id;
    QByteArrayView version, routing, parent, timestamp, ttl;
    QByteArrayView source;
};

/// Reads a line, with or without its end. Only the head is looked at: the source is what stands
/// between it and the last bracket. Corrupt when it is no such line.
Result<ExportLine> readExportLine(QByteArrayView line);
/// Appends all of a line but its source, `}` and the line's end.
void appendExportHead(QByteArray &out, const ExportLine &line);

/// What one page of a scroll says beside its documents.
struct ScrollPage
{
    QByteArray scrollId;    ///< always ask on with the latest; raw as 1.x wants it in the body
    qint64 documents = 0;   ///< on this page. 0 on the first page of a scan of 1.x, then at the end
    qint64 total = -1;      ///< that the query matches; -1 when the server does not say
    bool totalExact = true; ///< 7+ may say "at least"
    qint64 shards = 0;      ///< that were asked
    qint64 failedShards = 0; ///< their documents are missing
    bool timedOut = false;
    QString shardProblem; ///< the first failed shard's own words

    /// Unreachable or TimedOut when documents are missing from this page: then the export is not
    /// whole, whatever its status code was.
    Result<void> check() const;
};

/// Appends a line for each document of a page to `lines`. Reads what 1.x to 8.x answer; metadata
/// may stand in the hit (2+) or in its `fields` (1.x, org.elasticsearch.search.internal,
/// InternalSearchHit.toXContent). Corrupt for a torn page and a document without a name,
/// Unsupported for one whose source is not there, Failed or what fits better for an answer that is
/// an error. `lines` is then as it was.
Result<ScrollPage> readScrollPage(QByteArrayView page, QByteArray &lines);

/// Sizes of bulk requests (§5.7). Elasticsearch takes 100 MB at once (http.max_content_length).
inline constexpr qsizetype kBulkTarget = 8 * 1024 * 1024;
inline constexpr qsizetype kBulkMost = 15 * 1024 * 1024;
inline constexpr qsizetype kBulkLimit = 100 * 1024 * 1024;

/// The body of one bulk request, and where each document begins in it.
struct BulkBody
{
    QByteArray bytes; ///< ends with a newline; Content-Type application/x-ndjson
    std::vector<qsizetype> begins;

    qsizetype documents() const { return qsizetype(begins.size()); }
    /// The same for some of its documents, for sending those once more.
    BulkBody only(const std::vector<qsizetype> &items) const;
};

/// Makes bodies of bulk requests from exported lines for a server of a major version.
///
/// Versions are written as `external_gte`, so that a repeated request finds equal versions instead
/// of conflicts. On 1.x and 2.x a document that expires gets the time that it had left when it was
/// exported, counted from the import; its `_timestamp` is left out then, for the server adds both.
/// One whose time is over is not sent (a time of 0 or less makes 1.7 refuse the whole request).
class BulkBodies
{
public:
    explicit BulkBodies(int serverMajor) : m_major(serverMajor) {}

    /// Corrupt for what is no exported line; Unsupported for metadata that this server no longer
    /// has, and for a document that no request can hold.
    Result<void> add(QByteArrayView line);
    /// A body that is full, in order; take them all before the next add().
    std::optional<BulkBody> takeFull();
    /// After the last line: what is left. Until there is nothing.
    std::optional<BulkBody> takeRest();

    qint64 documents() const { return m_documents; }
    qint64 expired() const { return m_expired; } ///< left out

private:
    Result<void> checkDialect(const ExportLine &line) const;
    void appendAction(QByteArray &out, const ExportLine &line) const;
    void close();

    int m_major;
    BulkBody m_body;
    std::deque<BulkBody> m_full;
    qint64 m_documents = 0;
    qint64 m_expired = 0;
};

struct BulkFailure
{
    qsizetype item = 0; ///< in the body
    int status = 0;
    QByteArray index, type, id;
    QString reason; ///< the server's own words

    /// Too busy (429) or a shard not there (503): sending it once more may help.
    bool mayRetry() const { return status == 429 || status == 503; }
};

struct BulkAnswer
{
    qsizetype items = 0;
    std::vector<BulkFailure> failures;
    bool errors = false; ///< what the server says about itself

    std::vector<qsizetype> retryItems() const;
    /// The first failure that no repetition mends; null when there is none.
    const BulkFailure *firstFinal() const;
};

/// Reads the answer to a bulk request of `documents`: its status 200 says nothing about the items.
/// Corrupt when it is torn, contradicts itself or answers another number of documents; Failed when
/// the whole request was refused.
Result<BulkAnswer> readBulkAnswer(QByteArrayView answer, qsizetype documents);

} // namespace lb
