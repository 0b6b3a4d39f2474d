// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/bulk_lines.h"

#include "core/base/format.h"

#include <algorithm>
#include <charconv>

namespace lb {

namespace {

LB_TRANSLATE(Alien4CloudBulk)

qint64 wholeNumber(QByteArrayView raw, qint64 otherwise)
{
    qint64 value = 0;
    const auto [end, error] = std::from_chars(raw.begin(), raw.end(), value);
    return error == std::errc() && end == raw.end() ? value : otherwise;
}

QString shown(QByteArrayView utf8)
{
    return displayText(QString::fromUtf8(utf8.first(qMin<qsizetype>(utf8.size(), 2000))));
}

/// "csar/csar/ferry:1.0" of a line's names.
QString nameOf(const ExportLine &line)
{
    return shown(jsonText(line.index) + '/' + jsonText(line.type) + '/' + jsonText(line.id));
}

/// Where a line keeps the metadata of that key; null for another key.
QByteArrayView *metadata(ExportLine &line, QByteArrayView key)
{
    if (key.size() < 2 || (key[1] != '_' && key[1] != '\\'))
        return nullptr;
    if (jsonTextIs(key, "_index"))
        return &line.index;
    if (jsonTextIs(key, "_type"))
        return &line.type;
    if (jsonTextIs(key, "_id"))
        return &line.id;
    if (jsonTextIs(key, "_version"))
        return &line.version;
    if (jsonTextIs(key, "_routing"))
        return &line.routing;
    if (jsonTextIs(key, "_parent"))
        return &line.parent;
    if (jsonTextIs(key, "_timestamp"))
        return &line.timestamp;
    if (jsonTextIs(key, "_ttl"))
        return &line.ttl;
    return nullptr;
}

/// Walks through a server's answer. Each function reads one value, whole.
class AnswerReader
{
public:
    explicit AnswerReader(QByteArrayView answer) : m_answer(answer), m_cursor(answer) {}

    Error torn() const { return m_cursor.problem(tr("The answer of Elasticsearch")); }
    Error unexpected(const QString &what) const
    {
        return {ErrorCode::Corrupt,
                tr("Elasticsearch did not answer as expected"),
                tr("%1, at byte %2").arg(what).arg(m_cursor.begin()),
                {}};
    }

    Result<void> skip()
    {
        if (!m_cursor.skipValue())
            return tl::unexpected(torn());
        return {};
    }
    /// A text, number or word as it stands; others are refused.
    Result<QByteArrayView> scalar()
    {
        switch (m_cursor.next()) {
        case JsonToken::String:
        case JsonToken::Number:
        case JsonToken::True:
        case JsonToken::False:
        case JsonToken::Null:
            return m_cursor.raw();
        case JsonToken::Bad:
            return tl::unexpected(torn());
        default:
            return tl::unexpected(unexpected(tr("a list or an object where a value was expected")));
        }
    }
    Result<qint64> number()
    {
        TRY_VALUE(const QByteArrayView raw, scalar());
        return wholeNumber(raw, -1);
    }
    /// An error or a reason in the server's own words: text on 1.x, an object later.
    Result<QString> spoken()
    {
        if (m_cursor.next() == JsonToken::String)
            return shown(jsonText(m_cursor.raw()));
        const qsizetype begin = m_cursor.begin();
        if (m_cursor.token() != JsonToken::ObjectBegin) {
            if (m_cursor.token() == JsonToken::Bad)
                return tl::unexpected(torn());
            return shown(m_cursor.raw());
        }
        QStringList said;
        TRY(members([&](QByteArrayView key) -> Result<void> {
            if (!jsonTextIs(key, "type") && !jsonTextIs(key, "reason"))
                return skip();
            TRY_VALUE(const QString word, spoken());
            said << word;
            return {};
        }));
        if (!said.isEmpty())
            return said.join(QStringLiteral(": "));
        return shown(m_answer.sliced(begin, m_cursor.end() - begin));
    }
    /// The members of an object whose beginning has been read.
    template <class Member>
    Result<void> members(Member member)
    {
        while (m_cursor.next() == JsonToken::Key)
            TRY(member(m_cursor.raw()));
        if (m_cursor.token() == JsonToken::Bad)
            return tl::unexpected(torn());
        return {};
    }
    template <class Member>
    Result<void> object(Member member)
    {
        if (m_cursor.next() != JsonToken::ObjectBegin)
            return tl::unexpected(notThere(tr("no object where one was expected")));
        return members(member);
    }
    /// `item(token)` has the first token of each item.
    template <class Item>
    Result<void> list(Item item)
    {
        if (m_cursor.next() != JsonToken::ArrayBegin)
            return tl::unexpected(notThere(tr("no list where one was expected")));
        for (;;) {
            const JsonToken token = m_cursor.next();
            if (token == JsonToken::ArrayEnd)
                return {};
            if (token == JsonToken::Bad)
                return tl::unexpected(torn());
            TRY(item(token));
        }
    }
    Result<void> end()
    {
        if (m_cursor.next() != JsonToken::End)
            return tl::unexpected(torn());
        return {};
    }
    JsonCursor &cursor() { return m_cursor; }

private:
    Error notThere(const QString &what) const
    {
        return m_cursor.token() == JsonToken::Bad ? torn() : unexpected(what);
    }

