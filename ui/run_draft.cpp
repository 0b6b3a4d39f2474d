// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/run_draft.h"

#include "core/base/format.h"
#include "core/model/toolchain_slots.h"
#include "ui/points_model.h"
#include "ui/secret_words.h"
#include "ui/words.h"

#include <algorithm>

namespace lb {

RunDraft::RunDraft(SystemProfile system, Source source, QObject *parent)
    : QObject(parent), m_system(std::move(system)), m_source(std::move(source))
{
}

void RunDraft::setOffered(std::vector<RunbookInfo> runbooks, Purpose preferred)
{
    m_offered = std::move(runbooks);
    m_preferred.clear();
    for (const RunbookInfo &info : m_offered)
        if (info.purpose == preferred && info.diagnostics.empty() && m_preferred.isEmpty())
            m_preferred = info.id;
}

void RunDraft::setPoints(std::vector<RestorePoint> points, BestPoint best)
{
    m_points = std::move(points);
    rank(m_points);
    m_best = std::move(best);
    if (m_point.isEmpty() && m_best.chosen)
        m_point = m_best.chosen->id;
}

Result<void> RunDraft::chooseRunbook(const QString &id)
{
    if (m_runbook && m_runbook->id == id)
        return {};
    m_runbook.reset();
    m_values.clear();
    m_secrets.clear();
    TRY_VALUE(m_runbook, m_source.runbook(id));
    Q_EMIT changed();
    return {};
}

void RunDraft::chooseTarget(TargetKind target)
{
    m_target = target;
    Q_EMIT changed();
}

void RunDraft::choosePoint(const QString &point)
{
    if (std::exchange(m_point, point) != point)
        m_only.clear();
    Q_EMIT changed();
}

void RunDraft::chooseParts(const QStringList &parts)
{
    const auto chosen = std::find_if(m_points.begin(), m_points.end(),
                                     [this](const auto &one) { return one.id == m_point; });
    const bool isWhole = chosen != m_points.end() && size_t(parts.size()) == chosen->parts.size();
    m_only = isWhole ? QStringList() : parts;
    Q_EMIT changed();
}

void RunDraft::setValues(const QMap<QString, QStringList> &values, bool valid)
{
    m_values = values;
    m_valid = valid;
    Q_EMIT changed();
}

bool RunDraft::usesPoint() const
{
    return m_runbook && (m_runbook->usesRestorePoint() || canBeRehearsed(*m_runbook));
}

Purpose RunDraft::purpose() const
{
    if (m_view && m_view->plan)
        return m_view->plan->purpose;
    return m_runbook ? m_runbook->purpose : Purpose::Change;
}

QJsonObject RunDraft::givenValues() const
{
    QJsonObject given;
    if (m_runbook)
        for (const InputSpec &input : m_runbook->inputs)
            if (m_system.inputs.contains(input.name))
                given.insert(input.name, m_system.inputs.value(input.name));
    return given;
}

RunOrder RunDraft::order() const
{
    RunOrder order;
    order.mode = RunMode::Plan;
    order.runbook = m_runbook ? m_runbook->id : QString();
    order.system = m_system.name;
    if (usesPoint()) {
        order.restorePoint = m_point;
        order.only = m_only;
    }
    // "Same" is what holds without a word; said aloud it would forbid an input that names another
    // place to restore into.
    if (m_target != TargetKind::Same)
        order.target = m_target;
    order.set = m_values;
    order.attended = true;
    return order;
}

void RunDraft::takeUp(const QString &run, const QStringList &secrets)
{
    m_takenUp = true;
    m_run = run;
    m_takenUpSecrets = secrets;
}

std::vector<PartRecord> RunDraft::chosenParts() const
{
    const auto point = std::find_if(m_points.begin(), m_points.end(),
                                    [this](const auto &one) { return one.id == m_point; });
    if (point == m_points.end())
        return {};
    std::vector<PartRecord> parts = point->parts;
    if (!m_only.isEmpty())
        std::erase_if(parts, [this](const PartRecord &part) { return !m_only.contains(part.id); });
    return parts;
}

QStringList RunDraft::slotSecrets() const
{
    QStringList names;
    if (!usesPoint() || !fillsSlots(*m_runbook))
        return names;
    for (const PartRecord &part : chosenParts())
        for (const QJsonValue slot : slotsByApi(part))
            names << slot[QLatin1String("secret")].toString();
    return names;
}

bool RunDraft::isNeeded(const SecretSpec &secret) const
{
    const auto step = std::find_if(m_runbook->steps.begin(), m_runbook->steps.end(),
                                   [&](const StepSpec &one) { return one.id == secret.neededBy; });
    if (step == m_runbook->steps.end())
        return true;
    // A step that would be made for no item at all needs nothing.
    if (step->forEach == QLatin1String("point.databases")) {
        const auto point =
            std::find_if(m_points.begin(), m_points.end(),
                         [this](const RestorePoint &one) { return one.id == m_point; });
        return point == m_points.end() ||
               std::any_of(point->parts.begin(), point->parts.end(), [](const PartRecord &part) {
                   return part.kind == QLatin1String("postgres");
               });
    }
    const QLatin1String inputs("inputs.");
    if (!step->forEach.startsWith(inputs))
        return true;
    const QString input = step->forEach.mid(inputs.size());
    if (m_values.contains(input)) {
        const QString typed = m_values.value(input).join(QString());
        return !typed.isEmpty() && typed != QLatin1String("[]");
    }
    return !m_system.inputs.value(input).toArray().isEmpty();
}

bool RunDraft::isNeeded(const QString &secret) const
{
    if (!m_runbook)
        return m_takenUpSecrets.contains(secret);
    return slotSecrets().contains(secret) ||
           std::any_of(m_runbook->secrets.begin(), m_runbook->secrets.end(),
                       [&](const SecretSpec &one) { return one.name == secret && isNeeded(one); });
}

bool RunDraft::needsSecrets() const
{
    if (!m_runbook)
        return !m_takenUpSecrets.isEmpty();
    return !slotSecrets().isEmpty() ||
           std::any_of(m_runbook->secrets.begin(), m_runbook->secrets.end(),
                       [this](const SecretSpec &one) { return isNeeded(one); });
}

void RunDraft::lookForSecrets()
{
    m_keychainAsks = false;
    for (SecretStatus &secret : m_secrets)
        if (secret.program.isEmpty() && secret.state != kSecretTyped)
            secret.state = kSecretLooking;
    Q_EMIT secretsChanged();
    Q_EMIT secretsRequested();
}

void RunDraft::setSecrets(std::vector<SecretStatus> secrets)
{
    std::erase_if(secrets, [this](const SecretStatus &secret) { return !isNeeded(secret.name); });
    m_secrets = std::move(secrets);
    m_keychainAsks = false;
    for (SecretStatus &secret : m_secrets)
        if (m_typed.contains(secret.name))
            secret.state = kSecretTyped;
    Q_EMIT secretsChanged();
}

void RunDraft::setKeychainAsks()
{
    m_keychainAsks = true;
    Q_EMIT secretsChanged();
}

void RunDraft::typeSecret(const QString &name, const SecretHandle &value)
{
    m_typed.insert(name, value);
    for (SecretStatus &secret : m_secrets)
        if (secret.name == name)
            secret.state = kSecretTyped;
    Q_EMIT secretsChanged();
    Q_EMIT secretTyped(name);
}

void RunDraft::editSecret(const SecretStatus &secret, bool thisRunOnly)
{
    Q_EMIT secretEditRequested(secret, thisRunOnly);
}

void RunDraft::prepare()
{
    if (m_preparing || (!m_run.isEmpty() && !m_takenUp))
        return;
    m_preparing = true;
    m_problem.reset();
    m_view.reset();
    m_go = {};
    Q_EMIT prepareRequested();
    Q_EMIT changed();
}

void RunDraft::discard()
{
    m_preparing = false;
    m_view.reset();
    m_problem.reset();
    const QString run = std::exchange(m_run, {});
    m_takenUp = false;
    if (!run.isEmpty())
        Q_EMIT discardRequested(run);
    Q_EMIT changed();
}

void RunDraft::setRun(const QString &run)
{
    m_run = run;
    Q_EMIT changed();
}

void RunDraft::setView(const RunView &view)
{
    m_view = view;
    Q_EMIT changed();
}

void RunDraft::setProblem(const Error &error)
{
    m_preparing = false;
    m_problem = error;
    Q_EMIT changed();
}

bool RunDraft::isReady() const
{
    return m_view && m_view->shown == RunStateName::Ready && m_view->plan && m_view->runnerAlive;
}

QString RunDraft::planText() const
{
    if (!m_view || !m_view->plan)
        return {};
    const QByteArray hash = m_view->state.planSha256.toLatin1();
    if (hash.isEmpty() || hash != m_textOf) {
        m_text = m_source.planText(*m_view->plan);
        m_textOf = hash;
    }
    return m_text;
}

void RunDraft::setReason(const QString &check, const QString &reason)
{
    if (reason.trimmed().isEmpty())
        m_go.accept.remove(check);
    else
        m_go.accept.insert(check, reason.trimmed());
    Q_EMIT changed();
}

QString RunDraft::obstacle() const
{
    if (m_problem)
        return displayText(m_problem->summary);
    if (!m_view)
        return tr("The checks are still starting.");
    int failed = 0, unexplained = 0;
    for (const CheckRecord &check : m_view->state.checks) {
        if (check.verdict == CheckVerdict::Failed)
            ++failed;
        if (check.verdict == CheckVerdict::Warned && !m_go.accept.contains(check.id))
            ++unexplained;
    }
    if (failed)
        return tr("%n check(s) failed. Mend the cause, then check again.", nullptr, failed);
    if (isEnded(m_view->shown))
        return tr("The preparation has ended: %1.").arg(wordOf(m_view->shown));
    if (m_view->shown == RunStateName::Interrupted)
        return tr("The preparation was interrupted. Check again.");
    if (m_view->shown == RunStateName::Draft || (m_view->plan && !m_view->runnerAlive))
        return tr("The plan was put aside after a while. Check again.");
    if (m_view->state.waiting)
        return tr("A question is waiting for your answer.");
    if (!isReady())
        return tr("The checks are still going on.");
    if (unexplained)
        return tr("%n warning(s) without a reason yet.", nullptr, unexplained);
    return {};
}

void RunDraft::setConfirm(const QString &text)
{
    m_go.confirm = text;
    Q_EMIT changed();
}

void RunDraft::go()
{
    if (m_going || !isReady())
        return;
    m_going = true;
    m_problem.reset();
    m_go.yes = true;
    m_go.planSha256 = m_view->state.planSha256;
    Q_EMIT changed();
    Q_EMIT goRequested(m_go);
}

void RunDraft::wentOff()
{
    m_going = false;
    m_off = true;
    Q_EMIT started(m_run);
}

void RunDraft::goRefused(const Error &error)
{
    m_going = false;
    m_problem = error;
    Q_EMIT changed();
}

} // namespace lb
