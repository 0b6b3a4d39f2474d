// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/practice/practice_simulators.h"

#include <QJsonObject>

#include <optional>

namespace lb {

/// Invented toolchains of IBM Cloud Continuous Delivery in us-east, which is closing, played by one
/// process on 127.0.0.1. All of it is below one folder; nothing of it is worth anything.
struct PracticeIbmToolchain
{
    QString home;
    quint16 port = 0;

    QString sourceRegion() const { return QStringLiteral("us-east"); }
    QString targetRegion() const { return QStringLiteral("eu-de"); }
    /// Of IAM, the console and the global search.
    QString url() const { return QStringLiteral("http://127.0.0.1:%1").arg(port); }
    /// Of a region's GitLab, Toolchain and pipeline interfaces, whose real host names have the
    /// region in them.
    QString url(const QString &region) const { return url() + QLatin1Char('/') + region; }
    QString resourceGroup() const; ///< its id
    QString apiKey() const;
    /// What there is from the beginning; a restore revokes the target region's.
    QString gitToken(const QString &region) const;
};

/// A toolchain as its address in the browser names it.
struct PracticeToolchain
{
    QString name, url;
};
/// Those of the source region, in the order they were made.
std::vector<PracticeToolchain> practiceToolchains(const PracticeIbmToolchain &installation);

QStringList ibmToolchainFaultNames();

/// What is set up there; nothing before the first start.
std::optional<PracticeIbmToolchain> findPracticeIbmToolchain(const QString &home);
bool isRunning(const PracticeIbmToolchain &installation);

/// Makes the installation when there is none, and starts what does not run; `program` is
/// lifeboat-cli. Without `simulators` it is left as it is. Blocks for some seconds.
Result<PracticeIbmToolchain>
startPracticeIbmToolchain(const QString &home, const QString &program,
                          const std::optional<PracticeSimulators> &simulators = {});
/// Not running is good.
Result<void> stopPracticeIbmToolchain(const QString &home);

/// The source region is gone, and stays so over a new start. What was done, one sentence each.
Result<QStringList> damagePracticeIbmToolchain(const PracticeIbmToolchain &installation);

/// A new Git token of that region, as a person would make it in the browser.
Result<QString> newPracticeGitToken(const PracticeIbmToolchain &installation,
                                    const QString &region);

/// Everything there is, as `GET /-/state` tells it: toolchains, tools, pipelines, properties (by
/// the digests of their values), triggers, runs, projects, Git tokens. Judges without a login.
Result<QJsonObject> readPracticeIbmToolchain(const PracticeIbmToolchain &installation);

/// Ends the simulator and deletes all of it. Gone already is good.
Result<void> removePracticeIbmToolchain(const QString &home);

/// The life of the simulator's process, as serveSimulator().
int servePracticeIbmToolchain(const QString &home);

} // namespace lb
