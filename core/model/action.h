// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/model/value_types.h"

#include <QJsonObject>
#include <QString>

#include <optional>
#include <span>

namespace lb {

/// Every action and check a runbook can name (design §4). Closed: a new one breaks every switch.
enum class ActionKind
{
    Run,
    Ssh,
    Http,
    TreeSave,
    TreeRestore,
    PostgresList,
    PostgresDump,
    PostgresRestore,
    PostgresGlobals,
    WriteFile,
    WaitUntil,
    Ask,
    Confirm,
    // checks and facts: read only
    DiskFree,
    Program,
    Reachable,
    Path,
    Clock,
    LeaseFree,
    Secret,
    Identity,
    HostKey,
    MachineId,
    HostName,
    FileSystem,
    PostgresId,
    PostgresReady,
    // Elasticsearch, and Alien4Cloud's own checks
    ElasticsearchId,
    ElasticsearchSurvey,
    ElasticsearchDescribe,
    ElasticsearchSave,
    ElasticsearchKeep,
    ElasticsearchRestore,
    ElasticsearchRehearse,
    ElasticsearchRelease,
    ElasticsearchExport,
    ElasticsearchClear,
    ElasticsearchImport,
    ElasticsearchPutBack,
    ElasticsearchExportRemove,
    ElasticsearchAdopt,
    Alien4CloudAdoptFiles,
    Alien4CloudTransform,
    Alien4CloudPluginSwap,
    Alien4CloudConnect,
    Alien4CloudCheck,
    // toolchains of IBM Cloud Continuous Delivery
    ToolchainFact,
    ToolchainSurvey,
    ToolchainCheck,
    ToolchainSave,
    ToolchainPublish,
    ToolchainCreate,
    ToolchainBuild,
    ToolchainCompare,
    ToolchainLocate,
    ToolchainSetSecret,
    ToolchainTriggers,
    ToolchainProve,
    ToolchainProjects,
    ToolchainRevoke,
    ToolchainUnpublish,
    // what the built-in lifeboat.* runbooks do with restore points
    PointVerify,
    PointFiles,
    PointDiff,
    PointExtract,
    PointRemove,
    TreeRemove,
    PostgresDrop,
    ElasticsearchForget,
    InventoryRebuild,
    TreeAssess,
};

/// What may stand as the value of an action's key.
enum class ParamType
{
    Text, ///< a text; may hold {{ }} references
    Path, ///< an absolute path
    Host, ///< empty = this machine
    Number,
    YesNo,
    Choice,   ///< one of `choices`
    TextList, ///< list of texts; an item `{{ list }}` does not multiply
    PathList,
    Command, ///< a whole list of strings, or one reference to an input of type command
    Duration,
    Size,
    StatusList,  ///< [0, 3] or [200-299]
    Environment, ///< {NAME: text | {secret: name}}
    Sensitive,   ///< text or {secret: name}
    SecretName,  ///< {secret: name}
    Json,        ///< any data; texts in it are filled
    TextMap,     ///< {name: text}
    Part,        ///< id of a part
    Match,       ///< done_when
    ReadAction,  ///< exactly one nested read action
    Mode,        ///< octal file mode such as 0600
};

struct ParamSpec
{
    const char *key;
    ParamType type;
    bool required = false;
    const char *defaultText = ""; ///< JSON text; "" = none
    const char *choices = "";     ///< "a|b|c"
    const char *help = "";
};

/// One row of the action table: reader, lint, JSON Schema, help and planner all read it.
struct ActionSpec
{
    ActionKind kind;
    const char *key; ///< as written in YAML
    const char *help;
    std::optional<Effect> effect; ///< implied; none = the step must say it
    bool isCheck = false;         ///< may stand under `checks` without done_when
    bool canRead = false;         ///< may stand where a read action is wanted
    bool builtInOnly = false;     ///< only in lifeboat.* runbooks
    std::span<const ParamSpec> params;
};

std::span<const ActionSpec> actionTable();
const ActionSpec &specOf(ActionKind kind);
/// Nothing for a key that is no action.
const ActionSpec *findAction(const QString &key);

/// An action as a runbook has it: checked against the table, references not filled.
struct Action
{
    ActionKind kind = ActionKind::Run;
    QJsonObject params;
    QString pointer; ///< JSON pointer into the runbook document, for diagnostics
};

} // namespace lb
