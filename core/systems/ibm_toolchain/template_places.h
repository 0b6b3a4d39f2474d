// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/template.h"

namespace lb {

/// What a template was made from, file by file and in the template's form, so that both can be laid
/// side by side; and in which lines of the two stands what is said of them. What may be a secret is
/// not in it: addresses of web hooks are kept in a save's own copy, for the way back, but are not
/// to be looked at.
class TemplatePlaces
{
public:
    struct Source
    {
        QString file; ///< of the template: ".bluemix/pipeline_ci-run.yml"
        QString path; ///< of the source among the files of a save: "source/pipeline_ci-run.yml"
        QByteArray bytes;
    };

    /// `source`: what the template was made from, without its secrets.
    TemplatePlaces(const ToolchainExport &source, const Template &made);

    const std::vector<Source> &sources() const { return m_sources; }
    /// From 1; of what is around the place when it is not there itself, as after a rule left it
    /// out. 0: the template has no such file, or one that is no YAML.
    int line(const QString &file, const QString &pointer) const;
    /// The same in what the file was made from.
    int sourceLine(const QString &file, const QString &pointer) const;

private:
    void hide(const QString &file, const QString &pointer);

    std::vector<Source> m_sources;
    std::map<QString, DataValue> m_read; ///< by file of the template
    std::map<QString, PointerLines> m_lines, m_sourceLines;
};

/// What the rules changed, and the places of secrets too: a save empties those as it reads, so the
/// rules find nothing to change there.
std::vector<Template::Change> changesWithSecrets(const Template &made);

} // namespace lb
