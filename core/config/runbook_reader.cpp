// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_reader.h"

#include "core/base/digest.h"
#include "core/config/runbook_build.h"
#include "core/config/runbook_lint.h"
#include "core/config/shape_check.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

} // namespace

ReadRunbook readRunbook(const QByteArray &text, const QString &file, bool builtIn)
{
    ReadRunbook read;
    Findings findings(file);
    YamlDocument document = parseYaml(text, file);
    // After a broken document everything else would only be an echo; duplicate keys and the like
    // leave enough to go on with.
    const bool whole = document.root.isMap();
    findings.add(std::move(document.diagnostics));
    if (whole) {
        checkShape(document.root, runbookShape(), builtIn, findings);
        read.runbook = buildRunbook(document.root);
        read.runbook.builtIn = builtIn;
        lintRunbook(read.runbook, document, findings);
    } else if (!findings.hasErrors()) {
        findings.error({1, 1}, document.root.isNull() ? tr("The file is empty")
                                                      : tr("A runbook is a map of keys"));
    }
    Runbook &runbook = read.runbook;
    runbook.builtIn = builtIn;
    runbook.hidden = runbook.id.startsWith(QLatin1String("lifeboat."));
    runbook.file = file;
    runbook.text = text;
    runbook.sha256 = Sha256::hex(text);
    read.diagnostics = findings.take();
    return read;
}

Result<Runbook> usableRunbook(ReadRunbook read)
{
    if (read.isUsable())
        return std::move(read.runbook);
    QStringList lines;
    for (const Diagnostic &diagnostic : read.diagnostics)
        lines << diagnostic.text();
    const QString what = read.runbook.id.isEmpty() ? read.runbook.file : read.runbook.id;
    return fail(ErrorCode::BadInput, tr("The runbook %1 has errors").arg(what),
                lines.join(QLatin1Char('\n')), tr("Correct the file; nothing was changed"));
}

} // namespace lb
