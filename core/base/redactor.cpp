// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/redactor.h"

#include <QSet>
#include <QStringList>

#include <array>
#include <queue>

namespace lb {

namespace {

LB_TRANSLATE(Redactor)

/// No form of a byte is longer; growing would leave copies behind.
constexpr qsizetype kWidest = 6;

/// Overwrites what it gives out at the end: the forms of a secret are secrets.
class Forms
{
public:
    ~Forms()
    {
        for (QByteArray &form : m_forms)
            wipe(form);
    }
    void add(QByteArray form)
    {
        if (form.size() < qsizetype(Redactor::kShortest) || m_forms.contains(form))
            wipe(form);
        else
            m_forms.push_back(std::move(form));
    }
    const QList<QByteArray> &all() const { return m_forms; }

private:
    QList<QByteArray> m_forms;
};

bool isUnreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

QByteArray percentEncoded(QByteArrayView value, const char *digits, bool plusForSpace,
                          QByteArrayView kept)
{
    QByteArray out;
    out.reserve(value.size() * kWidest);
    for (const char c : value) {
        if (isUnreserved(c) || kept.contains(c)) {
            out += c;
        } else if (c == ' ' && plusForSpace) {
            out += '+';
        } else {
            out += '%';
            out += digits[(uchar(c) >> 4) & 15];
            out += digits[uchar(c) & 15];
        }
    }
    return out;
}

/// How a program writes JSON.
struct JsonStyle
{
    bool asciiOnly = false;
    bool slashes = false;     ///< `\/`
    bool rawControls = false; ///< as no JSON may have them, and as careless programs write them
};

QByteArray jsonEscaped(QByteArrayView value, JsonStyle style)
{
    const auto unit = [](char16_t code) {
        return "\\u" + QByteArray::number(uint(code), 16).rightJustified(4, '0');
    };
    QByteArray out;
    out.reserve(value.size() * kWidest);
    for (qsizetype i = 0; i < value.size(); ++i) {
        const char c = value[i];
        switch (c) {
        case '"':
            out += "\\\"";
            continue;
        case '\\':
            out += "\\\\";
            continue;
        case '/':
            out += style.slashes ? "\\/" : "/";
            continue;
        case '\n':
            out += "\\n";
            continue;
        case '\r':
            out += "\\r";
            continue;
        case '\t':
            out += "\\t";
            continue;
        default:
            break;
        }
        if (uchar(c) < 0x20 && !style.rawControls) {
            out += unit(char16_t(uchar(c)));
        } else if (uchar(c) < 0x80 || !style.asciiOnly) {
            out += c;
        } else {
            qsizetype length = 1;
            while (i + length < value.size() && (uchar(value[i + length]) & 0xc0) == 0x80)
                ++length;
            QString character = QString::fromUtf8(value.sliced(i, length));
            for (const QChar part : std::as_const(character))
                out += unit(part.unicode());
            character.fill(QChar());
            i += length - 1;
        }
    }
    return out;
}

/// Each byte that stands in `table` is written as what stands beside it.
QByteArray replaced(QByteArrayView value,
                    std::initializer_list<std::pair<char, const char *>> table)
{
    QByteArray out;
    out.reserve(value.size() * kWidest);
    for (const char c : value) {
        const auto found = std::find_if(table.begin(), table.end(),
                                        [c](const auto &entry) { return entry.first == c; });
        if (found != table.end())
            out += found->second;
        else
            out += c;
    }
    return out;
}

QByteArray backslashed(QByteArrayView value, QByteArrayView special)
{
    QByteArray out;
    out.reserve(value.size() * kWidest);
    for (const char c : value) {
        if (special.contains(c))
            out += '\\';
        out += c;
    }
    return out;
}

/// Base64 of the value as it stands `offset` bytes into a longer text: only the characters that
/// the value alone decides.
QByteArray base64At(QByteArrayView value, int offset, QByteArray::Base64Options options)
{
    QByteArray shifted(offset, '\0');
    shifted += value;
    QByteArray encoded = shifted.toBase64(options | QByteArray::OmitTrailingEquals);
    wipe(shifted);
    const qsizetype first = (offset * 8 + 5) / 6;
    const qsizetype end = (offset + value.size()) * 8 / 6;
    // Not mid(): of the whole that would be the very buffer that is overwritten next.
    const QByteArray inner(encoded.constData() + first, end - first);
    wipe(encoded);
    return inner;
}

void addForms(Forms &forms, QByteArrayView value)
{
    forms.add(value.toByteArray());
    QByteArray once = jsonEscaped(value, {});
    forms.add(jsonEscaped(once, {})); // JSON that stands in a JSON text
    wipe(once);
    forms.add(jsonEscaped(value, {}));
    forms.add(jsonEscaped(value, {.asciiOnly = true}));
    forms.add(jsonEscaped(value, {.slashes = true}));
    forms.add(jsonEscaped(value, {.rawControls = true}));
    forms.add(jsonEscaped(value, {.slashes = true, .rawControls = true}));
    forms.add(replaced(value, {{'\'', "'\\''"}}));
    forms.add(replaced(value, {{'\'', "'\"'\"'"}}));
    forms.add(backslashed(value, "\"$`\\"));
    forms.add(backslashed(value, " !\"#$&'()*,;<=>?@[\\]^`{|}~"));
    // Qt, Python and Go write quotes in different ways.
    for (const auto &[quote, apostrophe] :
         {std::pair("&quot;", "'"), std::pair("&quot;", "&#39;"), std::pair("&quot;", "&#x27;"),
          std::pair("&#34;", "&#39;"), std::pair("&quot;", "&apos;")})
        forms.add(replaced(
            value,
            {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', quote}, {'\'', apostrophe}}));
    for (const char *digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
        forms.add(percentEncoded(value, digits, false, {}));
        forms.add(percentEncoded(value, digits, true, {}));
        forms.add(percentEncoded(value, digits, false, "!'()*"));
        forms.add(percentEncoded(value, digits, false, "!$&'()*+,;=:@/?"));
    }
    for (int offset = 0; offset < 3; ++offset) {
        forms.add(base64At(value, offset, QByteArray::Base64Encoding));
        forms.add(base64At(value, offset, QByteArray::Base64UrlEncoding));
    }
    QByteArray hex = QByteArray::fromRawData(value.data(), value.size()).toHex();
    // Of a value without letters in it toUpper() is the same buffer, which add() overwrites next.
    forms.add(QByteArray(hex.constData(), hex.size()).toUpper());
    forms.add(std::move(hex));
}

} // namespace

