// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/data_value.h"

#include <vector>

namespace lb {

/// The toolchain object, wherever the answer has it: under `toolchain`, as the one of `items`
/// (opentoolchain-go-sdk), or as the answer itself (dedicated environments). nullptr when nowhere.
const DataValue *toolchainIn(const DataValue &answer);
DataValue *toolchainIn(DataValue &answer);
/// Its JSON pointer in the answer.
QString toolchainPointer(const DataValue &answer);
/// The catalogue of tools beside the toolchain; nullptr when the answer has none.
const DataValue *brokerCatalogue(const DataValue &answer);

/// One tool of a toolchain.
struct ToolchainService
{
    std::size_t position = 0; ///< in the answer's list, from 0
    QString name;             ///< in the template: unique
    QString binding;          ///< the name that the toolchain gives it; may be empty or not unique
    QString type;             ///< `service_id`
    QString instance;         ///< `instance_id`
    const DataValue *entry = nullptr;      ///< in the answer
    const DataValue *parameters = nullptr; ///< nullptr when it has none

    bool isPipeline() const { return type == QLatin1String("pipeline"); }
    bool isTekton() const;
    bool isRepository() const;
    /// Of a tool whose service IBM ended (DevOps Insights, 31 August 2026; ibm-cloud-docs,
    /// "Region and feature consolidation").
    bool isEnded() const { return type == QLatin1String("draservicebroker"); }
    /// A text of its parameters; empty when it has none.
    QString parameter(const QString &name) const;
};

/// The tools in their order, named as in the template: as the toolchain names them, else by type
/// and position; a name that is taken gets the position too. They point into the answer. Corrupt
/// when this is no answer about a toolchain.
Result<std::vector<ToolchainService>> toolchainServices(const DataValue &answer);

/// A pipeline whose definition is to be downloaded from the console.
struct PipelineSource
{
    QString instance; ///< names the pipeline where its definition is handed over
    QString name;     ///< in the template
    QString path;     ///< "/devops/pipelines/…/yaml?env_id=…", after scheme and host
    bool isTekton = false;
};
Result<std::vector<PipelineSource>> toolchainPipelines(const DataValue &answer);

/// What a download must be before it counts as a pipeline: neither the page of a log-in nor empty,
/// YAML, and with stages, inputs or triggers. `what` names it in errors.
Result<DataValue> checkPipeline(const QByteArray &bytes, const QString &contentType,
                                const QString &what);
/// The same for the answer about the toolchain itself.
Result<DataValue> checkToolchainAnswer(const QByteArray &bytes, const QString &contentType);

/// The tools whose `repo_url` is this repository: the same address, else one that differs in a
/// final slash or `.git`, the host's case or user information only.
std::vector<const ToolchainService *> repositoriesAt(const std::vector<ToolchainService> &services,
                                                     const QString &url);
bool isSameRepository(const QString &left, const QString &right);

/// The private worker of that name; nullptr when there is none.
const ToolchainService *privateWorker(const std::vector<ToolchainService> &services,
                                      const QString &name);

/// "pipeline_build-web.yml": a safe file name whatever the pipeline is called. `taken` holds those
/// used already, in lower case, and gets this one.
QString pipelineFileName(const QString &service, QStringList &taken);

} // namespace lb
