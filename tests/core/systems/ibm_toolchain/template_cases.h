// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/template.h"

#include <QStringList>

/// One folder of cases/: toolchain.json is the answer, INSTANCE.yml a pipeline's definition,
/// options.json (may be missing) the options; expected/ has the files as trees, and findings.txt,
/// slots.txt and removed.txt, which may be missing when there is nothing.
struct TemplateCase
{
    lb::ToolchainExport source;
    lb::TemplateOptions options;
    QString folder;
    QString problem; ///< why it cannot be used; empty when it can
};

QStringList templateCaseNames();
TemplateCase readTemplateCase(const QString &name);

/// What differs, a line each: "/services/web: expected …, is …".
QStringList differences(const lb::DataValue &expected, const lb::DataValue &is,
                        const QString &pointer = {});
/// What of the template is not as the case expects it.
QStringList differences(const TemplateCase &one, const lb::Template &written);

QByteArray readTestFile(const QString &path);
