// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/practice_main.h"

#include "core/practice/practice_alien4cloud.h"
#include "core/practice/practice_ibm_toolchain.h"

#include <QCoreApplication>

#include <cstdio>

namespace {

using namespace lb;

int ended(const Result<void> &result)
{
    if (result)
        return 0;
    std::fprintf(stderr, "lifeboat-cli: %s\n", qPrintable(result.error().sentence()));
    return 1;
}

} // namespace

int practiceMain(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lifeboat-cli"));
    const QStringList words = QCoreApplication::arguments().mid(2);
    const QString mode = words.value(0);
    const QString home = words.value(1);
    if (mode == QLatin1String("serve-elasticsearch") && !home.isEmpty())
        return servePractice(PracticeServer::Elasticsearch, home);
    if (mode == QLatin1String("serve-alien") && !home.isEmpty())
        return servePractice(PracticeServer::Alien, home);
    if (mode == QLatin1String("serve-new-alien") && !home.isEmpty())
        return servePractice(PracticeServer::NewAlien, home);
    if (mode == QLatin1String("serve-ibm-toolchain") && !home.isEmpty())
        return servePracticeIbmToolchain(home);
    const QString program = QCoreApplication::applicationFilePath();
    if (mode == QLatin1String("start-alien") && !home.isEmpty())
        return ended(startPracticeAlien(home, program));
    if (mode == QLatin1String("start-new-alien") && !home.isEmpty())
        return ended(startPracticeAlien(home, program, PracticeServer::NewAlien));
    if (mode == QLatin1String("stop-alien") && !home.isEmpty())
        return ended(stopPracticeAlien(home));
    std::fputs("lifeboat-cli: --practice takes serve-elasticsearch, serve-alien, serve-new-alien, "
               "serve-ibm-toolchain, start-alien, start-new-alien or stop-alien, and a folder\n",
               stderr);
    return 2;
}