    QByteArrayView m_answer;
    JsonCursor m_cursor;
};

Error refusedError(const QString &summary, const QString &said, qint64 status)
{
    const bool busy = status == 429 || status == 503;
    return {busy            ? ErrorCode::Unreachable
            : status == 404 ? ErrorCode::NotFound
                            : ErrorCode::Failed,
            summary,
            status > 0 ? tr("%1 (status %2)").arg(said).arg(status) : said,
            {}};
}

// --- export ---

class PageReader
{
public:
    PageReader(QByteArrayView page, QByteArray &lines) : m_reader(page), m_lines(lines) {}

    Result<ScrollPage> read()
    {
        std::optional<QString> error;
        qint64 status = 0;
        bool hasHits = false;
        TRY(m_reader.object([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "_scroll_id")) {
                TRY_VALUE(const QByteArrayView raw, m_reader.scalar());
                m_page.scrollId = jsonText(raw);
                return {};
            }
            if (jsonTextIs(key, "timed_out")) {
                TRY_VALUE(const QByteArrayView raw, m_reader.scalar());
                m_page.timedOut = raw == QByteArrayView("true");
                return {};
            }
            if (jsonTextIs(key, "_shards"))
                return shards();
            if (jsonTextIs(key, "hits")) {
                hasHits = true;
                return hits();
            }
            if (jsonTextIs(key, "error")) {
                TRY_VALUE(error, m_reader.spoken());
                return {};
            }
            if (jsonTextIs(key, "status")) {
                TRY_VALUE(status, m_reader.number());
                return {};
            }
            return m_reader.skip();
        }));
        TRY(m_reader.end());
        if (error)
            return tl::unexpected(
                refusedError(tr("Elasticsearch refused to give documents"), *error, status));
        if (!hasHits)
            return tl::unexpected(m_reader.unexpected(tr("it has no hits")));
        return std::move(m_page);
    }

private:
    Result<void> shards()
    {
        return m_reader.object([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "total")) {
                TRY_VALUE(m_page.shards, m_reader.number());
                return {};
            }
            if (jsonTextIs(key, "failed")) {
                TRY_VALUE(m_page.failedShards, m_reader.number());
                return {};
            }
            if (!jsonTextIs(key, "failures"))
                return m_reader.skip();
            return m_reader.list([&](JsonToken first) -> Result<void> {
                if (first != JsonToken::ObjectBegin)
                    return tl::unexpected(
                        m_reader.unexpected(tr("a failure of a shard is no object")));
                return m_reader.members([&](QByteArrayView name) -> Result<void> {
                    if (!jsonTextIs(name, "reason") || !m_page.shardProblem.isEmpty())
                        return m_reader.skip();
                    TRY_VALUE(m_page.shardProblem, m_reader.spoken());
                    return {};
                });
            });
        });
    }

    Result<void> total()
    {
        JsonCursor &cursor = m_reader.cursor();
        if (cursor.next() == JsonToken::Number) {
            m_page.total = wholeNumber(cursor.raw(), -1);
            return {};
        }
        if (cursor.token() != JsonToken::ObjectBegin)
            return tl::unexpected(cursor.token() == JsonToken::Bad
                                      ? m_reader.torn()
                                      : m_reader.unexpected(tr("the total is no number")));
        return m_reader.members([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "value")) {
                TRY_VALUE(m_page.total, m_reader.number());
                return {};
            }
            if (!jsonTextIs(key, "relation"))
                return m_reader.skip();
            TRY_VALUE(const QByteArrayView relation, m_reader.scalar());
            m_page.totalExact = jsonTextIs(relation, "eq");
            return {};
        });
    }

    Result<void> hits()
    {
        return m_reader.object([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "total"))
                return total();
            if (!jsonTextIs(key, "hits"))
                return m_reader.skip();
            return m_reader.list([&](JsonToken first) -> Result<void> {
                if (first != JsonToken::ObjectBegin)
                    return tl::unexpected(m_reader.unexpected(tr("a hit is no object")));
                return hit();
            });
        });
    }

    Result<void> hit()
    {
        ExportLine line;
        TRY(m_reader.members([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "_source"))
                return source(line);
            if (jsonTextIs(key, "fields"))
                return fields(line);
            if (QByteArrayView *place = metadata(line, key)) {
                TRY_VALUE(*place, m_reader.scalar());
                return {};
            }
            return m_reader.skip();
        }));
        if (line.index.isEmpty() || line.id.isEmpty())
            return tl::unexpected(m_reader.unexpected(tr("a hit has no index or no id")));
        if (line.source.isEmpty())
            return fail(ErrorCode::Unsupported,
                        tr("The document %1 cannot be exported").arg(nameOf(line)),
                        tr("the server does not have its source"),
                        tr("Its index does not keep sources (_source is off in its mapping), or "
                           "the request did not ask for them"));
        append(line);
        return {};
    }

    Result<void> source(ExportLine &line)
    {
        JsonCursor &cursor = m_reader.cursor();
        if (!cursor.skipValue())
            return tl::unexpected(m_reader.torn());
        if (!cursor.raw().startsWith('{'))
            return tl::unexpected(m_reader.unexpected(tr("a source is no object")));
        line.source = cursor.raw();
        return {};
    }

    /// On 1.x what was asked for by `fields=`: a value, or a list of one.
    Result<void> fields(ExportLine &line)
    {
        return m_reader.object([&](QByteArrayView key) -> Result<void> {
            QByteArrayView *place = metadata(line, key);
            if (!place)
                return m_reader.skip();
            JsonCursor &cursor = m_reader.cursor();
            if (!cursor.skipValue())
                return tl::unexpected(m_reader.torn());
            QByteArrayView value = cursor.raw();
            if (value.startsWith('[')) {
                JsonCursor inside(value);
                inside.next();
                inside.next();
                value = inside.raw();
            }
            if (value.startsWith('{') || value.startsWith('[') || value.startsWith(']'))
                return tl::unexpected(m_reader.unexpected(tr("metadata of a hit is no value")));
            *place = value;
            return {};
        });
    }

    void append(const ExportLine &line)
    {
        appendExportHead(m_lines, line);
        const qsizetype from = m_lines.size();
        m_lines.append(line.source);
        // A line end in JSON can only be space between tokens, and would end the line here.
        for (qsizetype at = m_lines.indexOf('\n', from); at >= 0; at = m_lines.indexOf('\n', at))
            m_lines[at] = ' ';
        m_lines.append("}\n");
        ++m_page.documents;
    }

    AnswerReader m_reader;
    QByteArray &m_lines;
    ScrollPage m_page;
};

} // namespace

