// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/references.h"

#include "core/base/format.h"
#include "core/plan/planner.h"

#include <cmath>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

tl::unexpected<Error> noValue(const Reference &reference)
{
    return fail(ErrorCode::BadInput, tr("{{ %1 }} has no value here").arg(reference.text));
}

Result<QJsonValue> memberOf(const QJsonObject &object, const Reference &reference)
{
    const QJsonValue value = atPath(object.value(reference.name), reference.path);
    if (value.isUndefined())
        return noValue(reference);
    return value;
}

} // namespace

Result<QString> plainText(const QJsonValue &value, const QString &reference)
{
    switch (value.type()) {
    case QJsonValue::String:
        return value.toString();
    case QJsonValue::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case QJsonValue::Double: {
        const double number = value.toDouble();
        const qint64 whole = value.toInteger(0);
        if (double(whole) == number)
            return QString::number(whole);
        return QString::number(number, 'g', 17);
    }
    case QJsonValue::Array:
    case QJsonValue::Object:
        return fail(ErrorCode::BadInput,
                    tr("{{ %1 }} is a list or an object, and one text is wanted").arg(reference),
                    {},
                    tr("Use it as the whole value of a key that takes a list, or with for_each"));
    case QJsonValue::Null:
    case QJsonValue::Undefined:
        break;
    }
    return fail(ErrorCode::BadInput, tr("{{ %1 }} has no value here").arg(reference));
}

Result<void> checkFilled(const QString &value, const QString &reference, FillRule rule,
                         bool atStart)
{
    if (value.contains(QChar(u'\0')))
        return fail(ErrorCode::BadInput, tr("The value of {{ %1 }} holds a NUL").arg(reference));
    if (!rule.lines && (value.contains(u'\n') || value.contains(u'\r')))
        return fail(ErrorCode::BadInput,
                    tr("The value of {{ %1 }} holds a line break").arg(reference));
    if (!rule.dash && atStart && value.startsWith(u'-'))
        return fail(ErrorCode::BadInput,
                    tr("The value of {{ %1 }} begins with “-” and could be taken for an option")
                        .arg(reference),
                    displayText(value));
    return {};
}

References References::withItem(const QJsonValue &item, const QString &key) const
{
    References copy = *this;
    copy.m_item = item;
    copy.m_key = key;
    return copy;
}

References References::withSteps(const QHash<QString, QStringList> &instances) const
{
    References copy = *this;
    copy.m_instances = &instances;
    return copy;
}

Result<Resolved> References::stepOutput(const Reference &reference) const
{
    if (m_instances == nullptr)
        return fail(ErrorCode::BadInput,
                    tr("{{ %1 }} is not known before the run").arg(reference.text));
    const auto found = m_instances->find(reference.name);
    if (found == m_instances->end())
        return fail(ErrorCode::BadInput,
                    tr("{{ %1 }} names a step that the plan does not have").arg(reference.text));
    const QString own = QStringLiteral("%1[%2]").arg(reference.name, m_key);
    QString id = reference.name;
    if (!found->contains(id)) {
        if (!found->contains(own))
            return fail(ErrorCode::BadInput,
                        tr("{{ %1 }} names a step that is done once for each item of a list")
                            .arg(reference.text),
                        {}, tr("Use it in a step with for_each over the same list"));
        id = own;
    }
    return Resolved(
        Slot{QStringLiteral("steps.%1.outputs.%2").arg(id, reference.path.join(QLatin1Char('.')))});
}

