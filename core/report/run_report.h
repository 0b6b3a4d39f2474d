// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb {

/// A file that was given as evidence, as the journal records it and as it lies in the run's folder.
struct EvidenceFile
{
    QString file;
    QString about; ///< step or obligation; empty for a file that the journal does not name
    QString by;
    QDateTime at;
    QString recordedSha256; ///< when it was given; empty when the journal does not name it
    QString sha256;         ///< now; empty when it is missing
    qint64 bytes = 0;
};

/// Everything that a report tells of one run: its journal, its plan, its evidence; nothing else.
struct RunRecord
{
    RunView view;
    std::vector<RunEvent> events;
    QString head; ///< hash of the journal's last line
    qint64 tornBytes = 0;
    std::vector<EvidenceFile> evidence;
    QDateTime madeAt; ///< of the report
    QString version;  ///< of the Lifeboat that makes it
};

/// One file that opens everywhere, prints well and loads nothing. Pure; any thread.
QByteArray runReportHtml(const RunRecord &record);
/// The same as data (resources/schemas/run-report.schema.json).
QJsonObject runReportJson(const RunRecord &record);

} // namespace lb
