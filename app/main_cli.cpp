// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/completion.h"
#include "app/cli/session.h"
#include "app/cli/terminal.h"
#include "app/practice_main.h"
#include "app/runner_main.h"
#include "core/base/english_plurals.h"
#include "core/base/text.h"
#include "core/base/thread_limit.h"
#include "core/systems/alien4cloud/vendor_files.h"
#include "core/systems/ibm_toolchain/region_advice.h"
#include "core/transport/guard_main.h"
#include "resources/resources.h"

#include <QCoreApplication>

#include <clocale>
#include <cstdlib>
#include <cstring>

namespace {

LB_TRANSLATE(Cli)

using namespace lb;
using namespace lb::cli;

/// In the runner, too: what it says stands in journals and reports.
void installPlurals()
{
    installEnglishPlurals(QCoreApplication::instance());
}
Q_COREAPP_STARTUP_FUNCTION(installPlurals)

/// Open obligations and interrupted runs are said at every start, one line each kind (design §5);
/// a run that the command itself is about is not news.
void sayWhatIsOpen(Service &service, const QStringList &words)
{
    const auto open = service.obligations();
    if (!open.empty())
        complain(tr("%n thing(s) still to undo: lifeboat-cli obligations list", nullptr,
                    int(open.size())));
    QStringList interrupted;
    for (const RunSummary &run : service.runs()) {
        if (run.state == RunStateName::Interrupted && !run.imported && !words.contains(run.id))
            interrupted << run.id;
    }
    if (interrupted.size() == 1)
        complain(tr("run %1 was interrupted: lifeboat-cli runs resume %1").arg(interrupted[0]));
    else if (!interrupted.isEmpty())
        complain(tr("%n run(s) were interrupted: lifeboat-cli runs list", nullptr,
                    int(interrupted.size())));
}

int printHelp(const Arguments &arguments)
{
    const int width = qMin(terminal::width(), 100);
    if (arguments.verb)
        sayLines(verbHelp(*arguments.verb, width));
    else if (!arguments.group.isEmpty())
        sayLines(groupHelp(arguments.group, width));
    else
        sayLines(generalHelp(width));
    return kGood;
}

} // namespace

int main(int argc, char **argv)
{
    endWithoutThreads();
    // The hidden modes come first: the guard may not have any Qt object, and the runner sets up
    // its own.
    if (argc == 3 && std::strcmp(argv[1], "--guard") == 0)
        return lb::guardMain(std::atoi(argv[2]));
    if (argc >= 2 && std::strcmp(argv[1], "--runner") == 0)
        return runnerMain(argc, argv);
    if (argc >= 2 && std::strcmp(argv[1], "--practice") == 0)
        return practiceMain(argc, argv);

    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lifeboat-cli"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LIFEBOAT_VERSION));
    initResources();
    QStringList words = QCoreApplication::arguments().mid(1);
    if (words.value(0) == QLatin1String("--complete")) {
        Service service;
        for (const QString &word : completionWords(service, words.mid(1)))
            say(word);
        return kGood;
    }
    auto arguments = parseArguments(words);
    if (!arguments) {
        complain(arguments.error().sentence());
        return kWrongUse;
    }
    if (arguments->help)
        return printHelp(*arguments);
    Service service;
    service.lendVendorFiles(QStringLiteral("alien4cloud"), alien4CloudFiles());
    service.lendAdvice(QStringLiteral("ibm-toolchain"), toolchainAdvice);
    const VerbSpec &verb = *arguments->verb;
    const QString name = QString::fromLatin1(verb.name);
    if (name != QLatin1String("version") && name != QLatin1String("completion") &&
        name != QLatin1String("obligations list"))
        sayWhatIsOpen(service, arguments->words);
    Session session(service, std::move(*arguments));
    return verb.handler(session);
}
