// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonValue>
#include <QString>

#include <functional>

namespace lb {

using OperandText = std::function<QString(const QJsonValue &)>;

/// A condition (design §4 `when`) as people read it: "the folder is given and ‹kind› is “all”".
/// `operandText` says how one side of it reads.
QString conditionText(const QJsonValue &condition, const OperandText &operandText);

} // namespace lb
