// SPDX-License-Identifier: GPL-3.0-or-later
// What is done with a copy once it is there: compared with its template.
#include "core/actions/answer_output.h"
#include "core/actions/saved_toolchain.h"
#include "core/base/json.h"
#include "core/systems/ibm_toolchain/compare_copy.h"

namespace lb {

namespace {

LB_TRANSLATE(Actions)

const QString kToolchainFile = QStringLiteral(".bluemix/toolchain.yml");

/// Adds a sentence with the names when there are any.
void tell(QStringList &warnings, const QString &sentence, const QStringList &names)
{
    if (!names.isEmpty())
        warnings << sentence.arg(listed(names));
}

} // namespace

Result<CallOutcome> compareWithTemplate(ToolchainJob &job)
{
    TRY_VALUE(const ToolchainExport saved, readSavedToolchain(job));
    TRY_VALUE(const Template made, restoreTemplate(saved, job.call));
    const Template::File *file = made.file(kToolchainFile);
    if (!file)
        return fail(ErrorCode::Internal, tr("The template has no %1").arg(kToolchainFile));
    TRY_VALUE(const DataValue wanted, readYamlData(file->bytes, kToolchainFile));
    TRY_VALUE(const auto tools, readTools(job, job.call.copy.literal()));
    const CopyComparison compared =
        compareCopy(wanted, made.secretSlots, tools,
                    job.call.details.value(QLatin1String("region")).toString());
    CallOutcome outcome;
    tell(outcome.warnings, tr("In the template and not in the copy: %1"), compared.missing);
    tell(outcome.warnings, tr("In the copy and not in the template: %1"), compared.unexpected);
    tell(outcome.warnings, tr("Not set up, and not for want of a secret: %1"),
         compared.unconfigured);
    tell(outcome.warnings, tr("Still being set up: %1"), compared.configuring);
    tell(outcome.warnings, tr("Still pointing at the source's region: %1"), compared.sourceRegion);
    outcome.outputs = {{QStringLiteral("tools"), int(tools.size())},
                       {QStringLiteral("needs_secret"), toJsonArray(compared.needsSecret)},
                       {QStringLiteral("missing"), toJsonArray(compared.missing)},
                       {QStringLiteral("unexpected"), toJsonArray(compared.unexpected)}};
    outcome.answer.value = compared.isGood();
    if (!compared.needsSecret.isEmpty())
        job.log(tr("Waiting for their secrets, as was to be expected: %1")
                    .arg(listed(compared.needsSecret)));
    return outcome;
}

} // namespace lb
