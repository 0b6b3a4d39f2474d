// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/run_report.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/model/words.h"
#include "core/report/html_page.h"
#include "core/report/plan_text.h"
#include "core/report/run_story.h"

namespace lb {

namespace {

LB_TRANSLATE(RunReport)

/// Wide enough for paths; a browser wraps what is longer.
constexpr int kPlanWidth = 100;

QString timeText(const QDateTime &time)
{
    return time.isValid() ? toJsonTime(time) : QString();
}

QString tookText(const QDateTime &from, const QDateTime &to)
{
    return from.isValid() && to.isValid()
               ? formatDuration(std::chrono::milliseconds(from.msecsTo(to)))
               : QString();
}

QString titleOf(const RunView &view)
{
    return view.plan ? view.plan->title : view.state.request.runbookId;
}

HtmlPage::Tone toneOf(RunStateName state)
{
    switch (state) {
    case RunStateName::Succeeded:
        return HtmlPage::Tone::Good;
    case RunStateName::Warned:
    case RunStateName::Cancelled:
        return HtmlPage::Tone::Warning;
    case RunStateName::Failed:
    case RunStateName::Interrupted:
        return HtmlPage::Tone::Bad;
    default:
        return HtmlPage::Tone::Plain;
    }
}

/// What, when, by whom, on which target.
std::vector<LabelledText> headRows(const RunRecord &record)
{
    const RunView &view = record.view;
    const RunState &state = view.state;
    std::vector<LabelledText> rows;
    const auto row = [&rows](const QString &label, const QString &text) {
        if (!text.isEmpty())
            rows.push_back({label, text});
    };
    row(tr("Run"), state.request.id.value());
    row(tr("State"), wordOf(view.shown));
    row(tr("Runbook"), state.request.runbookId);
    row(tr("System"), state.request.system.name);
    if (view.plan) {
        row(tr("Purpose"), wordOf(view.plan->purpose));
        row(tr("Target"), wordOf(view.plan->target));
        row(tr("Identity"), view.plan->identity.text);
        QStringList facts;
        const QJsonObject &all = view.plan->identity.facts;
        for (auto fact = all.begin(); fact != all.end(); ++fact)
            facts << QStringLiteral("%1: %2").arg(
                fact.key(), fact->isString() ? fact->toString()
                                             : QString::fromUtf8(toJson({{fact.key(), *fact}})));
        row(tr("Read from it"), facts.join(QLatin1Char('\n')));
        row(tr("Touches"), view.plan->identity.scope.join(QLatin1Char('\n')));
        row(tr("Takes back"), view.plan->undoOf);
    }
    row(tr("Asked for by"), tr("%1 on %2").arg(state.request.by, state.request.host));
    row(tr("Begun"), state.startedAt.isValid() ? formatTime(state.startedAt) : QString());
    row(tr("Ended"), state.endedAt.isValid() ? formatTime(state.endedAt) : QString());
    row(tr("Took"), tookText(state.startedAt, state.endedAt));
    row(tr("Restore point"), state.restorePoint);
    return rows;
}

void addActs(HtmlPage &page, const RunRecord &record)
{
    QList<QStringList> rows;
    for (const RunAct &act : actsOf(record.events))
        rows << QStringList{timeText(act.at), act.by, act.what, act.note};
    page.heading(tr("Who did what"));
    page.table({tr("Time (UTC)"), tr("Who"), tr("What"), tr("In their words")}, rows);
}

void addChecks(HtmlPage &page, const RunState &state)
{
    if (state.checks.empty())
        return;
    QList<QStringList> rows;
    for (const CheckRecord &check : state.checks)
        rows << QStringList{check.id, check.title, wordOf(check.verdict), check.evidence,
                            timeText(check.at)};
    page.heading(tr("Checks"));
    page.table({tr("Check"), tr("What"), tr("Verdict"), tr("Evidence"), tr("Time (UTC)")}, rows);
}

QStringList stepRow(const RunView &view, const QString &id, const QString &title)
{
    const StepRecord *record = view.state.step(id);
    const StepState state = shownState(view, record);
    QStringList said;
    if (record && record->error)
        said << record->error->sentence();
    if (record && !record->reason.isEmpty())
        said << record->reason;
    if (record)
        said += record->warnings;
    return {id,
            title,
            wordOf(state),
            timeText(record ? record->startedAt : QDateTime()),
            record ? tookText(record->startedAt, record->endedAt) : QString(),
            record ? QLocale().toString(record->attempts) : QString(),
            said.join(QLatin1Char('\n'))};
}

void addTimeline(HtmlPage &page, const RunRecord &record)
{
    const RunView &view = record.view;
    QList<QStringList> rows;
    if (view.plan) {
        for (const PlannedStep &step : view.plan->steps)
            rows << stepRow(view, step.id, step.title);
    } else {
        for (const QString &id : view.state.stepOrder)
            rows << stepRow(view, id, {});
    }
    page.heading(tr("Steps"));
    if (rows.isEmpty())
        page.paragraph(tr("None was planned."));
    else
        page.table({tr("Step"), tr("What"), tr("State"), tr("Begun (UTC)"), tr("Took"),
                    tr("Attempts"), tr("Why")},
                   rows);
    rows.clear();
    for (const RunHappening &happening : happeningsOf(record.events))
        rows << QStringList{timeText(happening.at), happening.step,
                            happening.attempt > 0 ? QLocale().toString(happening.attempt)
                                                  : QString(),
                            happening.text};
    page.heading(tr("In the order it happened"));
    page.table({tr("Time (UTC)"), tr("Step"), tr("Attempt"), tr("What")}, rows);
}

void addWarnings(HtmlPage &page, const RunState &state)
{
    if (!state.warnings.isEmpty()) {
        page.heading(tr("Warnings"));
        page.list(state.warnings);
    }
    QStringList differences;
    for (const QJsonObject &difference : state.planDifferences)
        differences << QString::fromUtf8(toJson(difference));
    if (!differences.isEmpty()) {
        page.heading(tr("What had changed since the plan"));
        page.list(differences);
    }
}

void addObligations(HtmlPage &page, const RunState &state)
{
    page.heading(tr("Still to undo"));
    QList<QStringList> rows;
    bool open = false;
    for (const Obligation &obligation : state.obligations) {
        open = open || obligation.state == ObligationState::Open;
        rows << QStringList{obligation.id,
                            obligation.title,
                            obligation.kept(),
                            obligation.state == ObligationState::Open     ? tr("open")
                            : obligation.state == ObligationState::Waived ? tr("ended by word")
                                                                          : tr("undone"),
                            timeText(obligation.openedAt),
                            timeText(obligation.closedAt),
                            obligation.note};
    }
    if (!open)
        page.paragraph(tr("Nothing."));
    if (!rows.isEmpty())
        page.table({tr("Id"), tr("What"), tr("Kept"), tr("State"), tr("Since (UTC)"),
                    tr("Ended (UTC)"), tr("Note")},
                   rows);
}

void addDeviations(HtmlPage &page, const Plan &plan)
{
    if (plan.deviations.empty())
        return;
    QList<QStringList> rows;
    for (const Deviation &deviation : plan.deviations)
        rows << QStringList{deviation.document, deviation.lifeboat, deviation.why};
    page.heading(tr("Where this is not what the document says"));
    page.table({tr("The document says"), tr("Lifeboat does"), tr("Why")}, rows);
}

QString standing(const EvidenceFile &file)
{
    if (file.sha256.isEmpty())
        return tr("missing");
    if (file.recordedSha256.isEmpty())
        return tr("not named in the journal");
    return file.sha256 == file.recordedSha256 ? tr("as recorded") : tr("changed since");
}

void addEvidence(HtmlPage &page, const RunRecord &record)
{
    if (record.evidence.empty())
        return;
    QList<QStringList> rows;
    for (const EvidenceFile &file : record.evidence)
        rows << QStringList{file.file, file.about, file.by,
                            file.recordedSha256.isEmpty() ? file.sha256 : file.recordedSha256,
                            standing(file)};
    page.heading(tr("Evidence"));
    page.table({tr("File"), tr("For"), tr("Who"), tr("SHA-256"), tr("Now")}, rows);
}

void addProof(HtmlPage &page, const RunRecord &record)
{
    std::vector<LabelledText> rows;
    if (!record.view.state.planSha256.isEmpty())
        rows.push_back({QStringLiteral("plan_sha256"), record.view.state.planSha256});
    rows.push_back({tr("Journal head"), record.head});
    rows.push_back({tr("Events"), QLocale().toString(qulonglong(record.events.size()))});
    if (record.tornBytes > 0)
        rows.push_back({tr("Torn end"), tr("%n byte(s) of a last line that a crash cut off",
                                           nullptr, int(record.tornBytes))});
    rows.push_back(
        {tr("Report made"), tr("%1 by Lifeboat %2").arg(timeText(record.madeAt), record.version)});
    page.heading(tr("What this rests on"));
    page.facts(rows);
    page.paragraph(tr("“lifeboat-cli runs verify %1” computes the journal head anew from all of "
                      "its lines.")
                       .arg(record.view.state.request.id.value()));
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

} // namespace

QByteArray runReportHtml(const RunRecord &record)
{
    const RunView &view = record.view;
    HtmlPage page(tr("%1: %2").arg(titleOf(view), wordOf(view.shown)));
    page.banner(toneOf(view.shown), outcomeText(view));
    if (!view.journalProblem.isEmpty())
        page.banner(HtmlPage::Tone::Bad,
                    tr("The journal is damaged; this tells of what could be read. %1")
                        .arg(view.journalProblem));
    page.facts(headRows(record));
    addObligations(page, view.state);
    addWarnings(page, view.state);
    addActs(page, record);
    addChecks(page, view.state);
    addTimeline(page, record);
    if (view.plan) {
        addDeviations(page, *view.plan);
        page.heading(tr("The plan"));
        page.verbatim(planText(*view.plan, view.state.planSha256.toLatin1(), kPlanWidth));
    }
    addEvidence(page, record);
    addProof(page, record);
    return page.document();
}

QJsonObject runReportJson(const RunRecord &record)
{
    const RunView &view = record.view;
    QJsonArray acts, happenings, deviations, evidence;
    for (const RunAct &act : actsOf(record.events))
        acts.append(QJsonObject{{QStringLiteral("at"), toJsonTime(act.at)},
                                {QStringLiteral("by"), act.by},
                                {QStringLiteral("what"), act.what},
                                {QStringLiteral("note"), act.note}});
    for (const RunHappening &happening : happeningsOf(record.events))
        happenings.append(QJsonObject{{QStringLiteral("at"), toJsonTime(happening.at)},
                                      {QStringLiteral("step"), orNull(happening.step)},
                                      {QStringLiteral("attempt"), happening.attempt},
                                      {QStringLiteral("event"), happening.event},
                                      {QStringLiteral("text"), happening.text}});
    for (const Deviation &deviation : view.plan ? view.plan->deviations : std::vector<Deviation>())
        deviations.append(QJsonObject{{QStringLiteral("document"), deviation.document},
                                      {QStringLiteral("lifeboat"), deviation.lifeboat},
                                      {QStringLiteral("why"), deviation.why}});
    for (const EvidenceFile &file : record.evidence)
        evidence.append(QJsonObject{
            {QStringLiteral("file"), file.file},
            {QStringLiteral("about"), orNull(file.about)},
            {QStringLiteral("by"), orNull(file.by)},
            {QStringLiteral("at"), file.at.isValid() ? toJsonTime(file.at) : QJsonValue()},
            {QStringLiteral("recorded_sha256"), orNull(file.recordedSha256)},
            {QStringLiteral("sha256"), orNull(file.sha256)},
            {QStringLiteral("bytes"), file.bytes}});
    return {{QStringLiteral("format"), 1},
            {QStringLiteral("made_at"), toJsonTime(record.madeAt)},
            {QStringLiteral("lifeboat"), record.version},
            {QStringLiteral("title"), titleOf(view)},
            {QStringLiteral("outcome"), outcomeText(view)},
            {QStringLiteral("run"), view.toJson()},
            {QStringLiteral("identity"),
             view.plan ? QJsonValue(view.plan->identity.toJson()) : QJsonValue()},
            {QStringLiteral("people"), acts},
            {QStringLiteral("timeline"), happenings},
            {QStringLiteral("deviations"), deviations},
            {QStringLiteral("evidence"), evidence},
            {QStringLiteral("plan"), view.plan ? QJsonValue(view.plan->toJson()) : QJsonValue()},
            {QStringLiteral("journal"),
             QJsonObject{{QStringLiteral("head"), record.head},
                         {QStringLiteral("events"), qint64(record.events.size())},
                         {QStringLiteral("torn_bytes"), record.tornBytes},
                         {QStringLiteral("problem"), orNull(view.journalProblem)}}}};
}

} // namespace lb
