// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/transport/webhook.h"

#include "core/base/json.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QTimer>

namespace lb {

namespace {

LB_TRANSLATE(Webhook)

} // namespace

void postJson(QObject *owner, const QUrl &url, const QJsonObject &body,
              std::chrono::milliseconds limit, std::function<void(const Result<void> &)> then)
{
    auto *network = new QNetworkAccessManager(owner);
    network->setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
    QNetworkRequest request(url);
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    QNetworkReply *reply = network->post(request, toJson(body));
    // A server that trickles its answer is ended as well: the limit is for all of it.
    QTimer::singleShot(limit, reply, &QNetworkReply::abort);
    // It may send without end.
    QObject::connect(reply, &QIODevice::readyRead, reply, [reply] { reply->skip(1 << 20); });
    QObject::connect(
        reply, &QNetworkReply::finished, owner,
        [network, reply, host = url.host(), then = std::move(then)] {
            const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
            const QNetworkReply::NetworkError error = reply->error();
            network->deleteLater();
            if (status >= 200 && status < 300 && error == QNetworkReply::NoError)
                then({});
            else if (status > 0)
                then(fail(ErrorCode::Failed, tr("%1 did not take what was posted").arg(host),
                          tr("it answered %1").arg(status)));
            else if (error == QNetworkReply::OperationCanceledError)
                then(fail(ErrorCode::TimedOut, tr("%1 did not answer").arg(host)));
            else
                then(fail(ErrorCode::Unreachable, tr("%1 could not be reached").arg(host)));
        });
}

} // namespace lb
