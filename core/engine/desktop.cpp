// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/desktop.h"

#include "core/base/async.h"
#include "core/base/clock.h"

#include <QDBusArgument>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusPendingCallWatcher>
#include <QDBusVariant>
#include <QDir>
#include <QFile>
#include <QtConcurrentRun>

#include <future>
#include <thread>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Desktop)

using namespace std::chrono_literals;

constexpr auto kScopeLimit = 3s;
constexpr int kCallMilliseconds = 2000;
constexpr auto kLetGoAfter = 1s;

/// A property of a systemd unit, `(sv)`.
struct UnitProperty
{
    QString name;
    QDBusVariant value;
};

/// Another unit to be made with it, `(sa(sv))`; we make none.
struct UnitBeside
{
    QString name;
    QList<UnitProperty> properties;
};

QDBusArgument &operator<<(QDBusArgument &argument, const UnitProperty &property)
{
    argument.beginStructure();
    argument << property.name << property.value;
    argument.endStructure();
    return argument;
}

const QDBusArgument &operator>>(const QDBusArgument &argument, UnitProperty &property)
{
    argument.beginStructure();
    argument >> property.name >> property.value;
    argument.endStructure();
    return argument;
}

QDBusArgument &operator<<(QDBusArgument &argument, const UnitBeside &unit)
{
    argument.beginStructure();
    argument << unit.name << unit.properties;
    argument.endStructure();
    return argument;
}

const QDBusArgument &operator>>(const QDBusArgument &argument, UnitBeside &unit)
{
    argument.beginStructure();
    argument >> unit.name >> unit.properties;
    argument.endStructure();
    return argument;
}

/// Where this user's systemd listens. Its own socket takes the same calls where the session has no
/// bus. Empty: nowhere. Never lets libdbus start a bus.
struct ManagerPlace
{
    QString address;
    bool isBus = true;
};
std::optional<ManagerPlace> managerPlace()
{
    if (const QString bus = qEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS"); !bus.isEmpty())
        return ManagerPlace{bus, true};
    const QString folder = qEnvironmentVariable("XDG_RUNTIME_DIR");
    if (!QDir::isAbsolutePath(folder))
        return std::nullopt;
    if (QFile::exists(folder + QStringLiteral("/bus")))
        return ManagerPlace{QStringLiteral("unix:path=") + folder + QStringLiteral("/bus"), true};
    if (QFile::exists(folder + QStringLiteral("/systemd/private")))
        return ManagerPlace{
            QStringLiteral("unix:path=") + folder + QStringLiteral("/systemd/private"), false};
    return std::nullopt;
}

QDBusMessage call(const QDBusConnection &bus, const QDBusMessage &message)
{
    return bus.call(message, QDBus::Block, kCallMilliseconds);
}

QDBusMessage managerCall(bool isBus, const char *method)
{
    QDBusMessage message = QDBusMessage::createMethodCall(
        isBus ? QStringLiteral("org.freedesktop.systemd1") : QString(),
        QStringLiteral("/org/freedesktop/systemd1"),
        QStringLiteral("org.freedesktop.systemd1.Manager"), QString::fromLatin1(method));
    message.setAutoStartService(false);
    return message;
}

bool makeScope(const QDBusConnection &bus, bool isBus, const QString &unit, const QString &title)
{
    const QList<UnitProperty> properties{
        {QStringLiteral("Description"), QDBusVariant(title)},
        {QStringLiteral("Slice"), QDBusVariant(QStringLiteral("app.slice"))},
        {QStringLiteral("CollectMode"), QDBusVariant(QStringLiteral("inactive-or-failed"))},
        {QStringLiteral("PIDs"), QDBusVariant(QVariant::fromValue(QList<uint>{uint(::getpid())}))}};
    QDBusMessage message = managerCall(isBus, "StartTransientUnit");
    message << unit << QStringLiteral("fail") << QVariant::fromValue(properties)
            << QVariant::fromValue(QList<UnitBeside>());
    return call(bus, message).type() == QDBusMessage::ReplyMessage;
}

/// The answer to makeScope() says that it will be done; what we start before it is done stays
/// behind. `until`: by bootTime().
void waitForScope(const QDBusConnection &bus, bool isBus, std::chrono::nanoseconds until)
{
    QDBusMessage before = managerCall(isBus, "GetUnitByPID");
    before << uint(::getpid());
    QFile groups(QStringLiteral("/proc/self/cgroup"));
    while (bootTime() < until) {
        if (!groups.open(QIODevice::ReadOnly))
            return;
        const bool isThere = groups.readAll().contains("/lifeboat-");
        groups.close();
        // Each question is answered after what systemd had to do when it came.
        if (isThere || call(bus, before).type() != QDBusMessage::ReplyMessage)
            return;
    }
}

void joinScope(const ManagerPlace &place, const QString &run)
{
    qDBusRegisterMetaType<UnitProperty>();
    qDBusRegisterMetaType<QList<UnitProperty>>();
    qDBusRegisterMetaType<UnitBeside>();
    qDBusRegisterMetaType<QList<UnitBeside>>();
    const QString name = QStringLiteral("lifeboat-scope");
    const auto until = bootTime() + kScopeLimit;
    {
        const QDBusConnection bus = place.isBus
                                        ? QDBusConnection::connectToBus(place.address, name)
                                        : QDBusConnection::connectToPeer(place.address, name);
        const QString unit = QStringLiteral("lifeboat-") + run;
        const QString title = tr("Lifeboat, run %1").arg(run);
        // What an earlier runner of this run was to leave running may still hold the name.
        if (bus.isConnected() &&
            (makeScope(bus, place.isBus, unit + QStringLiteral(".scope"), title) ||
             makeScope(bus, place.isBus, QStringLiteral("%1-%2.scope").arg(unit).arg(::getpid()),
                       title)))
            waitForScope(bus, place.isBus, until);
    }
    if (place.isBus)
        QDBusConnection::disconnectFromBus(name);
    else
        QDBusConnection::disconnectFromPeer(name);
}

} // namespace

