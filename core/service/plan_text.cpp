// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/plan_text.h"

#include "core/base/format.h"
#include "core/service/service.h"

namespace lb {

namespace {

LB_TRANSLATE(PlanText)

class PlanWriter
{
public:
    PlanWriter(const Plan &plan, int width) : m_plan(plan), m_width(width) {}

    QString write()
    {
        head();
        checks();
        steps();
        notes();
        return m_lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
    }

private:
    void line(const QString &text, int indent = 0, int hang = 0)
    {
        m_lines += wrapText(displayText(text), m_width, QString(indent, QLatin1Char(' ')),
                            QString(indent + hang, QLatin1Char(' ')));
    }
    void field(const QString &label, const QString &value)
    {
        if (!value.isEmpty())
            line(tr("%1: %2", "label and value").arg(label, value), 0, 2);
    }
    void section(const QString &title)
    {
        m_lines << QString();
        line(title);
    }

    void head()
    {
        line(tr("%1 (%2)", "title and id of a runbook").arg(m_plan.title, m_plan.runbook), 0, 2);
        if (m_plan.isProtected)
            line(tr("PROTECTED: changes need the identity's text typed"), 0, 2);
        field(tr("System"), m_plan.type.isEmpty()
                                ? m_plan.system
                                : tr("%1, type %2").arg(m_plan.system, m_plan.type));
        if (!m_plan.identity.isEmpty())
            field(tr("Identity"), m_plan.identity.text);
        switch (m_plan.target) {
        case TargetKind::Same:
            break;
        case TargetKind::Replacement:
            field(tr("Target"), tr("replacement of a lost installation"));
            break;
        case TargetKind::Rehearsal:
            field(tr("Target"), tr("rehearsal, beside the live system"));
            break;
        }
        field(tr("Touches"), m_plan.identity.scope.join(QStringLiteral(", ")));
        field(tr("Version"), m_plan.version);
        field(tr("Restore point"), m_plan.restorePoint);
        if (!m_plan.store.folder.isEmpty())
            field(tr("Store"), tr("%1 (%2)").arg(m_plan.store.name, m_plan.store.folder));
        field(tr("Undoes run"), m_plan.undoOf);
        field(tr("Only the parts"), m_plan.only.join(QStringLiteral(", ")));
        field(tr("Secrets, by name"), m_plan.secrets.join(QStringLiteral(", ")));
    }

    void checks()
    {
        if (m_plan.checks.empty())
            return;
        section(tr("Checks, again at go when older than 10 minutes"));
        for (const PlannedCheck &check : m_plan.checks)
            line(tr("%1: %2").arg(check.id, check.title), 2, 2);
    }

    void noReturn()
    {
        line(tr("---- line of no return: above it “runs undo” goes back, below it does not ----"));
    }

    void steps()
    {
        int number = 0;
        std::optional<PlanSection> current;
        for (size_t i = 0; i < m_plan.steps.size(); ++i) {
            const PlannedStep &step = m_plan.steps[i];
            if (current != step.section) {
                current = step.section;
                switch (step.section) {
                case PlanSection::Steps:
                    section(tr("Steps"));
                    break;
                case PlanSection::Finally:
                    section(tr("Finally"));
                    break;
                case PlanSection::Closing:
                    section(tr("To close the run"));
                    break;
                }
            }
            if (int(i) == m_plan.lineOfNoReturn)
                noReturn();
            oneStep(++number, step);
        }
    }

    void oneStep(int number, const PlannedStep &step)
    {
        QStringList marks{name(step.effect)};
        if (step.section == PlanSection::Finally)
            marks << (step.finallyWhen == FinallyWhen::Always ? tr("however it ends")
                                                              : tr("only when proven"));
        if (step.effect != Effect::Read && step.undo.empty())
            marks << tr("cannot be undone");
        line(tr("%1. %2: %3 [%4]", "number, id, title and marks of a step")
                 .arg(number)
                 .arg(step.id, step.title, marks.join(QStringLiteral(", "))),
             2, 3);
        if (!step.skipReason.isEmpty()) {
            line(tr("skipped: %1").arg(step.skipReason), 7, 2);
            return;
        }
        for (const Call &call : step.calls) {
            for (const QString &text : describeCall(call))
                line(text, 7, 2);
        }
        for (const Call &call : step.undo) {
            for (const QString &text : describeCall(call))
                line(tr("undo: %1").arg(text), 7, 2);
        }
        if (step.obliges)
            line(tr("still to undo afterwards: %1").arg(step.obliges->title), 7, 2);
    }

    void notes()
    {
        if (!m_plan.announced.empty()) {
            section(tr("What a good end leaves to undo"));
            for (const ObligationSpec &obligation : m_plan.announced)
                line(obligation.title, 2, 2);
        }
        if (!m_plan.deviations.empty()) {
            section(tr("Where this is not what the document says"));
            for (const Deviation &deviation : m_plan.deviations) {
                line(tr("document: %1").arg(deviation.document), 2, 2);
                line(tr("we do: %1").arg(deviation.lifeboat), 2, 2);
                line(tr("why: %1").arg(deviation.why), 2, 2);
            }
        }
        if (!m_plan.remarks.isEmpty()) {
            section(tr("Good to know"));
            for (const QString &remark : m_plan.remarks)
                line(remark, 2, 2);
        }
    }

    const Plan &m_plan;
    int m_width;
    QStringList m_lines;
};

} // namespace

QStringList wrapText(const QString &text, int width, const QString &first, const QString &next)
{
    if (width <= 0)
        return {first + text};
    QStringList lines;
    QString current = first;
    bool fresh = true; // nothing but the indent stands on the line
    const auto room = [&] { return qMax(8, width) - int(current.size()); };
    for (QString word : text.split(QLatin1Char(' '))) {
        if (!fresh && room() < word.size() + 1) {
            lines << current;
            current = next;
            fresh = true;
        }
        if (!fresh)
            current += QLatin1Char(' ');
        while (word.size() > room() && room() > 0) {
            lines << current + word.left(room());
            word.remove(0, room());
            current = next;
        }
        current += word;
        fresh = false;
    }
    lines << current;
    return lines;
}

QString Service::planText(const Plan &plan, int width)
{
    return PlanWriter(plan, width).write();
}

} // namespace lb
