// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/reference.h"
#include "core/model/template_text.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonValue>

#include <variant>

namespace lb {

struct PlanInputs;

/// What a filled value may hold where it is put.
struct FillRule
{
    bool lines = false; ///< line breaks
    bool dash = false;  ///< may begin with “-”: it cannot be taken for an option there
};
inline constexpr FillRule kArgument{};
inline constexpr FillRule kNoOption{false, true};
inline constexpr FillRule kContent{true, true};

/// A reference's value: known now, or a slot that the run fills.
using Resolved = std::variant<QJsonValue, Slot>;

/// Fills `{{ … }}`. A value is put in once and never read for references again. Refers to the
/// PlanInputs and parts it was made with.
class References
{
public:
    References(const PlanInputs &in, const QJsonArray &pointParts)
        : m_in(&in), m_pointParts(&pointParts)
    {
    }
    /// With what `item` is, and the key in the step's own brackets.
    References withItem(const QJsonValue &item, const QString &key) const;
    /// With the steps' ids after for_each, so that `steps.dump` within `for_each` finds the output
    /// of the instance with the same key.
    References withSteps(const QHash<QString, QStringList> &instances) const;

    const PlanInputs &inputs() const { return *m_in; }
    Result<Resolved> resolve(const Reference &reference) const;
    /// One text: fixed characters, values, slots.
    Result<TemplateText> fill(const QString &text, FillRule rule) const;
    /// fill() where no slot may stand; `what` names the place in the error.
    Result<QString> literal(const QString &text, FillRule rule, const QString &what) const;
    /// For titles and the like: every value made harmless to show, slots as ‹path›.
    Result<QString> display(const QString &text) const;
    /// A text that is one reference gives its value, any other text is filled. Slots are refused.
    Result<QJsonValue> value(const QString &text, FillRule rule, const QString &what) const;
    /// The list after `for_each:`.
    Result<QJsonArray> list(const QString &reference) const;

private:
    const PlanInputs *m_in;
    const QJsonArray *m_pointParts;
    const QHash<QString, QStringList> *m_instances = nullptr;
    QJsonValue m_item{QJsonValue::Undefined};
    QString m_key;

    Result<Resolved> stepOutput(const Reference &reference) const;
};

/// A plain value as text; BadInput for lists, objects and nothing.
Result<QString> plainText(const QJsonValue &value, const QString &reference);
/// Refuses what must not stand in one argument (design §4). `atStart`: nothing fixed is before it.
Result<void> checkFilled(const QString &value, const QString &reference, FillRule rule,
                         bool atStart);

} // namespace lb