/// Aho and Corasick's automaton over all forms. A form stands in it as a path, one byte a node, so
/// that no part of memory holds a secret in a row.
class Redactor::Automaton
{
public:
    Automaton()
    {
        m_nodes.resize(1);
        link();
    }

    void add(const QString &name, const Forms &forms)
    {
        const auto number = qint32(m_names.size());
        m_names << ("[secret " + name.toUtf8() + ']');
        for (const QByteArray &form : forms.all())
            insert(form, number);
        link();
    }

    bool holds(QByteArrayView form) const
    {
        quint32 at = 0;
        for (const char c : form) {
            at = childOf(at, uchar(c));
            if (at == 0)
                return false;
        }
        return m_nodes[at].name >= 0;
    }

    quint32 step(quint32 state, uchar byte) const
    {
        for (;;) {
            const Node &node = m_nodes[state];
            if (node.depth < 2)
                return m_rows[node.row][byte];
            if (const quint32 child = childOf(state, byte); child != 0)
                return child;
            state = node.fail;
        }
    }
    qsizetype depth(quint32 state) const { return m_nodes[state].depth; }
    /// The longest form that ends here: its node, 0 for none.
    quint32 ended(quint32 state) const { return m_nodes[state].ended; }
    const QByteArray &nameOf(quint32 node) const { return m_names.at(m_nodes[node].name); }
    bool isEmpty() const { return m_nodes.size() == 1; }

private:
    struct Node
    {
        quint32 child = 0, sibling = 0, fail = 0, ended = 0;
        qint32 depth = 0, name = -1;
        quint32 row = 0; ///< of the root and its children
        uchar byte = 0;
    };
    using Row = std::array<quint32, 256>;

    /// 0: none.
    quint32 childOf(quint32 node, uchar byte) const
    {
        quint32 child = m_nodes[node].child;
        while (child != 0 && m_nodes[child].byte != byte)
            child = m_nodes[child].sibling;
        return child;
    }

    void insert(QByteArrayView form, qint32 name)
    {
        quint32 at = 0;
        for (const char c : form) {
            quint32 child = childOf(at, uchar(c));
            if (child == 0) {
                child = quint32(m_nodes.size());
                Node node;
                node.byte = uchar(c);
                node.depth = m_nodes[at].depth + 1;
                node.sibling = m_nodes[at].child;
                m_nodes.push_back(node);
                m_nodes[at].child = child;
            }
            at = child;
        }
        if (m_nodes[at].name < 0)
            m_nodes[at].name = name;
    }

    void link()
    {
        m_rows.assign(1, Row{});
        std::queue<quint32> waiting;
        for (quint32 node = m_nodes[0].child; node != 0; node = m_nodes[node].sibling) {
            m_rows[0][m_nodes[node].byte] = node;
            m_nodes[node].fail = 0;
            m_nodes[node].ended = 0;
            waiting.push(node);
        }
        for (quint32 node = m_nodes[0].child; node != 0; node = m_nodes[node].sibling) {
            m_nodes[node].row = quint32(m_rows.size());
            m_rows.push_back(m_rows[0]);
            for (quint32 child = m_nodes[node].child; child != 0; child = m_nodes[child].sibling)
                m_rows.back()[m_nodes[child].byte] = child;
        }
        while (!waiting.empty()) {
            const quint32 node = waiting.front();
            waiting.pop();
            for (quint32 child = m_nodes[node].child; child != 0; child = m_nodes[child].sibling) {
                Node &next = m_nodes[child];
                next.fail = step(m_nodes[node].fail, next.byte);
                next.ended = next.name >= 0 ? child : m_nodes[next.fail].ended;
                waiting.push(child);
            }
        }
    }

