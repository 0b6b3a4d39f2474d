// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QString>

#include <tl/expected.hpp>

namespace lb {

/// The few codes an operator or `retry.on` can act on. Spelled as in the runbook language.
enum class ErrorCode
{
    BadInput,
    NotFound,
    Denied,
    Unreachable,
    TimedOut,
    Conflict,
    NoSpace,
    Corrupt,
    Unsupported,
    Failed,
    Internal,
    Cancelled, // not an error of its own: the caller asked for it
};

/// `bad_input`, `no_space`, … as written in runbooks, journals and JSON output.
QString errorCodeName(ErrorCode code);
/// The reverse of errorCodeName(); Internal for a word that is none.
ErrorCode errorCodeFromName(const QString &name);

/// What failed, for a person: one translated sentence, the evidence (redacted by whoever makes
/// it), and what to do next. Never holds a secret.
struct Error
{
    ErrorCode code = ErrorCode::Internal;
    QString summary; ///< what failed, on which target
    QString detail;  ///< evidence: the system's own words, a path, a line
    QString advice;  ///< what is now true and what to do; may be empty

    /// "summary: detail: advice", leaving out what is empty.
    QString sentence() const;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, const QString &summary,
                                  const QString &detail = {}, const QString &advice = {})
{
    return tl::unexpected<Error>(Error{code, summary, detail, advice});
}

/// An error from errno, with the code that fits (ENOSPC → NoSpace, EACCES → Denied, …).
Error systemError(const QString &summary, int errorNumber, const QString &advice = {});

inline tl::unexpected<Error> failErrno(const QString &summary, int errorNumber,
                                       const QString &advice = {})
{
    return tl::unexpected<Error>(systemError(summary, errorNumber, advice));
}

} // namespace lb

/// Returns the error upward, or goes on with nothing (for Result<void> and where the value does
/// not matter).
#define TRY(expression)                                                                            \
    do {                                                                                           \
        auto tryResult_ = (expression);                                                            \
        if (!tryResult_)                                                                           \
            return tl::unexpected(std::move(tryResult_.error()));                                  \
    } while (false)

#define LB_CONCAT_INNER(a, b) a##b
#define LB_CONCAT(a, b) LB_CONCAT_INNER(a, b)

/// `TRY_VALUE(const auto plan, makePlan(…));` declares the value or returns the error upward.
#define TRY_VALUE(declaration, expression)                                                         \
    auto LB_CONCAT(tryResult_, __LINE__) = (expression);                                           \
    if (!LB_CONCAT(tryResult_, __LINE__))                                                          \
        return tl::unexpected(std::move(LB_CONCAT(tryResult_, __LINE__).error()));                 \
    declaration = std::move(*LB_CONCAT(tryResult_, __LINE__))

/// Gives a class or namespace its own `tr()` without being a QObject.
#define LB_TRANSLATE(Context)                                                                      \
    [[maybe_unused]] static QString tr(const char *text, const char *comment = nullptr,            \
                                       int n = -1)                                                 \
    {                                                                                              \
        return QCoreApplication::translate(#Context, text, comment, n);                            \
    }
