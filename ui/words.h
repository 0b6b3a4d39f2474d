// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/words.h"
#include "core/service/service.h"
#include "ui/look.h"

namespace lb {

/// Tones and icons of the closed lists; their words are in core/model/words.h.
QString wordOf(SystemOverview::Verdict verdict);

Tone toneOf(RunStateName state);
Tone toneOf(StepState state);
Tone toneOf(CheckVerdict verdict);
Tone toneOf(Completeness completeness);
Tone toneOf(ProofLevel level);
Tone toneOf(SystemOverview::Verdict verdict);

QString iconOf(RunStateName state);
QString iconOf(StepState state);
QString iconOf(CheckVerdict verdict);

/// "restored and used, 2 days ago"
QString proofText(const RestorePoint &point);
/// "complete" or "missing: Database, Keys"
QString completenessText(const RestorePoint &point);
/// "parts taken 2 h 10 min apart"; empty for a single part.
QString skewText(const RestorePoint &point);
/// "21 Nov 2026 03:04 CET (2 hours ago)"
QString timeAndAge(const QDateTime &time);

/// The same for table cells: "20 Nov 22:34 (15 hours ago)"; the zone stands in the header.
QString shortTimeAndAge(const QDateTime &time);
/// "20 Nov 22:34 CET (15 hours ago)"
QString zonedTimeAndAge(const QDateTime &time);
/// "CET": for headers of such columns.
QString zoneWord();

/// Verb of a run's start button: "Start restore".
QString startVerb(Purpose purpose);
/// True when a run of this runbook puts something back, which can be done beside what is live.
bool canBeRehearsed(const Runbook &runbook);
/// True for systems made by `practice start`.
bool isPractice(const QString &system);

/// Safe as the text of a button, label buddy or menu entry: `&` stays what it is.
QString buttonText(const QString &data);
/// Safe as a tool tip, which Qt would otherwise take as rich text when it looks like it.
QString toolTipText(const QString &data);

} // namespace lb
