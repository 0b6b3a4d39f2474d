// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/index_line.h"

#include "core/base/json_text.h"

#include <charconv>

namespace lb {

namespace {

// Our own writer and strict reader instead of QJsonDocument: a tree has a million of these lines,
// and building a document for each one costs more than hashing the files.

void addNumber(QByteArray &out, qint64 value)
{
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end - text);
}

/// `"key":"text"`, or `"key_b64":"…"` for bytes that are not UTF-8.
void addBytes(QByteArray &out, const char *key, const QByteArray &bytes)
{
    out += '"';
    out += key;
    if (bytes.isValidUtf8()) {
        out += "\":";
        appendJsonString(out, bytes);
    } else {
        out += "_b64\":\"";
        out += bytes.toBase64();
        out += '"';
    }
}

void addHash(QByteArray &out, const char *key, const Sha256::Bytes &hash)
{
    out += ",\"";
    out += key;
    out += "\":\"";
    out += Sha256::toHex(hash);
    out += '"';
}

class LineCursor
{
public:
    explicit LineCursor(QByteArrayView line) : m_at(line.begin()), m_end(line.end()) {}

    bool ok() const { return m_ok; }
    bool atEnd() const { return m_ok && m_at == m_end; }
    bool take(char c)
    {
        if (!m_ok || m_at == m_end || *m_at != c)
            return false;
        ++m_at;
        return true;
    }
    void need(char c) { m_ok = take(c) && m_ok; }
    void bad() { m_ok = false; }

    /// A key without escapes and its colon; empty on anything else.
    QByteArrayView key()
    {
        need('"');
        const char *begin = m_at;
        while (m_ok && m_at != m_end && *m_at != '"' && *m_at != '\\')
            ++m_at;
        const QByteArrayView text(begin, m_at - begin);
        need('"');
        need(':');
        return m_ok ? text : QByteArrayView();
    }
    qint64 number()
    {
        qint64 value = 0;
        const auto [end, error] = std::from_chars(m_at, m_end, value);
        if (error != std::errc())
            m_ok = false;
        m_at = end;
        return value;
    }
    quint64 natural(quint64 limit = quint64(std::numeric_limits<qint64>::max()))
    {
        const qint64 value = number();
        if (value < 0 || quint64(value) > limit)
            m_ok = false;
        return m_ok ? quint64(value) : 0;
    }
    quint32 natural32() { return quint32(natural(std::numeric_limits<quint32>::max())); }
    bool truth()
    {
        for (const char c : {'t', 'r', 'u', 'e'})
            need(c);
        return m_ok;
    }
    QByteArray string()
    {
        QByteArray text;
        need('"');
        while (m_ok) {
            const char *begin = m_at;
            while (m_at != m_end && *m_at != '"' && *m_at != '\\')
                ++m_at;
            text.append(begin, m_at - begin);
            if (take('"'))
                return text;
            need('\\');
            if (take('u')) {
                int value = 0;
                for (int i = 0; i < 4; ++i)
                    value = value * 16 + hexDigit();
                if (value >= 0x20)
                    m_ok = false;
                text += char(value);
            } else if (m_ok && m_at != m_end && (*m_at == '"' || *m_at == '\\')) {
                text += *m_at++;
            } else {
                m_ok = false;
            }
        }
        return {};
    }
    QByteArray base64()
    {
        const auto decoded = QByteArray::fromBase64Encoding(
            string(), QByteArray::Base64Encoding | QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            m_ok = false;
        return decoded.decoded;
    }
    Sha256::Bytes hash()
    {
        Sha256::Bytes bytes{};
        need('"');
        for (unsigned char &byte : bytes) {
            const int high = hexDigit();
            byte = static_cast<unsigned char>(high * 16 + hexDigit());
        }
        need('"');
        return bytes;
    }
    quint32 octal()
    {
        quint32 value = 0;
        need('"');
        int digits = 0;
        while (m_ok && m_at != m_end && *m_at >= '0' && *m_at <= '7' && ++digits < 7)
            value = value * 8 + quint32(*m_at++ - '0');
        need('"');
        if (value > 07777)
            m_ok = false;
        return value;
    }

private:
    int hexDigit()
    {
        if (!m_ok || m_at == m_end) {
            m_ok = false;
            return 0;
        }
        const char c = *m_at++;
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        m_ok = false;
        return 0;
    }

    const char *m_at;
    const char *m_end;
    bool m_ok = true;
};

/// Runs `member(key)` for each member of the one object that the line is; `member` returns false
/// for a key it does not know.
template <class Member>
bool parseObject(LineCursor &cursor, Member member)
{
    cursor.need('{');
    do {
        const QByteArrayView key = cursor.key();
        if (!cursor.ok() || !member(key))
            return false;
    } while (cursor.take(','));
    cursor.need('}');
    return cursor.ok();
}

constexpr std::pair<EntryType, const char *> kTypes[] = {{EntryType::File, "file"},
                                                         {EntryType::Folder, "folder"},
                                                         {EntryType::Symlink, "symlink"},
                                                         {EntryType::HardLink, "hard_link"}};

void addXattrs(QByteArray &out, const IndexEntry &entry)
{
    out += ",\"xattrs\":[";
    for (size_t i = 0; i < entry.xattrs.size(); ++i) {
        out += i ? ",{" : "{";
        addBytes(out, "name", entry.xattrs[i].first);
        out += ",\"value_b64\":\"";
        out += entry.xattrs[i].second.toBase64();
        out += "\"}";
    }
    out += ']';
}

bool parseXattrs(LineCursor &cursor, IndexEntry &entry)
{
    cursor.need('[');
    do {
        auto &[name, value] = entry.xattrs.emplace_back();
        const bool good = parseObject(cursor, [&](QByteArrayView key) {
            if (key == "name")
                name = cursor.string();
            else if (key == "name_b64")
                name = cursor.base64();
            else if (key == "value_b64")
                value = cursor.base64();
            else
                return false;
            return true;
        });
        if (!good)
            return false;
    } while (cursor.take(','));
    cursor.need(']');
    return cursor.ok();
}

/// Extents in order, not touching the end of the range of a file offset, inside the file.
bool parseExtents(LineCursor &cursor, IndexEntry &entry)
{
    entry.sparse = true;
    cursor.need('[');
    if (cursor.take(']'))
        return cursor.ok();
    do {
        cursor.need('[');
        const quint64 offset = cursor.natural();
        cursor.need(',');
        const quint64 length = cursor.natural();
        cursor.need(']');
        const quint64 before =
            entry.extents.empty() ? 0 : entry.extents.back().first + entry.extents.back().second;
        if (!cursor.ok() || length == 0 || offset < before || offset + length > quint64(INT64_MAX))
            return false;
        entry.extents.emplace_back(offset, length);
    } while (cursor.take(','));
    cursor.need(']');
    return cursor.ok();
}

} // namespace

quint64 IndexEntry::storedSize() const
{
    if (type != EntryType::File)
        return 0;
    if (!sparse)
        return size;
    quint64 sum = 0;
    for (const Extent &extent : extents)
        sum += extent.second;
    return sum;
}

int comparePaths(QByteArrayView a, QByteArrayView b)
{
    if (a == "." || b == ".")
        return a == b ? 0 : (a == "." ? -1 : 1);
    const qsizetype common = std::min(a.size(), b.size());
    for (qsizetype i = 0; i < common; ++i) {
        if (a[i] == b[i])
            continue;
        if (a[i] == '/' || b[i] == '/')
            return a[i] == '/' ? -1 : 1;
        return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]) ? -1 : 1;
    }
    return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
}

