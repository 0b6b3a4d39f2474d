// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

namespace lb::test {

/// A result as a word that tables can hold: `ok`, or the error's code (`no_space`…).
template <class T>
QString codeOf(const Result<T> &result)
{
    return result ? QStringLiteral("ok") : errorCodeName(result.error().code);
}

/// Why it is an error, in its own words; empty when it is none.
template <class T>
QString whyNot(const Result<T> &result)
{
    return result ? QString() : QStringLiteral("error: ") + result.error().sentence();
}

} // namespace lb::test
