// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/runbook.h"

#include <QJsonValue>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace lb {

/// A place in a document. Lines and columns count from 1, columns in characters.
struct YamlPlace
{
    int line = 1;
    int column = 1;
};

/// One value of a YAML document with its place. Plain scalars are typed as YAML 1.2 has them, with
/// one exception: `true`, `false` (and `True`, `TRUE`…), `null`, `~` and numbers; `yes`, `no`, `on`
/// and `off` are texts (a yes_no input takes yes and no all the same), and so is a number with
/// leading zeros (`0600` is a file mode, `007` is a name). Where a text is wanted, any scalar
/// gives the characters as written, so `args: [-p, 5432]` needs no quotes.
struct YamlNode
{
    enum class Kind
    {
        Null,
        Scalar,
        List,
        Map
    };
    struct Member;

    Kind kind = Kind::Null;
    QString text;       ///< of a scalar, as written
    bool plain = false; ///< scalar without quotes
    YamlPlace place;
    QString pointer; ///< JSON pointer from the document's root
    std::vector<YamlNode> items;
    std::vector<Member> members; ///< in the order written; keys are unique

    bool isNull() const { return kind == Kind::Null; }
    bool isScalar() const { return kind == Kind::Scalar; }
    bool isList() const { return kind == Kind::List; }
    bool isMap() const { return kind == Kind::Map; }
    /// The member's value; nullptr when there is none or this is no map.
    const YamlNode *get(QLatin1String key) const;
    const YamlNode *get(const QString &key) const;
    /// What the scalar means (see above); lists and maps whole.
    QJsonValue toJson() const;
};

struct YamlNode::Member
{
    QString key;
    YamlPlace place;
    YamlNode value;
};

/// Limits of a document of ours; above them it is refused before it costs time or memory (yaml-cpp
/// takes up to a second and twenty times the size for the worst of what fits in).
inline constexpr qsizetype kYamlMaxBytes = 2 * 1024 * 1024;
/// Before the first value of a line is known, yaml-cpp reads the whole line.
inline constexpr qsizetype kYamlMaxLine = 64 * 1024;
inline constexpr int kYamlMaxDepth = 64;
inline constexpr int kYamlMaxNodes = 100'000;

/// A parsed document. `root` is whole only when no diagnostic is an error.
struct YamlDocument
{
    YamlNode root;
    std::vector<Diagnostic> diagnostics;

    bool isUsable() const { return diagnostics.empty(); }
    /// The node at a JSON pointer; nullptr when there is none.
    const YamlNode *at(const QString &pointer) const;
};

/// Strict YAML: UTF-8 only, no control characters, one document, no anchors, aliases or tags, no
/// duplicate keys, keys are plain texts, no unterminated quotes, within the limits. `file` names
/// it in diagnostics. Pure; any thread.
YamlDocument parseYaml(const QByteArray &bytes, const QString &file);

/// A YAML file of another program's as JSON. BadInput names every finding with its place.
Result<QJsonValue> readYamlFile(const QString &file);

/// Writes data as YAML that parseYaml() reads back to equal values; keys in the order given.
QByteArray toYaml(const std::vector<std::pair<QString, QJsonValue>> &members);

} // namespace lb
