// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/runbook.h"

#include <QJsonDocument>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Runbook)

/// A value as it may stand in a sentence: texts plain, the rest as JSON.
QString shown(const QJsonValue &value)
{
    if (value.isString())
        return QStringLiteral("“%1”").arg(value.toString());
    const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(list.mid(1, list.size() - 2));
}

/// RFC 6901. Undefined when the path leads nowhere.
QJsonValue atPointer(QJsonValue value, const QString &pointer)
{
    if (pointer.isEmpty())
        return value;
    if (!pointer.startsWith(QLatin1Char('/')))
        return QJsonValue(QJsonValue::Undefined);
    for (QString token : pointer.mid(1).split(QLatin1Char('/'))) {
        token.replace(QLatin1String("~1"), QLatin1String("/"));
        token.replace(QLatin1String("~0"), QLatin1String("~"));
        if (value.isArray()) {
            bool ok = false;
            const uint index = token.toUInt(&ok);
            value = ok && qsizetype(index) < value.toArray().size()
                        ? value.toArray().at(qsizetype(index))
                        : QJsonValue(QJsonValue::Undefined);
        } else {
            value = value.toObject().value(token);
        }
    }
    return value;
}

/// What a program prints ends in a line break that nobody means when writing `equals: active`.
bool sameValue(const QJsonValue &answer, const QJsonValue &wanted)
{
    if (answer == wanted)
        return true;
    if (!answer.isString())
        return false;
    QString text = answer.toString();
    while (text.endsWith(QLatin1Char('\n')) || text.endsWith(QLatin1Char('\r')))
        text.chop(1);
    return wanted.isString() ? text == wanted.toString() : text == shown(wanted);
}

bool holds(const QJsonValue &answer, const QString &part)
{
    if (answer.isString())
        return answer.toString().contains(part);
    if (answer.isArray()) {
        for (const QJsonValue item : answer.toArray()) {
            if (item.toString().contains(part))
                return true;
        }
        return false;
    }
    return answer.isObject() && shown(answer).contains(part);
}

} // namespace

QString Diagnostic::text() const
{
    QString place = file;
    if (line > 0)
        place += QStringLiteral(":%1:%2").arg(line).arg(column);
    QString line1 =
        severity == Severity::Error ? tr("error: %1").arg(message) : tr("warning: %1").arg(message);
    if (!place.isEmpty())
        line1.prepend(place + QStringLiteral(": "));
    if (!suggestion.isEmpty())
        line1 += QStringLiteral(" (%1)").arg(suggestion);
    return line1;
}

QJsonObject Match::toJson() const
{
    QJsonObject object;
    if (exitStatus)
        object.insert(QStringLiteral("exit_status"), *exitStatus);
    if (status)
        object.insert(QStringLiteral("status"), *status);
    if (equals)
        object.insert(QStringLiteral("equals"), *equals);
    if (contains)
        object.insert(QStringLiteral("contains"), *contains);
    if (json)
        object.insert(QStringLiteral("json"),
                      QJsonObject{{QStringLiteral("pointer"), json->pointer},
                                  {QStringLiteral("equals"), json->equals}});
    return object;
}

Match Match::fromJson(const QJsonObject &object)
{
    Match match;
    if (const QJsonValue value = object.value(QLatin1String("exit_status")); value.isDouble())
        match.exitStatus = value.toInt();
    if (const QJsonValue value = object.value(QLatin1String("status")); value.isDouble())
        match.status = value.toInt();
    if (const QJsonValue value = object.value(QLatin1String("equals")); !value.isUndefined())
        match.equals = value;
    if (const QJsonValue value = object.value(QLatin1String("contains")); value.isString())
        match.contains = value.toString();
    if (const QJsonValue value = object.value(QLatin1String("json")); value.isObject())
        match.json =
            JsonPointer{value[QLatin1String("pointer")].toString(), value[QLatin1String("equals")]};
    return match;
}

QString Match::display() const
{
    QStringList rules;
    if (exitStatus)
        rules << tr("exit status %1").arg(*exitStatus);
    if (status)
        rules << tr("status %1").arg(*status);
    if (equals)
        rules << tr("the answer is %1").arg(shown(*equals));
    if (contains)
        rules << tr("the answer contains “%1”").arg(*contains);
    if (json)
        rules << tr("%1 in the answer is %2").arg(json->pointer, shown(json->equals));
    return rules.join(tr(" and "));
}

bool matches(const Match &match, const ReadAnswer &answer)
{
    if (match.isEmpty())
        return false;
    if (match.exitStatus && match.exitStatus != answer.exitStatus)
        return false;
    if (match.status && match.status != answer.status)
        return false;
    if (match.equals && !sameValue(answer.value, *match.equals))
        return false;
    if (match.contains && !holds(answer.value, *match.contains))
        return false;
    if (!match.json)
        return true;
    QJsonValue document = answer.value;
    if (document.isString()) {
        const QJsonDocument parsed = QJsonDocument::fromJson(document.toString().toUtf8());
        document = parsed.isArray() ? QJsonValue(parsed.array()) : QJsonValue(parsed.object());
    }
    return atPointer(document, match.json->pointer) == match.json->equals;
}

bool hasErrors(const std::vector<Diagnostic> &diagnostics)
{
    return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic &one) {
        return one.severity == Diagnostic::Severity::Error;
    });
}

bool Runbook::usesRestorePoint() const
{
    const auto restores = [](const StepSpec &step) {
        return step.action.kind == ActionKind::TreeRestore ||
               step.action.kind == ActionKind::PostgresRestore ||
               step.forEach.startsWith(QLatin1String("point."));
    };
    // What a migration goes back to if it must.
    const auto asksForBackup = [](const CheckSpec &check) {
        return check.action.kind == ActionKind::Alien4CloudCheck &&
               check.action.params.value(QLatin1String("check")).toString() ==
                   QLatin1String("backup");
    };
    return std::any_of(steps.begin(), steps.end(), restores) ||
           std::any_of(checks.begin(), checks.end(), asksForBackup);
}

const InputSpec *Runbook::input(const QString &inputName) const
{
    for (const InputSpec &spec : inputs) {
        if (spec.name == inputName)
            return &spec;
    }
    return nullptr;
}

} // namespace lb
