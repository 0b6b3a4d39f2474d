// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/data_value.h"

#include "core/base/json_text.h"
#include "core/base/lossless_json.h"

#include <QHash>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(DataValue)

/// A toolchain's answer holds the catalogue of all tools too, so it may be large.
constexpr qsizetype kMaximumJsonBytes = 32 * 1024 * 1024;
constexpr int kMaximumDepth = 100;

/// QString::fromUtf8() drops a byte order mark at the beginning; here it is part of the text.
QString exactText(const QByteArray &utf8)
{
    static const QByteArray mark = QByteArrayLiteral("\xef\xbb\xbf");
    const QString text = QString::fromUtf8(utf8);
    return utf8.startsWith(mark) ? QChar(QChar::ByteOrderMark) + text : text;
}

/// Builds the value that a cursor walks over.
class JsonBuilder
{
public:
    JsonBuilder(const QByteArray &json, QString what) : m_cursor(json), m_what(std::move(what)) {}

    Result<DataValue> read()
    {
        m_cursor.next();
        TRY_VALUE(DataValue value, current());
        if (m_cursor.next() != JsonToken::End)
            return tl::unexpected(m_cursor.problem(m_what));
        return value;
    }

private:
    tl::unexpected<Error> refuse(const QString &detail) const
    {
        return fail(ErrorCode::Corrupt, tr("%1 cannot be read").arg(m_what), detail);
    }

    /// The value whose first token is the current one.
    Result<DataValue> current()
    {
        DataValue value;
        switch (m_cursor.token()) {
        case JsonToken::ObjectBegin:
            return object();
        case JsonToken::ArrayBegin:
            return list();
        case JsonToken::String:
            return DataValue::ofText(exactText(jsonText(m_cursor.raw())));
        case JsonToken::Number:
            value.kind = DataValue::Kind::Number;
            value.text = QString::fromLatin1(m_cursor.raw());
            return value;
        case JsonToken::True:
        case JsonToken::False:
            return DataValue::ofBoolean(m_cursor.token() == JsonToken::True);
        case JsonToken::Null:
            return value;
        default:
            return tl::unexpected(m_cursor.problem(m_what));
        }
    }

    Result<void> checkDepth() const
    {
        if (m_cursor.depth() > kMaximumDepth)
            return refuse(tr("It is nested deeper than %1 levels").arg(kMaximumDepth));
        return {};
    }

    Result<DataValue> list()
    {
        TRY(checkDepth());
        DataValue value = DataValue::ofList();
        while (m_cursor.next() != JsonToken::ArrayEnd) {
            TRY_VALUE(DataValue item, current());
            value.items.push_back(std::move(item));
        }
        return value;
    }

    Result<DataValue> object()
    {
        TRY(checkDepth());
        DataValue value = DataValue::ofMap();
        QSet<QString> keys;
        while (m_cursor.next() != JsonToken::ObjectEnd) {
            if (m_cursor.token() != JsonToken::Key)
                return tl::unexpected(m_cursor.problem(m_what));
            const QString key = exactText(jsonText(m_cursor.raw()));
            if (keys.contains(key))
                return refuse(tr("The key “%1” stands twice in one object").arg(key));
            keys.insert(key);
            m_cursor.next();
            TRY_VALUE(DataValue member, current());
            value.members.push_back({key, std::move(member)});
        }
        return value;
    }

    JsonCursor m_cursor;
    QString m_what;
};

/// YAML allows numbers that JSON does not: +1, 1., .5, 007, 0x1f, 0o17. Those that JSON cannot say
/// at all (.inf, .nan) become texts.
QByteArray jsonNumber(const QString &written)
{
    static const QRegularExpression plain(
        QStringLiteral("\\A-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\\z"));
    if (plain.match(written).hasMatch())
        return written.toLatin1();
    bool ok = false;
    if (written.startsWith(QLatin1String("0x")))
        return QByteArray::number(written.mid(2).toULongLong(&ok, 16));
    if (written.startsWith(QLatin1String("0o")))
        return QByteArray::number(written.mid(2).toULongLong(&ok, 8));
    static const QRegularExpression parts(
        QStringLiteral("\\A[+]?(-?)0*([0-9]*)(?:\\.([0-9]*))?([eE][-+]?[0-9]+)?\\z"));
    const QRegularExpressionMatch match = parts.match(written);
    if (!match.hasMatch())
        return '"' + written.toUtf8() + '"';
    const QString whole = match.captured(2).isEmpty() ? QStringLiteral("0") : match.captured(2);
    QString number = match.captured(1) + whole;
    if (!match.captured(3).isEmpty())
        number += QLatin1Char('.') + match.captured(3);
    return (number + match.captured(4)).toLatin1();
}

