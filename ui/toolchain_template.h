// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QStringList>

#include <vector>

namespace lb {

/// Where in a file of a template, and in what that was made from, something is.
struct TemplatePlace
{
    QString file;
    QString pointer; ///< JSON pointer
    /// From 1; 0: not known, as in a save that an older Lifeboat made.
    int line = 0, sourceLine = 0;
};

/// One thing that a rule did.
struct TemplateChange
{
    TemplatePlace place;
    QString rule; ///< "C3"
    QString before, after;
    bool isSecret = false; ///< what was there is not shown
};

struct TemplateFinding
{
    enum class Severity
    {
        Note,
        Warning,
        Error
    };

    TemplatePlace place;
    Severity severity = Severity::Warning;
    QString message, remedy;
};

/// A file of a template beside what it was made from; an empty source: it was made from nothing.
struct TemplateFile
{
    QString path;
    QStringList source, text; ///< lines
};

/// What a part of kind `toolchain` holds about its template.
struct ToolchainTemplate
{
    std::vector<TemplateFile> files;
    std::vector<TemplateChange> changes;
    std::vector<TemplateFinding> findings;
};

/// From the files of the part (core/actions/toolchain_save.cpp writes them). What they say is data:
/// no name in them leads out of the folder. NotFound when there is no template.
Result<ToolchainTemplate> readToolchainTemplate(const QString &folder);

/// What the rule does, in one sentence; empty for a rule that is not known.
QString templateRuleText(const QString &rule);

} // namespace lb
