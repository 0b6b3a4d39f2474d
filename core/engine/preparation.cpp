// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/preparation.h"

#include "core/actions/fill_call.h"
#include "core/actions/survey.h"
#include "core/actions/worker_execution.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/engine/undo_plan.h"
#include "core/model/sudo.h"
#include "core/model/toolchain_slots.h"

#include <QRegularExpression>
#include <QStandardPaths>

namespace lb {

namespace {

LB_TRANSLATE(Engine)

/// The first group of the pattern, or all of it; without a pattern the whole answer.
QString versionIn(const QString &answer, const QString &pattern)
{
    if (pattern.isEmpty())
        return answer.trimmed();
    const auto match = QRegularExpression(pattern).match(answer);
    return match.captured(match.lastCapturedIndex() > 0 ? 1 : 0);
}

/// Secrets that only one place of a copy needs, and where that is. Without one of them the others
/// can be put back all the same.
QMap<QString, QString> slotsFilled(const Plan &plan)
{
    QMap<QString, QString> places;
    for (const PlannedStep &step : plan.steps) {
        for (const Call &call : step.calls) {
            const auto *toolchain = callAs<ToolchainCall>(call);
            if (!toolchain || toolchain->work != ToolchainWork::SetSecret)
                continue;
            const QJsonArray all = toolchain->details.value(QLatin1String("slots")).toArray();
            for (const QJsonValue slot : all) {
                if (slot[QLatin1String("id")].toString() == toolchain->slotId)
                    places.insert(toolchain->secret, slotTitle(slot, toolchain->part));
            }
        }
    }
    return places;
}

} // namespace

std::optional<LeaseMode> leaseModeOf(const Plan &plan)
{
    if (plan.identity.scope.isEmpty())
        return std::nullopt;
    if (makesPoint(plan.purpose))
        return LeaseMode::Shared;
    const bool changes = std::any_of(plan.steps.begin(), plan.steps.end(),
                                     [](const auto &step) { return step.effect != Effect::Read; });
    if (!changes)
        return std::nullopt;
    return LeaseMode::Exclusive;
}

Preparation::Preparation(const RunEnvironment &environment, QObject *parent)
    : QObject(parent), m_environment(environment)
{
}

void Preparation::start()
{
    readRequest();
}

void Preparation::give(const Result<Prepared> &result)
{
    if (std::exchange(m_done, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this, result] {
            if (result)
                Q_EMIT finished(*result);
            else
                Q_EMIT failed(result.error());
        },
        Qt::QueuedConnection);
}

void Preparation::note(const QString &kind, const QString &what, const QJsonValue &value)
{
    m_environment.log->commit(makeEvent(EventKind::Prepared, {}, 0,
                                        {{QStringLiteral("kind"), kind},
                                         {QStringLiteral("name"), what},
                                         {QStringLiteral("value"), value}}));
}

void Preparation::work(std::function<Result<void>()> what, Next then)
{
    auto *execution = new WorkerExecution(
        [what = std::move(what)](const WorkerExecution::Report &,
                                 std::stop_token) -> Result<CallOutcome> {
            TRY(what());
            return CallOutcome{};
        },
        this);
    connect(execution, &Execution::finished, this,
            [this, execution, then = std::move(then)](const Result<CallOutcome> &outcome) {
                execution->deleteLater();
                if (outcome)
                    then();
                else
                    give(tl::unexpected(outcome.error()));
            });
}

void Preparation::ask(std::vector<NamedCall> calls, const QString &kind,
                      std::function<void(const Answers &)> then)
{
    m_queue.assign(calls.begin(), calls.end());
    m_kind = kind;
    m_answers.clear();
    m_then = std::move(then);
    askNext();
}

void Preparation::askNext()
{
    if (m_queue.empty()) {
        m_then(m_answers);
        return;
    }
    const NamedCall next = m_queue.front();
    m_queue.pop_front();
    // A check only says what is missing; without an identity or a discovery there is no plan.
    const bool wait = m_kind != QLatin1String("check");
    m_environment.obtain(secretNames({next.call}), {}, wait,
                         [this, next](const Result<Secrets> &secrets) {
                             if (secrets) {
                                 askOne(next, *secrets);
                                 return;
                             }
                             m_answers.insert(next.name, tl::unexpected(secrets.error()));
                             askNext();
                         });
}

void Preparation::askOne(const NamedCall &next, const Secrets &secrets)
{
    ActionContext context = m_environment.readContext(m_kind + QLatin1Char(':') + next.name);
    context.secrets = secrets;
    // Discovery wants an answer; a check looks at any.
    context.isQuestion = m_kind == QLatin1String("check");
    Execution *execution = startCall(next.call, context, this);
    connect(execution, &Execution::finished, this,
            [this, execution, what = next.name](const Result<CallOutcome> &outcome) {
                execution->deleteLater();
                m_answers.insert(what, outcome);
                askNext();
            });
}

void Preparation::readRequest()
{
    const RunRequest &request = m_environment.request();
    m_in.system = request.system;
    m_in.store = request.store;
    m_in.target = request.target;
    m_in.only = request.only;
    m_in.hostName = currentHostName();
    m_in.user = currentUserName();
    if (!request.undoOf.isEmpty()) {
        const auto undo = makeUndoPlan(*m_environment.undonePlan, *m_environment.undone);
        if (!undo) {
            give(tl::unexpected(undo.error()));
            return;
        }
        m_prepared.plan = *undo;
        readFacts();
        return;
    }
    const auto runbook = m_environment.hooks.readRunbook(request);
    if (!runbook) {
        give(tl::unexpected(runbook.error()));
        return;
    }
    m_in.runbook = *runbook;
    const auto inputs = resolveInputs(m_in.runbook, m_in.system, request.inputs);
    if (!inputs) {
        give(tl::unexpected(inputs.error()));
        return;
    }
    m_in.inputs = *inputs;
    m_in.target = effectiveTarget(m_in);
    choosePoint();
}

void Preparation::choosePoint()
{
    if (!m_in.runbook.usesRestorePoint()) {
        askSudo();
        return;
    }
    auto chosen = std::make_shared<std::optional<RestorePoint>>();
    work(
        [request = m_environment.request(), chosen]() -> Result<void> {
            TRY_VALUE(*chosen, lb::choosePoint(request));
            return {};
        },
        [this, chosen] {
            m_in.point = **chosen;
            note(QStringLiteral("point"), QStringLiteral("point"),
                 QJsonObject{{QStringLiteral("id"), m_in.point->id}});
            askSudo();
        });
}

void Preparation::askSudo()
{
    const QStringList programs = programsWithUser(m_in.runbook);
    if (programs.isEmpty() || m_in.user == QLatin1String("root")) {
        readFacts();
        return;
    }
    for (const QString &program : programs) {
        if (const QString path = QStandardPaths::findExecutable(program); !path.isEmpty())
            m_in.programs.insert(program, path);
    }
    ProcessCall list;
    list.program = QStringLiteral("sudo");
    list.arguments = {QStringLiteral("-n"), QStringLiteral("-ll")};
    list.environment = {{QStringLiteral("LC_ALL"), TemplateText(QStringLiteral("C"))}};
    list.output = OutputKind::Text;
    // Refused without a password, or no sudo at all: the checks say so.
    ask({{QStringLiteral("sudo"), list}}, QStringLiteral("check"), [this](const Answers &answers) {
        const Result<CallOutcome> &answer = answers.first();
        if (answer && answer->answer.exitStatus == 0)
            m_in.sudoListing = answer->answer.value.toString();
        readFacts();
    });
}

void Preparation::readFacts()
{
    std::vector<NamedCall> calls = m_prepared.plan.facts;
    if (m_environment.request().undoOf.isEmpty()) {
        const auto planned = planFacts(m_in);
        if (!planned) {
            give(tl::unexpected(planned.error()));
            return;
        }
        calls = *planned;
    }
    ask(calls, QStringLiteral("fact"), [this](const Answers &answers) {
        for (auto it = answers.begin(); it != answers.end(); ++it) {
            if (!*it) {
                m_missingFacts << it.key() + QStringLiteral(": ") + it->error().summary;
                continue;
            }
            if (it.key() == QLatin1String("version"))
                m_in.version =
                    versionIn((*it)->answer.value.toString(), m_in.runbook.versionPattern);
            else
                m_factValues.insert(it.key(), (*it)->answer.value);
            note(QStringLiteral("identity"), it.key(), (*it)->answer.value);
        }
        if (!m_environment.request().undoOf.isEmpty()) {
            m_prepared.plan.identity.facts = m_factValues;
            runChecks();
            return;
        }
        const auto identity = planIdentity(m_in, m_factValues);
        if (!identity) {
            give(tl::unexpected(identity.error()));
            return;
        }
        m_in.identity = *identity;
        discover();
    });
}

void Preparation::discover()
{
    const auto calls = planDiscovery(m_in);
    if (!calls) {
        give(tl::unexpected(calls.error()));
        return;
    }
    ask(*calls, QStringLiteral("discover"), [this](const Answers &answers) {
        for (auto it = answers.begin(); it != answers.end(); ++it) {
            if (!*it) {
                Error error = it->error();
                error.summary = tr("Cannot find out “%1”: %2").arg(it.key(), error.summary);
                const QString now = tr("Nothing was changed");
                error.advice =
                    error.advice.isEmpty() ? now : error.advice + QStringLiteral(". ") + now;
                give(tl::unexpected(error));
                return;
            }
            m_in.discovered.insert(it.key(), (*it)->answer.value);
            note(QStringLiteral("discovered"), it.key(), (*it)->answer.value);
        }
        probeSwaps();
    });
}

void Preparation::probeSwaps()
{
    const QStringList targets = treeTargets(m_in);
    auto facts = std::make_shared<std::vector<SwapFact>>();
    auto rooms = std::make_shared<QMap<QString, DiskRoom>>();
    work(
        [targets, facts, rooms, run = m_environment.request().id]() -> Result<void> {
            for (const QString &into : targets) {
                facts->push_back(probeTarget(into, run));
                rooms->insert(into, roomAt(into));
            }
            return {};
        },
        [this, facts, rooms] {
            m_in.swaps = *facts;
            m_targetRoom = *rooms;
            for (const SwapFact &fact : m_in.swaps)
                note(QStringLiteral("swap"), fact.into,
                     fact.problem.isEmpty() ? name(fact.way) : fact.problem);
            lookForDatabases();
        });
}

void Preparation::lookForDatabases()
{
    const std::vector<PostgresCall> targets = databaseTargets(m_in);
    std::vector<NamedCall> calls;
    for (const PostgresCall &target : targets)
        calls.push_back({target.scope(), target});
    ask(calls, QStringLiteral("database"), [this, targets](const Answers &answers) {
        for (const PostgresCall &target : targets) {
            const Result<CallOutcome> &answer = *answers.find(target.scope());
            if (!answer) {
                give(tl::unexpected(answer.error()));
                return;
            }
            bool exists = false;
            for (const QJsonValue known : answer->answer.value.toArray())
                exists = exists || known[QLatin1String("name")].toString() == target.database;
            m_in.databases.push_back({target.scope(), exists});
            note(QStringLiteral("database"), target.scope(), exists);
        }
        makeThePlan();
    });
}

void Preparation::makeThePlan()
{
    // A target that cannot be swapped has no plan to show; its reason is what matters.
    for (const SwapFact &swap : m_in.swaps) {
        if (!swap.problem.isEmpty()) {
            give(fail(ErrorCode::Conflict, tr("%1 cannot be replaced").arg(swap.into), swap.problem,
                      tr("Nothing was changed; restore into another folder with "
                         "--set into_folder=FOLDER")));
            return;
        }
    }
    const auto plan = makePlan(m_in);
    if (!plan) {
        give(tl::unexpected(plan.error()));
        return;
    }
    m_prepared.plan = *plan;
    runChecks();
}

void Preparation::runChecks()
{
    const Plan &plan = m_prepared.plan;
    std::vector<TreeSaveCall> saves;
    for (const PlannedStep &step : plan.steps) {
        for (const Call &call : step.calls) {
            if (const auto *save = callAs<TreeSaveCall>(call))
                saves.push_back(*save);
        }
    }
    work(
        [this, saves, store = plan.store, inventory = m_environment.inventory,
         identity = plan.identity, mode = leaseModeOf(plan),
         run = m_environment.request().id]() -> Result<void> {
            if (!saves.empty()) {
                TRY_VALUE(const SaveSurvey survey, surveySave(store, inventory, saves));
                m_sourceBytes = survey.sourceBytes;
                m_storeFree = survey.storeFree;
            }
            if (mode) {
                const auto isFree = Lease::isFree(run, identity, *mode);
                if (!isFree)
                    m_leaseProblem = isFree.error();
            }
            return {};
        },
        [this] { askSecrets(m_prepared.plan.secrets); });
}

void Preparation::askSecrets(QStringList names)
{
    if (names.isEmpty())
        return askChecks();
    const QString name = names.takeFirst();
    // Now, not first when the service has been stopped. A plan can be looked at without.
    const bool wait = m_environment.request().mode == RunMode::Run;
    m_environment.obtain({name}, {}, wait, [this, name, names](const Result<Secrets> &secrets) {
        if (!secrets)
            m_missingSecrets.emplace_back(name, secrets.error());
        // A keychain that did not answer is not waited for once more with each.
        const bool isSilent = !secrets && secrets.error().code == ErrorCode::TimedOut;
        askSecrets(isSilent ? QStringList() : names);
    });
}

void Preparation::askChecks()
{
    std::vector<NamedCall> calls;
    for (const PlannedCheck &check : m_prepared.plan.checks)
        calls.push_back({check.id, check.call});
    ask(calls, QStringLiteral("check"), [this](const Answers &) { judge(); });
}

CheckRecord Preparation::secretsCheck() const
{
    CheckRecord check{QStringLiteral("secrets"),
                      tr("The secrets can be had"),
                      {},
                      {},
                      CheckVerdict::Passed,
                      utcNow()};
    if (!m_missingSecrets.empty())
        return missingSecrets(check);
    check.evidence = tr("%1, by name").arg(m_prepared.plan.secrets.join(QStringLiteral(", ")));
    return check;
}

CheckRecord Preparation::missingSecrets(CheckRecord check) const
{
    const QMap<QString, QString> places = slotsFilled(m_prepared.plan);
    QStringList lines;
    bool canWait = true;
    for (const auto &[name, error] : m_missingSecrets) {
        const QString place = places.value(name);
        lines << (place.isEmpty() ? error.summary
                                  //: a place that needs a secret, and why it cannot be had
                                  : tr("%1: %2").arg(place, error.summary));
        canWait = canWait && !place.isEmpty() && error.code != ErrorCode::TimedOut;
    }
    check.verdict = canWait ? CheckVerdict::Warned : CheckVerdict::Failed;
    check.evidence = lines.join(QStringLiteral("; "));
    const QString set =
        tr("Set it: lifeboat-cli secrets set %1 NAME; or give it to this run: "
           "lifeboat-cli runs secret %2 NAME")
            .arg(m_environment.request().system.name, m_environment.request().id.value());
    check.hint = canWait ? tr("%1. Or say why you go on without: its step then asks for it again, "
                              "and can be skipped")
                               .arg(set)
                         : set;
    return check;
}

void Preparation::judge()
{
    CheckFacts facts{m_prepared.plan,
                     m_environment.request(),
                     m_in.runbook.appliesTo,
                     m_missingFacts,
                     m_in.point,
                     m_in.swaps,
                     m_sourceBytes,
                     m_storeFree,
                     m_targetRoom,
                     m_leaseProblem};
    m_prepared.checks = builtInChecks(facts);
    if (!m_prepared.plan.secrets.isEmpty())
        m_prepared.checks.push_back(secretsCheck());
    for (const PlannedCheck &check : m_prepared.plan.checks) {
        const Result<CallOutcome> &answer = *m_answers.find(check.id);
        CheckRecord record{check.id, check.title, {}, {}, CheckVerdict::Passed, utcNow()};
        const CheckVerdict bad = check.warnOnly ? CheckVerdict::Warned : CheckVerdict::Failed;
        if (!answer) {
            record.verdict = bad;
            record.evidence =
                answer.error().summary + (answer.error().detail.isEmpty()
                                              ? QString()
                                              : QStringLiteral(": ") + answer.error().detail);
        } else if (!check.doneWhen.isEmpty() && !matches(check.doneWhen, answer->answer)) {
            record.verdict = bad;
            record.evidence = tr("the answer is not “%1”").arg(check.doneWhen.display());
        } else {
            record.evidence = answer->outputs.value(QLatin1String("evidence")).toString();
        }
        // What the runbook's author says knows the place; what the error says knows the case.
        if (record.verdict != CheckVerdict::Passed)
            record.hint = check.hint.isEmpty() && !answer ? answer.error().advice : check.hint;
        m_prepared.checks.push_back(record);
    }
    give(m_prepared);
}

} // namespace lb
