// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/ibm_world.h"
#include "core/systems/ibm_toolchain/data_value.h"

namespace lb::practice::ibm {

/// What a template can ask for; DevOps Insights is gone (systems/ibm-toolchain.md §0).
QStringList knownServices();

struct TemplateTool
{
    QString name, type;
    QJsonObject parameters;  ///< evaluated, without `configuration`
    QStringList services;    ///< that a pipeline may name
    DataValue pipeline;      ///< its content, evaluated; null when it has none
    DataValue execute;       ///< `configuration.execute`
    bool isExported = false; ///< its pipeline names addresses, as the console writes it

    bool isRepository() const;
};

struct ToolchainTemplate
{
    QString name, description, toolchainName;
    QStringList required;
    std::vector<TemplateTool> tools;

    const TemplateTool *find(const QString &tool) const;
};

/// Evaluates `.bluemix/toolchain.yml` and what it includes (§3). `form` is what setup/deploy was
/// given. BadInput in the service's words.
Result<ToolchainTemplate> evaluateTemplate(const QMap<QString, QByteArray> &files,
                                           const QMap<QString, QString> &form);

QJsonValue toJsonValue(const DataValue &value);
DataValue toDataValue(const QJsonObject &object);

/// What a classic pipeline's YAML tells: services become addresses, secure values are masked, and
/// properties are kept aside. BadInput when it names what is not there.
Result<void> makeClassic(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                         QJsonObject pipeline);
/// `tools`: the ids of the tools by their names.
Result<void> makeTekton(World &world, const ToolchainTemplate &whole, const TemplateTool &tool,
                        const QMap<QString, QString> &tools, QJsonObject pipeline);
/// The Tekton pipeline as the console exports it (§2.4).
QByteArray exportTekton(const World &world, const QJsonObject &pipeline);

} // namespace lb::practice::ibm
