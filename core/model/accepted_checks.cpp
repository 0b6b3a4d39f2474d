// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/accepted_checks.h"

#include <QSet>

namespace lb {

QString checkGroup(const QString &id)
{
    return id.section(QLatin1Char('['), 0, 0);
}

GoAnswer withEachAccepted(GoAnswer answer, const std::vector<CheckRecord> &checks)
{
    QSet<QString> groups;
    for (const CheckRecord &check : checks) {
        const QString group = checkGroup(check.id);
        if (group == check.id || !answer.accept.contains(group))
            continue;
        groups.insert(group);
        if (check.verdict == CheckVerdict::Warned && !answer.accept.contains(check.id))
            answer.accept.insert(check.id, answer.accept.value(group));
    }
    for (const QString &group : std::as_const(groups))
        answer.accept.remove(group);
    return answer;
}

} // namespace lb
