// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include <QStringList>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lb {

namespace {

constexpr std::array<std::pair<ErrorCode, const char *>, 12> kNames{{
    {ErrorCode::BadInput, "bad_input"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::Denied, "denied"},
    {ErrorCode::Unreachable, "unreachable"},
    {ErrorCode::TimedOut, "timed_out"},
    {ErrorCode::Conflict, "conflict"},
    {ErrorCode::NoSpace, "no_space"},
    {ErrorCode::Corrupt, "corrupt"},
    {ErrorCode::Unsupported, "unsupported"},
    {ErrorCode::Failed, "failed"},
    {ErrorCode::Internal, "internal"},
    {ErrorCode::Cancelled, "cancelled"},
}};

ErrorCode codeOfErrno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
        return ErrorCode::Denied;
    case ENOSPC:
    case EDQUOT:
        return ErrorCode::NoSpace;
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY:
        return ErrorCode::Conflict;
    case ETIMEDOUT:
        return ErrorCode::TimedOut;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNREFUSED:
        return ErrorCode::Unreachable;
    case EINVAL:
    case ENAMETOOLONG:
        return ErrorCode::BadInput;
    case ENOTSUP:
    case ENOSYS:
        return ErrorCode::Unsupported;
    default:
        return ErrorCode::Failed;
    }
}

} // namespace

QString errorCodeName(ErrorCode code)
{
    for (const auto &[value, name] : kNames) {
        if (value == code)
            return QString::fromLatin1(name);
    }
    return QStringLiteral("internal");
}

ErrorCode errorCodeFromName(const QString &name)
{
    for (const auto &[value, text] : kNames) {
        if (name == QLatin1String(text))
            return value;
    }
    return ErrorCode::Internal;
}

QString Error::sentence() const
{
    QStringList parts;
    for (const QString &part : {summary, detail, advice}) {
        if (!part.isEmpty())
            parts << part;
    }
    return parts.join(QStringLiteral(": "));
}

Error systemError(const QString &summary, int errorNumber, const QString &advice)
{
    return Error{codeOfErrno(errorNumber), summary,
                 QString::fromLocal8Bit(std::strerror(errorNumber)), advice};
}

} // namespace lb
