// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/action.h"
#include "core/model/input_spec.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonObject>

#include <chrono>
#include <optional>
#include <vector>

namespace lb {

/// One finding about a document an admin wrote. Lines and columns count from 1.
struct Diagnostic
{
    enum class Severity
    {
        Error,
        Warning
    };
    Severity severity = Severity::Error;
    QString file;
    int line = 0;
    int column = 0;
    QString message;
    QString suggestion;

    /// `file:line:column: error: message (suggestion)`
    QString text() const;
};

/// False when there is nothing but warnings.
bool hasErrors(const std::vector<Diagnostic> &diagnostics);

/// Answers that a read action may give. All that are set must hold.
struct Match
{
    std::optional<int> exitStatus;
    std::optional<int> status;
    std::optional<QJsonValue> equals;
    std::optional<QString> contains;
    struct JsonPointer
    {
        QString pointer;
        QJsonValue equals;
    };
    std::optional<JsonPointer> json;

    bool isEmpty() const { return !exitStatus && !status && !equals && !contains && !json; }
    QJsonObject toJson() const;
    static Match fromJson(const QJsonObject &object);
    /// The rule as a person reads it: "exit status 3".
    QString display() const;
};

/// What a read action answered; what Match is held against.
struct ReadAnswer
{
    std::optional<int> exitStatus;
    std::optional<int> status;
    QJsonValue value; ///< text, lines or JSON
};
bool matches(const Match &match, const ReadAnswer &answer);

/// `when:` as data: {equals: [A, B]}, {not: C}, {any: [C…]}, {all: [C…]}, {present: V}. A, B and V
/// are values whose texts may hold references in braces; V is present when it is neither null, "",
/// [] nor false. Stored as the checked JSON; evaluated by core/plan.
using Condition = QJsonValue;

struct Deviation
{
    QString document; ///< what the vendor's document says
    QString lifeboat; ///< what we do
    QString why;
};

struct SecretSpec
{
    QString name, title, holder, neededBy;
};

struct FactSpec
{
    QString name;
    Action action;
};

struct CheckSpec
{
    QString id, title, hint;
    Action action;
    Match doneWhen;
    bool warnOnly = false; ///< `level: warning`
    std::optional<Condition> when;
    QString forEach;    ///< as of a step: one check an item, ids `folder[NAME]`
    QString forEachKey; ///< as of a step
};

struct PartSpec
{
    QString id, title, kind;
    bool needed = false;
    bool secret = false;
};

struct ProbeSpec
{
    Action action;
    Match doneWhen;
    Match notDoneWhen;
};

struct ObligationSpec
{
    QString id, title, by; ///< `by`: the finally step that closes it; may be empty
};

/// Obligations of earlier runs that a good end of this one puts right: those of `runbook` called
/// `obligation`, where both runs had the same values of the inputs `same`.
struct ClosesSpec
{
    QString obligation, runbook;
    QStringList same;
};

struct RetrySpec
{
    int times = 0; ///< further attempts after the first
    std::chrono::milliseconds wait{0};
    std::vector<ErrorCode> on;
};

struct StepSpec
{
    QString id, phase, title;
    Action action;
    Effect effect = Effect::Read;
    ResumePolicy resume = ResumePolicy::Ask;
    std::optional<ProbeSpec> probe;
    std::optional<Action> undo;
    std::optional<ObligationSpec> obliges;
    std::optional<QStringList> needs; ///< nothing: the step before
    /// In `finally` it stands below the word: `when: {proven: CONDITION}`, see finallyWhen.
    std::optional<Condition> when;
    FinallyWhen finallyWhen = FinallyWhen::Always;
    QString forEach;    ///< reference to a list: `discovered.databases`, `inputs.folder`
    QString forEachKey; ///< default `name`; for lists of plain values the value itself
    std::optional<std::chrono::milliseconds> timeout;
    std::chrono::milliseconds grace{10'000}; ///< between TERM and KILL
    RetrySpec retry;
    bool startsDaemon = false; ///< what it leaves running is meant to stay
    QString pointer;
};

/// A runbook as read: complete, checked, references not yet filled.
struct Runbook
{
    QString id, system, title, description;
    Purpose purpose = Purpose::Change;
    QString appliesTo;
    struct
    {
        QString document, section;
    } source;
    std::vector<Deviation> deviations;
    std::vector<InputSpec> inputs;
    std::vector<SecretSpec> secrets;
    std::vector<FactSpec> facts;
    QString identityText;
    bool pins = true; ///< what it reads is the system's identity; not that of a copy
    QJsonArray scope; ///< texts or one reference to a list
    std::optional<Action> version;
    QString versionPattern;
    std::vector<CheckSpec> checks;
    std::vector<FactSpec> discover;
    std::vector<PartSpec> parts;
    std::vector<StepSpec> steps;
    std::vector<StepSpec> finallySteps;
    std::vector<ClosesSpec> closes;

    bool builtIn = false; ///< compiled in; false for the admin's own
    bool hidden = false;  ///< lifeboat.*: not in lists
    QString file;         ///< where it was read from
    QByteArray text;      ///< its YAML
    QByteArray sha256;    ///< of text

    const InputSpec *input(const QString &inputName) const;
    /// A step or a check of it takes something from one.
    bool usesRestorePoint() const;
};

} // namespace lb
