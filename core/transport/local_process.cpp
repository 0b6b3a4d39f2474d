// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/local_process.h"

#include "core/transport/guard_private.h"

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/secret_string.h"

#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>
#include <QTimer>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(LocalProcess)

constexpr int kPipeSize = 1024 * 1024;
// Everything of the step has ended by then; whoever still holds the pipe is a stranger to it.
constexpr std::chrono::milliseconds kWaitForPipes{300};
constexpr std::chrono::milliseconds kWaitForPrompt{5000};

struct Pipe
{
    FileDescriptor reader, writer;
};

Result<Pipe> newPipe(bool weRead)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return failErrno(tr("Cannot make a pipe"), errno);
    Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    const int ours = weRead ? ends[0] : ends[1];
    // Only our end: the program expects a pipe that blocks.
    if (::fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
        return failErrno(tr("Cannot make a pipe"), errno);
    if (weRead)
        ::fcntl(ours, F_SETPIPE_SZ, kPipeSize); // fewer turns in a flood; may be refused
    return pipe;
}

/// The texts of a start request in a memory file, as GuardRequest describes it.
Result<FileDescriptor> startBody(const ProcessStart &what, const QString &file,
                                 GuardRequest &request)
{
    // Its variables may be secrets: no copy of them is left behind.
    QByteArray body;
    qsizetype room = 64 * 1024;
    for (const QString &argument : what.arguments)
        room += argument.size() * 3 + 1;
    for (const auto &[name, value] : what.environment)
        room += name.size() * 3 + value.size() + 2;
    body.reserve(room);
    const auto wiped = qScopeGuard([&body] { wipe(body); });
    const auto add = [&body](const QByteArray &text) { body.append(text).append('\0'); };
    add(QFile::encodeName(file));
    add(what.folder.isEmpty() ? QByteArray("/") : QFile::encodeName(what.folder));
    add(what.marker.toUtf8());
    add(QFile::encodeName(what.endFile));
    add(QFile::encodeName(what.program));
    for (const QString &argument : what.arguments)
        add(argument.toUtf8());
    request.argumentCount = quint32(what.arguments.size() + 1);
    std::vector<std::pair<QByteArray, QByteArray>> environment;
    const auto set = [&environment](const QByteArray &name, const QByteArray &value) {
        for (auto &[known, old] : environment) {
            if (known == name) {
                old = value;
                return;
            }
        }
        environment.emplace_back(name, value);
    };
    for (const auto &[name, value] : minimalEnvironment())
        set(name.toUtf8(), value);
    for (const auto &[name, value] : what.environment)
        set(name.toUtf8(), value);
    if (!what.marker.isEmpty())
        set(kStepVariable, what.marker.toUtf8());
    for (const auto &[name, value] : environment)
        body.append(name).append('=').append(value).append('\0');
    request.environmentCount = quint32(environment.size());
    request.bodySize = quint64(body.size());
    const quint64 expected = 4u + request.argumentCount + request.environmentCount;
    if (quint64(body.count('\0')) != expected)
        return fail(ErrorCode::BadInput,
                    tr("A NUL byte in an argument or variable of %1").arg(what.program));

    FileDescriptor fd(::memfd_create("lifeboat-start", MFD_CLOEXEC));
    if (!fd.isOpen() || ::write(fd.get(), body.constData(), size_t(body.size())) != body.size())
        return failErrno(tr("Cannot hand %1 to the guard process").arg(what.program), errno);
    return fd;
}

Result<void> checkFolder(const ProcessStart &what)
{
    if (what.folder.isEmpty())
        return {};
    const QFileInfo info(what.folder);
    if (!info.exists())
        return fail(ErrorCode::NotFound, tr("Cannot run %1 in %2").arg(what.program, what.folder),
                    tr("there is no such folder"));
    if (!info.isDir())
        return fail(ErrorCode::BadInput, tr("Cannot run %1 in %2").arg(what.program, what.folder),
                    tr("it is not a folder"));
    if (!info.isExecutable())
        return fail(ErrorCode::Denied, tr("Cannot run %1 in %2").arg(what.program, what.folder),
                    tr("this user may not enter the folder"));
    return {};
}

} // namespace

class LocalProcess::Private
{
public:
    Private(LocalProcess *process, Guard *runner) : q(process), guard(runner->d.get()) {}

    Result<void> start(const ProcessStart &what);
    void handle(const GuardReply &reply);
    void outputsClosed();
    void fail(const Error &error);
    void finishWhenDone();

    LocalProcess *const q;
    Guard::Private *const guard;
    quint64 id = 0;
    QString program;
    std::shared_ptr<PumpedStreams> streams;
    std::optional<ProcessIdentity> identity;
    std::chrono::nanoseconds startedAt{};
    ProcessEnd end;
    QTimer pipeTimer, promptTimer;
    bool running = false;
    bool asks = false; ///< its input waits for a prompt
    bool exited = false, clean = false, closed = false;
};

LocalProcess::LocalProcess(Guard *guard, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, guard))
{
    d->pipeTimer.setSingleShot(true);
    connect(&d->pipeTimer, &QTimer::timeout, this, [this] {
        if (d->guard->pump)
            d->guard->pump->cut(d->id);
    });
    d->promptTimer.setSingleShot(true);
    connect(&d->promptTimer, &QTimer::timeout, this, [this] {
        if (d->guard->pump)
            d->guard->pump->giveInput(d->id);
    });
}

LocalProcess::~LocalProcess()
{
    if (d->running)
        terminate(std::chrono::milliseconds(0));
    if (d->id != 0)
        d->guard->remove(d->id);
}