    std::vector<Node> m_nodes;
    std::vector<Row> m_rows;
    QList<QByteArray> m_names; ///< as they are written
};

Redactor::Redactor() : m_automaton(std::make_shared<const Automaton>()) {}

Redactor::~Redactor() = default;

Result<void> Redactor::add(const QString &name, const SecretString &value)
{
    Forms forms;
    const bool isLong = value.reveal([&forms](QByteArrayView bytes) {
        while (!bytes.isEmpty() && (bytes.back() == '\n' || bytes.back() == '\r'))
            bytes.chop(1);
        if (bytes.size() < qsizetype(kShortest))
            return false;
        addForms(forms, bytes);
        qsizetype begin = 0;
        while (begin < bytes.size() && bytes.contains('\n')) {
            const qsizetype at = bytes.indexOf('\n', begin);
            const qsizetype end = at < 0 ? bytes.size() : at;
            const QByteArrayView line = bytes.sliced(begin, end - begin).trimmed();
            if (line.size() >= kShortestLine)
                addForms(forms, line);
            begin = end + 1;
        }
        return true;
    });
    if (!isLong)
        return fail(ErrorCode::BadInput, tr("The secret %1 is too short").arg(name),
                    tr("%n characters can be told from ordinary text, fewer can not", nullptr,
                       int(kShortest)));
    const QMutexLocker lock(&m_mutex);
    // Fetched anew for each step that needs it: the same value costs nothing the second time.
    if (std::all_of(forms.all().begin(), forms.all().end(),
                    [this](const QByteArray &form) { return m_automaton->holds(form); }))
        return {};
    auto grown = std::make_shared<Automaton>(*m_automaton);
    grown->add(name, forms);
    m_automaton = std::move(grown);
    return {};
}

bool Redactor::isEmpty() const
{
    return automaton()->isEmpty();
}

std::shared_ptr<const Redactor::Automaton> Redactor::automaton() const
{
    const QMutexLocker lock(&m_mutex);
    return m_automaton;
}

QByteArray Redactor::redacted(QByteArrayView text) const
{
    RedactorStream stream(*this);
    QByteArray out = stream.push(text);
    return out + stream.finish();
}

QString Redactor::redacted(const QString &text) const
{
    return isEmpty() ? text : QString::fromUtf8(redacted(QByteArrayView(text.toUtf8())));
}

RedactorStream::RedactorStream(const Redactor &redactor)
    : m_redactor(redactor), m_automaton(redactor.automaton())
{
}

RedactorStream::~RedactorStream()
{
    wipe(m_kept);
}

QByteArray RedactorStream::push(QByteArrayView piece)
{
    return take(piece, false);
}

QByteArray RedactorStream::finish()
{
    return take({}, true);
}

QByteArray RedactorStream::take(QByteArrayView piece, bool last)
{
    // What was kept back is read again: secrets may have come since.
    m_automaton = m_redactor.automaton();
    if (m_automaton->isEmpty())
        return piece.toByteArray();
    QByteArray joined;
    QByteArrayView text = piece;
    if (!m_kept.isEmpty()) {
        joined = m_kept;
        joined.append(piece);
        text = joined;
    }

    struct Found
    {
        qsizetype begin, end;
        quint32 node;
        bool isSaid;
    };
    std::vector<Found> found;
    if (m_masked > 0)
        found.push_back({0, m_masked, 0, true});
    quint32 state = 0;
    const Redactor::Automaton &automaton = *m_automaton;
    for (qsizetype i = 0; i < text.size(); ++i) {
        state = automaton.step(state, uchar(text[i]));
        const quint32 node = automaton.ended(state);
        if (node == 0)
            continue;
        Found match{i + 1 - automaton.depth(node), i + 1, node, false};
        // Secrets that overlap are taken out as one.
        while (!found.empty() && found.back().end > match.begin) {
            const Found &before = found.back();
            // Named after the one that begins first; of several there, after the longest.
            if (before.begin < match.begin || before.isSaid) {
                match.begin = before.begin;
                match.node = before.node;
                match.isSaid = before.isSaid;
            }
            found.pop_back();
        }
        found.push_back(match);
    }

    const qsizetype known = last ? text.size() : text.size() - automaton.depth(state);
    QByteArray out;
    out.reserve(known);
    qsizetype at = 0;
    m_masked = 0;
    for (const Found &match : found) {
        if (match.begin >= known && match.begin > 0)
            break;
        out += text.sliced(at, match.begin - at);
        if (!match.isSaid)
            out += automaton.nameOf(match.node);
        at = std::min(match.end, known);
        m_masked = match.end - at;
    }
    if (at < known)
        out += text.sliced(at, known - at);
    QByteArray kept = text.sliced(known).toByteArray();
    wipe(joined);
    wipe(m_kept);
    m_kept = std::move(kept);
    return out;
}

} // namespace lb
