// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/redactor.h"
#include "core/base/secret_string.h"

#include <QDateTime>
#include <QMap>

#include <functional>
#include <memory>
#include <mutex>

namespace lb {

/// Short-lived tokens that a run has exchanged its secrets for, so that not every call asks for
/// one. The runner's memory only; known to the redactor before anybody gets them. Any thread.
class TokenCache
{
public:
    struct Token
    {
        SecretHandle value;
        QDateTime until; ///< from then on it is not used any more
    };
    using Exchange = std::function<Result<Token>()>;

    explicit TokenCache(std::shared_ptr<Redactor> redactor) : m_redactor(std::move(redactor)) {}

    /// The token of that name; `exchange` brings one when there is none that is good. Those who ask
    /// meanwhile wait for it.
    Result<SecretHandle> get(const QString &name, const Exchange &exchange);
    /// Forgets one that a server has refused. Another one that came meanwhile stays.
    void drop(const QString &name, const SecretHandle &refused);

private:
    std::shared_ptr<Redactor> m_redactor;
    std::mutex m_mutex;
    QMap<QString, Token> m_tokens;
};

} // namespace lb
