// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/runbook_library.h"

#include "core/base/atomic_file.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/findings.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

const QString kBuiltInFolder = QStringLiteral(":/lifeboat/runbooks");
const QString kOwnSystem = QStringLiteral("lifeboat");

Diagnostic problem(const QString &file, const QString &message, const QString &advice = {})
{
    return {Diagnostic::Severity::Error, file, 1, 1, message, advice};
}

/// The line of the id, so that an editor can jump to it.
int idLine(const QByteArray &text)
{
    int line = 1;
    for (const QByteArray &content : text.split('\n')) {
        if (content.startsWith("id:"))
            return line;
        ++line;
    }
    return 1;
}

QString typeTitle(const QString &id)
{
    if (id == QLatin1String("files"))
        return tr("Files and database");
    if (id == QLatin1String("alien4cloud"))
        return QStringLiteral("Alien4Cloud"); // as its vendor writes it
    if (id == QLatin1String("ibm-toolchain"))
        return tr("IBM Cloud toolchains");
    QString title = id;
    title.replace(QLatin1Char('_'), QLatin1Char(' '));
    title.replace(QLatin1Char('-'), QLatin1Char(' '));
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    return title;
}

} // namespace

RunbookLibrary::RunbookLibrary(const QString &userFolder)
{
    const QString own = userFolder.isEmpty() ? paths::userRunbooksFolder() : userFolder;
    for (const auto &[folder, builtIn] : {std::pair(kBuiltInFolder, true), std::pair(own, false)}) {
        const auto first = std::ptrdiff_t(m_runbooks.size());
        const QDir directory(folder);
        const QStringList patterns{QStringLiteral("*.yaml"), QStringLiteral("*.yml")};
        for (const QString &name : directory.entryList(patterns, QDir::Files, QDir::Name))
            addFile(directory.filePath(name), builtIn);
        std::stable_sort(
            m_runbooks.begin() + first, m_runbooks.end(),
            [](const ReadRunbook &a, const ReadRunbook &b) { return a.runbook.id < b.runbook.id; });
    }
}

void RunbookLibrary::addFile(const QString &path, bool builtIn)
{
    ReadRunbook read;
    if (builtIn) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            read = readRunbook(file.readAll(), path, true);
    } else if (const auto bytes = readWholeFile(path); bytes) {
        read = readRunbook(*bytes, path, false);
    } else {
        read.runbook.file = path;
        read.diagnostics.push_back(problem(path, bytes.error().sentence()));
    }
    for (const ReadRunbook &other : m_runbooks) {
        if (read.runbook.id.isEmpty() || other.runbook.id != read.runbook.id)
            continue;
        Diagnostic twice = problem(
            path,
            other.runbook.builtIn ? tr("The runbook “%1” comes with Lifeboat").arg(read.runbook.id)
                                  : tr("The runbook “%1” stands in %2 already")
                                        .arg(read.runbook.id, other.runbook.file),
            tr("Give this one another id"));
        twice.line = idLine(read.runbook.text);
        read.diagnostics.push_back(std::move(twice));
        break;
    }
    if (read.runbook.id.isEmpty())
        read.runbook.id = QFileInfo(path).completeBaseName();
    m_runbooks.push_back(std::move(read));
}

Result<Runbook> RunbookLibrary::load(const QString &id) const
{
    QStringList ids;
    for (const ReadRunbook &read : m_runbooks) {
        // The first of that id is the one that counts: a built-in one is never replaced.
        if (read.runbook.id == id)
            return usableRunbook(read);
        if (!read.runbook.hidden)
            ids << read.runbook.id;
    }
    const QString close = nearest(id, ids);
    return fail(ErrorCode::NotFound, tr("There is no runbook “%1”").arg(id), {},
                close.isEmpty() ? tr("`runbooks list` shows all of them")
                                : tr("Did you mean “%1”?").arg(close));
}

Result<void> RunbookLibrary::copy(const QString &id, const QString &file) const
{
    TRY_VALUE(const Runbook runbook, load(id));
    if (QFileInfo::exists(file))
        return fail(ErrorCode::Conflict, tr("%1 exists already").arg(file), {},
                    tr("Choose another name; nothing was changed"));
    return writeFileAtomically(file, runbook.text, 0600);
}

std::vector<SystemTypeInfo> RunbookLibrary::types() const
{
    std::vector<const Runbook *> runbooks;
    for (const ReadRunbook &read : m_runbooks) {
        if (read.isUsable() && read.runbook.system != kOwnSystem)
            runbooks.push_back(&read.runbook);
    }
    // What a save asks for comes first in the form: it is what a system is set up for.
    std::stable_partition(runbooks.begin(), runbooks.end(),
                          [](const Runbook *runbook) { return runbook->purpose == Purpose::Save; });
    std::vector<SystemTypeInfo> types;
    for (const Runbook *runbook : runbooks) {
        auto type = std::find_if(types.begin(), types.end(), [&](const SystemTypeInfo &known) {
            return known.id == runbook->system;
        });
        if (type == types.end())
            type = types.insert(
                types.end(),
                {runbook->system, typeTitle(runbook->system), runbook->description, {}});
        for (const InputSpec &input : runbook->inputs) {
            const bool known =
                std::any_of(type->inputs.begin(), type->inputs.end(),
                            [&](const InputSpec &other) { return other.name == input.name; });
            if (!known && !input.perRun)
                type->inputs.push_back(input);
        }
    }
    return types;
}

Result<SystemTypeInfo> RunbookLibrary::type(const QString &id) const
{
    QStringList ids;
    for (const SystemTypeInfo &type : types()) {
        if (type.id == id)
            return type;
        ids << type.id;
    }
    return fail(ErrorCode::NotFound, tr("There is no type of system “%1”").arg(id), {},
                tr("There are %1").arg(ids.join(QStringLiteral(", "))));
}

} // namespace lb
