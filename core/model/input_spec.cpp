// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/input_spec.h"

#include "core/base/text.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Inputs)

constexpr std::array<std::pair<InputType, const char *>, 8> kTypes{{
    {InputType::Text, "text"},
    {InputType::Number, "number"},
    {InputType::YesNo, "yes_no"},
    {InputType::Choice, "choice"},
    {InputType::Host, "host"},
    {InputType::Path, "path"},
    {InputType::Url, "url"},
    {InputType::Command, "command"},
}};

QString label(const InputSpec &spec)
{
    return spec.title.isEmpty() ? spec.name : spec.title;
}

tl::unexpected<Error> refuse(const InputSpec &spec, const QString &why, const QString &advice = {})
{
    return fail(ErrorCode::BadInput, tr("%1: %2").arg(label(spec), why), {}, advice);
}

QString jsonText(const QJsonValue &value)
{
    const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(list.mid(1, list.size() - 2));
}

/// One JSON value of any kind; Undefined when the text is none.
QJsonValue fromJsonText(const QString &text)
{
    const QByteArray wrapped = '[' + text.toUtf8() + ']';
    const QJsonArray list = QJsonDocument::fromJson(wrapped).array();
    return list.size() == 1 ? list.at(0) : QJsonValue(QJsonValue::Undefined);
}

/// NUL and line breaks could end a value early or begin another one in any protocol below us.
bool holdsBreak(const QString &text)
{
    return text.contains(QChar(u'\0')) || text.contains(u'\n') || text.contains(u'\r');
}

Result<QJsonValue> checkNumber(const InputSpec &spec, const QString &text)
{
    bool ok = false;
    const double number = text.toDouble(&ok);
    if (!ok || !qIsFinite(number))
        return refuse(spec, tr("“%1” is not a number").arg(text));
    return QJsonValue(number);
}

Result<QJsonValue> checkYesNo(const InputSpec &spec, const QString &text)
{
    if (text == QLatin1String("true") || text == QLatin1String("yes"))
        return QJsonValue(true);
    if (text == QLatin1String("false") || text == QLatin1String("no"))
        return QJsonValue(false);
    return refuse(spec, tr("“%1” is neither yes nor no").arg(text));
}

Result<QJsonValue> checkPath(const InputSpec &spec, const QString &text)
{
    if (!text.startsWith(QLatin1Char('/')))
        return refuse(spec, tr("“%1” is not an absolute path").arg(text),
                      tr("Write the whole path, beginning with /"));
    QString path = text;
    while (path.size() > 1 && path.endsWith(QLatin1Char('/')))
        path.chop(1);
    static const QRegularExpression slashes(QStringLiteral("/{2,}"));
    path.replace(slashes, QStringLiteral("/"));
    const QStringList names = path.split(QLatin1Char('/'));
    if (names.contains(QStringLiteral("..")) || names.contains(QStringLiteral(".")))
        return refuse(spec, tr("“%1” holds . or .. as a name").arg(text),
                      tr("Write the path without them"));
    return QJsonValue(path);
}

Result<QJsonValue> checkHost(const InputSpec &spec, const QString &text)
{
    // The first character of user and host is never “-”: ssh would take it for an option.
    static const QRegularExpression pattern(
        QStringLiteral("\\A(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?"
                       "(?:\\[[0-9A-Fa-f:.]{2,45}\\]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,252})"
                       "(?::([0-9]{1,5}))?\\z"));
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return refuse(spec, tr("“%1” is not a host").arg(text),
                      tr("Write [USER@]HOST[:PORT] or an alias of ssh_config; empty is this "
                         "machine"));
    if (!match.captured(1).isEmpty() &&
        (match.captured(1).toInt() < 1 || match.captured(1).toInt() > 65535))
        return refuse(spec, tr("the port of “%1” is not between 1 and 65535").arg(text));
    return QJsonValue(text);
}

Result<QJsonValue> checkUrl(const InputSpec &spec, const QString &text)
{
    static const QRegularExpression pattern(
        QStringLiteral("\\A[a-z][a-z0-9+.-]*://([^\\s/?#]+)[^\\s]*\\z"));
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return refuse(spec, tr("“%1” is not a URL").arg(text),
                      tr("Write it with its scheme, such as https://example.org/"));
    if (match.captured(1).contains(QLatin1Char('@')))
        return refuse(spec, tr("the URL holds a user name or password"),
                      tr("Leave it out of the URL and give it as a secret"));
    return QJsonValue(text);
}

