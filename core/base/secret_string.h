// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <cstddef>
#include <memory>
#include <utility>

namespace lb {

/// Overwrites bytes in a way that the compiler keeps.
void wipe(char *data, size_t size);
/// Overwrites the buffer that a QByteArray holds, also when other copies share it, and empties it.
void wipe(QByteArray &bytes);

/// One secret's bytes: in memory of its own that is locked against swapping and left out of core
/// files as far as the system allows, and overwritten at the end. Move-only; cannot be printed.
/// Reading is thread-safe.
class SecretString
{
public:
    SecretString() = default;
    /// Copies the bytes and overwrites the source.
    explicit SecretString(QByteArray &&bytes);
    ~SecretString();
    SecretString(SecretString &&other) noexcept
        : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0))
    {
    }
    SecretString &operator=(SecretString &&other) noexcept
    {
        std::swap(m_data, other.m_data);
        std::swap(m_size, other.m_size);
        return *this;
    }
    SecretString(const SecretString &) = delete;
    SecretString &operator=(const SecretString &) = delete;

    bool isEmpty() const { return m_size == 0; }
    size_t size() const { return m_size; }
    /// Lends the bytes to `use`, which must not keep them.
    template <typename Use>
    auto reveal(Use &&use) const
    {
        return std::forward<Use>(use)(QByteArrayView(m_data, qsizetype(m_size)));
    }

private:
    char *m_data = nullptr;
    size_t m_size = 0;
};

using SecretHandle = std::shared_ptr<const SecretString>;

} // namespace lb
