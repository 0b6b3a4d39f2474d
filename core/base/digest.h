// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <array>
#include <memory>

struct evp_md_ctx_st;

namespace lb {

/// Streaming SHA-256 on OpenSSL (four times as fast here as coreutils; Qt's has no SHA-NI).
class Sha256
{
public:
    using Bytes = std::array<unsigned char, 32>;

    Sha256();
    ~Sha256();
    Sha256(Sha256 &&) noexcept;
    Sha256 &operator=(Sha256 &&) noexcept;
    Sha256(const Sha256 &) = delete;
    Sha256 &operator=(const Sha256 &) = delete;

    void add(const void *data, size_t size);
    void add(QByteArrayView bytes) { add(bytes.data(), size_t(bytes.size())); }
    /// The digest of all that was added; the object starts anew.
    Bytes finish();
    /// finish() as 64 lower-case hex digits.
    QByteArray finishHex();

    static QByteArray hex(QByteArrayView bytes);
    static QByteArray toHex(const Bytes &bytes);

private:
    evp_md_ctx_st *m_context = nullptr;
};

} // namespace lb
