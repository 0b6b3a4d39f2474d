// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/ibm_world.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QUuid>

#include <algorithm>

namespace lb::practice::ibm {

namespace {

LB_TRANSLATE(Practice)

/// Documents know their place in the order they were made.
const QString kOrder = QStringLiteral("_order");
/// How often an access token of the fault token-expires-soon is taken.
constexpr int kShortLife = 5;

} // namespace

World::World(IbmSimulator::Options options) : m_options(std::move(options)) {}

Result<void> World::load()
{
    QJsonObject kept = m_options.contents;
    const QString &file = m_options.stateFile;
    if (!file.isEmpty() && QFile::exists(file)) {
        TRY_VALUE(const QByteArray bytes, readWholeFile(file));
        TRY_VALUE(const QJsonObject whole, parseJsonObject(bytes, file));
        TRY(checkFormat(whole, 1, file));
        kept = objectOf(whole, "documents");
        m_number = whole.value(QLatin1String("number")).toInt();
    } else {
        m_isChanged = true;
    }
    for (auto kind = kept.begin(); kind != kept.end(); ++kind) {
        const QJsonObject documents = kind.value().toObject();
        for (auto it = documents.begin(); it != documents.end(); ++it) {
            QJsonObject document = it.value().toObject();
            if (!document.contains(kOrder))
                document.insert(kOrder, nextNumber());
            m_number = std::max(m_number, document.value(kOrder).toInt());
            m_documents[kind.key()].insert(it.key(), document);
        }
    }
    return {};
}

QJsonObject World::documents() const
{
    QJsonObject kinds;
    for (auto kind = m_documents.begin(); kind != m_documents.end(); ++kind) {
        QJsonObject documents;
        for (auto it = kind->begin(); it != kind->end(); ++it)
            documents.insert(it.key(), it.value());
        kinds.insert(kind.key(), documents);
    }
    return kinds;
}

Result<void> World::save()
{
    if (!m_isChanged || m_options.stateFile.isEmpty())
        return {};
    TRY(makeFolders(QFileInfo(m_options.stateFile).path()));
    TRY(writeFileAtomically(
        m_options.stateFile,
        toJson(object({{"format", 1}, {"number", m_number}, {"documents", documents()}}))));
    m_isChanged = false;
    return {};
}

bool World::has(const char *fault) const
{
    return m_options.faults.contains(QLatin1String(fault));
}

void World::setFaults(const QStringList &faults)
{
    m_options.faults = faults;
    m_counts.clear();
}

QJsonObject World::find(const char *kind, const QString &id) const
{
    return m_documents.value(QLatin1String(kind)).value(id);
}

std::vector<QJsonObject> World::list(const char *kind,
                                     const std::function<bool(const QJsonObject &)> &which) const
{
    std::vector<QJsonObject> found;
    for (const QJsonObject &document : m_documents.value(QLatin1String(kind))) {
        if (!which || which(document))
            found.push_back(document);
    }
    std::sort(found.begin(), found.end(), [](const QJsonObject &left, const QJsonObject &right) {
        return left.value(kOrder).toInt() < right.value(kOrder).toInt();
    });
    return found;
}

std::vector<QJsonObject> World::listBy(const char *kind, const char *key, const QString &text) const
{
    return list(kind, [&](const QJsonObject &document) { return textOf(document, key) == text; });
}

void World::put(const char *kind, const QString &id, QJsonObject document)
{
    QJsonObject &place = m_documents[QLatin1String(kind)][id];
    document.insert(kOrder, place.contains(kOrder) ? place.value(kOrder).toInt() : nextNumber());
    if (place == document)
        return;
    place = document;
    m_isChanged = true;
}

void World::drop(const char *kind, const QString &id)
{
    if (m_documents[QLatin1String(kind)].remove(id) > 0)
        m_isChanged = true;
}

void World::dropBy(const char *kind, const char *key, const QString &text)
{
    QMap<QString, QJsonObject> &documents = m_documents[QLatin1String(kind)];
    const auto removed =
        documents.removeIf([&](const auto &it) { return textOf(it.value(), key) == text; });
    m_isChanged = m_isChanged || removed > 0;
}

int World::nextNumber()
{
    m_isChanged = true;
    return ++m_number;
}

bool World::isAuthorised(const HttpRequest &request)
{
    const QByteArray header = request.header("authorization");
    if (!header.startsWith("Bearer "))
        return false;
    const QString token = QString::fromUtf8(header.mid(7));
    const QJsonObject known = find(kAccess, token);
    if (known.isEmpty() ||
        known.value(QLatin1String("expiration")).toInteger() < QDateTime::currentSecsSinceEpoch())
        return false;
    const int uses = count(QStringLiteral("access ") + token);
    return !has("token-expires-soon") || uses <= kShortLife;
}

RegionState regionState(const QString &region)
{
    static const QSet<QString> staying{QStringLiteral("us-south"), QStringLiteral("br-sao"),
                                       QStringLiteral("eu-de"), QStringLiteral("eu-gb"),
                                       QStringLiteral("jp-tok")};
    static const QSet<QString> closing{QStringLiteral("au-syd"), QStringLiteral("ca-tor"),
                                       QStringLiteral("us-east")};
    static const QSet<QString> gone{QStringLiteral("eu-es"), QStringLiteral("jp-osa"),
                                    QStringLiteral("ca-mon")};
    if (staying.contains(region))
        return RegionState::Stays;
    if (closing.contains(region))
        return RegionState::Closing;
    return gone.contains(region) ? RegionState::Gone : RegionState::Unknown;
}

QString regionOf(const QString &environment)
{
    const QString head = QStringLiteral("ibm:yp:");
    return environment.startsWith(head) ? environment.mid(head.size()) : QString();
}

QString newId()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

QString now()
{
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
}

} // namespace lb::practice::ibm
