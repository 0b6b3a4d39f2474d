// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_simulators.h"

#include "core/base/termination.h"
#include "core/practice/background_process.h"

#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTcpServer>
#include <QTimer>

namespace lb::practice {

namespace {

LB_TRANSLATE(Practice)

using namespace std::chrono_literals;

constexpr auto kFolderLook = 3s;

} // namespace

Result<quint16> freePort()
{
    QTcpServer server;
    if (!server.listen(QHostAddress::LocalHost))
        return fail(ErrorCode::Failed, tr("There is no free port on 127.0.0.1"),
                    server.errorString());
    return server.serverPort();
}

int serveSimulator(const QString &folder, const MakeSimulator &make)
{
    const int signalFd = terminationSignals();
    auto record = BackgroundRecord::claim(folder);
    if (!record)
        return 1;
    std::unique_ptr<QObject> simulator;
    const auto port = make(&simulator);
    if (!port) {
        record->failed(port.error());
        return 1;
    }
    if (const auto ready = record->ready(*port); !ready)
        return 1;
    QSocketNotifier termination(signalFd, QSocketNotifier::Read);
    QObject::connect(&termination, &QSocketNotifier::activated, QCoreApplication::instance(),
                     &QCoreApplication::quit);
    // A folder that was deleted by hand leaves no process behind.
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, QCoreApplication::instance(), [&] {
        const auto known = findBackground(folder);
        if (!known || known->identity != ProcessIdentity::self())
            QCoreApplication::quit();
    });
    look.start(kFolderLook);
    const int status = QCoreApplication::exec();
    record->gone();
    return status;
}

} // namespace lb::practice
