// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QDate>
#include <QString>

#include <vector>

namespace lb {

/// What happens to a region of the Continuous Delivery service (ibm-cloud-docs, Continuous
/// Delivery: "Region and feature consolidation" and "Regions and endpoints"). In a closing region
/// nothing new can be created since 12 June 2026; when it is gone, so are its data.
struct ToolchainRegion
{
    enum class State
    {
        Staying,
        Closing,
        Gone,
        Unknown
    };

    QString name;
    State state = State::Unknown;
    QDate end; ///< of a closing region: when its service ends at the latest
};

/// All regions that are known, in byte order.
const std::vector<ToolchainRegion> &toolchainRegions();
/// Its state is Unknown when it is not among them.
ToolchainRegion toolchainRegion(const QString &name);
/// Whether a copy can be made there: BadInput with the reason when not.
Result<void> checkTargetRegion(const QString &name);
/// Whether a toolchain can still be read there: BadInput when the region is gone.
Result<void> checkSourceRegion(const QString &name);

/// Where a toolchain is, as its page's address or its CRN says.
struct ToolchainAddress
{
    QString id;
    QString region;
    QString account; ///< of a CRN; empty otherwise
    QString console; ///< scheme, host and port: "https://cloud.ibm.com"

    /// `ibm:yp:us-south`
    QString environment() const { return QStringLiteral("ibm:yp:") + region; }
    /// The page's address without what else stood in it.
    QString url() const;

    friend bool operator==(const ToolchainAddress &, const ToolchainAddress &) = default;
};

/// `consoleUrl` is the console that a profile names; without one, only IBM's own are known.
Result<ToolchainAddress> readToolchainAddress(const QString &text, const QString &consoleUrl = {});

/// The address of the same repository in the GitLab of another region, where both are IBM's own
/// ("Git Repos and Issue Tracking"); empty when it is not in the GitLab of `from`.
QString mirrorUrl(const QString &repositoryUrl, const QString &from, const QString &to);

} // namespace lb