void appendJson(QByteArray &out, const DataValue &value)
{
    switch (value.kind) {
    case DataValue::Kind::Null:
        out += "null";
        return;
    case DataValue::Kind::Boolean:
        out += value.boolean ? "true" : "false";
        return;
    case DataValue::Kind::Number:
        out += jsonNumber(value.text);
        return;
    case DataValue::Kind::Text:
        appendJsonString(out, value.text.toUtf8());
        return;
    case DataValue::Kind::List:
        out += '[';
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            if (i > 0)
                out += ',';
            appendJson(out, value.items[i]);
        }
        out += ']';
        return;
    case DataValue::Kind::Map:
        out += '{';
        for (std::size_t i = 0; i < value.members.size(); ++i) {
            if (i > 0)
                out += ',';
            appendJsonString(out, value.members[i].key.toUtf8());
            out += ':';
            appendJson(out, value.members[i].value);
        }
        out += '}';
        return;
    }
}

bool sameMembers(const DataValue &left, const DataValue &right)
{
    if (left.members.size() != right.members.size())
        return false;
    QHash<QString, const DataValue *> others;
    for (const DataValue::Member &member : right.members)
        others.insert(member.key, &member.value);
    return std::all_of(left.members.begin(), left.members.end(),
                       [&](const DataValue::Member &member) {
                           const DataValue *other = others.value(member.key);
                           return other && *other == member.value;
                       });
}

} // namespace

DataValue DataValue::ofText(const QString &text)
{
    DataValue value;
    value.kind = Kind::Text;
    value.text = text;
    return value;
}

DataValue DataValue::ofNumber(qint64 number)
{
    DataValue value;
    value.kind = Kind::Number;
    value.text = QString::number(number);
    return value;
}

DataValue DataValue::ofBoolean(bool boolean)
{
    DataValue value;
    value.kind = Kind::Boolean;
    value.boolean = boolean;
    return value;
}

DataValue DataValue::ofList(std::vector<DataValue> items)
{
    DataValue value;
    value.kind = Kind::List;
    value.items = std::move(items);
    return value;
}

DataValue DataValue::ofMap(std::vector<std::pair<QString, DataValue>> members)
{
    DataValue value;
    value.kind = Kind::Map;
    for (auto &[key, member] : members)
        value.set(key, std::move(member));
    return value;
}

const DataValue *DataValue::get(const QString &key) const
{
    for (const Member &member : members) {
        if (member.key == key)
            return &member.value;
    }
    return nullptr;
}

DataValue *DataValue::get(const QString &key)
{
    return const_cast<DataValue *>(std::as_const(*this).get(key));
}

QString DataValue::textOf(const QString &key) const
{
    const DataValue *value = get(key);
    return value && value->isText() ? value->text : QString();
}

void DataValue::set(const QString &key, DataValue value)
{
    kind = Kind::Map;
    if (DataValue *present = get(key))
        *present = std::move(value);
    else
        members.push_back({key, std::move(value)});
}

bool DataValue::remove(const QString &key)
{
    return std::erase_if(members, [&](const Member &member) { return member.key == key; }) > 0;
}

bool operator==(const DataValue &left, const DataValue &right)
{
    if (left.kind != right.kind)
        return false;
    switch (left.kind) {
    case DataValue::Kind::Null:
        return true;
    case DataValue::Kind::Boolean:
        return left.boolean == right.boolean;
    case DataValue::Kind::Number:
    case DataValue::Kind::Text:
        return left.text == right.text;
    case DataValue::Kind::List:
        return left.items == right.items;
    case DataValue::Kind::Map:
        return sameMembers(left, right);
    }
    return false;
}

Result<DataValue> readJsonData(const QByteArray &json, const QString &what)
{
    if (json.size() > kMaximumJsonBytes)
        return fail(ErrorCode::Corrupt, tr("%1 is too large").arg(what),
                    tr("%1 bytes").arg(json.size()));
    if (!json.isValidUtf8())
        return fail(ErrorCode::Corrupt, tr("%1 is not UTF-8").arg(what));
    const bool marked = json.startsWith("\xef\xbb\xbf");
    const QByteArray text = marked ? json.mid(3) : json;
    return JsonBuilder(text, what).read();
}

QByteArray writeJsonData(const DataValue &value)
{
    QByteArray out;
    appendJson(out, value);
    return out;
}

} // namespace lb
