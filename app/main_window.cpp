// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"
#include "core/base/english_plurals.h"
#include "core/service/service.h"
#include "core/systems/alien4cloud/vendor_files.h"
#include "core/systems/ibm_toolchain/region_advice.h"
#include "resources/resources.h"
#include "ui/look.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("lifeboat"));
    QApplication::setApplicationDisplayName(QStringLiteral("Lifeboat"));
    QApplication::setDesktopFileName(QStringLiteral("lifeboat"));

    lb::initResources(); // runbooks and system types
    lb::installEnglishPlurals(&application);
    lb::applyLook();

    QCommandLineParser parser;
    parser.setApplicationDescription(QCoreApplication::translate(
        "main", "Save, restore and practise; runs go on without this window."));
    parser.addHelpOption();
    const QCommandLineOption system(QStringLiteral("system"),
                                    QCoreApplication::translate("main", "Open this system."),
                                    QStringLiteral("NAME"));
    const QCommandLineOption run(QStringLiteral("run"),
                                 QCoreApplication::translate("main", "Open this run."),
                                 QStringLiteral("ID"));
    parser.addOptions({system, run});
    parser.process(application);

    lb::quitOnSignals();
    lb::Service service;
    service.lendVendorFiles(QStringLiteral("alien4cloud"), lb::alien4CloudFiles());
    service.lendAdvice(QStringLiteral("ibm-toolchain"), lb::toolchainAdvice);
    lb::MainWindow window(&service);
    window.show();
    if (parser.isSet(system))
        window.openSystem(parser.value(system));
    if (parser.isSet(run))
        window.openRun(parser.value(run));
    return QApplication::exec();
}
