// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/run_state.h"

namespace lb::test {

inline const QString kRun = QStringLiteral("r20261121-030405-a1b2c3");

/// JSON text with ' for ", so that it can be read in a test: `json("{'a': 1}")`.
QJsonObject json(const QByteArray &text);

/// A run's events in short, folded: `step_intended a {'fills': {}} | step_failed a`. Each is a word
/// of the journal, a step where there is one, and its data. The request stands before them; the
/// n-th comes at second n, the request at second 0; a step's attempt is how often it was intended.
RunState folded(const QString &events);

/// Second n of such a run.
QDateTime second(int n);

} // namespace lb::test
