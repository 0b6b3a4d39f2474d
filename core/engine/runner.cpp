// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/runner.h"

#include "core/actions/worker_execution.h"
#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/engine/desktop.h"
#include "core/engine/notifier.h"
#include "core/engine/undo_plan.h"

namespace lb {

namespace {

LB_TRANSLATE(Engine)

/// A run's plan as it is on disk; Corrupt when it is not the one of that hash.
Result<std::shared_ptr<const Plan>> planIn(const RunFolder &folder, const QString &sha256)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(folder.planFile()));
    if (QString::fromLatin1(Sha256::hex(bytes)) != sha256)
        return fail(
            ErrorCode::Corrupt,
            tr("The plan of run %1 is not the one that was let go").arg(folder.id().value()),
            folder.planFile(), tr("The run is not continued"));
    TRY_VALUE(const QJsonObject object, parseJsonObject(bytes, folder.planFile()));
    TRY_VALUE(Plan plan, Plan::fromJson(object));
    return std::make_shared<const Plan>(std::move(plan));
}

RunState fold(const std::vector<RunEvent> &events)
{
    RunState state;
    for (const RunEvent &event : events)
        state.apply(event);
    return state;
}

} // namespace

Runner::Runner(RunnerHooks hooks, QObject *parent) : QObject(parent), m_hooks(std::move(hooks))
{
    m_index.setMaxThreadCount(1);
}

Runner::~Runner() = default;

Result<RunnerGreeting> Runner::begin(const RunnerOrder &order)
{
    return order.start ? start(*order.start) : resume(order);
}

Result<RunnerGreeting> Runner::start(const RunRequest &request)
{
    TRY_VALUE(m_folder, RunFolder::create(request.id));
    TRY_VALUE(m_lock, m_folder.lock());
    TRY_VALUE(std::unique_ptr<Journal> journal, Journal::create(m_folder.path()));
    if (!request.undoOf.isEmpty())
        TRY(readUndone(request.undoOf));
    TRY_VALUE(const RunnerGreeting greeting, stand(std::move(journal), {}, request));
    QMetaObject::invokeMethod(m_engine.get(), &RunEngine::prepare, Qt::QueuedConnection);
    return greeting;
}

Result<RunnerGreeting> Runner::resume(const RunnerOrder &order)
{
    m_folder = RunFolder::of(order.resume);
    if (!isValidId(order.resume.value()) || !m_folder.exists())
        return fail(ErrorCode::NotFound, tr("There is no run %1").arg(order.resume.value()));
    TRY(m_folder.checkOwn());
    TRY_VALUE(m_lock, m_folder.lock());
    JournalContent content;
    TRY_VALUE(std::unique_ptr<Journal> journal, Journal::open(m_folder.path(), &content));
    const bool torn = !journal->tornFile().isEmpty();
    RunState state = fold(content.events);
    if (content.events.empty())
        return fail(ErrorCode::Corrupt,
                    tr("The journal of run %1 holds no whole line").arg(order.resume.value()), {},
                    tr("Nothing was done by this run; remove it"));
    if (!state.request.undoOf.isEmpty())
        TRY(readUndone(state.request.undoOf));
    const bool wentAlready = state.go.has_value();
    if (wentAlready) {
        TRY_VALUE(m_environment.plan, planIn(m_folder, state.planSha256));
    }
    const bool ended = isEnded(state.state);
    const bool reopens =
        ended && wentAlready &&
        (state.state == RunStateName::Failed || state.state == RunStateName::Cancelled) &&
        !unmetFinally(*m_environment.plan, state).empty();
    if (ended && !reopens) {
        RunnerGreeting greeting;
        greeting.run = order.resume;
        QMetaObject::invokeMethod(this, &Runner::over, Qt::QueuedConnection);
        return greeting;
    }
    content = {};
    TRY_VALUE(const RunnerGreeting greeting,
              stand(std::move(journal), std::move(state), std::nullopt));
    QMetaObject::invokeMethod(
        m_engine.get(),
        [this, wentAlready, reopens, torn, finallyOnly = order.finallyOnly] {
            if (reopens)
                m_engine->reopen(finallyOnly);
            else if (wentAlready)
                m_engine->takeUp(torn);
            else
                m_engine->prepare();
        },
        Qt::QueuedConnection);
    return greeting;
}

