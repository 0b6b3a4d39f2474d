// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/sudo_checks.h"

#include "core/base/text.h"
#include "core/model/sudo.h"

#include <QSet>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

const ProcessCall *processOf(const Call &call)
{
    if (const auto *wait = callAs<WaitUntilCall>(call))
        return processOf(*wait->read);
    return callAs<ProcessCall>(call);
}

} // namespace

std::vector<PlannedCheck> sudoChecks(const std::vector<Call> &calls, const PlanInputs &in)
{
    std::vector<PlannedCheck> checks;
    QSet<QString> known;
    for (const Call &any : calls) {
        const ProcessCall *call = processOf(any);
        if (!call || call->user.isEmpty())
            continue;
        // What only the run knows cannot be looked up: then it is the program alone.
        const bool isKnown = std::none_of(call->arguments.begin(), call->arguments.end(),
                                          [](const TemplateText &text) { return text.hasSlots(); });
        QStringList arguments;
        for (const TemplateText &argument : call->arguments)
            arguments << argument.display();
        const QString line =
            shellLine(call->program, isKnown ? arguments : QStringList(QStringLiteral("…")));
        const QString key = call->user + QLatin1Char(' ') + line;
        if (known.contains(key))
            continue;
        known.insert(key);

        ProcessCall look;
        look.program = QStringLiteral("sudo");
        for (const QString &word :
             sudoOptions(call->user, call->asksPassword) +
                 QStringList{QStringLiteral("-l"), QStringLiteral("--"), call->program})
            look.arguments.emplace_back(word);
        if (isKnown)
            look.arguments.insert(look.arguments.end(), call->arguments.begin(),
                                  call->arguments.end());
        look.asksPassword = call->asksPassword;
        look.output = OutputKind::Text;
        Match permitted;
        permitted.exitStatus = 0;
        const QString path = in.programs.value(call->program, call->program);
        checks.push_back({QStringLiteral("sudo[%1:%2]").arg(call->user).arg(checks.size() + 1),
                          tr("%1 may run as %2: %3").arg(in.user, call->user, line),
                          tr("The line for sudoers (visudo): %1")
                              .arg(sudoersLine(in.user, call->user, path, arguments,
                                               !call->environment.empty())),
                          look, permitted, false});
    }
    return checks;
}

} // namespace lb
