// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QJsonObject>
#include <QStringList>

#include <functional>
#include <vector>

namespace lb {

/// A settings file of a system's vendor, read.
struct VendorFile
{
    QString path; ///< absolute: where it lies can say where the system lies
    QJsonValue content;
};

/// Something to be said aloud about what was read from a vendor's file: a value that was translated
/// or worked out, one that was left alone, one that is dangerous. Holds no secret.
struct Remark
{
    bool isWarning = false;
    QString text;  ///< whole sentences
    QString input; ///< the input it is about; empty: the system
    QString file;  ///< empty: no single one

    QString sentence() const
    {
        return file.isEmpty() ? text : QStringLiteral("%1 (%2)").arg(text, file);
    }
};

/// Inputs of a profile that were read from elsewhere: texts and lists of texts, not checked yet.
struct FilledInputs
{
    QJsonObject inputs;
    std::vector<Remark> remarks; ///< warnings first
};

/// How a type's inputs are read from its vendor's own files. Pure: the files are given as read.
struct VendorFiles
{
    QStringList names; ///< what the vendor calls them
    /// `host`: the machine of the profile; empty: this one, from which the files then are.
    std::function<Result<FilledInputs>(const std::vector<VendorFile> &files, const QString &host)>
        read;
};

} // namespace lb