Result<void> Runner::readUndone(const QString &run)
{
    const RunFolder folder = RunFolder::of(RunId(run));
    if (!isValidId(run) || !folder.exists())
        return fail(ErrorCode::NotFound, tr("There is no run %1").arg(run));
    TRY(folder.checkOwn());
    TRY_VALUE(const JournalContent content, readJournal(folder.journalFile()));
    if (content.problem)
        return tl::unexpected(*content.problem);
    m_environment.undone = std::make_shared<const RunState>(fold(content.events));
    if (!m_environment.undone->go)
        return fail(ErrorCode::Conflict, tr("Run %1 did nothing that could be undone").arg(run));
    if (folder.owner())
        return fail(ErrorCode::Conflict, tr("Run %1 is still going on").arg(run), {},
                    tr("Cancel it first: lifeboat-cli runs cancel %1").arg(run));
    TRY_VALUE(m_environment.undonePlan, planIn(folder, m_environment.undone->planSha256));
    return {};
}

Result<RunnerGreeting> Runner::stand(std::unique_ptr<Journal> journal, RunState state,
                                     const std::optional<RunRequest> &request)
{
    m_log = std::make_unique<RunLog>(std::move(journal), std::move(state));
    connect(m_log.get(), &RunLog::durable, this, &Runner::onDurable);
    if (request)
        m_log->commit(makeEvent(EventKind::RunRequested, {}, 0,
                                {{QStringLiteral("request"), request->toJson()}}));
    const RunId id = m_log->state().request.id;

    m_server = std::make_unique<CommandServer>(
        id.value(), [this](const RunCommand &command) { return onCommand(command); }, nullptr);
    m_server->setHello([this] { return hello(); });
    TRY_VALUE(const QString socket, m_server->listen());
    connect(m_server.get(), &CommandServer::moved, this, [this](const QString &path) {
        (void)writeFileAtomically(m_folder.socketFile(), path.toUtf8());
    });
    TRY(writeFileAtomically(m_folder.socketFile(), socket.toUtf8()));
    m_log->commit(makeEvent(EventKind::RunnerStarted, {}, 0,
                            {{QStringLiteral("runner"), ProcessIdentity::self().toJson()},
                             {QStringLiteral("host"), currentHostName()},
                             {QStringLiteral("user"), currentUserName()},
                             {QStringLiteral("version"), QCoreApplication::applicationVersion()},
                             {QStringLiteral("socket"), socket}}));
    TRY(m_log->flush());

    joinOwnScope(id); // before the guard, which belongs into it
    m_guard = std::make_unique<Guard>();
    if (auto inventory = Inventory::open(paths::inventoryFile()))
        m_inventory = std::move(*inventory);
    m_environment.folder = m_folder;
    m_environment.log = m_log.get();
    m_environment.guard = m_guard.get();
    m_environment.inventory = m_inventory.get();
    m_environment.hooks = m_hooks;
    m_environment.redactor = std::make_shared<Redactor>();
    m_environment.tokens = std::make_shared<TokenCache>(m_environment.redactor);
    m_log->setRedactor(m_environment.redactor);
    const RunRequest &asked = m_log->state().request;
    m_environment.session = std::make_shared<PointSession>(asked.store, m_inventory.get(),
                                                           asked.system.name, pointOf(id), id);
    m_engine = std::make_unique<RunEngine>(m_environment, nullptr);
    connect(m_engine.get(), &RunEngine::progress, this, [this](const Progress &progress) {
        RunnerMessage message;
        message.kind = RunnerMessage::Kind::Progress;
        message.progress = progress;
        m_server->send(message);
    });
    connect(m_engine.get(), &RunEngine::over, this, &Runner::finish, Qt::QueuedConnection);
    m_notifier = std::make_unique<Notifier>(m_environment);
    m_inhibitor = std::make_unique<Inhibitor>(id);
    remember(false);

    RunnerGreeting greeting;
    greeting.run = id;
    greeting.socket = socket;
    return greeting;
}