Result<void> ScrollPage::check() const
{
    if (shardProblem.contains(QLatin1String("SearchContextMissing")) ||
        shardProblem.contains(QLatin1String("search_context_missing")))
        return fail(ErrorCode::TimedOut,
                    tr("The scroll ran out before its next page was asked for"), shardProblem,
                    tr("Use a longer lease, and export again from the beginning"));
    if (failedShards > 0)
        return fail(ErrorCode::Unreachable,
                    tr("%1 of %2 shards gave no documents, so the export is not whole")
                        .arg(failedShards)
                        .arg(shards),
                    shardProblem, tr("See that all shards are there, and export again"));
    if (timedOut)
        return fail(ErrorCode::TimedOut,
                    tr("Elasticsearch ran out of time, so the export is not whole"), {},
                    tr("Export again, with smaller pages"));
    return {};
}

Result<ScrollPage> readScrollPage(QByteArrayView page, QByteArray &lines)
{
    const qsizetype before = lines.size();
    auto read = PageReader(page, lines).read();
    if (!read)
        lines.truncate(before);
    return read;
}

void appendExportHead(QByteArray &out, const ExportLine &line)
{
    const auto add = [&out](const char *name, QByteArrayView value) {
        if (value.isEmpty())
            return;
        out.append(name);
        out.append(value);
    };
    add("{\"_index\":", line.index);
    add(",\"_type\":", line.type);
    add(",\"_id\":", line.id);
    add(",\"_version\":", line.version);
    add(",\"_routing\":", line.routing);
    add(",\"_parent\":", line.parent);
    add(",\"_timestamp\":", line.timestamp);
    add(",\"_ttl\":", line.ttl);
    out.append(",\"_source\":");
}