void addEntryLine(QByteArray &out, const IndexEntry &entry)
{
    out += '{';
    addBytes(out, "path", entry.path);
    out += ",\"type\":\"";
    out += kTypes[size_t(entry.type)].second;
    out += "\",\"mode\":\"";
    out += QByteArray::number(entry.mode, 8).rightJustified(4, '0');
    out += "\",\"uid\":";
    addNumber(out, entry.uid);
    out += ",\"gid\":";
    addNumber(out, entry.gid);
    out += ",\"mtime_ns\":";
    addNumber(out, entry.mtimeNs);
    if (entry.type == EntryType::File) {
        out += ",\"size\":";
        addNumber(out, qint64(entry.size));
        addHash(out, entry.sparse ? "sha256_of_data" : "sha256", entry.sha256);
        if (entry.sparse) {
            out += ",\"extents\":[";
            for (size_t i = 0; i < entry.extents.size(); ++i) {
                out += i ? ",[" : "[";
                addNumber(out, qint64(entry.extents[i].first));
                out += ',';
                addNumber(out, qint64(entry.extents[i].second));
                out += ']';
            }
            out += ']';
        }
    } else if (entry.type != EntryType::Folder) {
        out += ',';
        addBytes(out, "target", entry.target);
    }
    if (!entry.xattrs.empty())
        addXattrs(out, entry);
    out += ",\"frame\":";
    addNumber(out, entry.frame);
    out += ",\"offset\":";
    addNumber(out, entry.frameOffset);
    if (entry.changed)
        out += ",\"changed\":true";
    if (entry.shrank)
        out += ",\"shrank\":true";
    if (entry.unreadable)
        out += ",\"unreadable\":true";
    out += "}\n";
}

