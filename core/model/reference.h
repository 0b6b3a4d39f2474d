// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <optional>
#include <variant>
#include <vector>

namespace lb {

/// What stands between `{{` and `}}` in a runbook, and after `for_each:`. The whole list:
///   inputs.NAME[.INDEX] · discovered.NAME[.FIELD…] · steps.ID.outputs.NAME[.FIELD…] ·
///   item[.FIELD…] system (the profile's name) · hostname (of the target machine) · run (slot
///   ‹run›) point (slot ‹point› in a save; else the chosen restore point's id) · point.parts,
///   and of these point.trees, point.databases and point.roles (for_each only: parts of the chosen
///   restore point; items have id, title, kind, source, base_name)
struct Reference
{
    enum class Root
    {
        Input,
        Discovered,
        StepOutput,
        Item,
        System,
        HostName,
        Run,
        Point,
        PointParts
    };
    Root root = Root::Input;
    QString name;     ///< of the input, the discovery or the step; the kind of part; else empty
    QStringList path; ///< outputs: name, then fields; else fields; of a list a field is an index
    QString text;     ///< as written, without braces and spaces around
};

/// `inputs.folder` → Reference. BadInput says what is wrong with it.
Result<Reference> parseReference(const QString &text);

/// What a path leads to: members by name, items of lists by index from 0. Undefined when it leads
/// nowhere.
QJsonValue atPath(QJsonValue value, const QStringList &path);

using TextPiece = std::variant<QString, Reference>;
/// A text cut into fixed characters and references. `{{ '{{' }}` stands for two literal braces.
Result<std::vector<TextPiece>> splitReferences(const QString &text);
/// The reference when the text is exactly one `{{ … }}` and nothing else.
std::optional<Reference> wholeReference(const QString &text);

} // namespace lb