RunnerMessage Runner::hello() const
{
    RunnerMessage message;
    message.kind = RunnerMessage::Kind::Hello;
    message.seq = m_log->durableSeq();
    message.cancelLeaves = m_engine ? m_engine->cancelLeaves() : QString();
    return message;
}

void Runner::onDurable(const RunEvent &event, const QByteArray &line)
{
    RunnerMessage message;
    message.kind = RunnerMessage::Kind::Event;
    if (const auto object = parseJsonObject(line, m_folder.journalFile()))
        message.line = *object;
    if (m_server)
        m_server->send(message);
    followDesktop(event);
    const bool obligations = event.kind == EventKind::ObligationOpened ||
                             event.kind == EventKind::ObligationClosed ||
                             event.kind == EventKind::ObligationWaived;
    if (m_engine &&
        (obligations || event.kind == EventKind::PlanFrozen ||
         event.kind == EventKind::WaitingStarted || event.kind == EventKind::WaitingEnded ||
         m_rememberedState != m_log->state().state))
        remember(obligations);
}

void Runner::followDesktop(const RunEvent &event)
{
    if (m_notifier &&
        (event.kind == EventKind::WaitingStarted || event.kind == EventKind::WaitingEnded))
        m_notifier->look();
    if (!m_inhibitor || event.step.isEmpty())
        return;
    const StepRecord *record = m_log->state().step(event.step);
    if (record && record->state == StepState::Running)
        m_open.insert(event.step);
    else
        m_open.remove(event.step);
    m_inhibitor->setWanted(!m_open.isEmpty());
}

void Runner::remember(bool obligationsToo)
{
    if (!m_inventory)
        return;
    const RunState &state = m_log->state();
    m_rememberedState = state.state;
    m_index.start([inventory = m_inventory.get(),
                   summary = RunSummary::of(state, m_environment.plan.get()),
                   obligations = obligationsToo ? state.obligations : std::vector<Obligation>()] {
        // An index: what cannot be written now is found by its rebuild.
        (void)inventory->upsertRun(summary);
        for (const Obligation &obligation : obligations)
            (void)inventory->upsertObligation(obligation);
    });
}

Result<void> Runner::onCommand(const RunCommand &command)
{
    switch (command.kind) {
    case CommandKind::Go: {
        GoAnswer answer = command.go;
        if (answer.by.isEmpty())
            answer.by = command.by;
        return m_engine->go(answer);
    }
    case CommandKind::Pause:
        return m_engine->pause();
    case CommandKind::Continue:
        return m_engine->goOn();
    case CommandKind::Cancel:
        return m_engine->cancel(command.by);
    case CommandKind::Answer:
        return m_engine->answer(command);
    case CommandKind::Secret:
        return m_engine->giveSecret(command.secret, command.value);
    case CommandKind::Status:
        return {};
    }
    return fail(ErrorCode::Internal, tr("This command is not known"));
}

void Runner::stopAtSafePoint()
{
    if (m_engine)
        m_engine->stopAtSafePoint();
    else
        Q_EMIT over();
}

void Runner::finish()
{
    if (std::exchange(m_ended, true))
        return;
    // An error here means that the disk takes nothing any more; the journal on disk is still whole.
    (void)m_log->flush();
    QCoreApplication::sendPostedEvents();
    remember(true);
    m_index.waitForDone();
    m_notifier.reset();
    m_engine.reset(); // asks what it still has at work to stop
    waitForWorkers();
    m_server->close();
    Q_EMIT over();
}

} // namespace lb
