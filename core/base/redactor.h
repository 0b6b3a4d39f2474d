// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret_string.h"

#include <QMutex>

#include <memory>

namespace lb {

/// Knows every secret of a process and takes them out of text before anybody reads or keeps it: as
/// they are, and as JSON, shell, URL, XML, base64 (at each offset, both alphabets) and hex write
/// them; of several lines also each long enough line alone. Any thread. Grows only: a value that
/// was secret once may still come out of a buffer.
class Redactor
{
public:
    /// Shorter ones would take harmless text out of every log.
    static constexpr size_t kShortest = 6;
    /// Lines of a longer secret (keys, certificates) that are looked for alone.
    static constexpr qsizetype kShortestLine = 8;

    Redactor();
    ~Redactor();
    Redactor(const Redactor &) = delete;
    Redactor &operator=(const Redactor &) = delete;

    /// `name` stands where the value was: `[secret NAME]`. BadInput when it is too short to be
    /// told from ordinary text; it must not be logged at all then.
    Result<void> add(const QString &name, const SecretString &value);
    bool isEmpty() const;

    /// A whole text at once.
    QByteArray redacted(QByteArrayView text) const;
    QString redacted(const QString &text) const;

private:
    friend class RedactorStream;
    class Automaton;
    std::shared_ptr<const Automaton> automaton() const;

    mutable QMutex m_mutex;
    std::shared_ptr<const Automaton> m_automaton; ///< never changed once it is here
};

/// A text that comes in pieces, such as what a program prints. Keeps back the last bytes while they
/// could be the beginning of a secret. One thread at a time.
class RedactorStream
{
public:
    explicit RedactorStream(const Redactor &redactor);
    ~RedactorStream();

    /// What of it, and of what was kept back, is known to be harmless, with secrets taken out.
    QByteArray push(QByteArrayView piece);
    /// The rest.
    QByteArray finish();

private:
    QByteArray take(QByteArrayView bytes, bool last);

    const Redactor &m_redactor;
    std::shared_ptr<const Redactor::Automaton> m_automaton;
    QByteArray m_kept;
    qsizetype m_masked =
        0; ///< so many bytes of m_kept belong to a secret that was replaced already
};

} // namespace lb
