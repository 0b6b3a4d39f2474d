// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/lossless_json.h"

#include <array>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(LosslessJson)

/// Bytes that neither end a string, nor begin an escape, nor are forbidden in it.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < plain.size(); ++c)
        plain[c] = c != '"' && c != '\\';
    return plain;
}();

/// The end of a run of plain bytes. Most of a document is text, so eight at a time: the bit tricks
/// may see a byte that is not there behind one that is, and the bytes then decide.
const char *plainEnd(const char *at, const char *end)
{
    constexpr quint64 kOnes = 0x0101010101010101;
    constexpr quint64 kHighs = 0x8080808080808080;
    const auto below = [](quint64 bytes, quint64 limit) {
        return (bytes - kOnes * limit) & ~bytes & kHighs;
    };
    while (end - at >= 8) {
        quint64 bytes = 0;
        std::memcpy(&bytes, at, sizeof bytes);
        if (below(bytes, 0x20) | below(bytes ^ (kOnes * '"'), 1) | below(bytes ^ (kOnes * '\\'), 1))
            break;
        at += 8;
    }
    while (at != end && kPlain[static_cast<unsigned char>(*at)])
        ++at;
    return at;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

int hexDigit(char c)
{
    if (isDigit(c))
        return c - '0';
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four digits of a \u escape; -1 when they are none.
int hexNumber(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hexDigit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

void appendUtf8(QByteArray &out, char32_t c)
{
    if (c < 0x80) {
        out += char(c);
    } else if (c < 0x800) {
        out += char(0xc0 | (c >> 6));
        out += char(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out += char(0xe0 | (c >> 12));
        out += char(0x80 | ((c >> 6) & 0x3f));
        out += char(0x80 | (c & 0x3f));
    } else {
        out += char(0xf0 | (c >> 18));
        out += char(0x80 | ((c >> 12) & 0x3f));
        out += char(0x80 | ((c >> 6) & 0x3f));
        out += char(0x80 | (c & 0x3f));
    }
}

bool isHighSurrogate(int unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

bool isLowSurrogate(int unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

QByteArrayView withoutQuotes(QByteArrayView raw)
{
    return raw.size() < 2 ? QByteArrayView() : raw.sliced(1, raw.size() - 2);
}

} // namespace

// --- JsonCursor ---

void JsonCursor::skipSpace()
{
    while (m_at != m_end && (*m_at == ' ' || *m_at == '\n' || *m_at == '\r' || *m_at == '\t'))
        ++m_at;
}

JsonToken JsonCursor::bad(Problem problem)
{
    // Whatever is wrong with the last bytes, the text ends in the middle.
    m_problem = m_at == m_end && problem != Problem::Deep ? Problem::Torn : problem;
    m_begin = m_stop = m_at;
    m_token = JsonToken::Bad;
    return m_token;
}

JsonToken JsonCursor::next()
{
    if (m_problem != Problem::None)
        return JsonToken::Bad;
    skipSpace();
    m_begin = m_at;
    const char c = m_at == m_end ? '\0' : *m_at;
    switch (m_awaited) {
    case Awaited::Value:
        return value();
    case Awaited::FirstMember:
        return c == '}' ? close(JsonToken::ObjectEnd) : key();
    case Awaited::NextMember:
        if (c == '}')
            return close(JsonToken::ObjectEnd);
        if (c != ',')
            return bad(Problem::NoComma);
        ++m_at;
        skipSpace();
        return key();
    case Awaited::FirstItem:
        return c == ']' ? close(JsonToken::ArrayEnd) : value();
    case Awaited::NextItem:
        if (c == ']')
            return close(JsonToken::ArrayEnd);
        if (c != ',')
            return bad(Problem::NoComma);
        ++m_at;
        skipSpace();
        return value();
    case Awaited::Nothing:
        if (m_at != m_end)
            return bad(Problem::MoreThanOne);
        m_stop = m_at;
        m_token = JsonToken::End;
        return m_token;
    }
    return bad(Problem::NotAValue);
}

bool JsonCursor::skipValue()
{
    const int depth = m_depth;
    if (next() == JsonToken::Bad)
        return false;
    const char *begin = m_begin;
    while (m_depth > depth) {
        if (next() == JsonToken::Bad)
            return false;
    }
    m_begin = begin;
    return true;
}

JsonToken JsonCursor::value()
{
    m_begin = m_at;
    if (m_at == m_end)
        return bad(Problem::Torn);
    switch (*m_at) {
    case '{':
        return open(true);
    case '[':
        return open(false);
    case '"':
        return string() ? done(JsonToken::String) : JsonToken::Bad;
    case 't':
        return word("true", 4, JsonToken::True);
    case 'f':
        return word("false", 5, JsonToken::False);
    case 'n':
        return word("null", 4, JsonToken::Null);
    default:
        return number();
    }
}

JsonToken JsonCursor::key()
{
    m_begin = m_at;
    if (m_at == m_end || *m_at != '"')
        return bad(Problem::NotAKey);
    if (!string())
        return JsonToken::Bad;
    m_stop = m_at;
    skipSpace();
    if (m_at == m_end || *m_at != ':')
        return bad(Problem::NoColon);
    ++m_at;
    skipSpace();
    m_awaited = Awaited::Value;
    m_token = JsonToken::Key;
    return m_token;
}

JsonToken JsonCursor::open(bool object)
{
    if (m_depth == kMaximumJsonDepth)
        return bad(Problem::Deep);
    m_objects[std::size_t(m_depth)] = object;
    ++m_depth;
    m_stop = ++m_at;
    m_awaited = object ? Awaited::FirstMember : Awaited::FirstItem;
    m_token = object ? JsonToken::ObjectBegin : JsonToken::ArrayBegin;
    return m_token;
}

JsonToken JsonCursor::close(JsonToken token)
{
    --m_depth;
    ++m_at;
    return done(token);
}

JsonToken JsonCursor::done(JsonToken token)
{
    if (m_depth == 0)
        m_awaited = Awaited::Nothing;
    else
        m_awaited = m_objects[std::size_t(m_depth - 1)] ? Awaited::NextMember : Awaited::NextItem;
    m_stop = m_at;
    m_token = token;
    return m_token;
}

JsonToken JsonCursor::word(const char *text, qsizetype size, JsonToken token)
{
    for (qsizetype i = 0; i < size; ++i, ++m_at) {
        if (m_at == m_end || *m_at != text[i])
            return bad(Problem::NotAValue);
    }
    return done(token);
}

JsonToken JsonCursor::number()
{
    const auto digits = [this] {
        const char *from = m_at;
        while (m_at != m_end && isDigit(*m_at))
            ++m_at;
        return m_at != from;
    };
    const auto take = [this](char c) {
        if (m_at == m_end || *m_at != c)
            return false;
        ++m_at;
        return true;
    };
    const bool negative = take('-');
    if (!negative && !isDigit(*m_at))
        return bad(Problem::NotAValue);
    if (!take('0') && !digits())
        return bad(Problem::BadNumber);
    if (take('.') && !digits())
        return bad(Problem::BadNumber);
    if (take('e') || take('E')) {
        if (!take('+'))
            take('-');
        if (!digits())
            return bad(Problem::BadNumber);
    }
    if (m_at != m_end && isDigit(*m_at)) // 01
        return bad(Problem::BadNumber);
    return done(JsonToken::Number);
}

bool JsonCursor::string()
{
    ++m_at;
    for (;;) {
        m_at = plainEnd(m_at, m_end);
        if (m_at == m_end) {
            bad(Problem::Torn);
            return false;
        }
        if (*m_at == '"') {
            ++m_at;
            return true;
        }
        if (*m_at != '\\') {
            bad(Problem::ControlCharacter);
            return false;
        }
        ++m_at;
        if (m_at != m_end && *m_at == 'u') {
            ++m_at;
            for (int i = 0; i < 4; ++i, ++m_at) {
                if (m_at == m_end || hexDigit(*m_at) < 0) {
                    bad(Problem::BadEscape);
                    return false;
                }
            }
        } else if (m_at != m_end && *m_at != '\0' && std::strchr("\"\\/bfnrt", *m_at)) {
            ++m_at;
        } else {
            bad(Problem::BadEscape);
            return false;
        }
    }
}

QString JsonCursor::problemText() const
{
    const auto what = [this] {
        switch (m_problem) {
        case Problem::None:
            break;
        case Problem::Torn:
            return tr("the text ends in the middle");
        case Problem::Deep:
            return tr("it is nested deeper than %1 levels").arg(kMaximumJsonDepth);
        case Problem::NotAValue:
            return tr("there is no value where one must stand");
        case Problem::NotAKey:
            return tr("there is no key where one must stand");
        case Problem::NoColon:
            return tr("a colon is missing");
        case Problem::NoComma:
            return tr("a comma or the closing bracket is missing");
        case Problem::BadEscape:
            return tr("a string has an escape that there is not");
        case Problem::ControlCharacter:
            return tr("a string holds a control character that is not escaped");
        case Problem::BadNumber:
            return tr("a number is not written as one");
        case Problem::MoreThanOne:
            return tr("something follows after the end");
        }
        return tr("nothing is wrong");
    };
    return tr("at byte %1: %2").arg(m_at - m_text).arg(what());
}

Error JsonCursor::problem(const QString &what) const
{
    return {ErrorCode::Corrupt, tr("%1 is not valid JSON").arg(what), problemText(), {}};
}

// --- strings ---

QByteArray jsonText(QByteArrayView raw)
{
    const QByteArrayView inside = withoutQuotes(raw);
    if (inside.indexOf('\\') < 0)
        return inside.toByteArray();
    QByteArray text;
    text.reserve(inside.size());
    const char *at = inside.data();
    const char *end = at + inside.size();
    while (at != end) {
        if (*at != '\\') {
            text += *at++;
            continue;
        }
        if (++at == end)
            break;
        const char c = *at++;
        switch (c) {
        case 'b':
            text += '\b';
            break;
        case 'f':
            text += '\f';
            break;
        case 'n':
            text += '\n';
            break;
        case 'r':
            text += '\r';
            break;
        case 't':
            text += '\t';
            break;
        case 'u': {
            const int unit = hexNumber(at, end);
            if (unit < 0)
                return text;
            at += 4;
            if (isHighSurrogate(unit) && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
                isLowSurrogate(hexNumber(at + 2, end))) {
                const int low = hexNumber(at + 2, end);
                at += 6;
                appendUtf8(text, char32_t(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)));
            } else if (isHighSurrogate(unit) || isLowSurrogate(unit)) {
                appendUtf8(text, 0xfffd);
            } else {
                appendUtf8(text, char32_t(unit));
            }
            break;
        }
        default:
            text += c;
        }
    }
    return text;
}

bool jsonTextIs(QByteArrayView raw, QByteArrayView text)
{
    if (!raw.startsWith('"'))
        return false;
    const QByteArrayView inside = withoutQuotes(raw);
    if (inside == text)
        return text.indexOf('\\') < 0;
    return inside.size() > text.size() && inside.indexOf('\\') >= 0 && jsonText(raw) == text;
}

// --- JsonPath ---

QString JsonPath::pointer() const
{
    QString text;
    for (const Step &step : m_steps) {
        text += QLatin1Char('/');
        if (step.key.isNull())
            text += QString::number(step.index);
        else
            text += QString::fromUtf8(jsonText(step.key))
                        .replace(QLatin1Char('~'), QStringLiteral("~0"))
                        .replace(QLatin1Char('/'), QStringLiteral("~1"));
    }
    return text;
}

// --- TextEdits ---

void TextEdits::replace(qsizetype begin, qsizetype end, QByteArrayView text)
{
    Q_ASSERT(begin <= end && (m_edits.empty() || m_edits.back().end <= begin));
    m_edits.push_back({begin, end, text});
}

void TextEdits::appendApplied(QByteArray &out, QByteArrayView text) const
{
    qsizetype from = 0;
    for (const Edit &edit : m_edits) {
        out.append(text.sliced(from, edit.begin - from));
        out.append(edit.text);
        from = edit.end;
    }
    out.append(text.sliced(from));
}

// --- comparing ---

namespace {

/// Where two cursors stand while they walk the same way.
class Walk
{
public:
    const JsonPath &path() const { return m_path; }

    void took(JsonToken token, QByteArrayView raw)
    {
        switch (token) {
        case JsonToken::Key:
            m_path.pushKey(raw);
            return;
        case JsonToken::ObjectEnd:
        case JsonToken::ArrayEnd:
            m_open.pop_back();
            leaveValue();
            return;
        case JsonToken::ObjectBegin:
        case JsonToken::ArrayBegin:
            enterValue();
            m_open.push_back({token == JsonToken::ArrayBegin, 0});
            return;
        default:
            enterValue();
            leaveValue();
        }
    }
    /// Before the next token is compared: an item of a list has a place already.
    void enterValue()
    {
        if (!m_open.empty() && m_open.back().list)
            m_path.pushItem(m_open.back().items++);
    }
    void leaveValue()
    {
        if (!m_open.empty())
            m_path.pop();
    }

private:
    struct Open
    {
        bool list;
        qsizetype items;
    };
    std::vector<Open> m_open;
    JsonPath m_path;
};

bool saysTheSame(JsonToken token, QByteArrayView left, QByteArrayView right)
{
    if (left == right)
        return true;
    return (token == JsonToken::Key || token == JsonToken::String) &&
           jsonText(left) == jsonText(right);
}

} // namespace

Result<std::optional<QString>> jsonDifference(QByteArrayView left, QByteArrayView right)
{
    JsonCursor a(left);
    JsonCursor b(right);
    Walk walk;
    for (;;) {
        const JsonToken token = a.next();
        const JsonToken other = b.next();
        if (token == JsonToken::Bad)
            return tl::unexpected(a.problem(tr("The first text")));
        if (other == JsonToken::Bad)
            return tl::unexpected(b.problem(tr("The second text")));
        if (token != other || !saysTheSame(token, a.raw(), b.raw())) {
            if (token != JsonToken::Key && token != JsonToken::ObjectEnd &&
                token != JsonToken::ArrayEnd)
                walk.enterValue();
            return std::optional<QString>(walk.path().pointer());
        }
        if (token == JsonToken::End)
            return std::optional<QString>();
        walk.took(token, a.raw());
    }
}

} // namespace lb
