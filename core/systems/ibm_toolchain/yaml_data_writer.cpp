// SPDX-License-Identifier: GPL-3.0-or-later
// A writer of our own: yaml-cpp's Emitter writes "yes", dates, "1:30" and "<<" plain, which readers
// of YAML 1.1 (js-yaml, PyYAML, Go) take for something else than a text, and always strips or clips
// the end of a literal block.
#include "core/systems/ibm_toolchain/data_value.h"
#include "core/systems/ibm_toolchain/secret_names.h"

#include <QRegularExpression>

#include <algorithm>

namespace lb {

namespace {

/// Readers look for a key's colon within 1024 characters only (YAML 1.2.2, §7.4.2).
constexpr qsizetype kMaximumSimpleKey = 1000;

/// What may stand in quotes as it is. Not printable in YAML, or taken for a line break or a byte
/// order mark by some reader, is the rest.
bool isHarmless(char32_t c)
{
    const bool lineBreak = c == 0x2028 || c == 0x2029;
    return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xd800 && !lineBreak) ||
           (c >= 0xe000 && c < 0xfffe && c != 0xfeff) || c >= 0x10000;
}

QByteArray doubleQuoted(const QString &text)
{
    QString out(QLatin1Char('"'));
    for (const char32_t c : text.toUcs4()) {
        if (c == U'"' || c == U'\\')
            out += QLatin1Char('\\') + QChar(char16_t(c));
        else if (c == U'\n')
            out += QLatin1String("\\n");
        else if (c == U'\t')
            out += QLatin1String("\\t");
        else if (c == U'\r')
            out += QLatin1String("\\r");
        else if (isHarmless(c))
            out += QString::fromUcs4(&c, 1);
        else
            out += QStringLiteral("\\u%1").arg(uint(c), 4, 16, QLatin1Char('0'));
    }
    return (out + QLatin1Char('"')).toUtf8();
}

/// Texts that no reader of YAML 1.1 or 1.2 takes for anything else when they stand plain in block
/// style. What begins with a digit, a sign or a dot may be a number, a date or base 60 to one.
bool canStandPlain(const QString &text)
{
    static const QRegularExpression plain(
        QStringLiteral("\\A[A-Za-z_/$](?:[A-Za-z0-9_./${}()+@=,;<>|&!*\"'%^~-]|:(?=[^ ]))*"
                       "(?: +(?:[A-Za-z0-9_./${}()+@=,;<>|&!*\"'%^~-]|:(?=[^ ]))+)*\\z"));
    static const QRegularExpression special(
        QStringLiteral("\\A(?:y|n|yes|no|on|off|true|false|null)\\z"),
        QRegularExpression::CaseInsensitiveOption);
    return text.size() < 4096 && !text.endsWith(QLatin1Char(':')) && plain.match(text).hasMatch() &&
           !special.match(text).hasMatch();
}

QByteArray inlineText(const QString &text)
{
    if (canStandPlain(text))
        return text.toUtf8();
    const QList<uint> characters = text.toUcs4();
    if (text.isEmpty() || !std::all_of(characters.begin(), characters.end(), isHarmless))
        return doubleQuoted(text);
    return '\'' + QString(text).replace(QLatin1Char('\''), QLatin1String("''")).toUtf8() + '\'';
}

/// Whether all readers agree on the text as a literal block. They do not when it begins with space
/// (the block's indentation is not what it seems), when a line ends in space, or when it holds
/// what some take for a line break.
bool canStandAsBlock(const QString &text)
{
    if (!text.contains(QLatin1Char('\n')))
        return false;
    const QChar first = text.front();
    if (first == QLatin1Char('\n') || first == QLatin1Char(' ') || first == QLatin1Char('\t'))
        return false;
    char32_t before = U'\n';
    for (const char32_t c : text.toUcs4()) {
        if (c == U'\n' ? before == U' ' || before == U'\t' : c != U'\t' && !isHarmless(c))
            return false;
        before = c;
    }
    return before != U' ' && before != U'\t';
}

QByteArray literalBlock(const QString &text, int indent)
{
    QByteArray out = "|";
    QString body = text;
    if (!body.endsWith(QLatin1Char('\n')))
        out += '-';
    else if (body.endsWith(QLatin1String("\n\n")))
        out += '+';
    if (body.endsWith(QLatin1Char('\n')))
        body.chop(1);
    out += '\n';
    for (const QString &line : body.split(QLatin1Char('\n'))) {
        if (!line.isEmpty())
            out += QByteArray(indent, ' ') + line.toUtf8();
        out += '\n';
    }
    return out;
}

class Writer
{
public:
    explicit Writer(PointerLines *lines) : m_lines(lines) {}
    QByteArray take() { return std::move(m_out); }

