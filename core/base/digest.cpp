// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/digest.h"

#include <openssl/evp.h>

#include <utility>

namespace lb {

namespace {

const EVP_MD *algorithm()
{
    static const EVP_MD *fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

} // namespace

Sha256::Sha256() : m_context(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex2(m_context, algorithm(), nullptr);
}

Sha256::~Sha256()
{
    EVP_MD_CTX_free(m_context);
}

Sha256::Sha256(Sha256 &&other) noexcept : m_context(std::exchange(other.m_context, nullptr)) {}

Sha256 &Sha256::operator=(Sha256 &&other) noexcept
{
    std::swap(m_context, other.m_context);
    return *this;
}

void Sha256::add(const void *data, size_t size)
{
    EVP_DigestUpdate(m_context, data, size);
}

Sha256::Bytes Sha256::finish()
{
    Bytes bytes{};
    EVP_DigestFinal_ex(m_context, bytes.data(), nullptr);
    EVP_DigestInit_ex2(m_context, algorithm(), nullptr);
    return bytes;
}

QByteArray Sha256::finishHex()
{
    return toHex(finish());
}

QByteArray Sha256::hex(QByteArrayView bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return hash.finishHex();
}

QByteArray Sha256::toHex(const Bytes &bytes)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    QByteArray text(64, Qt::Uninitialized);
    for (size_t i = 0; i < bytes.size(); ++i) {
        text[qsizetype(2 * i)] = kDigits[bytes[i] >> 4];
        text[qsizetype(2 * i + 1)] = kDigits[bytes[i] & 15];
    }
    return text;
}

} // namespace lb