Result<ExportLine> readExportLine(QByteArrayView line)
{
    const auto refuse = [](const QString &why) {
        return fail(ErrorCode::Corrupt, tr("A line of the export is damaged"), why,
                    tr("Export again; the file was left as it is"));
    };
    line = line.trimmed();
    JsonCursor cursor(line);
    if (cursor.next() != JsonToken::ObjectBegin)
        return refuse(cursor.token() == JsonToken::Bad ? cursor.problemText()
                                                       : tr("it is no object"));
    ExportLine document;
    while (cursor.next() == JsonToken::Key) {
        if (jsonTextIs(cursor.raw(), "_source")) {
            const qsizetype begin = cursor.valueBegin();
            const QByteArrayView rest = line.sliced(begin);
            if (rest.size() < 3 || !rest.startsWith('{') || !rest.endsWith('}'))
                return refuse(tr("its source is cut off"));
            document.source = rest.chopped(1).trimmed();
            if (!document.source.endsWith('}'))
                return refuse(tr("its source is cut off"));
            break;
        }
        QByteArrayView *place = metadata(document, cursor.raw());
        if (!cursor.skipValue())
            break;
        if (place && (cursor.token() == JsonToken::String || cursor.token() == JsonToken::Number))
            *place = cursor.raw();
    }
    if (cursor.token() == JsonToken::Bad)
        return refuse(cursor.problemText());
    if (document.index.isEmpty() || document.id.isEmpty() || document.source.isEmpty())
        return refuse(tr("it has no index, no id or no source"));
    return document;
}

// --- import ---

BulkBody BulkBody::only(const std::vector<qsizetype> &items) const
{
    BulkBody some;
    for (const qsizetype item : items) {
        const qsizetype begin = begins[std::size_t(item)];
        const qsizetype end = item + 1 < documents() ? begins[std::size_t(item) + 1] : bytes.size();
        some.begins.push_back(some.bytes.size());
        some.bytes.append(QByteArrayView(bytes).sliced(begin, end - begin));
    }
    return some;
}

Result<void> BulkBodies::checkDialect(const ExportLine &line) const
{
    const auto refuse = [&](const char *what) {
        return fail(ErrorCode::Unsupported,
                    tr("The document %1 cannot be imported into Elasticsearch %2")
                        .arg(nameOf(line))
                        .arg(m_major),
                    tr("that version no longer has its %1").arg(QLatin1String(what)),
                    tr("Documents of Alien4Cloud 1.x belong on Elasticsearch 1.7"));
    };
    if (m_major >= 5 && !line.ttl.isEmpty())
        return refuse("_ttl");
    if (m_major >= 5 && !line.timestamp.isEmpty())
        return refuse("_timestamp");
    if (m_major >= 7 && !line.parent.isEmpty())
        return refuse("_parent");
    // Room for the action line beside it.
    if (line.source.size() > kBulkLimit - 64 * 1024)
        return fail(ErrorCode::Unsupported,
                    tr("The document %1 is too large to import").arg(nameOf(line)),
                    tr("it has %1, and Elasticsearch takes at most %2 at once")
                        .arg(formatSize(line.source.size()), formatSize(kBulkLimit)));
    return {};
}

void BulkBodies::appendAction(QByteArray &out, const ExportLine &line) const
{
    // From 5 on the names without underscore; 7 refuses the others (5.x RestBulkAction takes both).
    const bool old = m_major < 5;
    const auto add = [&](const char *oldName, QByteArrayView value) {
        if (value.isEmpty())
            return;
        out.append(",\"");
        out.append(old ? oldName : oldName + 1);
        out.append("\":");
        out.append(value);
    };
    out.append("{\"index\":{\"_index\":");
    out.append(line.index);
    if (m_major < 8 && !line.type.isEmpty()) {
        out.append(",\"_type\":");
        out.append(line.type);
    }
    out.append(",\"_id\":");
    out.append(line.id);
    add("_routing", line.routing);
    add("_parent", line.parent);
    if (line.ttl.isEmpty())
        add("_timestamp", line.timestamp);
    add("_ttl", line.ttl);
    add("_version", line.version);
    if (!line.version.isEmpty())
        add("_version_type", "\"external_gte\"");
    out.append("}}\n");
}

void BulkBodies::close()
{
    if (m_body.begins.empty())
        return;
    m_full.push_back(std::move(m_body));
    m_body = {};
}

