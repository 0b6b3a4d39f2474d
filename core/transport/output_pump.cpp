// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/output_pump.h"

#include "core/base/clock.h"
#include "core/base/secret_string.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>

namespace lb {

namespace {

LB_TRANSLATE(Transport)

constexpr qsizetype kBufferSize = 1024 * 1024;
constexpr qsizetype kTailSize = 4096;
// What may still be in a pipe of ours when it is cut.
constexpr int kMostReadsAtCut = 8;
constexpr quint64 kWakeUp = ~quint64(0);
constexpr std::chrono::milliseconds kFlushAfter{20};

void keepTail(QByteArray &tail, QByteArrayView bytes)
{
    if (bytes.size() >= kTailSize) {
        tail = bytes.last(kTailSize).toByteArray();
        return;
    }
    tail.append(bytes);
    if (tail.size() > kTailSize)
        tail = tail.right(kTailSize);
}

} // namespace

Result<std::unique_ptr<OutputPump>> OutputPump::make()
{
    const QString what = tr("Cannot read what programs print");
    FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.isOpen())
        return failErrno(what, errno);
    // Without it nobody could tell the thread anything.
    FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.isOpen())
        return failErrno(what, errno);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeUp;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0)
        return failErrno(what, errno);
    std::unique_ptr<OutputPump> pump(new OutputPump(std::move(epoll), std::move(wake)));
    try {
        pump->m_thread = std::thread([self = pump.get()] { self->run(); });
    } catch (const std::system_error &error) {
        return failErrno(what, error.code().value());
    }
    return pump;
}

OutputPump::OutputPump(FileDescriptor epoll, FileDescriptor wake)
    : m_epoll(std::move(epoll)), m_wake(std::move(wake)), m_buffer(kBufferSize, Qt::Uninitialized)
{
}

OutputPump::~OutputPump()
{
    if (!m_thread.joinable())
        return;
    post([this] { m_quit = true; }, false);
    m_thread.join();
}

void OutputPump::post(std::function<void()> command, bool wait)
{
    std::unique_lock lock(m_mutex);
    m_commands.push_back(std::move(command));
    const quint64 number = ++m_posted;
    const quint64 one = 1;
    // A full counter wakes the thread as well.
    [[maybe_unused]] const ssize_t n = ::write(m_wake.get(), &one, sizeof one);
    if (wait)
        m_done.wait(lock, [&] { return m_executed >= number; });
}

void OutputPump::add(quint64 id, std::shared_ptr<PumpedStreams> streams)
{
    post(
        [this, id, streams = std::move(streams)] {
            m_streams[id] = streams;
            if (streams->input.isOpen() && streams->prompt.isEmpty())
                watch(id, Input, streams->input.get(), EPOLLOUT);
            watch(id, Output, streams->output.get(), EPOLLIN);
            watch(id, ErrorOutput, streams->error.get(), EPOLLIN);
        },
        false);
}

void OutputPump::cut(quint64 id)
{
    post(
        [this, id] {
            const auto at = m_streams.find(id);
            if (at == m_streams.end())
                return;
            const auto streams = at->second;
            for (const Channel channel : {Output, ErrorOutput}) {
                for (int i = 0; i < kMostReadsAtCut && readSome(*streams, channel); ++i) {
                }
            }
            streams->output.reset();
            streams->error.reset();
            endWhenClosed(id);
        },
        false);
}

void OutputPump::giveInput(quint64 id)
{
    post(
        [this, id] {
            if (const auto at = m_streams.find(id); at != m_streams.end())
                beginInput(id, *at->second, false);
        },
        false);
}

void OutputPump::beginInput(quint64 id, PumpedStreams &streams, bool isAsked)
{
    if (streams.prompt.isEmpty() || !streams.input.isOpen())
        return;
    streams.prompt.clear();
    if (isAsked) {
        QByteArray all;
        all.reserve(streams.answer.size() + 1 + streams.bytes.size());
        all.append(streams.answer).append('\n').append(streams.bytes);
        streams.bytes = std::move(all);
    }
    if (streams.answer.isDetached())
        wipe(streams.answer);
    streams.answer.clear();
    if (streams.bytes.isEmpty())
        streams.input.reset();
    else
        watch(id, Input, streams.input.get(), EPOLLOUT);
}