Result<QJsonValue> checkChoice(const InputSpec &spec, const QString &text)
{
    if (spec.choices.contains(text))
        return QJsonValue(text);
    const QString close = nearest(text, spec.choices);
    return refuse(spec, tr("“%1” is none of %2").arg(text, spec.choices.join(QStringLiteral(", "))),
                  close.isEmpty() ? QString() : tr("Did you mean “%1”?").arg(close));
}

/// One value given as text, not empty, not a command.
Result<QJsonValue> checkText(const InputSpec &spec, const QString &text)
{
    if (holdsBreak(text))
        return refuse(spec, tr("a value may not hold a line break or NUL"));
    switch (spec.type) {
    case InputType::Text:
    case InputType::Command:
        return QJsonValue(text);
    case InputType::Number:
        return checkNumber(spec, text);
    case InputType::YesNo:
        return checkYesNo(spec, text);
    case InputType::Choice:
        return checkChoice(spec, text);
    case InputType::Host:
        return checkHost(spec, text);
    case InputType::Path:
        return checkPath(spec, text);
    case InputType::Url:
        return checkUrl(spec, text);
    }
    return refuse(spec, tr("this type of input is unknown"));
}

Result<QJsonValue> checkOne(const InputSpec &spec, const QJsonValue &value)
{
    if (spec.type == InputType::Number && value.isDouble())
        return value;
    if (spec.type == InputType::YesNo && value.isBool())
        return value;
    if (!value.isString())
        return refuse(spec, tr("%1 is not of type %2").arg(jsonText(value), name(spec.type)));
    return checkText(spec, value.toString());
}

Result<QJsonValue> checkCommand(const InputSpec &spec, const QJsonValue &value)
{
    const QString advice =
        tr("Write it as a JSON list, such as [\"systemctl\",\"stop\",\"harbour\"]");
    if (!value.isArray())
        return refuse(spec, tr("a command is a list of texts: the program and its arguments"),
                      advice);
    const QJsonArray words = value.toArray();
    for (const QJsonValue word : words) {
        if (!word.isString())
            return refuse(spec, tr("%1 in the command is not a text").arg(jsonText(word)), advice);
        if (word.toString().contains(QChar(u'\0')))
            return refuse(spec, tr("a command may not hold NUL"));
    }
    if (!words.isEmpty()) {
        const QString program = words.at(0).toString();
        if (program.isEmpty() || program.startsWith(QLatin1Char('-')) || holdsBreak(program))
            return refuse(spec, tr("“%1” is not a program").arg(program), advice);
    }
    return QJsonValue(words);
}

} // namespace

QString name(InputType type)
{
    for (const auto &[candidate, word] : kTypes) {
        if (candidate == type)
            return QString::fromLatin1(word);
    }
    return {};
}

std::optional<InputType> inputTypeFromName(const QString &text)
{
    for (const auto &[candidate, word] : kTypes) {
        if (text == QLatin1String(word))
            return candidate;
    }
    return std::nullopt;
}

Result<QJsonValue> InputSpec::parse(const QStringList &texts) const
{
    const bool nothing = texts.isEmpty() || (texts.size() == 1 && texts.first().isEmpty());
    if (nothing)
        return check(emptyValue());

    if (type == InputType::Command) {
        if (texts.size() > 1)
            return refuse(*this, tr("a command is given once, as one list"));
        const QString text = texts.first().trimmed();
        // A list of commands is a JSON list of lists; one list alone is a list of one command.
        const QJsonValue parsed = fromJsonText(text);
        const QJsonValue value = parsed.isArray() ? parsed : QJsonValue(text);
        if (!isList)
            return check(value);
        const bool nested = value.isArray() && value.toArray().at(0).isArray();
        return check(nested ? value : QJsonValue(QJsonArray{value}));
    }
    if (!isList) {
        if (texts.size() > 1)
            return refuse(*this, tr("only one value is possible, and %n were given", nullptr,
                                    int(texts.size())));
        return check(texts.first());
    }
    QJsonArray items;
    for (const QString &text : texts) {
        // A text that begins with [ and is no JSON list is an ordinary value (a pattern such as
        // [a-z]*).
        const QJsonValue value =
            text.startsWith(QLatin1Char('[')) ? fromJsonText(text) : QJsonValue();
        if (value.isArray()) {
            for (const QJsonValue item : value.toArray())
                items.append(item);
        } else {
            items.append(text);
        }
    }
    return check(items);
}