void joinOwnScope(const RunId &run)
{
    const auto place = managerPlace();
    if (!place)
        return;
    // A bus that hangs keeps whoever connects to it for minutes: that is then this thread alone.
    const auto done = std::make_shared<std::promise<void>>();
    std::future<void> isDone = done->get_future();
    std::thread([place = *place, run = run.value(), done] {
        joinScope(place, run);
        done->set_value();
    }).detach();
    (void)isDone.wait_for(kScopeLimit);
}

Inhibitor::Inhibitor(const RunId &run, QObject *parent) : QObject(parent), m_run(run)
{
    m_letGo.setSingleShot(true);
    m_letGo.setInterval(kLetGoAfter);
    connect(&m_letGo, &QTimer::timeout, this, [this] { m_lock = QDBusUnixFileDescriptor(); });
}

void Inhibitor::setWanted(bool wanted)
{
    if (m_absent || std::exchange(m_wanted, wanted) == wanted)
        return;
    if (!wanted) {
        m_letGo.start();
        return;
    }
    m_letGo.stop();
    if (m_lock.isValid() || std::exchange(m_asking, true))
        return;
    if (m_bus.isEmpty())
        connectBus();
    else
        ask(QStringLiteral("block"));
}

void Inhibitor::connectBus()
{
    m_bus = QStringLiteral("lifeboat-system");
    // Connecting blocks, above all where the bus hangs.
    const Async<bool> connected = QtConcurrent::run([name = m_bus]() -> Result<bool> {
        return QDBusConnection::connectToBus(QDBusConnection::SystemBus, name).isConnected();
    });
    onDone(this, connected, [this](const Result<bool> &isConnected) {
        m_absent = !isConnected.value_or(false);
        if (!m_absent)
            ask(QStringLiteral("block"));
    });
}

void Inhibitor::ask(const QString &mode)
{
    QDBusMessage message = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
        QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
    message << QStringLiteral("sleep:shutdown") << QStringLiteral("Lifeboat")
            << tr("Run %1 is in the middle of a step").arg(m_run.value()) << mode;
    message.setAutoStartService(false);
    auto *watcher = new QDBusPendingCallWatcher(
        QDBusConnection(m_bus).asyncCall(message, kCallMilliseconds), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, mode] {
        const QDBusMessage reply = watcher->reply();
        watcher->deleteLater();
        // Only a person at the machine may block a shutdown; anybody may delay it.
        if (reply.type() != QDBusMessage::ReplyMessage && mode == QLatin1String("block")) {
            ask(QStringLiteral("delay"));
            return;
        }
        m_asking = false;
        if (reply.type() == QDBusMessage::ReplyMessage)
            m_lock = reply.arguments().value(0).value<QDBusUnixFileDescriptor>();
        if (!m_wanted)
            m_letGo.start();
    });
}

} // namespace lb
