// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/answer_output.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

Result<void> addJson(const QByteArray &output, const QString &what, CallOutcome &outcome)
{
    // A bare scalar is JSON too, which QJsonDocument does not take.
    QJsonParseError error;
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray("[") + output + QByteArray("]"), &error);
    if (error.error != QJsonParseError::NoError || document.array().size() != 1)
        return fail(ErrorCode::Failed, tr("%1 is not JSON").arg(what), error.errorString());
    const QJsonValue value = document.array().at(0);
    outcome.answer.value = value;
    if (value.isObject())
        outcome.outputs = value.toObject();
    outcome.outputs.insert(QStringLiteral("json"), value);
    return {};
}

} // namespace

Result<void> addOutput(OutputKind kind, QByteArray output, const QString &what,
                       CallOutcome &outcome)
{
    if (kind == OutputKind::Json)
        return addJson(output, what, outcome);
    while (output.endsWith('\n') || output.endsWith('\r'))
        output.chop(1);
    const QString text = QString::fromUtf8(output);
    if (kind == OutputKind::Lines) {
        const QStringList lines = text.isEmpty() ? QStringList() : text.split(QLatin1Char('\n'));
        const QJsonArray list = QJsonArray::fromStringList(lines);
        outcome.outputs.insert(QStringLiteral("lines"), list);
        outcome.answer.value = list;
    } else {
        if (kind == OutputKind::Text)
            outcome.outputs.insert(QStringLiteral("text"), text);
        outcome.answer.value = text;
    }
    return {};
}

Result<SecretHandle> secretOf(const QString &name, const ActionContext &context)
{
    const SecretHandle handle = context.secrets.value(name);
    if (!handle)
        return fail(ErrorCode::Internal, tr("The secret %1 was not fetched").arg(name));
    return handle;
}

Result<QByteArray> plainValue(const Sensitive &value, const ActionContext &context)
{
    const auto *secret = std::get_if<SecretRef>(&value);
    if (!secret)
        return std::get<TemplateText>(value).literal().toUtf8();
    TRY_VALUE(const SecretHandle handle, secretOf(secret->name, context));
    return handle->reveal([](QByteArrayView bytes) { return bytes.toByteArray(); });
}

CallOutcome holds(const QString &evidence)
{
    CallOutcome outcome;
    outcome.outputs.insert(QStringLiteral("evidence"), evidence);
    outcome.answer.value = evidence;
    return outcome;
}

CallOutcome readOutcome(const QJsonValue &value)
{
    CallOutcome outcome;
    outcome.answer.value = value;
    outcome.outputs.insert(QStringLiteral("value"), value);
    return outcome;
}

QString listed(const QStringList &names)
{
    const QStringList shown = names.mid(0, 8);
    return shown.join(QStringLiteral(", ")) +
           (names.size() > shown.size()
                ? tr(" and %n more", nullptr, int(names.size() - shown.size()))
                : QString());
}

} // namespace lb
