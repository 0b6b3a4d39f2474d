// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/notify_target.h"

#include "core/base/json.h"

#include <QJsonDocument>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(NotifyTarget)

tl::unexpected<Error> unusable(const QString &why)
{
    return fail(ErrorCode::BadInput, tr("Nobody can be told that way"), why,
                tr("Give a program as a JSON list, such as [\"notify-send\", \"Lifeboat waits\"], "
                   "or the URL of a webhook"));
}

} // namespace

Result<NotifyTarget> NotifyTarget::parse(const QString &text)
{
    const QString word = text.trimmed();
    if (word.startsWith(QLatin1Char('['))) {
        const QJsonDocument document = QJsonDocument::fromJson(word.toUtf8());
        const QJsonArray list = document.array();
        const bool isTexts =
            std::all_of(list.begin(), list.end(), [](const auto &item) { return item.isString(); });
        const QStringList program = toStringList(list);
        if (!document.isArray() || !isTexts || program.value(0).isEmpty())
            return unusable(tr("it is no JSON list of a program and its arguments"));
        return NotifyTarget{program};
    }
    if (word.contains(QLatin1String("://"))) {
        const QUrl url(word, QUrl::StrictMode);
        const bool isWeb =
            url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
        if (!url.isValid() || !isWeb || url.host().isEmpty())
            return unusable(tr("it is no http or https URL"));
        // It would stand in the profile and in the plan.
        if (!url.userInfo().isEmpty())
            return unusable(tr("a password has no place in a URL"));
        return NotifyTarget{{}, url};
    }
    // A whole command line would be looked up as one program and never be found.
    if (word.isEmpty() || word.contains(QLatin1Char(' ')))
        return unusable(tr("a program with arguments is written as a JSON list"));
    return NotifyTarget{{word}};
}

} // namespace lb
