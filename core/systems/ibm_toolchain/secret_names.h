// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/data_value.h"

#include <QSet>

#include <functional>
#include <map>

namespace lb {

/// Names of parameters that hold a secret, per type of tool: those that the broker catalogue of the
/// toolchain's answer declares as passwords.
using BrokerSecrets = std::map<QString, QSet<QString>>;
BrokerSecrets brokerSecrets(const DataValue &answer);

/// A pointer to a secret that lives elsewhere ("{vault::tool.key}", a CRN of Secrets Manager,
/// "ref://secrets-manager.…"), not one itself.
bool isSecretReference(const QString &text);
/// A value of asterisks only stands for one that IBM did not show.
bool isRedacted(const DataValue &value);
/// Text that has the look of a token or a private key, or an address with a password in it.
bool looksSecret(const QString &text);
/// Whether a name says that its value is a secret, whatever the type of tool.
bool isSecretName(const QString &name);
/// The text without "user:password@" in the address that it is; the same text otherwise.
QString withoutUserInfo(const QString &url);

/// A secret in the parameters of a tool.
struct SecretParameter
{
    QString pointer; ///< inside the parameters: "/api_token"
    QString name;
    DataValue *value;
};

/// Calls `found` for every parameter that holds a secret or a reference to one: the table of
/// cd-tools (config.js), what the catalogue declares, and names that say so at any depth. Null is
/// no secret.
void forEachSecretParameter(const QString &toolType, const BrokerSecrets &brokers,
                            DataValue &parameters,
                            const std::function<void(const SecretParameter &)> &found);

/// An answer that can be kept: every secret in it is an empty text.
struct StrippedAnswer
{
    DataValue value;
    QStringList places; ///< JSON pointers of what was emptied
};

/// The answer about a toolchain. The catalogue of tools stays, for the template needs it.
StrippedAnswer withoutSecrets(const DataValue &answer);
/// The exported definition of a pipeline of either kind.
StrippedAnswer pipelineWithoutSecrets(const DataValue &pipeline);

/// Removes user and password from the addresses in a pipeline's inputs and triggers, and the
/// addresses of its web hooks, which whoever knows them may call; where they were.
QStringList dropSecretAddresses(DataValue &pipeline);

/// One step of a JSON pointer, escaped (RFC 6901).
QString pointerStep(const QString &key);

} // namespace lb
