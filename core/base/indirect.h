// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <utility>

namespace lb {

/// A value that lies on the heap and is copied with its holder (std::indirect of C++26): a large
/// and rare alternative does not make a variant as large as itself. Moved from, it may only be
/// assigned to or destroyed.
template <class T>
class Indirect
{
public:
    Indirect(T value) : m_value(std::make_unique<T>(std::move(value))) {}
    Indirect(const Indirect &other) : m_value(std::make_unique<T>(*other)) {}
    Indirect(Indirect &&other) noexcept = default;
    Indirect &operator=(Indirect other) noexcept
    {
        m_value = std::move(other.m_value);
        return *this;
    }
    ~Indirect() = default;

    T &operator*() { return *m_value; }
    const T &operator*() const { return *m_value; }
    operator T &() { return *m_value; }
    operator const T &() const { return *m_value; }

private:
    std::unique_ptr<T> m_value;
};

} // namespace lb