std::optional<IndexEntry> parseEntryLine(QByteArrayView line)
{
    IndexEntry entry;
    bool typed = false;
    LineCursor cursor(line);
    const bool good = parseObject(cursor, [&](QByteArrayView key) {
        if (key == "path") {
            entry.path = cursor.string();
        } else if (key == "path_b64") {
            entry.path = cursor.base64();
        } else if (key == "type") {
            const QByteArray word = cursor.string();
            for (const auto &[type, name] : kTypes) {
                if (word == name) {
                    entry.type = type;
                    typed = true;
                }
            }
        } else if (key == "mode") {
            entry.mode = cursor.octal();
        } else if (key == "uid") {
            entry.uid = cursor.natural32();
        } else if (key == "gid") {
            entry.gid = cursor.natural32();
        } else if (key == "mtime_ns") {
            entry.mtimeNs = cursor.number();
        } else if (key == "size") {
            entry.size = cursor.natural();
        } else if (key == "sha256" || key == "sha256_of_data") {
            entry.sha256 = cursor.hash();
        } else if (key == "extents") {
            return parseExtents(cursor, entry);
        } else if (key == "target") {
            entry.target = cursor.string();
        } else if (key == "target_b64") {
            entry.target = cursor.base64();
        } else if (key == "xattrs") {
            return parseXattrs(cursor, entry);
        } else if (key == "frame") {
            entry.frame = cursor.natural32();
        } else if (key == "offset") {
            entry.frameOffset = cursor.natural32();
        } else if (key == "changed") {
            entry.changed = cursor.truth();
        } else if (key == "shrank") {
            entry.shrank = cursor.truth();
        } else if (key == "unreadable") {
            entry.unreadable = cursor.truth();
        } else {
            return false;
        }
        return true;
    });
    if (!good || !cursor.atEnd() || !typed || entry.path.isEmpty())
        return {};
    if (!entry.extents.empty() &&
        entry.extents.back().first + entry.extents.back().second > entry.size)
        return {};
    return entry;
}

void addFrameLine(QByteArray &out, quint32 number, const FrameInfo &frame)
{
    out += "{\"frame\":";
    addNumber(out, number);
    out += ",\"at\":";
    addNumber(out, qint64(frame.at));
    out += ",\"size\":";
    addNumber(out, frame.size);
    out += ",\"raw\":";
    addNumber(out, frame.raw);
    addHash(out, "sha256", frame.sha256);
    out += "}\n";
}

std::optional<std::pair<quint32, FrameInfo>> parseFrameLine(QByteArrayView line)
{
    quint32 number = 0;
    FrameInfo frame;
    LineCursor cursor(line);
    const bool good = parseObject(cursor, [&](QByteArrayView key) {
        if (key == "frame")
            number = cursor.natural32();
        else if (key == "at")
            frame.at = cursor.natural();
        else if (key == "size")
            frame.size = cursor.natural32();
        else if (key == "raw")
            frame.raw = cursor.natural32();
        else if (key == "sha256")
            frame.sha256 = cursor.hash();
        else
            return false;
        return true;
    });
    if (!good || !cursor.atEnd())
        return {};
    return std::make_pair(number, frame);
}

void addBlockLine(QByteArray &out, const IndexBlock &block)
{
    out += "{\"block\":";
    addNumber(out, qint64(block.at));
    out += ",\"size\":";
    addNumber(out, block.size);
    out += ',';
    if (block.ofFrames) {
        out += "\"first_frame\":";
        addNumber(out, block.firstFrame);
    } else {
        addBytes(out, "first_path", block.firstPath);
    }
    out += "}\n";
}

std::optional<IndexBlock> parseBlockLine(QByteArrayView line)
{
    IndexBlock block;
    LineCursor cursor(line);
    const bool good = parseObject(cursor, [&](QByteArrayView key) {
        if (key == "block") {
            block.at = cursor.natural();
        } else if (key == "size") {
            block.size = cursor.natural32();
        } else if (key == "first_frame") {
            block.ofFrames = true;
            block.firstFrame = cursor.natural32();
        } else if (key == "first_path") {
            block.firstPath = cursor.string();
        } else if (key == "first_path_b64") {
            block.firstPath = cursor.base64();
        } else {
            return false;
        }
        return true;
    });
    if (!good || !cursor.atEnd())
        return {};
    return block;
}

void addTotalsLine(QByteArray &out, const IndexTotals &totals)
{
    out += "{\"entries\":";
    addNumber(out, qint64(totals.entries));
    out += ",\"bytes\":";
    addNumber(out, qint64(totals.bytes));
    out += ",\"frames\":";
    addNumber(out, qint64(totals.frames));
    out += ",\"part_bytes\":";
    addNumber(out, qint64(totals.partBytes));
    out += "}\n";
}

std::optional<IndexTotals> parseTotalsLine(QByteArrayView line)
{
    IndexTotals totals;
    LineCursor cursor(line);
    const bool good = parseObject(cursor, [&](QByteArrayView key) {
        if (key == "entries")
            totals.entries = cursor.natural();
        else if (key == "bytes")
            totals.bytes = cursor.natural();
        else if (key == "frames")
            totals.frames = cursor.natural();
        else if (key == "part_bytes")
            totals.partBytes = cursor.natural();
        else
            return false;
        return true;
    });
    if (!good || !cursor.atEnd())
        return {};
    return totals;
}

} // namespace lb
