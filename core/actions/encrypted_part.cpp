// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/encrypted_part.h"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

} // namespace

Result<MemoryFile> MemoryFile::make()
{
    MemoryFile file;
    file.m_file = std::make_shared<FileDescriptor>(::memfd_create("lifeboat", MFD_CLOEXEC));
    if (!file.m_file->isOpen())
        return failErrno(tr("Cannot get memory for what must not lie on a disk in clear"), errno);
    return file;
}

QString MemoryFile::path() const
{
    return QStringLiteral("/proc/self/fd/%1").arg(m_file->get());
}

Result<void> MemoryFile::append(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const ssize_t n = ::write(m_file->get(), bytes.data(), size_t(bytes.size()));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failErrno(tr("Cannot keep what was decrypted in memory"), errno);
        bytes = bytes.sliced(n);
    }
    return {};
}

Error explainedAge(Error error, const QString &part)
{
    const auto says = [&error](const char *words) {
        return error.detail.contains(QLatin1String(words));
    };
    if (says("no identity matched"))
        return {ErrorCode::Denied, tr("The key %1 does not open part %2").arg(kAgeIdentity, part),
                error.detail,
                tr("Nothing was changed. Give the key of one of the recipients that the restore "
                   "point's manifest.json lists for this part")};
    if (says("unknown identity type") || says("malformed secret key"))
        return {ErrorCode::BadInput, tr("The secret %1 is no key of age").arg(kAgeIdentity),
                error.detail,
                tr("Nothing was changed. It is the line of the key file that begins with "
                   "AGE-SECRET-KEY-1")};
    if (says("failed to read header") || says("failed to decrypt") || says("unexpected EOF") ||
        says("bad header MAC") || says("unexpected intro") || says("failed to parse"))
        return {ErrorCode::Corrupt, tr("Part %1 is damaged: it cannot be decrypted").arg(part),
                error.detail,
                tr("Do not rely on it: choose another restore point, and save again")};
    return error;
}

Result<void> readEncrypted(WorkerPrograms &programs, const PartRecord &part, const QString &path,
                           const std::stop_token &stop,
                           const std::function<Result<void>(QByteArrayView)> &take)
{
    if (part.encryption != kAge)
        return fail(ErrorCode::Unsupported,
                    tr("Part %1 is encrypted in a way that this Lifeboat does not know: %2")
                        .arg(part.id, part.encryption));
    const auto read = programs.read(ageDecrypt(TemplateText(path)), stop, take);
    if (!read)
        return tl::unexpected(explainedAge(read.error(), part.id));
    return {};
}

Result<QStringList> recipientsOfKey(WorkerPrograms &programs, const std::stop_token &stop)
{
    const auto ran = programs.run({ageRecipient()}, stop);
    if (!ran)
        return tl::unexpected(explainedAge(ran.error(), {}));
    return ran->outputs.value(QLatin1String("text"))
        .toString()
        .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
}

} // namespace lb
