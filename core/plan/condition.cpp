// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/condition.h"

#include "core/model/condition_text.h"
#include "core/plan/references.h"

#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr QLatin1String kValue("value");
constexpr QLatin1String kSlot("slot");
constexpr QLatin1String kText("text");

tl::unexpected<Error> unknownCondition(const QString &key)
{
    return fail(ErrorCode::BadInput, tr("“%1” is not a condition").arg(key), {},
                tr("It must be equals, not, any, all or present"));
}

/// An operand with its references filled.
Result<QJsonValue> planOperand(const QJsonValue &written, const References &references)
{
    const auto known = [](const QJsonValue &value) {
        return QJsonValue(QJsonObject{{kValue, value}});
    };
    if (!written.isString())
        return known(written);
    const QString text = written.toString();
    if (const auto reference = wholeReference(text)) {
        auto resolved = references.resolve(*reference);
        // A field that is not there is a fact that conditions are for.
        if (!resolved && !reference->path.isEmpty())
            return known(QJsonValue());
        if (!resolved)
            return tl::unexpected(resolved.error());
        if (const auto *slot = std::get_if<Slot>(&*resolved))
            return QJsonValue(QJsonObject{{kSlot, slot->path}});
        return known(std::get<QJsonValue>(*resolved));
    }
    TRY_VALUE(const TemplateText filled, references.fill(text, kContent));
    if (filled.hasSlots())
        return filled.toJson();
    return known(filled.literal());
}

/// Nothing when it depends on a slot and there is no lookup yet.
Result<std::optional<QJsonValue>> operandValue(const QJsonValue &operand,
                                               const ConditionLookup &lookup)
{
    const QJsonObject object = operand.toObject();
    if (object.contains(kValue))
        return std::optional(object.value(kValue));
    if (!lookup)
        return std::optional<QJsonValue>();
    if (object.contains(kSlot)) {
        auto value = lookup(object.value(kSlot).toString());
        if (!value && value.error().code == ErrorCode::NotFound)
            return std::optional(QJsonValue());
        if (!value)
            return tl::unexpected(value.error());
        return std::optional(*value);
    }
    TRY_VALUE(const QString text,
              TemplateText::fromJson(operand).fill([&](const Slot &slot) -> Result<QString> {
                  TRY_VALUE(const QJsonValue value, lookup(slot.path));
                  return plainText(value, slot.path);
              }));
    return std::optional(QJsonValue(text));
}

bool sameValue(const QJsonValue &a, const QJsonValue &b)
{
    if (a == b)
        return true;
    if (a.type() == b.type())
        return false;
    // A form or a program's output gives “3” where YAML has 3.
    const auto textA = plainText(a, {});
    const auto textB = plainText(b, {});
    return textA && textB && *textA == *textB;
}

/// Three-valued: nothing = not to be known yet.
Result<std::optional<bool>> decide(const Condition &planned, const ConditionLookup &lookup)
{
    const QJsonObject object = planned.toObject();
    const QString key = object.isEmpty() ? QString() : object.begin().key();
    const QJsonValue body = object.value(key);
    if (key == QLatin1String("present")) {
        TRY_VALUE(const auto value, operandValue(body, lookup));
        return value ? std::optional(!isEmptyValue(*value)) : std::nullopt;
    }
    if (key == QLatin1String("equals")) {
        TRY_VALUE(const auto a, operandValue(body.toArray().at(0), lookup));
        TRY_VALUE(const auto b, operandValue(body.toArray().at(1), lookup));
        return a && b ? std::optional(sameValue(*a, *b)) : std::nullopt;
    }
    if (key == QLatin1String("not")) {
        TRY_VALUE(const auto inner, decide(body, lookup));
        return inner ? std::optional(!*inner) : std::nullopt;
    }
    if (key == QLatin1String("any") || key == QLatin1String("all")) {
        const bool decisive = key == QLatin1String("any");
        bool open = false;
        for (const QJsonValue item : body.toArray()) {
            TRY_VALUE(const auto inner, decide(item, lookup));
            if (inner == decisive)
                return std::optional(decisive);
            open = open || !inner;
        }
        return open ? std::nullopt : std::optional(!decisive);
    }
    return unknownCondition(key);
}

Result<QJsonValue> planTree(const Condition &written, const References &references)
{
    const QJsonObject object = written.toObject();
    const QString key = object.isEmpty() ? QString() : object.begin().key();
    const QJsonValue body = object.value(key);
    if (key == QLatin1String("present")) {
        TRY_VALUE(const QJsonValue operand, planOperand(body, references));
        return QJsonValue(QJsonObject{{key, operand}});
    }
    if (key == QLatin1String("not")) {
        TRY_VALUE(const QJsonValue inner, planTree(body, references));
        return QJsonValue(QJsonObject{{key, inner}});
    }
    const bool equals = key == QLatin1String("equals");
    if (!equals && key != QLatin1String("any") && key != QLatin1String("all"))
        return unknownCondition(key);
    if (!body.isArray() || (equals && body.toArray().size() != 2))
        return fail(ErrorCode::BadInput, equals ? tr("“equals” compares exactly two values")
                                                : tr("“%1” takes a list of conditions").arg(key));
    QJsonArray items;
    for (const QJsonValue item : body.toArray()) {
        TRY_VALUE(const QJsonValue planned,
                  equals ? planOperand(item, references) : planTree(item, references));
        items.append(planned);
    }
    return QJsonValue(QJsonObject{{key, items}});
}

QString operandText(const QJsonValue &operand)
{
    if (operand.isString()) {
        const QString text = operand.toString();
        const auto reference = wholeReference(text);
        return reference ? reference->text : QStringLiteral("“%1”").arg(text);
    }
    const QByteArray json = QJsonDocument(QJsonArray{operand}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(json.mid(1, json.size() - 2));
}

} // namespace

Result<bool> evaluate(const Condition &planned, const ConditionLookup &lookup)
{
    if (planned.isNull() || planned.isUndefined())
        return true;
    TRY_VALUE(const auto decided, decide(planned, lookup));
    if (!decided)
        return fail(ErrorCode::Internal, tr("A condition of the plan cannot be decided yet"));
    return *decided;
}

Result<PlannedCondition> planCondition(const Condition &written, const References &references)
{
    TRY_VALUE(const QJsonValue tree, planTree(written, references));
    TRY_VALUE(const auto decided, decide(tree, {}));
    return PlannedCondition{decided, decided ? Condition() : tree};
}

QString conditionText(const Condition &written)
{
    return conditionText(written, operandText);
}

} // namespace lb
