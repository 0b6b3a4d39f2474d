// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/data_value.h"

#include <QHash>
#include <QRegularExpression>
#include <QSet>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace lb {

namespace {

LB_TRANSLATE(DataValue)

constexpr qsizetype kMaximumYamlBytes = 4 * 1024 * 1024;
constexpr int kMaximumDepth = 100;
/// With what aliases stand for written out: a small document can say a very large one.
constexpr qsizetype kMaximumValues = 500'000;
constexpr qsizetype kMaximumCharacters = 16 * 1024 * 1024;

/// Ends the parse from inside an event; never leaves readYamlData().
struct Refused
{
    QString detail;
};

/// What a plain scalar says by the core schema of YAML 1.2.2 (§10.3.2).
DataValue plainValue(const QString &text)
{
    static const QSet<QString> nulls{QString(), QStringLiteral("null"), QStringLiteral("Null"),
                                     QStringLiteral("NULL"), QStringLiteral("~")};
    static const QRegularExpression boolean(
        QStringLiteral("\\A(?:(true|True|TRUE)|false|False|FALSE)\\z"));
    static const QRegularExpression number(
        QStringLiteral("\\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
                       "|[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
                       "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN))\\z"));
    if (nulls.contains(text))
        return {};
    if (const auto match = boolean.match(text); match.hasMatch())
        return DataValue::ofBoolean(!match.captured(1).isEmpty());
    DataValue value = DataValue::ofText(text);
    if (number.match(text).hasMatch())
        value.kind = DataValue::Kind::Number;
    return value;
}

QString exactText(const std::string &utf8)
{
    const QString text = QString::fromStdString(utf8);
    // fromStdString() drops a byte order mark at the beginning; here it is part of the text.
    return utf8.starts_with("\xef\xbb\xbf") ? QChar(QChar::ByteOrderMark) + text : text;
}

QString at(const YAML::Mark &mark, const QString &problem)
{
    return tr("Line %1, column %2: %3").arg(mark.line + 1).arg(mark.column + 1).arg(problem);
}

/// How large a value is, with everything in it.
struct Extent
{
    qsizetype values = 1;
    qsizetype characters = 0;
    int height = 0;

    static Extent of(const DataValue &value)
    {
        Extent extent;
        extent.characters = value.text.size();
        for (const DataValue &item : value.items)
            extent.add(of(item), 0);
        for (const DataValue::Member &member : value.members)
            extent.add(of(member.value), member.key.size());
        return extent;
    }

private:
    void add(const Extent &inner, qsizetype key)
    {
        values += inner.values;
        characters += inner.characters + key;
        height = std::max(height, inner.height + 1);
    }
};

/// Builds the value from parser events. Aliases arrive as events, so that their expansion is ours
/// to bound.
class Builder : public YAML::EventHandler
{
public:
    void OnDocumentStart(const YAML::Mark &) override
    {
        if (m_documents++ > 0)
            throw Refused{tr("More than one document stands in it")};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        m_isPlain = true;
        finish(mark, anchor, {});
    }
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        const auto found = m_anchors.constFind(anchor);
        if (found == m_anchors.constEnd())
            throw Refused{at(mark, tr("a value holds itself"))};
        const Anchored anchored = *found;
        charge(mark, anchored.extent);
        m_isPlain = false;
        place(mark, anchored.value);
    }
    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  const std::string &value) override
    {
        m_lastScalar = mark;
        m_isPlain = tag == "?";
        finish(mark, anchor, scalar(mark, tag, exactText(value)));
    }
    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        checkTag(mark, tag, "tag:yaml.org,2002:seq");
        open(mark, anchor, DataValue::ofList());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        checkTag(mark, tag, "tag:yaml.org,2002:map");
        open(mark, anchor, DataValue::ofMap());
    }
    void OnMapEnd() override { close(); }

    DataValue take() { return std::move(m_root); }
    const YAML::Mark &lastScalar() const { return m_lastScalar; }

