// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>

#include <vector>

namespace lb::practice {

struct AlienDocument
{
    QString index, type, id;
    QByteArray source;
};

/// An invented Alien4Cloud 1.1.0: documents for every index of systems/alien4cloud.md §1.3, and the
/// files of §1.2 that they refer to. Always the same. Numbers and key orders are such as a careless
/// reader loses. Archives and pictures are none that a program could open.
struct AlienContents
{
    std::vector<AlienDocument> documents;
    QMap<QString, QByteArray> files; ///< below directories.alien
};

AlienContents inventAlien4Cloud();

} // namespace lb::practice
