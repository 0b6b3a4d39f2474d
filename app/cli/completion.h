// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"

namespace lb::cli {

/// What may stand in the place of the last of these words (`lifeboat-cli --complete WORD…`), one
/// candidate each. Answers quickly and never fails: nothing is a good answer.
QStringList completionWords(Service &service, const QStringList &words);

} // namespace lb::cli