Result<QJsonValue> InputSpec::check(const QJsonValue &value) const
{
    const bool empty = value.isNull() || value.isUndefined() || value == QJsonValue(QString()) ||
                       value == QJsonValue(QJsonArray());
    if (empty) {
        if (required)
            return refuse(*this, tr("a value is needed"));
        return emptyValue();
    }
    if (!isList)
        return type == InputType::Command ? checkCommand(*this, value) : checkOne(*this, value);

    QJsonArray given = value.isArray() ? value.toArray() : QJsonArray{value};
    const bool oneCommand = type == InputType::Command && !given.at(0).isArray();
    if (oneCommand)
        given = QJsonArray{given};
    QJsonArray items;
    for (const QJsonValue item : given) {
        if (item == QJsonValue(QString()))
            return refuse(*this, tr("a value of the list is empty"));
        TRY_VALUE(const QJsonValue checked,
                  type == InputType::Command ? checkCommand(*this, item) : checkOne(*this, item));
        if (type == InputType::Path && items.contains(checked))
            return refuse(*this, tr("%1 is given twice").arg(jsonText(checked)));
        items.append(checked);
    }
    return QJsonValue(items);
}

QJsonValue InputSpec::emptyValue() const
{
    if (isList || type == InputType::Command)
        return QJsonArray();
    return type == InputType::YesNo ? QJsonValue(false) : QJsonValue(QString());
}

QString InputSpec::display(const QJsonValue &value) const
{
    if (type == InputType::Command && !isList) {
        QStringList words;
        for (const QJsonValue word : value.toArray())
            words << word.toString();
        return words.isEmpty() ? QString() : shellLine(words.first(), words.mid(1));
    }
    if (isList) {
        InputSpec one = *this;
        one.isList = false;
        QStringList items;
        for (const QJsonValue item : value.toArray())
            items << one.display(item);
        return items.join(QStringLiteral(", "));
    }
    if (value.isBool())
        return value.toBool() ? tr("yes") : tr("no");
    return value.isString() ? value.toString() : value.isUndefined() ? QString() : jsonText(value);
}

bool isEmptyValue(const QJsonValue &value)
{
    return value.isNull() || value.isUndefined() || value == QJsonValue(QString()) ||
           value == QJsonValue(QJsonArray()) || value == QJsonValue(false);
}

Result<QJsonObject> checkInputs(const std::vector<InputSpec> &specs, const QJsonObject &values,
                                bool needRequired)
{
    QStringList names, findings;
    QJsonObject checked;
    const auto byName = [&](const QString &wanted) {
        return std::find_if(specs.begin(), specs.end(),
                            [&](const InputSpec &spec) { return spec.name == wanted; });
    };
    for (InputSpec spec : specs) {
        names << spec.name;
        spec.required = spec.required && needRequired;
        QJsonValue value = values.value(spec.name);
        if (value.isUndefined())
            value = spec.defaultValue;
        const auto result = spec.check(value);
        if (result)
            checked.insert(spec.name, *result);
        else
            findings << result.error().sentence();
    }
    for (const InputSpec &spec : specs) {
        const auto other = byName(spec.with);
        if (other == specs.end() || isEmptyValue(checked.value(spec.name)))
            continue;
        if (checked.contains(other->name) && isEmptyValue(checked.value(other->name)))
            findings << tr("%1: it is given without “%2”; give both or none")
                            .arg(label(spec), label(*other));
    }
    for (const QString &given : values.keys()) {
        if (names.contains(given))
            continue;
        const QString close = nearest(given, names);
        findings << (close.isEmpty()
                         ? tr("There is no input “%1”; there are %2")
                               .arg(given, names.join(QStringLiteral(", ")))
                         : tr("There is no input “%1”; did you mean “%2”?").arg(given, close));
    }
    if (!findings.isEmpty())
        return fail(ErrorCode::BadInput, tr("The inputs are not right"),
                    findings.join(QLatin1Char('\n')));
    return checked;
}

} // namespace lb
