// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonObject>
#include <QObject>
#include <QStringList>

#include <memory>

namespace lb {

/// Plays what IBM Cloud Continuous Delivery is reached by, on one port of 127.0.0.1
/// (systems/ibm-toolchain.md): IAM, console, GitLab, global search, Toolchain v2 and Tekton
/// pipeline v2. Where the real call has the region in its host name, it stands before the path:
/// `/eu-de/api/v4/…`, `/eu-de/toolchain/v2/…`, `/eu-de/pipeline/v2/…`. Main thread.
///
/// For tests and the practice itself, with no counterpart: `GET /-/requests`, `GET /-/state`,
/// `POST /-/faults {"faults": […], "latency_ms": n, "aim": {"method", "path", "skip", "times"}}`
/// (`aim`: which requests the faults `api-…` mean; all without), `POST /-/git-tokens {"region",
/// "scopes"?}`, `POST /-/classic {"pipeline", "properties": {…}}`, which fills a classic pipeline's
/// properties as a person would in the console.
class IbmSimulator : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        QString stateFile;    ///< everything is kept in it; empty: in memory only
        QJsonObject contents; ///< what there is before the first change: kind → id → document
        QString apiKey, account, user;
        QString sourceRegion; ///< that the fault `region-lost` means
        QStringList faults;   ///< of faultNames()
        int latencyMs = 0;    ///< before every answer
    };

    static QStringList faultNames();

    explicit IbmSimulator(Options options, QObject *parent = nullptr);
    ~IbmSimulator() override;

    /// Corrupt when the state cannot be read. Port 0 takes a free one.
    Result<quint16> listen(quint16 port = 0);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
