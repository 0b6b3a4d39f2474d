// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/params.h"

#include "core/plan/path_scope.h"

#include <QJsonDocument>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

constexpr int kMostStatuses = 1000;

/// The defaults of the table, parsed once: a plan may hold ten thousand steps.
QJsonValue defaultOf(const ParamSpec &spec)
{
    static const QHash<QByteArray, QJsonValue> known = [] {
        QHash<QByteArray, QJsonValue> values;
        for (const ActionSpec &row : actionTable()) {
            for (const ParamSpec &param : row.params) {
                const QByteArray list = QByteArray("[") + param.defaultText + ']';
                values.insert(param.defaultText, QJsonDocument::fromJson(list).array().at(0));
            }
        }
        return values;
    }();
    if (*spec.defaultText == '\0')
        return QJsonValue(QJsonValue::Undefined);
    return known.value(spec.defaultText);
}

} // namespace

const ParamSpec *paramSpec(const Action &action, const char *key)
{
    for (const ParamSpec &spec : specOf(action.kind).params) {
        if (QLatin1String(spec.key) == QLatin1String(key))
            return &spec;
    }
    return nullptr;
}

QJsonValue rawParam(const Action &action, const char *key)
{
    const QJsonValue given = action.params.value(QLatin1String(key));
    if (!given.isUndefined() && !given.isNull())
        return given;
    const ParamSpec *spec = paramSpec(action, key);
    return spec ? defaultOf(*spec) : QJsonValue(QJsonValue::Undefined);
}

QString paramPlace(const Action &action, const char *key)
{
    return tr("“%1” of %2").arg(QLatin1String(key), QLatin1String(specOf(action.kind).key));
}

tl::unexpected<Error> badParam(const Action &action, const char *key, const QString &what)
{
    return fail(ErrorCode::BadInput, tr("%1 %2").arg(paramPlace(action, key), what));
}

tl::unexpected<Error> notThereYet(const QString &what)
{
    return fail(ErrorCode::Unsupported, tr("%1 is not there yet in this version").arg(what), {},
                tr("Nothing was changed. Do this part by hand, or use an action that runs on this "
                   "machine without a password"));
}

Result<TemplateText> textParam(const Action &action, const char *key, const References &references,
                               FillRule rule)
{
    const QJsonValue raw = rawParam(action, key);
    if (raw.isUndefined())
        return TemplateText();
    if (!raw.isString()) {
        TRY_VALUE(const QString text, plainText(raw, QLatin1String(key)));
        return TemplateText(text);
    }
    return references.fill(raw.toString(), rule);
}

Result<std::vector<TemplateText>> listParam(const Action &action, const char *key,
                                            const References &references, FillRule rule)
{
    std::vector<TemplateText> items;
    const QJsonValue raw = rawParam(action, key);
    if (raw.isString()) {
        TRY_VALUE(const QJsonValue value,
                  references.value(raw.toString(), rule, paramPlace(action, key)));
        if (!value.isArray())
            return badParam(action, key, tr("wants a list"));
        const auto reference = wholeReference(raw.toString());
        for (const QJsonValue item : value.toArray()) {
            TRY_VALUE(const QString text, plainText(item, reference->text));
            TRY(checkFilled(text, reference->text, rule, true));
            items.emplace_back(text);
        }
        return items;
    }
    for (const QJsonValue item : raw.toArray()) {
        if (!item.isString()) {
            TRY_VALUE(const QString text, plainText(item, QLatin1String(key)));
            items.emplace_back(text);
            continue;
        }
        TRY_VALUE(TemplateText text, references.fill(item.toString(), rule));
        items.push_back(std::move(text));
    }
    return items;
}

Result<Sensitive> sensitiveValue(const QJsonValue &raw, const References &references, FillRule rule,
                                 const QString &what)
{
    if (raw.isObject())
        return Sensitive(SecretRef{raw[QLatin1String("secret")].toString()});
    if (raw.isUndefined())
        return Sensitive(TemplateText());
    if (!raw.isString()) {
        TRY_VALUE(const QString text, plainText(raw, what));
        return Sensitive(TemplateText(text));
    }
    TRY_VALUE(TemplateText text, references.fill(raw.toString(), rule));
    return Sensitive(std::move(text));
}

Result<QList<int>> statusListParam(const Action &action, const char *key)
{
    QList<int> statuses;
    for (const QJsonValue item : rawParam(action, key).toArray()) {
        if (item.isDouble()) {
            statuses << item.toInt();
            continue;
        }
        const QStringList ends = item.toString().split(QLatin1Char('-'));
        bool okFirst = false, okLast = false;
        const int first = ends.first().toInt(&okFirst);
        const int last = ends.last().toInt(&okLast);
        if (!okFirst || !okLast || ends.size() > 2 || last < first || last - first > kMostStatuses)
            return badParam(action, key,
                            tr("holds “%1”, which is no status and no range").arg(item.toString()));
        for (int status = first; status <= last; ++status)
            statuses << status;
    }
    return statuses;
}

Result<QString> literalParam(const Action &action, const char *key, const References &references,
                             FillRule rule)
{
    const QJsonValue raw = rawParam(action, key);
    if (raw.isUndefined())
        return QString();
    if (!raw.isString())
        return plainText(raw, QLatin1String(key));
    return references.literal(raw.toString(), rule, paramPlace(action, key));
}

Result<QString> pathParam(const Action &action, const char *key, const References &references)
{
    TRY_VALUE(const QString path, literalParam(action, key, references));
    if (path.isEmpty())
        return path;
    if (!path.startsWith(QLatin1Char('/')))
        return badParam(action, key, tr("must be an absolute path, and is “%1”").arg(path));
    return cleanPath(path);
}

Result<QStringList> textListParam(const Action &action, const char *key,
                                  const References &references, FillRule rule)
{
    TRY_VALUE(const auto items, listParam(action, key, references, rule));
    QStringList texts;
    for (const TemplateText &item : items) {
        if (item.hasSlots())
            return badParam(action, key, tr("holds a value that only the run will know"));
        texts << item.literal();
    }
    return texts;
}

Result<bool> yesNoParam(const Action &action, const char *key, const References &references)
{
    QJsonValue value = rawParam(action, key);
    if (value.isString()) {
        TRY_VALUE(value, references.value(value.toString(), kContent, paramPlace(action, key)));
    }
    if (!value.isBool())
        return badParam(action, key, tr("must be yes or no"));
    return value.toBool();
}

Result<void> onlyThisMachine(const Action &action, const References &references)
{
    if (paramSpec(action, "host") == nullptr)
        return {};
    TRY_VALUE(const QString host, literalParam(action, "host", references));
    if (!host.isEmpty())
        return notThereYet(tr("Working on another machine (%1)").arg(host));
    if (!isEmptyValue(rawParam(action, "via")))
        return notThereYet(tr("A route through other machines (via)"));
    return {};
}

} // namespace lb
