// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret_string.h"
#include "core/systems/ibm_toolchain/data_value.h"

#include <QDateTime>
#include <QStringList>

#include <optional>
#include <vector>

namespace lb {

// Answers of the services around a toolchain. What is missing in one is empty here, unless nothing
// can be done without it; then the answer is Corrupt.

/// What IAM gives for an API key (POST /identity/token).
struct IamToken
{
    SecretHandle token; ///< without the word Bearer
    QDateTime expires;

    /// Five minutes before it expires, so that no call begins with one that ends on the way.
    bool mustBeRenewed(const QDateTime &now) const { return now.addSecs(300) >= expires; }
};
Result<IamToken> readIamToken(const QByteArray &json, const QDateTime &now);

/// What a service says went wrong, in one line; the forms are those of IAM, the toolchain and
/// pipeline services, setup/deploy and GitLab, or plain text. Empty when it says nothing. A web
/// page is named as one.
QString serviceErrorText(const QByteArray &body);

/// The id of the toolchain that setup/deploy made, of its answer's Location; empty when it is none.
QString createdToolchainId(const QString &location);

/// One tool of Toolchain API v2.
struct ToolchainTool
{
    enum class State
    {
        Configured,
        Configuring,
        Misconfigured,
        Unconfigured,
        Unknown
    };

    QString id;
    QString type;
    QString name;
    State state = State::Unknown;
    QString page; ///< in the console; empty where the service names none
    DataValue parameters;
};
struct ToolPage
{
    std::vector<ToolchainTool> tools;
    QString next; ///< `start` of the page after it; empty at the last one
};
Result<ToolPage> readToolPage(const DataValue &answer);

struct ToolchainEntry
{
    QString id;
    QString name;
    QString region;
    QDateTime created;
};
struct ToolchainPage
{
    std::vector<ToolchainEntry> toolchains;
    QString next;
};
Result<ToolchainPage> readToolchainPage(const DataValue &answer);

/// One trigger of a Tekton pipeline (pipeline API v2).
struct TektonTrigger
{
    QString id;
    QString name;
    QString type; ///< manual, scm, timer, generic
    bool isEnabled = true;
    /// A generic one whose callers must know a secret that nobody has set.
    bool lacksSecret = false;

    /// A commit, the clock or a call from outside starts it: whatever is no person in the console
    /// (cd-tools switches off all but manual ones of a copy, systems/ibm-toolchain.md §7.5).
    bool isAutomatic() const { return type != QLatin1String("manual"); }
};
Result<std::vector<TektonTrigger>> readTriggers(const DataValue &answer);

struct PipelineRun
{
    QString id;
    QString status;
    QString page;

    bool isOver() const;
    bool isSucceeded() const { return status == QLatin1String("succeeded"); }
};
Result<PipelineRun> readPipelineRun(const DataValue &answer);

/// A project of GitLab API v4.
struct GitProject
{
    QString id;
    QString path; ///< with its namespace
    QString url;  ///< for Git over HTTPS
    QString branch;
    QString description;
    bool isEmpty = false;
    bool isMarkedForDeletion = false;
};
Result<GitProject> readGitProject(const DataValue &answer);

/// GET /personal_access_tokens/self
struct GitToken
{
    QString id;
    QString name;
    QStringList scopes;
    QDate expires; ///< not valid: never
    bool isActive = false;

    /// Of the five scopes that IBM's procedure asks for; `api` alone is enough for calls.
    QStringList missingScopes() const;
};
Result<GitToken> readGitToken(const DataValue &answer);

} // namespace lb
