// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/plan_text.h"

#include "core/base/format.h"
#include "core/report/plan_words.h"
#include "core/report/text_page.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Report)

constexpr int kIndent = 7;
constexpr QLatin1String kVerbatim("    ");

/// Lines of describeCall(): what begins with four spaces is to be copied.
void addLines(TextPage &page, const QStringList &lines)
{
    for (const QString &line : lines) {
        if (line.startsWith(kVerbatim))
            page.verbatim(kIndent + int(kVerbatim.size()), line.mid(kVerbatim.size()));
        else
            page.wrapped(QString(kIndent, QLatin1Char(' ')), line);
    }
}

void addHeader(TextPage &page, const Plan &plan)
{
    page.heading(displayText(plan.title));
    const std::vector<LabelledText> rows = planHeader(plan);
    qsizetype widest = 0;
    for (const LabelledText &row : rows)
        widest = qMax(widest, row.label.size());
    for (const LabelledText &row : rows)
        page.wrapped(QStringLiteral("  %1  ").arg(row.label, -int(widest)), row.text);
}

void addRemarks(TextPage &page, const Plan &plan)
{
    if (!plan.remarks.isEmpty()) {
        page.heading(tr("To know"));
        for (const QString &remark : plan.remarks)
            page.wrapped(QStringLiteral("  - "), displayText(remark));
    }
    if (plan.deviations.empty())
        return;
    page.heading(tr("Where this is not what the document says"));
    for (const Deviation &deviation : plan.deviations) {
        page.wrapped(QStringLiteral("  - "),
                     tr("Document: %1").arg(displayText(deviation.document)));
        page.wrapped(QStringLiteral("    "),
                     tr("Lifeboat: %1").arg(displayText(deviation.lifeboat)));
        page.wrapped(QStringLiteral("    "), tr("Why: %1").arg(displayText(deviation.why)));
    }
}

void addReads(TextPage &page, const Plan &plan)
{
    const std::vector<LabelledLines> reads = planReads(plan);
    if (reads.empty())
        return;
    page.heading(tr("Read first, and again at go"));
    for (const LabelledLines &read : reads) {
        page.wrapped(QStringLiteral("  - "), displayText(read.label));
        addLines(page, read.lines);
    }
}

void addChecks(TextPage &page, const Plan &plan)
{
    if (plan.checks.empty())
        return;
    page.heading(tr("Checks, before anything is done"));
    for (const PlannedCheck &check : plan.checks) {
        page.wrapped(QStringLiteral("  - "), QStringLiteral("%1 · %2").arg(
                                                 displayText(check.id), displayText(check.title)));
        addLines(page, checkNotes(check));
    }
}

void addStep(TextPage &page, const Plan &plan, size_t index)
{
    const PlannedStep &step = plan.steps[index];
    QStringList head{displayText(step.id), displayText(step.title)};
    if (step.title == step.id)
        head.removeLast();
    head << (step.skipReason.isEmpty() ? effectText(step) : tr("skipped"));
    const QString when = finallyText(step);
    if (!when.isEmpty())
        head << when;
    page.wrapped(QStringLiteral("%1. ").arg(index + 1, kIndent - 2),
                 head.join(QStringLiteral(" · ")));
    for (const Call &call : step.calls)
        addLines(page, describeCall(call));
    addLines(page, stepNotes(plan, index));
}

void addSteps(TextPage &page, const Plan &plan)
{
    std::optional<PlanSection> section;
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        if (section != plan.steps[i].section) {
            section = plan.steps[i].section;
            page.heading(sectionTitle(plan, *section));
        }
        if (int(i) == plan.lineOfNoReturn)
            page.rule(returnLineText());
        addStep(page, plan, i);
    }
}

} // namespace

QString planText(const Plan &plan, const QByteArray &sha256, int width, PlanStyle style)
{
    TextPage page(width, style == PlanStyle::Ansi);
    addHeader(page, plan);
    addRemarks(page, plan);
    addReads(page, plan);
    addChecks(page, plan);
    addSteps(page, plan);
    page.gap();
    page.wrapped({}, returnText(plan));
    if (!plan.announced.empty()) {
        page.heading(tr("Still to undo after a good end"));
        for (const ObligationSpec &obligation : plan.announced)
            page.wrapped(QStringLiteral("  - "), displayText(obligation.title));
    }
    if (!sha256.isEmpty()) {
        page.gap();
        page.verbatim(0, QStringLiteral("plan_sha256 %1").arg(QString::fromLatin1(sha256)));
    }
    return page.text();
}

} // namespace lb
