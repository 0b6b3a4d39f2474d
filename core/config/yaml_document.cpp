// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yaml_document.h"

#include "core/base/atomic_file.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>
#include <QStringDecoder>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace lb {

namespace {

LB_TRANSLATE(Yaml)

/// Ends the parse from inside an event; never leaves parseYaml().
struct Refused
{
};

/// Turns the byte positions of yaml-cpp (all its columns count bytes) into characters.
class Source
{
public:
    Source(const QByteArray &bytes, QString file) : m_bytes(bytes), m_file(std::move(file))
    {
        m_lines.push_back(0);
        for (qsizetype at = bytes.indexOf('\n'); at >= 0; at = bytes.indexOf('\n', at + 1))
            m_lines.push_back(at + 1);
    }

    YamlPlace place(int line, int column) const
    {
        if (line < 0 || size_t(line) >= m_lines.size())
            return {int(m_lines.size()), 1};
        // Marks come in order: counting on from the last one keeps one endless line linear.
        if (line != m_line || column < m_column) {
            m_line = line;
            m_column = m_characters = 0;
        }
        const QByteArrayView rest =
            QByteArrayView(m_bytes).sliced(m_lines[size_t(line)] + m_column);
        const qsizetype more = std::min<qsizetype>(column - m_column, rest.size());
        m_characters += int(QString::fromUtf8(rest.first(more)).size());
        m_column += int(more);
        return {line + 1, m_characters + 1};
    }
    YamlPlace place(const YAML::Mark &mark) const { return place(mark.line, mark.column); }
    YamlPlace placeAt(qsizetype offset) const
    {
        const auto next = std::upper_bound(m_lines.begin(), m_lines.end(), offset);
        const auto line = int(next - m_lines.begin()) - 1;
        return place(line, int(offset - m_lines[size_t(line)]));
    }
    qsizetype offset(const YAML::Mark &mark) const
    {
        const auto line = size_t(std::max(mark.line, 0));
        return line < m_lines.size() ? m_lines[line] + mark.column : m_bytes.size();
    }
    const QByteArray &bytes() const { return m_bytes; }
    Diagnostic problem(YamlPlace place, const QString &message, const QString &advice = {}) const
    {
        return {Diagnostic::Severity::Error, m_file, place.line, place.column, message, advice};
    }

private:
    const QByteArray &m_bytes;
    QString m_file;
    std::vector<qsizetype> m_lines;
    mutable int m_line = 0, m_column = 0, m_characters = 0;
};

/// Builds the tree from parser events. Aliases arrive as events, so nothing is ever expanded.
class Builder : public YAML::EventHandler
{
public:
    Builder(const Source &source, YamlDocument &document) : m_source(source), m_document(document)
    {
    }

