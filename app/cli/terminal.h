// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

#include <optional>

namespace lb::cli::terminal {

/// Columns of the terminal on standard output; 80 when it is none.
int width();
bool outputIsTerminal();
/// Standard input and output are both a terminal.
bool canAsk();

/// Prints the question and reads one line; nothing at end of input or Ctrl-C.
std::optional<QString> ask(const QString &question);
/// The same without echo, for secrets.
std::optional<QByteArray> askHidden(const QString &question);
/// One of the letters; `fallback` for an empty line, end of input, Ctrl-C or nonsense twice.
QChar askLetter(const QString &question, const QString &letters, QChar fallback);

/// Tells of Ctrl-C while it lives; then the signal kills as usual again. One at a time.
class InterruptWatch : public QObject
{
    Q_OBJECT
public:
    explicit InterruptWatch(QObject *parent = nullptr);
    ~InterruptWatch() override;

Q_SIGNALS:
    void interrupted();
};

/// Lines at the bottom of the terminal that are written over again and again; other lines go
/// above them. Does nothing when standard output is no terminal.
class LiveLines
{
public:
    ~LiveLines() { set({}); }
    void set(const QStringList &lines);
    /// Takes them away, for other output; the next set() draws them again.
    void clear();

private:
    int m_shown = 0;
};

} // namespace lb::cli::terminal
