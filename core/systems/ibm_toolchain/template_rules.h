// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/template.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"

#include <set>

namespace lb {

// The rules by which a template is written; T, C and K are those of toolchain-to-template.sh.
//
// T1–T3   version, template's name and description    T4   required: all services that pipelines
// use T5      toolchain's name                            T6–T8  services, their order and unique
// names T10     `configuration` is removed                  T11  `services` of a pipeline is
// rebuilt T12     secrets become ""                           T13  redacted parameters are dropped
// T14     expressions are evaluated by IBM Cloud      R1   repository in the target, `type: link`
// R2      a tool whose service ended is left out
// C1, C2  classic: only known keys                    C3–C5  inputs and git triggers
// C6, C7  private workers                             C9   repository that is no tool
// K1      Tekton: properties                          K2, K3, K5  inputs and git triggers
// K4      private worker                              K8   ids of the source
// P9      secure properties become ""                 Q1   quiet: automatic triggers, first run

/// Collects what is noted while one file is written.
class TemplateNotes
{
public:
    explicit TemplateNotes(Template &written) : m_written(written) {}

    void setFile(const QString &file) { m_file = file; }
    void change(const char *rule, const QString &pointer, const DataValue *before,
                const DataValue *after);
    /// A value that may be a secret became an empty text.
    void blanked(const char *rule, const QString &pointer);
    /// What may hold a secret is left out.
    void dropped(const char *rule, const QString &pointer);
    void find(const char *code, Template::Finding::Severity severity, const QString &pointer,
              const QString &message, const QString &remedy);
    /// Fills in file and id.
    void slot(Template::SecretSlot slot);
    void removed(Template::RemovedTrigger trigger)
    {
        m_written.removed.push_back(std::move(trigger));
    }

private:
    Template &m_written;
    QString m_file;
    std::set<QString> m_slotIds;
};

/// Rewrites exported definitions of one pipeline.
class PipelineRules
{
public:
    PipelineRules(const std::vector<ToolchainService> &services, const ToolchainService &pipeline,
                  const TemplateOptions &options, TemplateNotes &notes)
        : m_services(services), m_pipeline(pipeline), m_options(options), m_notes(notes)
    {
    }

    DataValue rewrite(DataValue exported);
    /// Names of the services that it uses, in byte order.
    QStringList repositories() const { return m_repositories; }
    QStringList workers() const { return m_workers; }

private:
    DataValue classic(const DataValue &exported);
    DataValue tekton(DataValue pipeline);
    void stage(DataValue &stage, const QString &pointer);
    void silenceStage(DataValue &stage, const QString &pointer);
    void completeEvents(DataValue &stage, const QString &pointer);
    void worker(DataValue &owner, const char *key, const QString &pointer, const char *rule);
    void repository(DataValue &holder, const QString &pointer, const char *rule);
    void renameProperties(DataValue &pipeline);
    void silencePipeline(DataValue &pipeline);
    DataValue switchedOff(DataValue trigger, const QString &pointer);
    void dropSourceIds(DataValue &trigger, const QString &pointer);
    void blankSecrets(DataValue &pipeline);
    QString serviceText(const QString &service) const;

    const std::vector<ToolchainService> &m_services;
    const ToolchainService &m_pipeline;
    const TemplateOptions &m_options;
    TemplateNotes &m_notes;
    QStringList m_repositories;
    QStringList m_workers;
};

/// Fields that name what exists in the source only: a trigger itself, its web hook, its tool.
const QStringList &sourceIdKeys();

/// Adds to a list that is kept in byte order of UTF-8, without duplicates.
void addSorted(QStringList &list, const QString &text);

/// Finds what would not survive or should not be published in a definition that was rewritten.
/// `environment`: the names that IBM Cloud replaces in it.
void lintPipeline(const DataValue &definition, const QStringList &environment,
                  TemplateNotes &notes);
/// The same for a text that was copied into toolchain.yml; for all texts in a value.
void lintToolchainText(const DataValue &value, const QString &pointer, TemplateNotes &notes);

} // namespace lb
