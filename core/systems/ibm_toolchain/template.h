// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/data_value.h"

#include <QDateTime>

#include <map>
#include <utility>
#include <vector>

namespace lb {

/// What was read of a toolchain. With secrets or without (withoutSecrets()): the files and the
/// slots are the same.
struct ToolchainExport
{
    DataValue answer; ///< of the call for the toolchain
    std::map<QString, DataValue>
        pipelines; ///< definitions by `instance_id`, as checkPipeline() reads them
    QString url;   ///< of the toolchain's page
    QDateTime time;
};

struct TemplateOptions
{
    std::vector<std::pair<QString, QString>>
        repositoryMap;    ///< address in the source → in the target
    QString targetRegion; ///< of a restore; empty while saving
    /// Every repository gets `type: link`: anything else makes the repository anew.
    bool linkRepositories = false;
    /// Nothing of the copy starts by itself: git and timer triggers are left out, generic ones are
    /// off, no first run.
    bool quiet = false;
    QString nameSuffix; ///< of the toolchain
    bool dropEndedServices = false;
};

/// What is written, and why it differs from what was read.
struct Template
{
    struct File
    {
        QString path; ///< ".bluemix/toolchain.yml"
        QByteArray bytes;
        QString instance{}; ///< of the pipeline that it is made from; empty for other files
    };

    /// A place where a restore must put a secret back.
    struct SecretSlot
    {
        enum class Kind
        {
            ToolParameter,
            ClassicProperty,
            StageProperty,
            TektonProperty,
            TriggerProperty,
            TriggerSecret ///< what callers of a generic trigger must know
        };

        QString id; ///< stays the same from save to save: "build-web/stage/DEPLOY/DB_PASS"
        Kind kind = Kind::ToolParameter;
        QString service; ///< the tool's name in the template
        QString type;    ///< of the tool
        QString scope;   ///< stage or trigger
        QString name;    ///< of the parameter or property
        QString file;
        QString pointer;   ///< of the value in the file
        QString reference; ///< to a secret that lives elsewhere: nothing is to be put back
        /// No for a token of a repository tool that uses OAuth.
        bool isNeeded = true;
    };

    struct Finding
    {
        enum class Severity
        {
            Note,
            Warning,
            Error ///< a template with this cannot be restored
        };

        QString code; ///< "repository_unmatched"
        Severity severity = Severity::Warning;
        QString file;
        QString pointer; ///< JSON pointer in the file
        QString message;
        QString remedy;
    };

    struct Change
    {
        QString rule; ///< "C3": see template_rules.h
        QString file;
        QString pointer;
        QString before;        ///< as JSON; null: there was nothing
        QString after;         ///< null: it is left out
        bool isSecret = false; ///< what was there is not shown
    };

    /// A trigger that `quiet` left out or switched off, for the way back.
    struct RemovedTrigger
    {
        QString service;          ///< the pipeline's name in the template
        QString stage;            ///< of a classic pipeline
        std::size_t position = 0; ///< among the triggers of the stage or pipeline that was read
        DataValue trigger;        ///< without secrets
        bool isLeftOut = true;    ///< false: it is in the template, switched off
    };

    std::vector<File> files; ///< in byte order of their paths
    std::vector<SecretSlot> secretSlots;
    std::vector<Finding> findings;
    std::vector<Change> changes;
    std::vector<RemovedTrigger> removed;

    /// nullptr when there is none.
    const File *file(const QString &path) const;
};

QString secretSlotKindName(Template::SecretSlot::Kind kind);

/// Writes the template from which IBM Cloud creates a toolchain (setup/deploy), as
/// toolchain-to-template.sh does (open-toolchain/toolchain-to-template), without its errors.
/// Corrupt when the answer describes no toolchain; what is doubtful in it becomes findings.
Result<Template> writeTemplate(const ToolchainExport &source, const TemplateOptions &options = {});

/// Pairs for TemplateOptions::repositoryMap: every repository in the GitLab of the toolchain's
/// region with its mirror in the target's.
std::vector<std::pair<QString, QString>> suggestRepositoryMap(const DataValue &answer,
                                                              const QString &targetRegion);
/// The region that the answer names: "us-south"; empty when it names none.
QString regionOf(const DataValue &answer);
/// Whether a text is an address at a host of that region ("https://us-south.git.cloud.ibm.com/…").
bool pointsAtRegion(const QString &text, const QString &region);

/// The slots as a document to keep beside the template, outside of Git.
DataValue secretSlotsData(const std::vector<Template::SecretSlot> &secretSlots);

} // namespace lb
