// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/session.h"

namespace lb::cli {

/// A path as typed, made absolute: the runner works in another folder. Empty stays empty.
QString absolutePath(const QString &path);

QJsonObject inputJson(const InputSpec &input);
/// Names, types and help of inputs as a table.
void sayInputs(const std::vector<InputSpec> &inputs);

/// Every check with verdict, evidence, hint and age, as table or document; 1 when one failed, 3
/// when one warned.
int sayChecks(Session &session, const RunView &view);

/// "read in full, 2 days ago"
QString proofText(const RestorePoint &point);
/// "complete" or "lacks Database, Keys"
QString completenessText(const RestorePoint &point);

/// Could the system be restored tonight? What is missing, and the answer as a sentence.
struct RestoreReadiness
{
    bool could = false;
    QStringList missing;
    QString sentence;
};
RestoreReadiness restoreReadiness(Service &service, const QString &system);

} // namespace lb::cli
