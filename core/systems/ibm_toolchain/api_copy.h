// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/template.h"

namespace lb {

// A copy as the public APIs make it, body by body (IBM/continuous-delivery-go-sdk, cdtoolchainv2
// and cdtektonpipelinev2; systems/ibm-toolchain.md §6.3, §7.1, §7.2). What a body cannot say is in
// `left`, a sentence each.

struct ToolToMake
{
    QString name; ///< in the template; unique
    QString type;
    DataValue parameters; ///< without secrets, and without what is for a template only
    QString file;         ///< of a pipeline's definition in the template; empty for other tools

    bool isPipeline() const { return type == QLatin1String("pipeline"); }
    bool isTekton() const;
    DataValue body() const;
};

struct ToolchainToMake
{
    QString name;
    QString description;
    std::vector<ToolToMake> tools; ///< each after those that it may name
    QStringList left;

    /// In the resource group of that id.
    DataValue body(const QString &group) const;
    /// nullptr when there is none.
    const ToolToMake *find(const QString &tool) const;
};
/// Of a template whose repositories are mapped and whose triggers are all there. BadInput when the
/// API would refuse its name.
Result<ToolchainToMake> toolchainToMake(const Template &made);

/// BadInput, naming them, when it has classic pipelines: no public API fills those.
Result<void> checkIsTekton(const ToolchainToMake &whole);

/// How pipelines name tools, and which tools of the copy are meant.
struct ToolIds
{
    std::map<QString, QString> made; ///< name in the template → id in the copy
    /// Id in the source, or what a private worker calls itself → name in the template.
    std::map<QString, QString> sources;

    /// By name in the template, `${name}` or a word of `sources`; empty when nothing is called so.
    QString find(const QString &word) const;
};
/// ToolIds::sources of a saved answer.
std::map<QString, QString> sourceToolNames(const DataValue &answer);

struct TriggerToMake
{
    QString name;
    DataValue body;
    std::vector<DataValue> properties; ///< bodies too: they are made one by one
};

struct PipelineToMake
{
    DataValue body; ///< with its id and worker
    std::vector<DataValue> definitions;
    std::vector<DataValue> properties; ///< secret ones are empty, but for references
    /// All but manual ones are off. One is manual and on, unless no event listener is known.
    std::vector<TriggerToMake> triggers;
    QString addedTrigger; ///< the manual one when the source had none; empty otherwise
    QStringList left;
};
/// `definition` is what the tool's file in the template holds.
PipelineToMake pipelineToMake(const ToolToMake &tool, const DataValue &definition,
                              const ToolchainToMake &whole, const ToolIds &ids);

/// A saved trigger as it is made in a copy whose repository for it is `url`.
TriggerToMake triggerToMake(const DataValue &saved, const QString &url, bool isOn,
                            const ToolIds &ids, QStringList &left);

/// Off neither by `enabled` nor by `disabled`, of which an export has one or none.
bool isTriggerOn(const DataValue &saved);

/// What tells one definition from another: `url`, branch or tag, and path of its body.
QString definitionKey(const DataValue &body);

} // namespace lb
