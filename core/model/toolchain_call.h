// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/template_text.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>
#include <vector>

namespace lb {

/// What one call does with toolchains of IBM Cloud Continuous Delivery (systems/ibm-toolchain.md
/// §2, §5–§7: script toolchain-to-template, setup/deploy, public APIs, GitLab).
enum class ToolchainWork
{
    Fact,          ///< one fact of the identity, named by `check`
    Survey,        ///< which toolchains there are and what changed last: a discovery
    Check,         ///< one condition, named by `check`
    Save,          ///< a toolchain's answers and its template as a part
    Publish,       ///< a temporary project in the target region, filled by one commit, read back
    Create,        ///< setup/deploy: makes the copy; found again when the answer is lost
    Build,         ///< public APIs: makes a copy of Tekton pipelines, piece by piece
    Compare,       ///< the copy against its template
    Locate,        ///< the page of the copy, or of one of its tools, for a person
    SetSecret,     ///< a value into one slot of the copy, read back as set
    Triggers,      ///< automatic triggers of the copy, or of `toolchains`, off or on again
    Prove,         ///< every Tekton pipeline run by its manual trigger
    Projects,      ///< which temporary projects Lifeboat's runs have left: a discovery
    Revoke,        ///< the token of the temporary project
    Unpublish,     ///< deletes the temporary project
    RemoveCreated, ///< undo of Create and Build: deletes the copy
};

/// Where the services answer and as whom. Addresses are resolved for the region that is meant.
struct ToolchainServices
{
    QString iam;       ///< `https://iam.cloud.ibm.com`
    QString console;   ///< `https://cloud.ibm.com`
    QString toolchain; ///< `https://api.REGION.devops.cloud.ibm.com`
    QString pipeline;
    QString git;            ///< `https://REGION.git.cloud.ibm.com`
    QString search;         ///< `https://api.global-search-tagging.cloud.ibm.com`
    QString ca;             ///< file with the certificates to trust instead of the system's
    QString apiKey;         ///< name of a secret
    QString gitToken;       ///< name of a secret; empty: the work needs none
    QString sourceGit;      ///< the same where the repositories were saved from
    QString sourceGitToken; ///< name of a secret; empty: nobody asks there
};

/// A toolchain's id and region, as its page's address says them.
struct ToolchainPlace
{
    QString id, region;

    /// `ibm:yp:us-south`: how the console names a region.
    QString environment() const { return QStringLiteral("ibm:yp:") + region; }
    friend bool operator==(const ToolchainPlace &, const ToolchainPlace &) = default;
};

struct ToolchainCall
{
    ToolchainWork work = ToolchainWork::Survey;
    ToolchainServices at;
    QString check;                          ///< of Check and Fact
    std::vector<ToolchainPlace> toolchains; ///< that it is about
    QString region;                         ///< target of a restore
    QString name;                           ///< of the toolchain, or of what is made
    QString group;                          ///< resource group: its id
    TemplateText project;                   ///< path of the temporary project
    TemplateText copy;                      ///< id of the toolchain that a restore has made
    QString branch;                         ///< of the temporary project
    QString folder;                         ///< where a template is written too; empty: nowhere
    QString part, point;                    ///< of a restore
    QString file, title;                    ///< of a save: below the point's folder
    QString slotId, secret;                 ///< of SetSecret: where to, and which one
    QStringList repositories; ///< `FROM=TO`: addresses in the source and in the target
    QString tool;             ///< of Locate: its name; empty: the copy itself
    bool isOn = false;        ///< of Triggers
    bool isByPerson = false;  ///< of Create: somebody has asked for the copy in the browser
    QJsonObject details;      ///< of the saved part

    /// `toolchain://REGION/ID` of each, for scopes; of a copy that is not there yet, its name.
    QStringList scope() const;

    QJsonObject toJson() const;
    /// Nothing when a word is unknown.
    static std::optional<ToolchainCall> fromJson(const QJsonObject &object);
    /// What a person reads in a plan, without the requests.
    QStringList describe() const;
};

/// Inputs of a system that say where the services answer; every action on toolchains reads them.
const QStringList &toolchainServiceInputs();
} // namespace lb