    /// After "key:", "- " or at the beginning of a document; ends its last line.
    void document(const DataValue &value)
    {
        note({});
        if (isNested(value))
            nested(value, {}, 0, false);
        else
            m_out += inlineValue(value) + '\n';
    }

private:
    static bool isNested(const DataValue &value)
    {
        return (value.isMap() && !value.members.empty()) ||
               (value.isList() && !value.items.empty());
    }

    static QByteArray inlineValue(const DataValue &value)
    {
        switch (value.kind) {
        case DataValue::Kind::Null:
            return "null";
        case DataValue::Kind::Boolean:
            return value.boolean ? "true" : "false";
        case DataValue::Kind::Number:
            return value.text.toUtf8();
        case DataValue::Kind::Text:
            return inlineText(value.text);
        case DataValue::Kind::List:
            return "[]";
        case DataValue::Kind::Map:
            return "{}";
        }
        return "null";
    }

    /// What is written next is the value at this place.
    void note(const QString &pointer)
    {
        if (!m_lines)
            return;
        m_line += int(std::count(m_out.begin() + m_counted, m_out.end(), '\n'));
        m_counted = m_out.size();
        m_lines->emplace(pointer, m_line);
    }

    /// Pointers are needed for their lines only.
    QString below(const QString &pointer, const QString &step) const
    {
        return m_lines ? pointer + QLatin1Char('/') + pointerStep(step) : QString();
    }

    /// Its first line continues a line that is begun already when `begun`.
    void nested(const DataValue &value, const QString &pointer, int indent, bool begun)
    {
        const auto beginLine = [&] {
            if (!begun)
                m_out += QByteArray(indent, ' ');
            begun = false;
        };
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            const QString place = below(pointer, QString::number(i));
            note(place);
            beginLine();
            m_out += '-';
            afterDash(value.items[i], place, indent);
        }
        for (const DataValue::Member &member : value.members) {
            const QString place = below(pointer, member.key);
            note(place);
            beginLine();
            const QByteArray key = inlineText(member.key);
            if (key.size() > kMaximumSimpleKey)
                m_out += "? " + key + '\n' + QByteArray(indent, ' ');
            else
                m_out += key;
            m_out += ':';
            afterColon(member.value, place, indent);
        }
    }

    void afterDash(const DataValue &item, const QString &pointer, int indent)
    {
        m_out += ' ';
        if (isNested(item))
            nested(item, pointer, indent + 2, true);
        else
            scalar(item, indent);
    }

    void afterColon(const DataValue &value, const QString &pointer, int indent)
    {
        if (isNested(value)) {
            m_out += '\n';
            nested(value, pointer, indent + 2, false);
            return;
        }
        m_out += ' ';
        scalar(value, indent);
    }

    void scalar(const DataValue &value, int indent)
    {
        if (value.isText() && canStandAsBlock(value.text))
            m_out += literalBlock(value.text, indent + 2);
        else
            m_out += inlineValue(value) + '\n';
    }

    QByteArray m_out;
    PointerLines *m_lines;
    int m_line = 1;          ///< in which what was counted ends
    qsizetype m_counted = 0; ///< bytes of m_out whose lines are in m_line
};

} // namespace

QByteArray writeYamlData(const DataValue &value, PointerLines *lines)
{
    Writer writer(lines);
    writer.document(value);
    return writer.take();
}

} // namespace lb