void OutputPump::remove(quint64 id)
{
    post([this, id] { m_streams.erase(id); }, true);
}

void OutputPump::watch(quint64 id, Channel channel, int fd, quint32 events)
{
    epoll_event event{};
    event.events = events;
    event.data.u64 = id * 4 + channel;
    ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

void OutputPump::run()
{
    // A program that does not read its input must not end us: write() says EPIPE instead.
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

    auto lastFlush = bootTime();
    while (!m_quit) {
        std::array<epoll_event, 64> events;
        const int n = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()),
                                   m_unflushed ? int(kFlushAfter.count()) : -1);
        for (int i = 0; i < n; ++i) {
            const quint64 key = events[size_t(i)].data.u64;
            if (key == kWakeUp) {
                quint64 count = 0;
                [[maybe_unused]] const ssize_t got = ::read(m_wake.get(), &count, sizeof count);
            } else {
                handle(key / 4, Channel(key % 4));
            }
        }
        if (m_unflushed && (n <= 0 || bootTime() - lastFlush > kFlushAfter)) {
            flushLogs();
            lastFlush = bootTime();
        }
        std::vector<std::function<void()>> commands;
        {
            const std::lock_guard lock(m_mutex);
            commands.swap(m_commands);
        }
        for (const auto &command : commands)
            command();
        if (!commands.empty()) {
            const std::lock_guard lock(m_mutex);
            m_executed += commands.size();
            m_done.notify_all();
        }
    }
}

void OutputPump::handle(quint64 id, Channel channel)
{
    const auto at = m_streams.find(id);
    if (at == m_streams.end())
        return; // removed a moment ago
    const auto streams = at->second;
    if (channel == Input) {
        writeInput(*streams);
        return;
    }
    readSome(*streams, channel);
    if (!streams->prompt.isEmpty() && streams->errorTail.contains(streams->prompt))
        beginInput(id, *streams, true);
    endWhenClosed(id);
}

void OutputPump::writeInput(PumpedStreams &streams)
{
    const qsizetype left = streams.bytes.size() - streams.written;
    const ssize_t n =
        ::write(streams.input.get(), streams.bytes.constData() + streams.written, size_t(left));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0)
        streams.written += n;
    // EPIPE: it does not want the rest, which is its own business.
    if (n < 0 || streams.written == streams.bytes.size()) {
        streams.input.reset();
        if (streams.bytes.isDetached()) // nobody else's; it may have been a secret
            wipe(streams.bytes);
        streams.bytes.clear();
    }
}

bool OutputPump::readSome(PumpedStreams &streams, Channel channel)
{
    FileDescriptor &fd = channel == Output ? streams.output : streams.error;
    if (!fd.isOpen())
        return false;
    const ssize_t n = ::read(fd.get(), m_buffer.data(), size_t(m_buffer.size()));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (n <= 0) {
        fd.reset();
        return false;
    }
    const QByteArrayView bytes(m_buffer.constData(), n);
    if (channel == Output && streams.capture && !streams.overflow) {
        if (streams.captured.size() + bytes.size() > LocalProcess::kMaxCapture) {
            streams.overflow = true;
            streams.captured.clear();
        } else {
            streams.captured.append(bytes);
        }
    }
    keepTail(channel == Output ? streams.outputTail : streams.errorTail, bytes);
    if (streams.log) {
        streams.log(bytes);
        streams.unflushed = m_unflushed = true;
    }
    wipe(m_buffer.data(), size_t(n)); // it may have been a secret
    return true;
}

void OutputPump::endWhenClosed(quint64 id)
{
    const auto at = m_streams.find(id);
    if (at == m_streams.end() || at->second->output.isOpen() || at->second->error.isOpen())
        return;
    const auto streams = at->second;
    m_streams.erase(at);
    streams->input.reset();
    if (streams->log)
        streams->log({});
    streams->closed();
}

void OutputPump::flushLogs()
{
    for (const auto &[id, streams] : m_streams) {
        if (std::exchange(streams->unflushed, false))
            streams->log({});
    }
    m_unflushed = false;
}

} // namespace lb
