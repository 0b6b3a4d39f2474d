// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/restore_point.h"

#include <QDate>

#include <functional>

namespace lb {

/// Something that an admin has to know of a system before anything of it fails, such as the day on
/// which its vendor ends the service.
struct Advice
{
    bool isUrgent = false; ///< days are left at most, or it is too late already
    QString text;          ///< one sentence, without a full stop
    QString remedy;        ///< what to do or what is left, likewise
    QDate endsOn;          ///< the day it is about; invalid: none, or nobody knows it

    /// Both, for people.
    QString sentences() const;
};

/// What is known of the systems of one type without asking anybody: from a profile's inputs and
/// what was saved. Pure; urgent ones first.
using AdviceSource = std::function<std::vector<Advice>(
    const QJsonObject &inputs, const std::vector<RestorePoint> &points, const QDate &today)>;

} // namespace lb
