// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace lb {

enum class InputType
{
    Text,
    Number,
    YesNo,
    Choice,
    Host,
    Path,
    Url,
    Command
};
QString name(InputType type);
std::optional<InputType> inputTypeFromName(const QString &text);

/// One input of a runbook or system type: the only validator for wizard fields, `--set` and
/// profiles, and the source of forms and schemas.
struct InputSpec
{
    QString name;
    InputType type = InputType::Text;
    bool isList = false;
    bool required = false;
    QString title; ///< field label
    QString help;  ///< one sentence below the field
    QStringList choices;
    QJsonValue defaultValue; ///< Undefined: none. A list input's empty value is [].
    bool perRun = false;     ///< given for one run; a profile does not keep it
    QString with;            ///< another input that must be given when this one is

    /// Texts as typed or given by `--set` (several = appended; one JSON list is accepted for list
    /// and command inputs) → the stored value. Empty texts → the empty value. BadInput says what
    /// the field wants.
    Result<QJsonValue> parse(const QStringList &texts) const;
    /// A value from YAML or a form, checked the same way; a single plain value becomes a list of
    /// one where the input is a list.
    Result<QJsonValue> check(const QJsonValue &value) const;
    /// "" / [] by type: what stands when nothing was given.
    QJsonValue emptyValue() const;
    /// The value as a person would read it.
    QString display(const QJsonValue &value) const;
};

/// Values held against their specs: checked, and completed with defaults or the empty value.
/// Unknown names, missing required values (unless `needRequired` is false) and halves of a `with`
/// pair are refused. All findings in one BadInput error, one sentence a line in `detail`.
Result<QJsonObject> checkInputs(const std::vector<InputSpec> &specs, const QJsonObject &values,
                                bool needRequired = true);
/// True when the value says nothing: null, "", [] or no.
bool isEmptyValue(const QJsonValue &value);

} // namespace lb