    void OnDocumentStart(const YAML::Mark &) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        refuseProperties(mark, std::string(), anchor);
        add(make(YamlNode::Kind::Null, mark));
    }
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t) override
    {
        problem(mark, tr("An alias (*) is not allowed"), tr("Write the value out"));
        add(make(YamlNode::Kind::Null, mark));
    }
    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  const std::string &value) override
    {
        refuseProperties(mark, tag, anchor);
        YamlNode node = make(YamlNode::Kind::Scalar, mark);
        node.text = QString::fromStdString(value);
        node.plain = tag == "?";
        static const QSet<QString> kNull{QStringLiteral("null"), QStringLiteral("Null"),
                                         QStringLiteral("NULL"), QStringLiteral("~")};
        if (node.plain && kNull.contains(node.text))
            node.kind = YamlNode::Kind::Null;
        m_lastScalar = m_source.offset(mark);
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        refuseProperties(mark, tag, anchor);
        open(YamlNode::Kind::List, mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        refuseProperties(mark, tag, anchor);
        open(YamlNode::Kind::Map, mark);
    }
    void OnMapEnd() override { close(); }

    /// yaml-cpp 0.7 takes a quoted text that the end of the file cuts off for a whole one; a
    /// truncated document must never be read as a shorter one.
    void checkLastQuote()
    {
        const QByteArray &bytes = m_source.bytes();
        if (m_lastScalar < 0 || m_lastScalar >= bytes.size())
            return;
        const char quote = bytes[m_lastScalar];
        if (quote != '"' && quote != '\'')
            return;
        for (qsizetype at = m_lastScalar + 1; at < bytes.size(); ++at) {
            if (quote == '"' && bytes[at] == '\\')
                ++at;
            else if (bytes[at] == quote) {
                if (quote == '"' || at + 1 >= bytes.size() || bytes[at + 1] != quote)
                    return;
                ++at;
            }
        }
        m_document.diagnostics.push_back(
            m_source.problem(m_source.placeAt(m_lastScalar),
                             tr("This quoted text has no end; the file may be cut off")));
    }

private:
    struct Frame
    {
        YamlNode node;
        QSet<QString> keys;
        bool awaitsKey = false;
        bool isKey = false; ///< a list or map where a key should be: dropped
        QString key;
        YamlPlace keyPlace;
        bool dropValue = false;
    };

    void problem(const YAML::Mark &mark, const QString &message, const QString &advice = {})
    {
        m_document.diagnostics.push_back(m_source.problem(m_source.place(mark), message, advice));
        // A file made to be hostile could fill memory with findings about itself.
        if (m_document.diagnostics.size() >= 200)
            throw Refused();
    }

    void refuseProperties(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor)
    {
        if (anchor != 0)
            problem(mark, tr("An anchor (&) is not allowed"), tr("Write the value out"));
        if (!tag.empty() && tag != "?" && tag != "!")
            problem(mark, tr("A tag (!) is not allowed"),
                    tr("Quote the value if it should be a text"));
        const qsizetype at = m_source.offset(mark);
        if (tag == "!" && at < m_source.bytes().size() && m_source.bytes()[at] == '!')
            problem(mark, tr("A tag (!) is not allowed"),
                    tr("Quote the value if it should be a text"));
    }

    YamlNode make(YamlNode::Kind kind, const YAML::Mark &mark)
    {
        if (++m_nodes > kYamlMaxNodes) {
            problem(mark, tr("The document has more than %n values", nullptr, kYamlMaxNodes));
            throw Refused();
        }
        YamlNode node;
        node.kind = kind;
        node.place = m_source.place(mark);
        return node;
    }

    void open(YamlNode::Kind kind, const YAML::Mark &mark)
    {
        if (m_stack.size() >= size_t(kYamlMaxDepth)) {
            problem(mark, tr("Values are nested more than %n deep", nullptr, kYamlMaxDepth));
            throw Refused();
        }
        Frame frame;
        frame.node = make(kind, mark);
        frame.awaitsKey = kind == YamlNode::Kind::Map;
        if (!m_stack.empty() && m_stack.back().awaitsKey) {
            problem(mark, tr("A key must be a plain text"));
            frame.isKey = true;
        } else {
            frame.node.pointer = childPointer();
        }
        m_stack.push_back(std::move(frame));
    }

    void close()
    {
        Frame frame = std::move(m_stack.back());
        m_stack.pop_back();
        if (frame.isKey) {
            m_stack.back().awaitsKey = false;
            m_stack.back().dropValue = true;
        } else {
            place(std::move(frame.node));
        }
    }

    void add(YamlNode node)
    {
        if (!m_stack.empty() && m_stack.back().awaitsKey) {
            takeKey(node);
            return;
        }
        node.pointer = childPointer();
        place(std::move(node));
    }

    void takeKey(const YamlNode &node)
    {
        Frame &map = m_stack.back();
        map.awaitsKey = false;
        map.key = node.text;
        map.keyPlace = node.place;
        map.dropValue = false;
        QString message;
        if (!node.isScalar())
            message = tr("A key must be a plain text");
        else if (map.keys.contains(node.text))
            message = tr("The key “%1” stands here twice").arg(node.text);
        if (message.isEmpty()) {
            map.keys.insert(node.text);
            return;
        }
        map.dropValue = true;
        m_document.diagnostics.push_back(m_source.problem(node.place, message));
        if (m_document.diagnostics.size() >= 200)
            throw Refused();
    }

    QString childPointer() const
    {
        if (m_stack.empty())
            return {};
        const Frame &parent = m_stack.back();
        QString token = parent.key;
        if (parent.node.isList())
            token = QString::number(parent.node.items.size());
        token.replace(QLatin1Char('~'), QLatin1String("~0"));
        token.replace(QLatin1Char('/'), QLatin1String("~1"));
        return parent.node.pointer + QLatin1Char('/') + token;
    }

    void place(YamlNode node)
    {
        if (m_stack.empty()) {
            m_document.root = std::move(node);
            return;
        }
        Frame &parent = m_stack.back();
        if (parent.node.isList()) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        parent.awaitsKey = true;
        if (!parent.dropValue)
            parent.node.members.push_back({parent.key, parent.keyPlace, std::move(node)});
    }

    const Source &m_source;
    YamlDocument &m_document;
    std::vector<Frame> m_stack;
    int m_nodes = 0;
    qsizetype m_lastScalar = -1;
};

