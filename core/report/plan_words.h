// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/plan.h"

namespace lb {

/// The sentences that the printed plan and the paper twin share. All are safe to show.

struct LabelledText
{
    QString label, text;
};

/// What the plan is and what it works on, in the order of reading.
std::vector<LabelledText> planHeader(const Plan &plan);
/// Identity facts and discovery: the reads that the plan rests on.
struct LabelledLines
{
    QString label;
    QStringList lines;
};
std::vector<LabelledLines> planReads(const Plan &plan);
/// “changes”, “destroys”, “reads the target, writes to the store”.
QString effectText(const PlannedStep &step);
/// “only when everything before is proven”; empty outside `finally`.
QString finallyText(const PlannedStep &step);
/// Sentences about order, time, repetition, interruption, obligations and undo of one step.
QStringList stepNotes(const Plan &plan, size_t index);
/// Everything about a check but its title.
QStringList checkNotes(const PlannedCheck &check);
/// Whether and from where one can go back, in words.
QString returnText(const Plan &plan);
/// The words that are drawn where the line of no return stands.
QString returnLineText();
QString sectionTitle(const Plan &plan, PlanSection section);

} // namespace lb
