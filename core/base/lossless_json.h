// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QByteArrayView>

#include <bitset>
#include <optional>
#include <vector>

namespace lb {

/// Text that is nested deeper is refused: nobody's documents are, and what reads it next (Jackson's
/// data binding in Alien4Cloud) recurses.
inline constexpr int kMaximumJsonDepth = 1000;

enum class JsonToken
{
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Key,
    String,
    Number,
    True,
    False,
    Null,
    End, ///< after the one value that a text is
    Bad, ///< and every token after it too; problem() says what and where
};

/// Reads JSON text (RFC 8259) token by token and says where each stands, so that what is not meant
/// to change can be copied as the bytes it is: numbers of any size stay text, keys keep their order
/// and their duplicates, strings their escapes. Builds and allocates nothing and does not recurse.
/// The text must outlive it. Not looked at: whether strings are UTF-8.
///
/// A reader of our own, because those at hand lose what must stay: QJsonDocument makes doubles of
/// numbers and sorts keys; RapidJSON 1.1 and nlohmann-json refuse 1e400 even when asked for numbers
/// as text (rapidjson/reader.h, ParseNumber: "exp > maxExp"); yajl gives no positions.
class JsonCursor
{
public:
    explicit JsonCursor(QByteArrayView text)
        : m_text(text.data()),
          m_at(m_text),
          m_end(m_text + text.size()),
          m_begin(m_text),
          m_stop(m_text)
    {
    }

    JsonToken next();
    /// Reads the next value whole, whatever it holds; false at a bad one.
    bool skipValue();

    JsonToken token() const { return m_token; }
    /// The current token as it stands: a string or key with its quotes. After skipValue(): the
    /// whole value.
    QByteArrayView raw() const { return {m_begin, m_stop - m_begin}; }
    qsizetype begin() const { return m_begin - m_text; }
    qsizetype end() const { return m_stop - m_text; }
    /// After a key, where its value begins.
    qsizetype valueBegin() const { return m_at - m_text; }
    int depth() const { return m_depth; }

    /// What is wrong with the text that `what` names; Corrupt.
    Error problem(const QString &what) const;
    /// The same without a name: "at byte 12: a comma is missing".
    QString problemText() const;

private:
    enum class Awaited : quint8
    {
        Value,
        FirstMember,
        NextMember,
        FirstItem,
        NextItem,
        Nothing,
    };
    enum class Problem : quint8
    {
        None,
        Torn,
        Deep,
        NotAValue,
        NotAKey,
        NoColon,
        NoComma,
        BadEscape,
        ControlCharacter,
        BadNumber,
        MoreThanOne,
    };

    void skipSpace();
    JsonToken value();
    JsonToken key();
    JsonToken open(bool object);
    JsonToken close(JsonToken token);
    JsonToken done(JsonToken token);
    JsonToken word(const char *text, qsizetype size, JsonToken token);
    JsonToken number();
    bool string();
    JsonToken bad(Problem problem);

    const char *m_text;
    const char *m_at;
    const char *m_end;
    const char *m_begin; ///< of the token
    const char *m_stop;  ///< its end; after a key m_at is behind the colon already
    std::bitset<kMaximumJsonDepth> m_objects; ///< of what is open: object or array
    int m_depth = 0;
    JsonToken m_token = JsonToken::End;
    Awaited m_awaited = Awaited::Value;
    Problem m_problem = Problem::None;
};

/// What a string or key token says, as UTF-8. `raw` with its quotes, as JsonCursor::raw() gives it.
/// Half a surrogate pair becomes U+FFFD.
QByteArray jsonText(QByteArrayView raw);
/// Whether a string or key token says `text`, however it is escaped.
bool jsonTextIs(QByteArrayView raw, QByteArrayView text);

/// A place in a JSON text, as a pointer of RFC 6901.
class JsonPath
{
public:
    /// `raw` as JsonCursor::raw() gives a key; must outlive the path.
    void pushKey(QByteArrayView raw) { m_steps.push_back({raw, 0}); }
    void pushItem(qsizetype index) { m_steps.push_back({{}, index}); }
    void pop() { m_steps.pop_back(); }
    /// "/nodeTemplates/0/value"; empty for the whole text.
    QString pointer() const;

private:
    struct Step
    {
        QByteArrayView key; ///< null: an item of a list
        qsizetype index;
    };
    std::vector<Step> m_steps;
};

/// Changes to a text, noted in the order of their places. What lies between them is copied.
class TextEdits
{
public:
    /// Bytes `begin` to `end` become `text`, which must outlive the edits. Not before the last one.
    void replace(qsizetype begin, qsizetype end, QByteArrayView text);
    void insert(qsizetype at, QByteArrayView text) { replace(at, at, text); }
    void remove(qsizetype begin, qsizetype end) { replace(begin, end, {}); }

    bool isEmpty() const { return m_edits.empty(); }
    void clear() { m_edits.clear(); }
    void appendApplied(QByteArray &out, QByteArrayView text) const;

private:
    struct Edit
    {
        qsizetype begin, end;
        QByteArrayView text;
    };
    std::vector<Edit> m_edits;
};

/// The first place where two texts do not say the same; nothing when they do. Space between tokens
/// and the way strings are escaped do not count; the order of keys, duplicates and how a number is
/// written do. Corrupt when one is no JSON.
Result<std::optional<QString>> jsonDifference(QByteArrayView left, QByteArrayView right);

} // namespace lb
