// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"

#include <QPointer>
#include <QTimer>

namespace lb {

class RunConsole;

/// Lets a console show one run after the other: follows it, forwards commands, says what went
/// wrong.
class ConsoleController : public QObject
{
    Q_OBJECT
public:
    ConsoleController(Service *service, RunConsole *console, QObject *parent);
    void open(const QString &run);
    void close();
    QString run() const { return m_run.value(); }
    void resume(const QString &run, bool finallyOnly);

Q_SIGNALS:
    void takeUpRequested(const QString &run);
    void againRequested(const QString &runbook, const QString &system);

private:
    void show();
    void undo();
    void discharge(const QString &obligation, const QString &kept, const QString &note);
    void closeObligation(const RunId &run, const QString &obligation, const QString &note);

    Service *m_service;
    RunConsole *m_console;
    RunId m_run;
    QPointer<RunFollower> m_follower;
    QTimer m_soon; ///< events can come by the thousand; the eye takes 30 a second
};

} // namespace lb
