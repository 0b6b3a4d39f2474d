// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QStringList>
#include <QUrl>

namespace lb {

/// Who is told that a run of a system waits, from the profile's `notify`: a program, or a webhook.
struct NotifyTarget
{
    QStringList program; ///< empty: a webhook
    QUrl webhook{};

    /// `["notify-send", "Lifeboat waits"]`, one program's name or path, or an http(s) URL.
    static Result<NotifyTarget> parse(const QString &text);
};

} // namespace lb