private:
    struct Frame
    {
        DataValue value;
        YAML::Mark mark;
        YAML::anchor_t anchor = 0;
        QSet<QString> keys;
        bool awaitsKey = false;
        bool isMerge = false; ///< the value that comes is merged, not a member
        QString key;
        std::vector<DataValue::Member> merged;
        std::size_t mergeAt = 0;
    };
    struct Anchored
    {
        DataValue value;
        Extent extent;
    };

    void charge(const YAML::Mark &mark, const Extent &extent)
    {
        m_values += extent.values;
        m_characters += extent.characters;
        if (m_values > kMaximumValues || m_characters > kMaximumCharacters)
            throw Refused{at(mark, tr("it is too large with its aliases written out"))};
        if (int(m_stack.size()) + extent.height > kMaximumDepth)
            throw Refused{at(mark, tr("it is nested deeper than %1 levels").arg(kMaximumDepth))};
    }

    static void checkTag(const YAML::Mark &mark, const std::string &tag, const char *known)
    {
        if (!tag.empty() && tag != "?" && tag != "!" && tag != known)
            throw Refused{at(mark, tr("the tag %1 is not known").arg(exactText(tag)))};
    }

    static DataValue scalar(const YAML::Mark &mark, const std::string &tag, const QString &text)
    {
        static const std::string standard = "tag:yaml.org,2002:";
        if (tag == "?")
            return plainValue(text);
        if (tag.empty() || tag == "!" || tag == standard + "str")
            return DataValue::ofText(text);
        const DataValue value = plainValue(text);
        const bool number = tag == standard + "int" || tag == standard + "float";
        const bool fits = (number && value.kind == DataValue::Kind::Number) ||
                          (tag == standard + "bool" && value.kind == DataValue::Kind::Boolean) ||
                          (tag == standard + "null" && value.isNull());
        if (!fits)
            throw Refused{at(mark, tr("the tag %1 is not known here").arg(exactText(tag)))};
        return value;
    }

    void open(const YAML::Mark &mark, YAML::anchor_t anchor, DataValue value)
    {
        if (!m_stack.empty() && m_stack.back().awaitsKey)
            throw Refused{at(mark, tr("a key must be a text"))};
        charge(mark, {1, 0, 1});
        Frame frame;
        frame.awaitsKey = value.isMap();
        frame.value = std::move(value);
        frame.mark = mark;
        frame.anchor = anchor;
        m_stack.push_back(std::move(frame));
    }

    void close()
    {
        Frame frame = std::move(m_stack.back());
        m_stack.pop_back();
        std::vector<DataValue::Member> &members = frame.value.members;
        std::erase_if(frame.merged, [&](const DataValue::Member &member) {
            return frame.keys.contains(member.key);
        });
        members.insert(members.begin() + std::ptrdiff_t(frame.mergeAt), frame.merged.begin(),
                       frame.merged.end());
        m_isPlain = false;
        remember(frame.mark, frame.anchor, frame.value);
        place(frame.mark, std::move(frame.value));
    }

    void finish(const YAML::Mark &mark, YAML::anchor_t anchor, DataValue value)
    {
        charge(mark, {1, value.text.size(), 0});
        remember(mark, anchor, value);
        place(mark, std::move(value));
    }

    void remember(const YAML::Mark &mark, YAML::anchor_t anchor, const DataValue &value)
    {
        if (anchor == 0)
            return;
        Anchored anchored{value, Extent::of(value)};
        charge(mark, anchored.extent);
        m_anchors.insert(anchor, std::move(anchored));
    }

    void place(const YAML::Mark &mark, DataValue value)
    {
        if (m_stack.empty()) {
            m_root = std::move(value);
            return;
        }
        Frame &parent = m_stack.back();
        if (parent.value.isList()) {
            parent.value.items.push_back(std::move(value));
        } else if (parent.awaitsKey) {
            takeKey(mark, value);
        } else {
            parent.awaitsKey = true;
            if (parent.isMerge)
                merge(mark, value);
            else
                parent.value.members.push_back({parent.key, std::move(value)});
        }
    }

    void takeKey(const YAML::Mark &mark, const DataValue &value)
    {
        Frame &map = m_stack.back();
        if (value.isMap() || value.isList())
            throw Refused{at(mark, tr("a key must be a text"))};
        map.key = value.text;
        if (value.kind == DataValue::Kind::Boolean)
            map.key = value.boolean ? QStringLiteral("true") : QStringLiteral("false");
        else if (value.isNull())
            map.key = QStringLiteral("null");
        map.isMerge = m_isPlain && map.key == QLatin1String("<<");
        map.awaitsKey = false;
        if (map.keys.contains(map.key))
            throw Refused{at(mark, tr("the key “%1” stands here twice").arg(map.key))};
        map.keys.insert(map.key);
    }

    /// YAML 1.1, "Merge Key Language-Independent Type": what stands here already or comes first
    /// wins.
    void merge(const YAML::Mark &mark, const DataValue &value)
    {
        Frame &map = m_stack.back();
        map.mergeAt = map.value.members.size();
        map.keys.remove(QStringLiteral("<<"));
        const std::vector<DataValue> sources =
            value.isList() ? value.items : std::vector<DataValue>{value};
        QSet<QString> taken;
        for (const DataValue &source : sources) {
            if (!source.isMap())
                throw Refused{at(mark, tr("only maps can be merged with <<"))};
            for (const DataValue::Member &member : source.members) {
                if (taken.contains(member.key))
                    continue;
                taken.insert(member.key);
                map.merged.push_back(member);
            }
        }
    }

    std::vector<Frame> m_stack;
    QHash<YAML::anchor_t, Anchored> m_anchors;
    DataValue m_root;
    YAML::Mark m_lastScalar = YAML::Mark::null_mark();
    bool m_isPlain = false; ///< of the value that is being placed
    int m_documents = 0;
    qsizetype m_values = 0;
    qsizetype m_characters = 0;
};

