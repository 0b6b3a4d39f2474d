// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonValue>
#include <QString>

#include <functional>
#include <variant>
#include <vector>

namespace lb {

/// A value that only the run can know. Shown as ‹path›.
struct Slot
{
    QString path;             ///< `run`, `point`, or `steps.ID.outputs.NAME`
    bool allowsLines = false; ///< newline and leading `-` are fine here (file content, input)
    friend bool operator==(const Slot &, const Slot &) = default;
};

/// One text of a plan: fixed characters and slots. It is one value and stays one value: filling
/// can never make a second argument out of it.
class TemplateText
{
public:
    using Piece = std::variant<QString, Slot>;

    TemplateText() = default;
    TemplateText(QString text) { append(std::move(text)); } // NOLINT: a plain text is one
    void append(QString text);
    void append(Slot slot) { m_pieces.emplace_back(std::move(slot)); }
    void append(const TemplateText &other);

    bool hasSlots() const;
    bool isEmpty() const { return m_pieces.empty(); }
    std::vector<Slot> slotList() const;
    /// As shown in plans: slots as ‹path›.
    QString display() const;
    /// Only when !hasSlots().
    QString literal() const;

    using Lookup = std::function<Result<QString>(const Slot &)>;
    /// Fills every slot; BadInput for a value with NUL, and, unless the slot allows it, with a
    /// newline or a leading `-` at the text's start.
    Result<QString> fill(const Lookup &lookup) const;

    QJsonValue toJson() const; ///< a string, or {"text": ["…", {"slot": "run"}]}
    static TemplateText fromJson(const QJsonValue &value);
    friend bool operator==(const TemplateText &, const TemplateText &) = default;

private:
    std::vector<Piece> m_pieces;
};

/// A file of the restore point that the run makes or reads, after an option's text.
TemplateText inPoint(const QString &option, const QString &file);

/// True for the JSON of a text with slots.
bool isTemplateJson(const QJsonValue &value);

} // namespace lb
