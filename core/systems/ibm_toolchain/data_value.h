// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QByteArray>
#include <QString>

#include <map>
#include <utility>
#include <vector>

namespace lb {

/// A value of a JSON or YAML document with nothing lost: numbers stay as they were written, keys in
/// their order, and a text that looks like a number stays a text.
struct DataValue
{
    enum class Kind
    {
        Null,
        Boolean,
        Number,
        Text,
        List,
        Map
    };
    struct Member;

    Kind kind = Kind::Null;
    bool boolean = false;
    QString text; ///< of a text; of a number: as it was written
    std::vector<DataValue> items;
    std::vector<Member> members; ///< in their order; keys are unique

    static DataValue ofText(const QString &text);
    static DataValue ofNumber(qint64 number);
    static DataValue ofBoolean(bool boolean);
    static DataValue ofList(std::vector<DataValue> items = {});
    static DataValue ofMap(std::vector<std::pair<QString, DataValue>> members = {});

    bool isNull() const { return kind == Kind::Null; }
    bool isText() const { return kind == Kind::Text; }
    bool isList() const { return kind == Kind::List; }
    bool isMap() const { return kind == Kind::Map; }

    /// The member's value; nullptr when there is none or this is no map.
    const DataValue *get(const QString &key) const;
    DataValue *get(const QString &key);
    /// The text of a member that is a non-empty text; empty otherwise.
    QString textOf(const QString &key) const;
    /// Replaces the member where it stands, or appends it.
    void set(const QString &key, DataValue value);
    bool remove(const QString &key);

    /// Order of keys does not count, order of items does; numbers are equal as they are written.
    friend bool operator==(const DataValue &left, const DataValue &right);
};

struct DataValue::Member
{
    QString key;
    DataValue value;
};

/// `what` names the document in errors. Corrupt: no JSON, duplicate keys, nested deeper than 100.
Result<DataValue> readJsonData(const QByteArray &json, const QString &what);
/// YAML 1.2, core schema; anchors and aliases are followed (bounded), `<<` between plain keys is
/// merged as an alias of a map. Corrupt as above.
Result<DataValue> readYamlData(const QByteArray &yaml, const QString &what);
/// In which line of a document a value begins, from 1, by its JSON pointer; of a map's member it is
/// the line of its key.
using PointerLines = std::map<QString, int>;

/// Block style; read back by YAML 1.1 and 1.2 readers alike it gives the same value.
QByteArray writeYamlData(const DataValue &value, PointerLines *lines = nullptr);
QByteArray writeJsonData(const DataValue &value);

} // namespace lb
