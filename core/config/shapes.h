// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/action.h"

#include <QStringList>

#include <span>

namespace lb {

/// What may stand as the value of a key outside of actions.
enum class FieldType
{
    Text,
    RunbookId, ///< `harbour.save`
    Id,        ///< of steps, checks, parts…: [a-z][a-z0-9_-]*
    Word,      ///< one of `words`
    YesNo,
    WholeNumber, ///< 1 to 100
    Duration,
    Any, ///< checked where it is used
    TextList,
    IdList,
    WordList, ///< each one of `words`
    TextOrList,
    Object,
    ObjectList,
    ObjectMap,   ///< id → object
    When,        ///< a condition
    FinallyWhen, ///< always, proven, or {always: condition}, {proven: condition}
    Match,
    Format,  ///< 1: the version of the language
    Profile, ///< a name of a system or store
    Path,
    TextMap, ///< name → text
};

struct Shape;

/// One key of an object in a document that an admin writes.
struct FieldSpec
{
    const char *key;
    FieldType type;
    bool required = false;
    const char *help = "";
    const Shape *shape = nullptr;
    QStringList (*words)() = nullptr;
};

/// Which action may, and then must, stand in an object under its own key.
enum class ActionPlace
{
    None,
    Step,  ///< any
    Check, ///< a check or a read action
    Read,  ///< a read action
    Undo,  ///< one that does something
};

/// The keys of one kind of object. Reader and JSON Schema are made from the same shapes.
struct Shape
{
    const char *name;
    const char *help;
    std::span<const FieldSpec> fields;
    ActionPlace actions = ActionPlace::None;
};

const Shape &runbookShape();
const Shape &systemShape();
const Shape &storesShape();

/// True when the action may stand in that place; `builtIn` for runbooks that are compiled in.
bool mayStand(const ActionSpec &action, ActionPlace place, bool builtIn);

/// Patterns of names, as JSON Schema wants them (unanchored anchors ^ and $).
extern const char *const kIdPattern;
extern const char *const kRunbookIdPattern;
extern const char *const kProfilePattern;

} // namespace lb