/// What must not even reach the parser. Nothing when the bytes are fine.
std::optional<Diagnostic> refuseBytes(const QByteArray &bytes, const QString &file)
{
    const auto at = [&](int line, int column, const QString &message, const QString &advice) {
        return Diagnostic{Diagnostic::Severity::Error, file, line, column, message, advice};
    };
    if (bytes.size() > kYamlMaxBytes)
        return at(1, 1, tr("The file is larger than 2 MiB"), {});
    const bool wide = bytes.startsWith("\xff\xfe") || bytes.startsWith("\xfe\xff") ||
                      bytes.left(4).contains('\0');
    if (wide)
        return at(1, 1, tr("The file is not UTF-8; it looks like UTF-16 or UTF-32"),
                  tr("Save it as UTF-8"));
    int line = 0;
    for (qsizetype start = 0; start < bytes.size(); ++line) {
        qsizetype end = bytes.indexOf('\n', start);
        end = end < 0 ? bytes.size() : end;
        const QByteArrayView text = QByteArrayView(bytes).sliced(start, end - start);
        start = end + 1;
        if (text.size() > kYamlMaxLine)
            return at(line + 1, 1, tr("The line is longer than 64 KiB"),
                      tr("Break it into several lines"));
        const bool plain = std::all_of(text.begin(), text.end(),
                                       [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
        if (plain)
            continue;
        QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
        const QString decoded = decoder.decode(text);
        if (decoder.hasError())
            return at(line + 1, int(decoded.indexOf(QChar::ReplacementCharacter)) + 1,
                      tr("The file holds bytes that are not UTF-8"), tr("Save it as UTF-8"));
        for (qsizetype column = 0; column < decoded.size(); ++column) {
            const char16_t c = decoded[column].unicode();
            const bool fine = c == u'\t' || c == u'\x85' ||
                              (c == u'\r' && column + 1 == decoded.size()) ||
                              (c >= 0x20 && c < 0x7f) || c > 0x9f;
            if (!fine)
                return at(line + 1, int(column) + 1,
                          tr("The file holds the control character U+%1")
                              .arg(int(c), 4, 16, QLatin1Char('0')),
                          {});
        }
    }
    return std::nullopt;
}

QString jsonText(const QJsonValue &value)
{
    const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    QString text = QString::fromUtf8(list.mid(1, list.size() - 2));
    // JSON lets DEL and C1 controls stand as they are, our own reader does not.
    for (char16_t c = 0x7f; c <= 0x9f; ++c)
        text.replace(QChar(c), QStringLiteral("\\u%1").arg(int(c), 4, 16, QLatin1Char('0')));
    return text;
}

QJsonValue plainValue(const QString &text)
{
    if (text == QLatin1String("true") || text == QLatin1String("True") ||
        text == QLatin1String("TRUE"))
        return true;
    if (text == QLatin1String("false") || text == QLatin1String("False") ||
        text == QLatin1String("FALSE"))
        return false;
    static const QRegularExpression number(
        QStringLiteral("\\A[-+]?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\\z"));
    bool ok = false;
    const double value = text.toDouble(&ok);
    return ok && number.match(text).hasMatch() ? QJsonValue(value) : QJsonValue(text);
}

QString scalarText(const QJsonValue &value)
{
    if (!value.isString())
        return jsonText(value);
    const QString text = value.toString();
    static const QRegularExpression safe(
        QStringLiteral("\\A[A-Za-z0-9/_][A-Za-z0-9/_.@+-]*(?: [A-Za-z0-9/_.@+-]+)*\\z"));
    // Words that other readers of YAML take for something else than a text.
    static const QRegularExpression special(
        QStringLiteral("\\A(?:y|n|yes|no|on|off|true|false|null|[0-9].*)\\z"),
        QRegularExpression::CaseInsensitiveOption);
    return safe.match(text).hasMatch() && !special.match(text).hasMatch() ? text : jsonText(value);
}

void writeValue(QString &out, const QJsonValue &value, int indent);

void writeMember(QString &out, const QString &key, const QJsonValue &value, int indent)
{
    out += QString(indent, QLatin1Char(' ')) + scalarText(key) + QLatin1Char(':');
    writeValue(out, value, indent);
}

void writeValue(QString &out, const QJsonValue &value, int indent)
{
    if (value.isObject() && !value.toObject().isEmpty()) {
        out += QLatin1Char('\n');
        const QJsonObject object = value.toObject();
        for (auto member = object.begin(); member != object.end(); ++member)
            writeMember(out, member.key(), member.value(), indent + 2);
        return;
    }
    const QJsonArray list = value.toArray();
    const bool flat = std::none_of(list.begin(), list.end(), [](const QJsonValue &item) {
        return item.isObject() || item.isArray();
    });
    if (value.isArray() && flat && !list.isEmpty()) {
        out += QLatin1Char('\n');
        for (const QJsonValue item : list)
            out += QString(indent + 2, QLatin1Char(' ')) + QLatin1String("- ") + scalarText(item) +
                   QLatin1Char('\n');
        return;
    }
    // Lists of lists and maps stand as JSON, which is YAML too.
    out += QLatin1Char(' ') + scalarText(value) + QLatin1Char('\n');
}

const YamlNode *findNode(const YamlNode &node, const QString &pointer)
{
    if (node.pointer == pointer)
        return &node;
    const auto below = [&](const YamlNode &child) {
        return pointer == child.pointer || pointer.startsWith(child.pointer + QLatin1Char('/'));
    };
    for (const YamlNode &item : node.items) {
        if (below(item))
            return findNode(item, pointer);
    }
    for (const YamlNode::Member &member : node.members) {
        if (below(member.value))
            return findNode(member.value, pointer);
    }
    return nullptr;
}

} // namespace

const YamlNode *YamlNode::get(const QString &key) const
{
    for (const Member &member : members) {
        if (member.key == key)
            return &member.value;
    }
    return nullptr;
}

const YamlNode *YamlNode::get(QLatin1String key) const
{
    for (const Member &member : members) {
        if (member.key == key)
            return &member.value;
    }
    return nullptr;
}

QJsonValue YamlNode::toJson() const
{
    switch (kind) {
    case Kind::Null:
        return {};
    case Kind::Scalar:
        return plain ? plainValue(text) : QJsonValue(text);
    case Kind::List: {
        QJsonArray list;
        for (const YamlNode &item : items)
            list.append(item.toJson());
        return list;
    }
    case Kind::Map: {
        QJsonObject object;
        for (const Member &member : members)
            object.insert(member.key, member.value.toJson());
        return object;
    }
    }
    return {};
}

const YamlNode *YamlDocument::at(const QString &pointer) const
{
    return findNode(root, pointer);
}

YamlDocument parseYaml(const QByteArray &given, const QString &file)
{
    YamlDocument document;
    const QByteArray bytes = given.startsWith("\xef\xbb\xbf") ? given.mid(3) : given;
    if (auto refused = refuseBytes(bytes, file)) {
        document.diagnostics.push_back(std::move(*refused));
        return document;
    }
    const Source source(bytes, file);
    Builder builder(source, document);
    try {
        std::istringstream stream(bytes.toStdString());
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            builder.checkLastQuote();
            YamlDocument next;
            Builder ignored(source, next);
            if (parser.HandleNextDocument(ignored))
                document.diagnostics.push_back(source.problem(
                    next.root.place, tr("A file holds one document, and here begins another")));
        }
    } catch (const YAML::Exception &error) {
        // yaml-cpp 0.7 cannot read {text: Done?}, though YAML allows it.
        const bool character = error.msg == "unknown token";
        document.diagnostics.push_back(source.problem(
            source.place(error.mark),
            tr("This is not valid YAML: %1").arg(QString::fromStdString(error.msg)),
            character ? tr("A text with a special character, such as ?, needs quotes inside of { }")
                      : tr("Look at indentation, colons and quotes here and just above")));
    } catch (const Refused &) {
        // The reason is already among the diagnostics.
    }
    return document;
}

Result<QJsonValue> readYamlFile(const QString &file)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(file, kYamlMaxBytes));
    const YamlDocument document = parseYaml(bytes, file);
    QStringList problems;
    for (const Diagnostic &found : document.diagnostics)
        problems << found.text();
    if (!problems.isEmpty())
        return fail(ErrorCode::BadInput, tr("%1 cannot be read").arg(file),
                    problems.join(QLatin1Char('\n')));
    return document.root.toJson();
}

QByteArray toYaml(const std::vector<std::pair<QString, QJsonValue>> &members)
{
    QString text;
    for (const auto &[key, value] : members)
        writeMember(text, key, value, 0);
    return text.toUtf8();
}

} // namespace lb
