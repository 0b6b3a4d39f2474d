// SPDX-License-Identifier: GPL-3.0-or-later
// How the practised services write and read: answers, refusals, bodies.
#include "core/practice/ibm_world.h"

#include "core/base/json.h"

#include <QJsonDocument>

namespace lb::practice::ibm {

namespace {

/// Of `name="value"` in a part's head.
QString quotedWord(const QByteArray &head, const QByteArray &name)
{
    const qsizetype at = head.indexOf(' ' + name + "=\"");
    if (at < 0)
        return {};
    const qsizetype from = at + name.size() + 3;
    return QString::fromUtf8(head.mid(from, head.indexOf('"', from) - from));
}

/// RFC 7578, as far as clients send it: each part a head, an empty line, and a value.
QMap<QString, QString> multipart(const QByteArray &body, const QByteArray &boundary)
{
    QMap<QString, QString> fields;
    const QByteArray border = "--" + boundary;
    qsizetype from = body.indexOf(border);
    while (from >= 0) {
        from += border.size();
        const qsizetype to = body.indexOf(border, from);
        if (to < 0)
            break;
        QByteArray part = body.mid(from, to - from);
        if (part.endsWith("\r\n"))
            part.chop(2);
        const qsizetype head = part.indexOf("\r\n\r\n");
        if (head >= 0)
            fields.insert(quotedWord(part.left(head), "name"),
                          QString::fromUtf8(part.mid(head + 4)));
        from = to;
    }
    return fields;
}

QMap<QString, QString> urlencoded(const QByteArray &body)
{
    // A form's blanks are plus signs.
    const QUrlQuery form(QString::fromUtf8(QByteArray(body).replace('+', "%20")));
    QMap<QString, QString> fields;
    for (const auto &[key, value] : form.queryItems(QUrl::FullyDecoded))
        fields.insert(key, value);
    return fields;
}

} // namespace

QJsonObject object(std::initializer_list<JsonMember> members)
{
    QJsonObject made;
    for (const JsonMember &member : members)
        made.insert(QLatin1String(member.key), member.value);
    return made;
}

QString textOf(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toString();
}

QJsonObject objectOf(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toObject();
}

QJsonArray arrayOf(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toArray();
}

Response json(const QJsonObject &body, int status)
{
    return {{status, toJson(body), "application/json; charset=utf-8", {}}};
}

Response json(const QJsonArray &body, int status)
{
    return {{status,
             QJsonDocument(body).toJson(QJsonDocument::Compact),
             "application/json; charset=utf-8",
             {}}};
}

Response html(const QByteArray &body, int status)
{
    return {{status,
             "<!DOCTYPE html><html><body>" + body + "</body></html>\n",
             "text/html; charset=utf-8",
             {}}};
}

Response noContent()
{
    return {{204, {}, {}, {}}};
}

Response loginPage()
{
    return {{302, {}, "text/html; charset=utf-8", {{"Location", "/login"}}}};
}

tl::unexpected<Response> refuse(const Response &response)
{
    return tl::unexpected(response);
}

tl::unexpected<Response> refuseApi(int status, const char *code, const QString &message)
{
    return refuse(
        json(object({{"errors", QJsonArray{object({{"code", code}, {"message", message}})}},
                     {"trace", newId()}}),
             status));
}

tl::unexpected<Response> refuseGit(int status, const QJsonValue &message)
{
    return refuse(json(object({{"message", message}}), status));
}

tl::unexpected<Response> notPlayed(const HttpRequest &request)
{
    return refuse(json(object({{"message", QStringLiteral("The simulator does not play %1 /%2")
                                               .arg(QString::fromLatin1(request.method),
                                                    request.path.join(QLatin1Char('/')))}}),
                       404));
}

bool Call::matches(const char *method, std::initializer_list<const char *> pattern) const
{
    if (!is(method) || path.size() != qsizetype(pattern.size()))
        return false;
    return std::equal(pattern.begin(), pattern.end(), path.begin(),
                      [](const char *wanted, const QString &segment) {
                          return qstrcmp(wanted, "*") == 0 || segment == QLatin1String(wanted);
                      });
}

QMap<QString, QString> formOf(const HttpRequest &request)
{
    const QByteArray type = request.header("content-type");
    const qsizetype at = type.indexOf("boundary=");
    if (!type.startsWith("multipart/form-data") || at < 0)
        return urlencoded(request.body);
    QByteArray boundary = type.mid(at + 9).split(';').first().trimmed();
    if (boundary.startsWith('"') && boundary.endsWith('"'))
        boundary = boundary.mid(1, boundary.size() - 2);
    return multipart(request.body, boundary);
}

Outcome<QJsonObject> jsonBody(const HttpRequest &request)
{
    const QJsonDocument document = QJsonDocument::fromJson(request.body);
    if (!document.isObject())
        return refuseApi(400, "bad_request", QStringLiteral("The body is no JSON object"));
    return document.object();
}

Outcome<QJsonObject> apiBody(const HttpRequest &request)
{
    if (!request.header("content-type").startsWith("application/json"))
        return refuseApi(415, "unsupported_media_type", QStringLiteral("Use application/json"));
    return jsonBody(request);
}

QJsonObject mergePatched(QJsonObject object, const QJsonObject &patch)
{
    for (auto it = patch.begin(); it != patch.end(); ++it) {
        if (it.value().isNull())
            object.remove(it.key());
        else if (it.value().isObject())
            object.insert(it.key(),
                          mergePatched(object.value(it.key()).toObject(), it.value().toObject()));
        else
            object.insert(it.key(), it.value());
    }
    return object;
}

Outcome<QJsonObject> mergePatchBody(const HttpRequest &request)
{
    if (!request.header("content-type").startsWith("application/merge-patch+json"))
        return refuseApi(415, "unsupported_media_type",
                         QStringLiteral("Use application/merge-patch+json"));
    return jsonBody(request);
}

} // namespace lb::practice::ibm
