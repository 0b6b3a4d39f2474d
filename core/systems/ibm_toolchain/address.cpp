// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/address.h"

#include <QRegularExpression>
#include <QUrl>
#include <QUrlQuery>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainAddress)

const QString kPublicConsole = QStringLiteral("https://cloud.ibm.com");

bool isRegionName(const QString &text)
{
    static const QRegularExpression name(QStringLiteral("\\A[a-z][a-z0-9-]{1,30}\\z"));
    return name.match(text).hasMatch();
}

bool isToolchainId(const QString &text)
{
    static const QRegularExpression uuid(QStringLiteral(
        "\\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\\z"));
    return uuid.match(text).hasMatch();
}

/// Scheme, host and port as they are compared; empty when the URL has no host.
QString originOf(const QUrl &url)
{
    if (!url.isValid() || url.host().isEmpty())
        return {};
    const QString origin = url.scheme().toLower() + QStringLiteral("://") + url.host().toLower();
    const int usual = url.scheme() == QLatin1String("http") ? 80 : 443;
    const int port = url.port(usual);
    return port == usual ? origin : origin + QLatin1Char(':') + QString::number(port);
}

Result<void> checkParts(const ToolchainAddress &address)
{
    if (!isToolchainId(address.id))
        return fail(ErrorCode::BadInput, tr("The toolchain's address has no valid id"), address.id,
                    tr("Copy the address from the toolchain's page"));
    if (!isRegionName(address.region))
        return fail(ErrorCode::BadInput, tr("The toolchain's address does not say its region"),
                    address.region, tr("It ends in ?env_id=ibm:yp: and the region's name"));
    return {};
}

/// crn:v1:bluemix:public:toolchain:REGION:a/ACCOUNT:ID::
Result<ToolchainAddress> readCrn(const QString &text, const QString &console)
{
    static const QRegularExpression crn(
        QStringLiteral("\\Acrn:v1:bluemix:public:toolchain:([^:]*):a/([0-9a-zA-Z]+):([^:]*)::\\z"));
    const QRegularExpressionMatch match = crn.match(text);
    if (!match.hasMatch())
        return fail(ErrorCode::BadInput, tr("This CRN is not one of a toolchain"), text);
    ToolchainAddress address{match.captured(3), match.captured(1), match.captured(2), console};
    TRY(checkParts(address));
    return address;
}

QString regionOf(const QUrl &url)
{
    const QString prefix = QStringLiteral("ibm:yp:");
    const QString value =
        QUrlQuery(url).queryItemValue(QStringLiteral("env_id"), QUrl::FullyDecoded);
    return value.startsWith(prefix) ? value.mid(prefix.size()) : QString();
}

} // namespace

const std::vector<ToolchainRegion> &toolchainRegions()
{
    using State = ToolchainRegion::State;
    static const QDate end(2027, 2, 12);
    static const std::vector<ToolchainRegion> regions{
        {QStringLiteral("au-syd"), State::Closing, end},
        {QStringLiteral("br-sao"), State::Staying, {}},
        {QStringLiteral("ca-mon"), State::Gone, {}},
        {QStringLiteral("ca-tor"), State::Closing, end},
        {QStringLiteral("eu-de"), State::Staying, {}},
        {QStringLiteral("eu-es"), State::Gone, {}},
        {QStringLiteral("eu-gb"), State::Staying, {}},
        {QStringLiteral("jp-osa"), State::Gone, {}},
        {QStringLiteral("jp-tok"), State::Staying, {}},
        {QStringLiteral("us-east"), State::Closing, end},
        {QStringLiteral("us-south"), State::Staying, {}},
    };
    return regions;
}

ToolchainRegion toolchainRegion(const QString &name)
{
    const auto &regions = toolchainRegions();
    const auto found = std::find_if(regions.begin(), regions.end(),
                                    [&](const auto &region) { return region.name == name; });
    return found == regions.end() ? ToolchainRegion{name, ToolchainRegion::State::Unknown, {}}
                                  : *found;
}

Result<void> checkTargetRegion(const QString &name)
{
    const ToolchainRegion region = toolchainRegion(name);
    switch (region.state) {
    case ToolchainRegion::State::Staying:
        return {};
    case ToolchainRegion::State::Closing:
        return fail(ErrorCode::BadInput, tr("No toolchain can be created in %1 any more").arg(name),
                    tr("IBM closes the region; its service ends on %1 at the latest")
                        .arg(region.end.toString(Qt::ISODate)),
                    tr("Choose a region that stays"));
    case ToolchainRegion::State::Gone:
        return fail(ErrorCode::BadInput, tr("The region %1 is gone").arg(name), {},
                    tr("Choose a region that stays"));
    case ToolchainRegion::State::Unknown:
        break;
    }
    return fail(ErrorCode::BadInput, tr("The region %1 is not known").arg(name), {},
                tr("Choose a region that stays"));
}

Result<void> checkSourceRegion(const QString &name)
{
    if (toolchainRegion(name).state == ToolchainRegion::State::Gone)
        return fail(ErrorCode::BadInput, tr("The region %1 is gone").arg(name),
                    tr("IBM removed its toolchains with it"));
    return {};
}

QString ToolchainAddress::url() const
{
    return QStringLiteral("%1/devops/toolchains/%2?env_id=%3").arg(console, id, environment());
}

Result<ToolchainAddress> readToolchainAddress(const QString &text, const QString &consoleUrl)
{
    const QString given = text.trimmed();
    const QString own = originOf(QUrl(consoleUrl));
    if (given.startsWith(QLatin1String("crn:")))
        return readCrn(given, own.isEmpty() ? kPublicConsole : own);
    const QUrl url(given, QUrl::StrictMode);
    // Whatever stands before an @ may be a password, so the text is not shown.
    if (!url.userInfo().isEmpty())
        return fail(ErrorCode::BadInput, tr("The toolchain's address holds a user name"));
    static const QStringList consoles{kPublicConsole, QStringLiteral("https://test.cloud.ibm.com"),
                                      QStringLiteral("https://dev.console.test.cloud.ibm.com")};
    const QString origin = originOf(url);
    if (origin.isEmpty() || (origin != own && !consoles.contains(origin)))
        return fail(ErrorCode::BadInput, tr("This is not the address of a toolchain's page"),
                    origin, tr("It begins with %1").arg(own.isEmpty() ? kPublicConsole : own));
    const QStringList path = url.path().split(QLatin1Char('/'), Qt::SkipEmptyParts);
    const qsizetype at = path.indexOf(QStringLiteral("toolchains"));
    ToolchainAddress address{at < 0 ? QString() : path.value(at + 1), regionOf(url), {}, origin};
    TRY(checkParts(address));
    return address;
}

QString mirrorUrl(const QString &repositoryUrl, const QString &from, const QString &to)
{
    static const QString host = QStringLiteral("%1.git.cloud.ibm.com");
    QUrl url(repositoryUrl, QUrl::StrictMode);
    if (!url.isValid() || url.host().compare(host.arg(from), Qt::CaseInsensitive) != 0)
        return {};
    url.setUserInfo(QString());
    url.setHost(host.arg(to));
    return url.toString(QUrl::FullyEncoded);
}

} // namespace lb
