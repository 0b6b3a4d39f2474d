// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_types.h"

#include <QByteArray>
#include <QString>
#include <QTemporaryDir>

namespace lb {

/// A folder for one test; everything in it is removed, whatever its modes.
class Scratch
{
public:
    Scratch();
    ~Scratch();
    QString path(const QString &name) const { return m_path + QLatin1Char('/') + name; }
    QByteArray bytes(const char *name) const { return m_path.toUtf8() + '/' + name; }
    TreeArchive archive() const
    {
        return {path(QStringLiteral("a.tar.zst")), path(QStringLiteral("a.index.zst"))};
    }

private:
    QString m_path;
};

bool isRoot();
/// Ends the test program when a system call that builds the test's own files fails.
void must(int result);

/// Runs a program; its output, or "exit N: output" when it fails.
QString outputOf(const QString &program, const QStringList &arguments);

void writeFile(const QByteArray &path, const QByteArray &content, unsigned mode = 0644);
QByteArray readFile(const QString &path);
/// Bytes that look random and are the same for the same seed.
QByteArray noise(qsizetype size, quint32 seed);

/// Every kind of file and metadata that a save keeps. `privileged`: also what only root can make.
void makeEveryKind(const QByteArray &folder, bool privileged);

/// What rsync sees that differs between two folders, with all metadata; and differing numbers of
/// allocated blocks. Empty: equal.
QString differencesOf(const QString &a, const QString &b);

} // namespace lb
