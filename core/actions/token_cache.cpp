// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/token_cache.h"

#include "core/base/clock.h"

namespace lb {

Result<SecretHandle> TokenCache::get(const QString &name, const Exchange &exchange)
{
    const std::lock_guard lock(m_mutex);
    if (const auto known = m_tokens.constFind(name);
        known != m_tokens.constEnd() && utcNow() < known->until)
        return known->value;
    TRY_VALUE(const Token token, exchange());
    if (m_redactor)
        TRY(m_redactor->add(name, *token.value));
    m_tokens.insert(name, token);
    return token.value;
}

void TokenCache::drop(const QString &name, const SecretHandle &refused)
{
    const std::lock_guard lock(m_mutex);
    if (const auto known = m_tokens.constFind(name);
        known != m_tokens.constEnd() && known->value == refused)
        m_tokens.remove(name);
}

} // namespace lb