Result<void> BulkBodies::add(QByteArrayView line)
{
    TRY_VALUE(const ExportLine document, readExportLine(line));
    TRY(checkDialect(document));
    if (!document.ttl.isEmpty() && wholeNumber(document.ttl, 1) <= 0) {
        ++m_expired;
        return {};
    }
    const qsizetype size = line.size() + 128; // what the action line adds at most
    if (m_body.bytes.size() + size > kBulkMost)
        close();
    if (m_body.begins.empty())
        m_body.bytes.reserve(kBulkTarget + 64 * 1024);
    m_body.begins.push_back(m_body.bytes.size());
    appendAction(m_body.bytes, document);
    m_body.bytes.append(document.source);
    m_body.bytes.append('\n');
    ++m_documents;
    if (m_body.bytes.size() >= kBulkTarget)
        close();
    return {};
}

std::optional<BulkBody> BulkBodies::takeFull()
{
    if (m_full.empty())
        return std::nullopt;
    std::optional<BulkBody> body(std::move(m_full.front()));
    m_full.pop_front();
    return body;
}

std::optional<BulkBody> BulkBodies::takeRest()
{
    close();
    return takeFull();
}

// --- what the server says to it ---

namespace {

/// One item: `{"index": {"_index": …, "status": 201}}`, whose beginning has been read.
Result<BulkFailure> readItem(AnswerReader &reader, bool &failed)
{
    BulkFailure item;
    bool hasError = false;
    TRY(reader.members([&](QByteArrayView) -> Result<void> {
        return reader.object([&](QByteArrayView key) -> Result<void> {
            if (jsonTextIs(key, "status")) {
                TRY_VALUE(const qint64 status, reader.number());
                item.status = int(status);
                return {};
            }
            if (jsonTextIs(key, "error")) {
                hasError = true;
                TRY_VALUE(item.reason, reader.spoken());
                return {};
            }
            QByteArray *name = jsonTextIs(key, "_index")  ? &item.index
                               : jsonTextIs(key, "_type") ? &item.type
                               : jsonTextIs(key, "_id")   ? &item.id
                                                          : nullptr;
            if (!name)
                return reader.skip();
            TRY_VALUE(const QByteArrayView raw, reader.scalar());
            *name = jsonText(raw);
            return {};
        });
    }));
    failed = hasError || item.status < 200 || item.status >= 300;
    return item;
}

} // namespace

std::vector<qsizetype> BulkAnswer::retryItems() const
{
    std::vector<qsizetype> list;
    for (const BulkFailure &failure : failures) {
        if (failure.mayRetry())
            list.push_back(failure.item);
    }
    return list;
}

const BulkFailure *BulkAnswer::firstFinal() const
{
    const auto found = std::find_if(failures.begin(), failures.end(),
                                    [](const BulkFailure &f) { return !f.mayRetry(); });
    return found == failures.end() ? nullptr : &*found;
}

Result<BulkAnswer> readBulkAnswer(QByteArrayView answer, qsizetype documents)
{
    AnswerReader reader(answer);
    BulkAnswer read;
    std::optional<bool> errors;
    std::optional<QString> refused;
    qint64 status = 0;
    const auto items = [&](JsonToken first) -> Result<void> {
        if (first != JsonToken::ObjectBegin)
            return tl::unexpected(reader.unexpected(tr("an item is no object")));
        const qsizetype number = read.items++;
        bool failed = false;
        TRY_VALUE(BulkFailure item, readItem(reader, failed));
        if (failed) {
            item.item = number;
            read.failures.push_back(std::move(item));
        }
        return {};
    };
    TRY(reader.object([&](QByteArrayView key) -> Result<void> {
        if (jsonTextIs(key, "items"))
            return reader.list(items);
        if (jsonTextIs(key, "errors")) {
            TRY_VALUE(const QByteArrayView raw, reader.scalar());
            errors = raw == QByteArrayView("true");
            return {};
        }
        if (jsonTextIs(key, "error")) {
            TRY_VALUE(refused, reader.spoken());
            return {};
        }
        if (jsonTextIs(key, "status")) {
            TRY_VALUE(status, reader.number());
            return {};
        }
        return reader.skip();
    }));
    TRY(reader.end());
    if (refused)
        return tl::unexpected(
            refusedError(tr("Elasticsearch refused the whole bulk request"), *refused, status));
    if (read.items != documents)
        return fail(ErrorCode::Corrupt, tr("Elasticsearch did not answer for each document"),
                    tr("%1 documents were sent, it names %2").arg(documents).arg(read.items));
    read.errors = errors.value_or(!read.failures.empty());
    if (read.errors != !read.failures.empty())
        return fail(ErrorCode::Corrupt,
                    tr("Elasticsearch contradicts itself about failed documents"),
                    tr("“errors” is %1, and %2 of its items failed")
                        .arg(read.errors ? QStringLiteral("true") : QStringLiteral("false"))
                        .arg(read.failures.size()));
    return read;
}

} // namespace lb