/// What must not reach the parser: yaml-cpp takes NUL and U+0004 for the end of the text and reads
/// what stands before as a whole document.
Result<void> checkBytes(const QByteArray &bytes, const QString &what)
{
    if (bytes.size() > kMaximumYamlBytes)
        return fail(ErrorCode::Corrupt, tr("%1 is larger than 4 MiB").arg(what));
    if (!bytes.isValidUtf8())
        return fail(ErrorCode::Corrupt, tr("%1 is not UTF-8").arg(what));
    const auto bad = std::find_if(bytes.begin(), bytes.end(), [](char c) {
        return quint8(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    });
    if (bad != bytes.end())
        return fail(
            ErrorCode::Corrupt, tr("%1 holds control characters").arg(what),
            tr("U+%1 at byte %2").arg(int(*bad), 4, 16, QLatin1Char('0')).arg(bad - bytes.begin()));
    return {};
}

qsizetype offsetOf(const YAML::Mark &mark, const QByteArray &bytes)
{
    qsizetype start = 0;
    for (int line = 0; line < mark.line; ++line) {
        start = bytes.indexOf('\n', start) + 1;
        if (start == 0)
            return bytes.size();
    }
    // The mark stands at the value's anchor or tag, when it has one.
    qsizetype offset = start + mark.column;
    while (offset < bytes.size() && (bytes[offset] == '&' || bytes[offset] == '!')) {
        while (offset < bytes.size() && !std::isspace(quint8(bytes[offset])))
            ++offset;
        while (offset < bytes.size() && std::isspace(quint8(bytes[offset])))
            ++offset;
    }
    return offset;
}

/// yaml-cpp 0.7 takes a quoted text that the end of the document cuts off for a whole one.
bool isCutOff(const YAML::Mark &lastScalar, const QByteArray &bytes)
{
    if (lastScalar.is_null())
        return false;
    const qsizetype begin = offsetOf(lastScalar, bytes);
    if (begin >= bytes.size() || (bytes[begin] != '"' && bytes[begin] != '\''))
        return false;
    const char quote = bytes[begin];
    for (qsizetype i = begin + 1; i < bytes.size(); ++i) {
        if (quote == '"' && bytes[i] == '\\') {
            ++i;
        } else if (bytes[i] == quote) {
            if (quote == '"' || i + 1 >= bytes.size() || bytes[i + 1] != quote)
                return false;
            ++i;
        }
    }
    return true;
}

} // namespace

Result<DataValue> readYamlData(const QByteArray &yaml, const QString &what)
{
    const QByteArray bytes = yaml.startsWith("\xef\xbb\xbf") ? yaml.mid(3) : yaml;
    TRY(checkBytes(bytes, what));
    Builder builder;
    const auto invalid = [&](const QString &detail) {
        return fail(ErrorCode::Corrupt, tr("%1 is not valid YAML").arg(what), detail);
    };
    try {
        std::istringstream stream(bytes.toStdString());
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder))
            continue;
    } catch (const YAML::Exception &error) {
        return invalid(at(error.mark, QString::fromStdString(error.msg)));
    } catch (const Refused &refused) {
        return invalid(refused.detail);
    }
    if (isCutOff(builder.lastScalar(), bytes))
        return invalid(at(builder.lastScalar(), tr("this quoted text has no end")));
    return builder.take();
}

} // namespace lb
