// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QObject>
#include <QStringList>

#include <chrono>
#include <memory>

namespace lb {

/// Plays Elasticsearch 1.7.6 on 127.0.0.1, or 6.8.23: what Lifeboat asks (requestsOf() of
/// core/model/elasticsearch_call.h) and what fills it. State is real: documents are kept byte for
/// byte, snapshots are files in a share, and what was cut off there cannot be restored. Everything
/// else is refused, never made up. Its pattern are the real servers; where they differ, this one is
/// wrong. Main thread.
class ElasticsearchSimulator : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        QString clusterName = QStringLiteral("elasticsearch");
        QString pathRepo;   ///< what `path.repo` allows
        QString dataFolder; ///< what a simulator that was ended or killed finds again
        QStringList faults; ///< of faultNames()
        /// A snapshot or restore takes some of these; `slow` makes them longer.
        std::chrono::milliseconds step{200};
    };

    /// path-repo-empty, verify-fails-on-node-2, snapshot-partial, busy, restore-stuck-red,
    /// disk-watermark, cut-during-create, slow; later-version plays 6.8.23.
    static QStringList faultNames();

    explicit ElasticsearchSimulator(Options options, QObject *parent = nullptr);
    ~ElasticsearchSimulator() override;

    /// Reads the data folder and serves. Port 0 takes a free one.
    Result<quint16> listen(quint16 port = 0);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
