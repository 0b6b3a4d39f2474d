// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/draft_controller.h"

#include "ui/secret_dialog.h"
#include "ui/secrets_controller.h"

namespace lb {

RunDraft *DraftController::makeDraft(Service *service, const SystemProfile &system,
                                     Purpose preferred, const QString &point)
{
    auto *draft =
        new RunDraft(system, {[service](const QString &id) { return service->runbook(id); },
                              [service](const Plan &plan) { return service->planText(plan, 0); }});
    std::vector<RunbookInfo> offered;
    for (const RunbookInfo &info : service->runbooks())
        if (info.system == system.type || info.system.isEmpty())
            offered.push_back(info);
    draft->setOffered(std::move(offered), preferred);
    draft->setPoints(service->points({system.name}), service->best(system.name));
    if (!point.isEmpty())
        draft->choosePoint(point);
    new DraftController(service, draft);
    return draft;
}

DraftController::DraftController(Service *service, RunDraft *draft)
    : QObject(draft), m_service(service), m_draft(draft)
{
    connect(draft, &RunDraft::prepareRequested, this, &DraftController::prepare);
    connect(draft, &RunDraft::discardRequested, this, &DraftController::discard);
    connect(draft, &RunDraft::commandIssued, this, &DraftController::send);
    connect(draft, &RunDraft::secretsRequested, this, &DraftController::lookForSecrets);
    connect(draft, &RunDraft::secretEditRequested, this, &DraftController::editSecret);
    connect(draft, &RunDraft::secretTyped, this, [this](const QString &name) {
        if (m_follower)
            giveSecret(name);
    });
    connect(service, &Service::keychainAsks, this, [this] {
        if (m_looking)
            m_draft->setKeychainAsks();
    });
    connect(draft, &RunDraft::goRequested, this, [this](const GoAnswer &go) {
        RunCommand command;
        command.kind = CommandKind::Go;
        command.go = go;
        onDone(this, m_service->command(RunId(m_draft->run()), command),
               [this](const Result<void> &done) {
                   if (done)
                       m_draft->wentOff();
                   else
                       m_draft->goRefused(done.error());
               });
    });
}

void DraftController::prepare()
{
    const quint64 attempt = ++m_attempt;
    const auto started = [this, attempt](const Result<RunId> &run) {
        if (attempt != m_attempt) {
            // The person went back while the runner was starting.
            if (run)
                discard(run->value());
            return;
        }
        if (!run)
            return m_draft->setProblem(run.error());
        m_draft->setRun(run->value());
        follow(*run);
    };
    if (!m_draft->isTakenUp())
        return onDone(this, m_service->start(m_draft->order()), started);
    const RunId run(m_draft->run());
    const Result<RunView> view = m_service->run(run);
    if (view && view->runnerAlive)
        return follow(run);
    onDone(this, m_service->resume(run), started);
}

void DraftController::follow(const RunId &run)
{
    delete m_follower;
    m_follower = m_service->follow(run, this);
    m_gaveAgain = false;
    // As early as can be: what is there before the plan needs no second look.
    for (const QString &name : m_draft->typedSecrets().keys())
        giveSecret(name);
    const auto show = [this] {
        if (!m_follower)
            return;
        m_draft->setView(m_follower->view());
        giveSecretsAgain();
    };
    connect(m_follower, &RunFollower::changed, this, show);
    connect(m_follower, &RunFollower::loaded, this, show);
    connect(m_follower, &RunFollower::runnerGone, this, show);
}

void DraftController::lookForSecrets()
{
    // Never two at once: each could open a prompt of its own.
    if (std::exchange(m_looking, true))
        return;
    onDone(this, m_service->secrets(m_draft->system().name),
           [this](const Result<std::vector<SecretStatus>> &found) {
               m_looking = false;
               m_draft->setSecrets(found ? *found : m_service->declaredSecrets(m_draft->system()));
           });
}

void DraftController::editSecret(const SecretStatus &secret, bool thisRunOnly)
{
    auto *window = qobject_cast<QWidget *>(m_draft->parent());
    if (!thisRunOnly)
        return lb::editSecret(m_service, secret, window, [draft = QPointer(m_draft)] {
            if (draft)
                draft->lookForSecrets();
        });
    auto *dialog = new SecretDialog(secret, SecretDialog::Mode::ThisRun, window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SecretDialog::valueGiven, m_draft,
            [this, dialog, name = secret.name](const SecretHandle &value) {
                m_draft->typeSecret(name, value);
                dialog->accept();
            });
    dialog->open();
}

void DraftController::giveSecret(const QString &name)
{
    RunCommand command;
    command.kind = CommandKind::Secret;
    command.secret = name;
    command.value = m_draft->typedSecrets().value(name);
    send(command);
}

void DraftController::giveSecretsAgain()
{
    // A value that came while the secrets were being fetched was too late for their check.
    if (m_gaveAgain || m_draft->typedSecrets().isEmpty() || !m_draft->isReady())
        return;
    for (const CheckRecord &check : m_draft->view()->state.checks) {
        if (check.id != QLatin1String("secrets") || check.verdict == CheckVerdict::Passed)
            continue;
        m_gaveAgain = true;
        for (const QString &name : m_draft->typedSecrets().keys())
            giveSecret(name);
        return;
    }
}

void DraftController::discard(const QString &id)
{
    ++m_attempt;
    delete m_follower;
    const RunId run(id);
    RunCommand cancel;
    cancel.kind = CommandKind::Cancel;
    // A draft holds nothing: whatever the answer, its folder can go once the runner has. The
    // follower says when; it belongs to the facade, so that it outlives the wizard.
    onDone(m_service, m_service->command(run, cancel),
           [service = m_service, run](const Result<void> &) {
               const Result<RunView> view = service->run(run);
               if (!view || !view->runnerAlive) {
                   service->removeRun(run);
                   return;
               }
               auto *last = service->follow(run, service);
               QObject::connect(last, &RunFollower::runnerGone, service, [service, run, last] {
                   service->removeRun(run);
                   last->deleteLater();
               });
           });
}

void DraftController::send(const RunCommand &command)
{
    onDone(this, m_service->command(RunId(m_draft->run()), command),
           [this](const Result<void> &done) {
               if (!done)
                   m_draft->setProblem(done.error());
           });
}

} // namespace lb
