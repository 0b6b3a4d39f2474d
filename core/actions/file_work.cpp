// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/file_work.h"

#include "core/base/atomic_file.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

constexpr const char *kFileBefore = "file_before";

/// True when the journal says that a file stood there before this step first wrote it.
std::optional<bool> journalledBefore(const ActionContext &context)
{
    for (const QJsonObject &what : context.observed) {
        if (what.value(QLatin1String("what")).toString() == QLatin1String(kFileBefore))
            return what.value(QLatin1String("existed")).toBool();
    }
    return std::nullopt;
}

} // namespace

WorkerExecution::Work writeFileWork(const WriteFileCall &call, const ActionContext &context)
{
    return [call, context](const WorkerExecution::Report &,
                           std::stop_token) -> Result<CallOutcome> {
        const auto *content = std::get_if<TemplateText>(&call.content);
        const auto *secret = std::get_if<SecretRef>(&call.content);
        const SecretHandle handle = secret ? context.secrets.value(secret->name) : SecretHandle();
        if (secret && !handle)
            return fail(ErrorCode::Internal, tr("The secret %1 was not fetched").arg(secret->name));
        const QString path = call.path.literal();
        const QString aside = call.aside.literal();
        const std::optional<bool> before = journalledBefore(context);
        const bool existed = before.value_or(QFileInfo::exists(path));
        if (!before) {
            if (existed && !aside.isEmpty()) {
                // A link costs nothing and keeps owner and mode; the new file gets a new inode.
                ::unlink(QFile::encodeName(aside).constData());
                if (::link(QFile::encodeName(path).constData(),
                           QFile::encodeName(aside).constData()) != 0)
                    return failErrno(tr("Cannot keep the old %1 as %2").arg(path, aside), errno,
                                     tr("Nothing was changed"));
                TRY(syncFolder(QFileInfo(aside).absolutePath()));
            }
            context.record({{QStringLiteral("what"), QLatin1String(kFileBefore)},
                            {QStringLiteral("existed"), existed},
                            {QStringLiteral("aside"), aside}});
        }
        QByteArray bytes =
            content ? content->literal().toUtf8()
                    : handle->reveal([](QByteArrayView value) { return value.toByteArray(); });
        const auto written = writeFileAtomically(path, bytes, unsigned(call.mode));
        if (secret)
            wipe(bytes);
        TRY(written);
        CallOutcome outcome;
        outcome.outputs.insert(QStringLiteral("path"), path);
        if (existed && !aside.isEmpty()) {
            outcome.outputs.insert(QStringLiteral("aside"), aside);
            outcome.outputs.insert(QStringLiteral("aside_bytes"), QFileInfo(aside).size());
        }
        return outcome;
    };
}

WorkerExecution::Work restoreFileWork(const RestoreFileCall &call, const ActionContext &context)
{
    return
        [call, context](const WorkerExecution::Report &, std::stop_token) -> Result<CallOutcome> {
            const QString path = call.path.literal();
            const QString aside = call.aside.literal();
            const bool existed = journalledBefore(context).value_or(QFileInfo::exists(aside));
            if (existed) {
                // Renamed already by an attempt that was killed: then there is nothing left to do.
                if (QFileInfo::exists(aside) && ::rename(QFile::encodeName(aside).constData(),
                                                         QFile::encodeName(path).constData()) != 0)
                    return failErrno(tr("Cannot put %1 back to %2").arg(aside, path), errno);
                // Two names of one file (killed before the new one was written): rename() leaves
                // both.
                ::unlink(QFile::encodeName(aside).constData());
            } else if (::unlink(QFile::encodeName(path).constData()) != 0 && errno != ENOENT) {
                return failErrno(tr("Cannot remove %1").arg(path), errno);
            }
            TRY(syncFolder(QFileInfo(path).absolutePath()));
            return CallOutcome{};
        };
}

} // namespace lb