void LocalProcess::start(ProcessStart what)
{
    Q_ASSERT(d->id == 0);
    d->running = true;
    d->program = what.program;
    d->startedAt = bootTime();
    d->id = d->guard->add({[this](const GuardReply &reply) { d->handle(reply); },
                           [this] { d->outputsClosed(); },
                           [this](const Error &error) { d->fail(error); }});
    const auto begun = d->start(what);
    what.input.clear(); // the pump has them
    what.answer.clear();
    what.from.reset();
    what.to.reset();
    for (auto &[name, value] : what.environment) {
        if (value.isDetached()) // nobody else's
            wipe(value);
    }
    if (!begun)
        QMetaObject::invokeMethod(
            this, [this, error = begun.error()] { d->fail(error); }, Qt::QueuedConnection);
}

Result<void> LocalProcess::Private::start(const ProcessStart &what)
{
    TRY_VALUE(const QString file, findProgram(what.program));
    TRY(checkFolder(what));
    GuardRequest request;
    request.kind = GuardRequest::Start;
    request.id = id;
    request.startsDaemon = what.startsDaemon ? 1 : 0;
    // Before the program is started: nobody would read what it prints.
    TRY_VALUE(OutputPump *const pump, guard->outputPump());
    TRY_VALUE(const FileDescriptor body, startBody(what, file, request));
    TRY_VALUE(Pipe output, newPipe(true));
    TRY_VALUE(Pipe error, newPipe(true));
    Pipe input;
    if (what.from) {
        input.reader = std::move(*what.from);
    } else if (what.input.isEmpty() && what.prompt.isEmpty()) {
        input.reader = FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!input.reader.isOpen())
            return failErrno(tr("Cannot open %1").arg(QStringLiteral("/dev/null")), errno);
    } else {
        TRY_VALUE(input, newPipe(false));
    }
    // Our own pipe ends at once then: nothing is logged and nothing captured.
    if (what.to)
        output.writer = std::move(*what.to);
    TRY(guard->send(request,
                    {body.get(), input.reader.get(), output.writer.get(), error.writer.get()}));
    asks = !what.prompt.isEmpty();
    streams = std::make_shared<PumpedStreams>();
    streams->input = std::move(input.writer);
    streams->output = std::move(output.reader);
    streams->error = std::move(error.reader);
    streams->bytes = what.input;
    streams->prompt = what.prompt;
    streams->answer = what.answer;
    streams->capture = what.capture;
    streams->log = what.log;
    streams->closed = [to = guard, number = id] { to->postClosed(number); };
    pump->add(id, streams);
    return {};
}

void LocalProcess::terminate(std::chrono::milliseconds grace)
{
    if (!d->running || d->exited)
        return;
    d->end.terminated = true;
    GuardRequest request;
    request.kind = GuardRequest::Terminate;
    request.id = d->id;
    request.graceMs = grace.count();
    // A guard that cannot be told has died, which comes by another way.
    static_cast<void>(d->guard->send(request, {}));
}

bool LocalProcess::isRunning() const
{
    return d->running;
}

std::optional<ProcessIdentity> LocalProcess::identity() const
{
    return d->identity;
}

void LocalProcess::Private::handle(const GuardReply &reply)
{
    switch (reply.kind) {
    case GuardReply::Started:
        identity = ProcessIdentity{reply.pid, reply.startTime, currentBootId()};
        if (asks)
            promptTimer.start(kWaitForPrompt);
        Q_EMIT q->started(*identity);
        return;
    case GuardReply::NotStarted:
        fail(systemError(tr("Cannot start %1").arg(program), reply.value));
        return;
    case GuardReply::Exited:
        exited = true;
        clean = reply.clean != 0;
        if (WIFSIGNALED(reply.value))
            end.signal = WTERMSIG(reply.value);
        else
            end.exitStatus = WEXITSTATUS(reply.value);
        break;
    case GuardReply::Clean:
        clean = true;
        end.survivors = reply.survivors;
        break;
    case GuardReply::Unstoppable:
        fail({ErrorCode::Failed, tr("%1 could not be ended").arg(program),
              tr("process %1 did not end on KILL").arg(reply.pid),
              tr("It still runs; it waits for the kernel, often for a disk or a network folder")});
        return;
    }
    if (exited && clean && !closed && !pipeTimer.isActive())
        pipeTimer.start(kWaitForPipes);
    finishWhenDone();
}

void LocalProcess::Private::outputsClosed()
{
    closed = true;
    finishWhenDone();
}

void LocalProcess::Private::fail(const Error &error)
{
    if (!running)
        return;
    if (streams && !closed) // nobody else may touch them then
        guard->remove(id);
    end.error = error;
    exited = clean = closed = true;
    finishWhenDone();
}

void LocalProcess::Private::finishWhenDone()
{
    if (!running || !exited || !clean || !closed)
        return;
    running = false;
    pipeTimer.stop();
    promptTimer.stop();
    end.duration = std::chrono::duration_cast<std::chrono::milliseconds>(bootTime() - startedAt);
    if (streams) {
        end.output = std::move(streams->captured);
        end.tail = streams->errorTail.isEmpty() ? streams->outputTail : streams->errorTail;
        if (streams->overflow && !end.error)
            end.error = Error{ErrorCode::Failed,
                              tr("%1 printed too much to be used as a value").arg(program),
                              tr("more than %1").arg(formatSize(kMaxCapture)),
                              tr("Its complete output is in the log; use output: none")};
    }
    Q_EMIT q->finished(end);
}

} // namespace lb