Result<Resolved> References::resolve(const Reference &reference) const
{
    using Root = Reference::Root;
    switch (reference.root) {
    case Root::Input: {
        TRY_VALUE(const QJsonValue value, memberOf(m_in->inputs, reference));
        return Resolved(value);
    }
    case Root::Discovered: {
        TRY_VALUE(const QJsonValue value, memberOf(m_in->discovered, reference));
        return Resolved(value);
    }
    case Root::Item: {
        const QJsonValue value = atPath(m_item, reference.path);
        if (value.isUndefined())
            return noValue(reference);
        return Resolved(value);
    }
    case Root::System:
        return Resolved(QJsonValue(m_in->system.name));
    case Root::HostName:
        return Resolved(QJsonValue(m_in->hostName));
    case Root::Run:
        return Resolved(Slot{QStringLiteral("run")});
    case Root::Point:
        if (m_in->point)
            return Resolved(QJsonValue(m_in->point->id));
        if (makesPoint(m_in->runbook.purpose))
            return Resolved(Slot{QStringLiteral("point")});
        return fail(ErrorCode::BadInput, tr("“%1” needs a restore point").arg(m_in->runbook.id), {},
                    tr("Choose one with --restore-point"));
    case Root::PointParts: {
        QJsonArray parts;
        for (const QJsonValue part : *m_pointParts) {
            for (const QJsonValue slot : part[reference.name].toArray())
                parts.append(slot);
            if (reference.name.isEmpty() ||
                part[QLatin1String("kind")].toString() == reference.name)
                parts.append(part);
        }
        return Resolved(QJsonValue(parts));
    }
    case Root::StepOutput:
        return stepOutput(reference);
    }
    return noValue(reference);
}

Result<TemplateText> References::fill(const QString &text, FillRule rule) const
{
    TRY_VALUE(const std::vector<TextPiece> pieces, splitReferences(text));
    TemplateText filled;
    bool atStart = true;
    for (const TextPiece &piece : pieces) {
        if (const auto *fixed = std::get_if<QString>(&piece)) {
            filled.append(*fixed);
            atStart = atStart && fixed->isEmpty();
            continue;
        }
        const auto &reference = std::get<Reference>(piece);
        TRY_VALUE(Resolved resolved, resolve(reference));
        if (auto *slot = std::get_if<Slot>(&resolved)) {
            slot->allowsLines = rule.lines;
            filled.append(*slot);
            continue;
        }
        TRY_VALUE(const QString value, plainText(std::get<QJsonValue>(resolved), reference.text));
        TRY(checkFilled(value, reference.text, rule, atStart));
        filled.append(value);
        atStart = atStart && value.isEmpty();
    }
    return filled;
}

Result<QString> References::literal(const QString &text, FillRule rule, const QString &what) const
{
    TRY_VALUE(const TemplateText filled, fill(text, rule));
    if (filled.hasSlots())
        return fail(ErrorCode::BadInput,
                    tr("%1 depends on %2, which only the run will know; it must be known when the "
                       "plan is made")
                        .arg(what, filled.display()));
    return filled.literal();
}

Result<QString> References::display(const QString &text) const
{
    TRY_VALUE(const TemplateText filled, fill(text, kContent));
    return displayText(filled.display());
}

Result<QJsonValue> References::value(const QString &text, FillRule rule, const QString &what) const
{
    if (const auto reference = wholeReference(text)) {
        TRY_VALUE(const Resolved resolved, resolve(*reference));
        if (const auto *known = std::get_if<QJsonValue>(&resolved); known && !known->isString())
            return *known;
    }
    TRY_VALUE(const QString filled, literal(text, rule, what));
    return QJsonValue(filled);
}

Result<QJsonArray> References::list(const QString &text) const
{
    const auto whole = wholeReference(text);
    TRY_VALUE(const Reference reference, whole ? Result<Reference>(*whole) : parseReference(text));
    TRY_VALUE(const Resolved resolved, resolve(reference));
    const auto *value = std::get_if<QJsonValue>(&resolved);
    if (value == nullptr)
        return fail(ErrorCode::BadInput,
                    tr("for_each goes over %1, which only the run will know").arg(reference.text),
                    {}, tr("Read the list in discover, so that it can stand in the plan"));
    if (!value->isArray())
        return fail(ErrorCode::BadInput,
                    tr("for_each goes over %1, which is not a list").arg(reference.text));
    return value->toArray();
}

} // namespace lb
