// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/paper_twin.h"

#include "core/base/format.h"
#include "core/report/by_hand.h"
#include "core/report/plan_words.h"

namespace lb {

namespace {

LB_TRANSLATE(Report)

constexpr QLatin1String kVerbatim("    ");

/// Text of unknown origin in a Markdown paragraph.
QString plain(const QString &text)
{
    QString shown = displayText(text);
    for (const QChar special : QStringLiteral("\\`*_<|[#"))
        shown.replace(special, QString(QLatin1Char('\\')) + special);
    return shown;
}

/// A fence that is longer than any run of backquotes inside. Not indented: a line break within
/// quotes is part of the command, and whitespace after it would be, too.
QString block(const QStringList &lines)
{
    QString fence = QStringLiteral("```");
    while (lines.join(QLatin1Char('\n')).contains(fence))
        fence += QLatin1Char('`');
    QString text = QStringLiteral("\n%1sh\n").arg(fence);
    for (const QString &line : lines)
        text += displayText(line, true) + QLatin1Char('\n');
    return text + fence + QStringLiteral("\n\n");
}

/// Prose as list items; lines to be copied as blocks.
QString notes(const QStringList &lines)
{
    QString text;
    QStringList open;
    const auto close = [&] {
        if (!open.isEmpty())
            text += block(open);
        open.clear();
    };
    for (const QString &line : lines) {
        if (line.startsWith(kVerbatim)) {
            open << line.mid(kVerbatim.size());
            continue;
        }
        close();
        text += QStringLiteral("  - %1\n").arg(plain(line));
    }
    close();
    return text;
}

QString header(const Plan &plan, const QByteArray &sha256)
{
    QString text = QStringLiteral("# %1\n\n| | |\n|---|---|\n").arg(plain(plan.title));
    for (const LabelledText &row : planHeader(plan))
        text += QStringLiteral("| %1 | %2 |\n").arg(row.label, plain(row.text));
    if (!sha256.isEmpty())
        text += QStringLiteral("| plan_sha256 | %1 |\n").arg(QString::fromLatin1(sha256));
    text += QLatin1Char('\n') + plain(returnText(plan)) + QLatin1Char('\n');
    text += QLatin1Char('\n') +
            tr("What stands in ‹ › is known only while it is done: ‹run› is a name of your choice "
               "for this run, ‹point› one for the restore point, ‹steps.…› what that step gave. "
               "Do one step after the other, write down the time, and stop at the first that "
               "fails.") +
            QLatin1Char('\n');
    for (const QString &remark : plan.remarks)
        text += QStringLiteral("\n- %1").arg(plain(remark));
    if (!plan.remarks.isEmpty())
        text += QLatin1Char('\n');
    for (const Deviation &deviation : plan.deviations)
        text += QStringLiteral("\n- %1\n  - %2\n  - %3\n")
                    .arg(tr("Document: %1").arg(plain(deviation.document)),
                         tr("Lifeboat: %1").arg(plain(deviation.lifeboat)),
                         tr("Why: %1").arg(plain(deviation.why)));
    return text;
}

QString step(const Plan &plan, size_t index)
{
    const PlannedStep &planned = plan.steps[index];
    QStringList marks{planned.skipReason.isEmpty() ? effectText(planned) : tr("skipped")};
    if (const QString when = finallyText(planned); !when.isEmpty())
        marks << when;
    QString text = QStringLiteral("- [ ] **%1. %2** · %3 · %4  %5 ____\n")
                       .arg(QString::number(index + 1), plain(planned.title), plain(planned.id),
                            marks.join(QStringLiteral(" · ")), tr("Time:"));
    for (const Call &call : planned.calls) {
        text += notes(describeCall(call));
        const bool shownAlready = callAs<ProcessCall>(call);
        if (const QStringList commands = byHand(call, plan); !commands.isEmpty() && !shownAlready)
            text += QStringLiteral("  - %1\n").arg(tr("By hand:")) + block(commands);
    }
    text += notes(stepNotes(plan, index));
    if (!planned.skipReason.isEmpty())
        return text;
    for (const Call &call : planned.undo) {
        if (const QStringList commands = byHand(call, plan); !commands.isEmpty())
            text += QStringLiteral("  - %1\n").arg(tr("Undo by hand:")) + block(commands);
    }
    return text;
}

} // namespace

QString paperTwin(const Plan &plan, const QByteArray &sha256)
{
    QString text = header(plan, sha256);
    if (const auto reads = planReads(plan); !reads.empty()) {
        text += QStringLiteral("\n## %1\n\n").arg(tr("Read first, and again at go"));
        for (const LabelledLines &read : reads)
            text +=
                QStringLiteral("- [ ] **%1** ____\n").arg(plain(read.label)) + notes(read.lines);
    }
    if (!plan.checks.empty()) {
        text += QStringLiteral("\n## %1\n\n").arg(tr("Checks, before anything is done"));
        for (const PlannedCheck &check : plan.checks)
            text += QStringLiteral("- [ ] **%1** · %2\n").arg(plain(check.title), plain(check.id)) +
                    notes(checkNotes(check));
    }
    std::optional<PlanSection> section;
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        if (section != plan.steps[i].section) {
            section = plan.steps[i].section;
            text += QStringLiteral("\n## %1\n\n").arg(sectionTitle(plan, *section));
        }
        if (int(i) == plan.lineOfNoReturn)
            text += QStringLiteral("\n---\n\n**%1**\n\n---\n\n").arg(returnLineText());
        text += step(plan, i);
    }
    if (!plan.announced.empty()) {
        text += QStringLiteral("\n## %1\n\n").arg(tr("Still to undo after a good end"));
        for (const ObligationSpec &obligation : plan.announced)
            text += QStringLiteral("- [ ] %1\n").arg(plain(obligation.title));
    }
    return text;
}

} // namespace lb
