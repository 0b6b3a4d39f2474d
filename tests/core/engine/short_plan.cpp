// SPDX-License-Identifier: GPL-3.0-or-later
#include "short_plan.h"

#include "tests/core/model/folded_events.h"

#include <QRegularExpression>

namespace lb::test {

namespace {

ProcessCall program(const QString &name, const QString &argument)
{
    ProcessCall call;
    call.program = name;
    if (!argument.isEmpty())
        call.arguments = {TemplateText(argument)};
    return call;
}

PlannedStep stepOf(const QString &word, PlanSection section)
{
    static const QRegularExpression pattern(QStringLiteral(
        "\\A([a-z0-9\\[\\]]+)([~!]?)(\\^?)([+*]?)(?:@([a-z]+))?(?:<([a-z0-9,\\[\\]]+))?([?]?)\\z"));
    const auto match = pattern.match(word);
    if (!match.hasMatch())
        qFatal("no step: %s", qPrintable(word));
    PlannedStep step;
    step.id = step.title = match.captured(1);
    step.action = QStringLiteral("run");
    step.section = section;
    step.effect = match.captured(2) == QLatin1String("!")   ? Effect::Destroy
                  : match.captured(2) == QLatin1String("~") ? Effect::Change
                                                            : Effect::Read;
    step.calls = {program(step.id, {})};
    if (!match.captured(3).isEmpty())
        step.undo = {program(QStringLiteral("back"), step.id)};
    if (match.captured(4) == QLatin1String("+"))
        step.finallyWhen = FinallyWhen::Proven;
    if (!match.captured(5).isEmpty())
        step.obliges = ObligationSpec{step.id, step.id, match.captured(5)};
    step.needs = match.captured(6).split(u',', Qt::SkipEmptyParts);
    if (!match.captured(7).isEmpty())
        step.when = json("{'present': true}");
    return step;
}

} // namespace

Plan shortPlan(const QString &text)
{
    Plan plan;
    plan.title = QStringLiteral("Short");
    const QStringList sections = text.split(u'|');
    for (qsizetype i = 0; i < sections.size(); ++i) {
        for (const QString &word : sections.at(i).split(u' ', Qt::SkipEmptyParts))
            plan.steps.push_back(stepOf(word, PlanSection(i)));
    }
    return plan;
}

RunState shortState(const QString &text)
{
    QStringList events{QStringLiteral("go")};
    for (const QString &word : text.split(u' ', Qt::SkipEmptyParts)) {
        const QString step = word.section(u'=', 0, 0);
        const QString state = word.section(u'=', 1, 1);
        if (word == QLatin1String("cancel"))
            events << QStringLiteral("cancel_requested");
        else if (word == QLatin1String("finishing"))
            events << QStringLiteral("run_finishing");
        else if (state == QLatin1String("skipped"))
            events << QStringLiteral("step_skipped ") + step;
        else if (state == QLatin1String("lost"))
            events << QStringLiteral("step_unknown ") + step
                   << QStringLiteral("step_cancelled ") + step;
        else if (state == QLatin1String("waiting"))
            events << QStringLiteral("step_intended ") + step
                   << QStringLiteral("waiting_started %1 {'for': 'person'}").arg(step);
        else if (state == QLatin1String("running"))
            events << QStringLiteral("step_intended ") + step;
        else if (state == QLatin1String("retried"))
            events << QStringLiteral("step_intended ") + step
                   << QStringLiteral("step_failed %1 {'retry': true}").arg(step);
        else
            events << QStringLiteral("step_intended ") + step
                   << QStringLiteral("step_%1 %2")
                          .arg(state.isEmpty() ? QStringLiteral("succeeded") : state, step);
    }
    return folded(events.join(QStringLiteral(" | ")));
}

} // namespace lb::test
