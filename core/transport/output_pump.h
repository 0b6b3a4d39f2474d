// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file_descriptor.h"
#include "core/transport/local_process.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace lb {

/// The pipes of one program. Given to the pump, which alone touches it until `closed` was called.
struct PumpedStreams
{
    FileDescriptor input, output, error;
    QByteArray bytes; ///< for the program's standard input
    qsizetype written = 0;
    /// While there is one, the input waits for it on `error`, and then begins with the answer.
    QByteArray prompt, answer;
    bool capture = false;
    ByteSink log;
    /// Both outputs have ended; called in the pump's thread.
    std::function<void()> closed;

    QByteArray captured;
    bool overflow = false; ///< more than LocalProcess::kMaxCapture
    QByteArray outputTail, errorTail;
    bool unflushed = false;
};

/// One thread that moves the bytes of all running programs, so that the main thread never blocks
/// and a flood costs constant memory.
class OutputPump
{
public:
    /// Fails when the process has no descriptor or thread left for it.
    static Result<std::unique_ptr<OutputPump>> make();
    ~OutputPump();

    void add(quint64 id, std::shared_ptr<PumpedStreams> streams);
    /// Takes what is in the pipes now and closes them: somebody else keeps them open.
    void cut(quint64 id);
    /// The prompt did not come: the input without the answer.
    void giveInput(quint64 id);
    /// Drops the streams; when it returns no callback of theirs runs or will run.
    void remove(quint64 id);

private:
    OutputPump(FileDescriptor epoll, FileDescriptor wake);

    enum Channel : quint64
    {
        Input,
        Output,
        ErrorOutput
    };
    void run();
    void post(std::function<void()> command, bool wait);
    void watch(quint64 id, Channel channel, int fd, quint32 events);
    void handle(quint64 id, Channel channel);
    void writeInput(PumpedStreams &streams);
    void beginInput(quint64 id, PumpedStreams &streams, bool isAsked);
    /// False when the channel has nothing more for now.
    bool readSome(PumpedStreams &streams, Channel channel);
    void endWhenClosed(quint64 id);
    void flushLogs();

    FileDescriptor m_epoll, m_wake;
    std::map<quint64, std::shared_ptr<PumpedStreams>> m_streams; ///< pump's thread only
    QByteArray m_buffer;
    bool m_unflushed = false;

    std::mutex m_mutex;
    std::condition_variable m_done;
    std::vector<std::function<void()>> m_commands;
    quint64 m_posted = 0, m_executed = 0;
    bool m_quit = false;
    std::thread m_thread;
};

} // namespace lb
