// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_alien4cloud.h"
#include "core/practice/practice_ibm_toolchain.h"

#include <QCoreApplication>

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.size() != 4 || words.at(1) != QLatin1String("--practice"))
        return 2;
    if (words.at(2) == QLatin1String("serve-ibm-toolchain"))
        return lb::servePracticeIbmToolchain(words.at(3));
    return lb::servePractice(words.at(2) == QLatin1String("serve-alien")
                                 ? lb::PracticeServer::Alien
                                 : lb::PracticeServer::Elasticsearch,
                             words.at(3));
}
