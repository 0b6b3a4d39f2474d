// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/ibm_contents.h"
#include "simulator_thread.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpSocket>
#include <QUrl>

namespace lb {

/// What comes back; `status` 0 when the connection ended without an answer.
struct IbmAnswer
{
    int status = 0;
    QByteArray head, body;

    QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
    QJsonArray array() const { return QJsonDocument::fromJson(body).array(); }
    QByteArray header(const QByteArray &name) const
    {
        for (const QByteArray &line : head.split('\n')) {
            if (line.toLower().startsWith(name.toLower() + ':'))
                return line.mid(name.size() + 1).trimmed();
        }
        return {};
    }
    QString text(const char *key) const { return json().value(QLatin1String(key)).toString(); }
};

/// The practice's IBM Cloud in a thread of its own, and a client that blocks and is not made with
/// anything of Lifeboat's own.
class IbmClient
{
public:
    using Headers = QList<QPair<QByteArray, QByteArray>>;

    explicit IbmClient(const IbmSimulator::Options &options) : m_thread(options), m_options(options)
    {
    }
    quint16 port() const { return m_thread.port(); }

    IbmAnswer ask(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
                  const Headers &headers = {}) const
    {
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_thread.port());
        QByteArray request = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                             QByteArray::number(body.size()) + "\r\n";
        for (const auto &[name, value] : headers)
            request += name + ": " + value + "\r\n";
        socket.write(request + "\r\n" + body);
        QByteArray received;
        while (!isWhole(received) && socket.waitForReadyRead(10'000))
            received += socket.readAll();
        const qsizetype head = received.indexOf("\r\n\r\n");
        if (head < 0)
            return {};
        return {received.mid(9, 3).toInt(), received.left(head), received.mid(head + 4)};
    }

    IbmAnswer iamToken(const QByteArray &grant = "urn:ibm:params:oauth:grant-type:apikey") const
    {
        return ask("POST", "/identity/token",
                   "grant_type=" + grant.toPercentEncoding() +
                       "&apikey=" + m_options.apiKey.toUtf8(),
                   {{"Content-Type", "application/x-www-form-urlencoded"}});
    }
    void logIn() { m_bearer = iamToken().text("access_token").toUtf8(); }

    /// As whoever has logged in.
    IbmAnswer call(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
                   const QByteArray &type = "application/json") const
    {
        return ask(method, path, body,
                   {{"Authorization", "Bearer " + m_bearer},
                    {"Content-Type", type},
                    {"include", "everything"}});
    }
    IbmAnswer git(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
                  const QByteArray &token = "canary-git-token-eu-de") const
    {
        return ask(method, "/eu-de/api/v4/" + path, body,
                   {{"PRIVATE-TOKEN", token}, {"Content-Type", "application/json"}});
    }
    /// `aim`: a JSON object that says which requests the faults `api-…` mean.
    bool setFaults(const QByteArray &list, int latency = 0, const QByteArray &aim = "{}") const
    {
        return ask("POST", "/-/faults",
                   "{\"faults\":[" + list + "],\"latency_ms\":" + QByteArray::number(latency) +
                       ",\"aim\":" + aim + '}')
                   .status == 204;
    }
    QJsonObject state() const { return ask("GET", "/-/state").json(); }
    QJsonArray requests() const
    {
        return ask("GET", "/-/requests").json()[QLatin1String("requests")].toArray();
    }

    /// A new project of eu-de with these files on `branch`; its id.
    QByteArray makeTemplate(const QJsonObject &files, const QByteArray &name = "temporary",
                            const QByteArray &branch = "main") const
    {
        const IbmAnswer made = git("POST", "projects", "{\"name\":\"" + name + "\"}");
        const QByteArray id = QByteArray::number(made.json()[QLatin1String("id")].toInt());
        QJsonArray actions;
        for (auto it = files.begin(); it != files.end(); ++it)
            actions << QJsonObject{{QStringLiteral("action"), QStringLiteral("create")},
                                   {QStringLiteral("file_path"), it.key()},
                                   {QStringLiteral("content"), it.value()}};
        const QJsonObject commit{{QStringLiteral("branch"), QString::fromUtf8(branch)},
                                 {QStringLiteral("commit_message"), QStringLiteral("Template")},
                                 {QStringLiteral("actions"), actions}};
        const IbmAnswer done = git("POST", "projects/" + id + "/repository/commits",
                                   QJsonDocument(commit).toJson(QJsonDocument::Compact));
        return done.status == 201 ? id : QByteArray();
    }

    /// Of the project that makeTemplate() made.
    static QByteArray deployForm(const QByteArray &more = "&branch=main&autocreate=true",
                                 const QByteArray &name = "temporary")
    {
        return "repository=" +
               QByteArray("https://eu-de.git.cloud.ibm.com/ann/" + name + ".git")
                   .toPercentEncoding() +
               "&repository_token=canary-git-token-eu-de"
               "&resourceGroupId=0123456789abcdef0123456789abcdef" +
               more;
    }
    IbmAnswer deploy(const QByteArray &form = deployForm(),
                     const QByteArray &region = "eu-de") const
    {
        return call("POST", "/devops/setup/deploy?env_id=ibm:yp:" + region, form,
                    "application/x-www-form-urlencoded");
    }

private:
    static bool isWhole(const QByteArray &received)
    {
        const qsizetype head = received.indexOf("\r\n\r\n");
        if (head < 0)
            return false;
        if (received.startsWith("HTTP/1.1 204"))
            return true;
        const qsizetype at = received.toLower().indexOf("content-length:");
        const qsizetype size = received.mid(at + 15).split('\r').first().trimmed().toLongLong();
        return at > 0 && at < head && received.size() >= head + 4 + size;
    }

    SimulatorThread<IbmSimulator> m_thread;
    IbmSimulator::Options m_options;
    QByteArray m_bearer;
};

/// The template of systems/ibm-toolchain.md §4, mapped to eu-de, with blanked secrets.
QJsonObject ibmTemplate(const QString &execute = QStringLiteral("true"));

} // namespace lb
