// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include "app/cli/session.h"
#include "core/base/format.h"

#include <QSocketNotifier>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace lb::cli::terminal {

namespace {

int interruptPipe[2] = {-1, -1};

void onInterrupt(int)
{
    const int before = errno;
    [[maybe_unused]] const ssize_t told = ::write(interruptPipe[1], "i", 1);
    errno = before;
}

} // namespace

int width()
{
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return qMax(20, int(size.ws_col));
    return 80;
}

bool outputIsTerminal()
{
    return ::isatty(STDOUT_FILENO) == 1;
}

bool canAsk()
{
    return ::isatty(STDIN_FILENO) == 1 && outputIsTerminal();
}

std::optional<QString> ask(const QString &question)
{
    sayRaw(displayText(question, true).toUtf8() + ' ');
    QByteArray line;
    while (true) {
        char c = 0;
        const ssize_t n = ::read(STDIN_FILENO, &c, 1);
        if (n == 1 && c == '\n')
            return QString::fromUtf8(line).trimmed();
        if (n == 1) {
            line += c;
            continue;
        }
        // End of input, or a signal: Ctrl-C has already been noted by whoever watches for it.
        sayRaw("\n");
        return std::nullopt;
    }
}

std::optional<QByteArray> askHidden(const QString &question)
{
    termios before = {};
    if (::tcgetattr(STDIN_FILENO, &before) != 0)
        return std::nullopt;
    // A signal only ends the reading: whoever is killed here would leave a terminal without echo.
    struct sigaction broken = {}, interrupt = {}, terminate = {};
    broken.sa_handler = [](int) {};
    ::sigaction(SIGINT, &broken, &interrupt);
    ::sigaction(SIGTERM, &broken, &terminate);
    termios silent = before;
    silent.c_lflag &= ~tcflag_t(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    sayRaw(displayText(question, true).toUtf8() + ' ');
    QByteArray line;
    line.reserve(4096); // growing would leave copies behind
    char c = 0;
    ssize_t n = 0;
    while ((n = ::read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && line.size() < 4096)
        line += c;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    ::sigaction(SIGINT, &interrupt, nullptr);
    ::sigaction(SIGTERM, &terminate, nullptr);
    sayRaw("\n");
    return n == 1 ? std::optional(line) : std::nullopt;
}

QChar askLetter(const QString &question, const QString &letters, QChar fallback)
{
    for (int tries = 0; tries < 2; ++tries) {
        const auto answer = ask(question);
        if (!answer || answer->isEmpty())
            return fallback;
        const QChar letter = answer->at(0).toLower();
        if (letters.contains(letter))
            return letter;
    }
    return fallback;
}

InterruptWatch::InterruptWatch(QObject *parent) : QObject(parent)
{
    if (::pipe2(interruptPipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    auto *notifier = new QSocketNotifier(interruptPipe[0], QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this] {
        char drained[64];
        while (::read(interruptPipe[0], drained, sizeof drained) > 0) {
        }
        Q_EMIT interrupted();
    });
    struct sigaction action = {};
    action.sa_handler = onInterrupt; // no SA_RESTART: a question ends with it
    ::sigaction(SIGINT, &action, nullptr);
}

InterruptWatch::~InterruptWatch()
{
    struct sigaction plain = {};
    plain.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &plain, nullptr);
    for (int &fd : interruptPipe) {
        ::close(fd);
        fd = -1;
    }
}

void LiveLines::clear()
{
    if (m_shown > 0)
        sayRaw("\r\033[" + QByteArray::number(m_shown) + "A\033[J");
    m_shown = 0;
}

void LiveLines::set(const QStringList &lines)
{
    if (!outputIsTerminal())
        return;
    const int room = width() - 1;
    QByteArray bytes;
    for (const QString &line : lines)
        bytes += displayText(line).left(room).toUtf8() + '\n';
    clear();
    if (!bytes.isEmpty())
        sayRaw(bytes);
    m_shown = int(lines.size());
}

} // namespace lb::cli::terminal
