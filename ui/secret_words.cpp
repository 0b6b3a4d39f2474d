// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secret_words.h"

#include "core/base/format.h"

namespace lb {

namespace {

LB_TRANSLATE(SecretWords)

struct Words
{
    QLatin1String state;
    Tone tone;
    const char *icon;
    const char *word, *headline, *advice;
};

// The keychain's own states have a headline: they are about all secrets that it holds.
const Words kWords[] = {
    {QLatin1String("present"), Tone::Good, "good", QT_TRANSLATE_NOOP("SecretWords", "present"),
     nullptr, QT_TRANSLATE_NOOP("SecretWords", "The keychain holds it.")},
    {QLatin1String("missing"), Tone::Bad, "bad", QT_TRANSLATE_NOOP("SecretWords", "missing"),
     nullptr,
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "The keychain is open and does not hold it. Set it, or a run that needs it will ask "
         "for it.")},
    {QLatin1String("program"), Tone::Neutral, "neutral",
     QT_TRANSLATE_NOOP("SecretWords", "asked when needed"), nullptr,
     QT_TRANSLATE_NOOP("SecretWords",
                       "The program is started when a run needs the secret, not to look.")},
    {kSecretTyped, Tone::Good, "good", QT_TRANSLATE_NOOP("SecretWords", "typed for this run"),
     nullptr,
     QT_TRANSLATE_NOOP("SecretWords",
                       "It stays in the memory of this run and is asked for again after a crash.")},
    {kSecretLooking, Tone::Busy, "busy", QT_TRANSLATE_NOOP("SecretWords", "looking…"), nullptr,
     QT_TRANSLATE_NOOP("SecretWords", "The keychain has not answered yet.")},
    {QLatin1String("unknown"), Tone::Warn, "unknown", QT_TRANSLATE_NOOP("SecretWords", "unknown"),
     nullptr, QT_TRANSLATE_NOOP("SecretWords", "The keychain did not say. Look again.")},
    {QLatin1String("locked"), Tone::Warn, "warn",
     QT_TRANSLATE_NOOP("SecretWords", "keychain locked"),
     QT_TRANSLATE_NOOP("SecretWords", "The keychain is locked"),
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "Unlock it, then it shows what it holds. What is in it stays as it is; nothing is "
         "kept in clear instead.")},
    {QLatin1String("asks"), Tone::Warn, "wait", QT_TRANSLATE_NOOP("SecretWords", "keychain asks"),
     QT_TRANSLATE_NOOP("SecretWords", "The keychain asks, and nobody has answered"),
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "Answer its prompt on the desktop; it may be behind another window. Then look "
         "again.")},
    {QLatin1String("absent"), Tone::Warn, "warn", QT_TRANSLATE_NOOP("SecretWords", "no keychain"),
     QT_TRANSLATE_NOOP("SecretWords", "There is no keychain on this desktop"),
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "That is normal on a server. Let a program give the secret, or type it for each run "
         "when it asks. Nothing is kept in clear instead.")},
    {QLatin1String("denied"), Tone::Bad, "bad",
     QT_TRANSLATE_NOOP("SecretWords", "keychain refuses"),
     QT_TRANSLATE_NOOP("SecretWords", "The keychain refuses"),
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "It was told not to let Lifeboat in, or its prompt was closed. Allow it there, then "
         "look again; or let a program give the secret.")},
    {QLatin1String("frozen"), Tone::Bad, "bad",
     QT_TRANSLATE_NOOP("SecretWords", "keychain does not answer"),
     QT_TRANSLATE_NOOP("SecretWords", "The keychain does not answer"),
     QT_TRANSLATE_NOOP(
         "SecretWords",
         "It runs and says nothing. Start it anew, by signing out and in again, then look "
         "again; or type the secret for each run when it asks.")},
};

const Words &wordsOf(const QString &state)
{
    for (const Words &words : kWords)
        if (words.state == state)
            return words;
    return wordsOf(QStringLiteral("unknown"));
}

} // namespace

QString secretWord(const QString &state)
{
    return tr(wordsOf(state).word);
}

Tone secretTone(const QString &state)
{
    return wordsOf(state).tone;
}

QString secretIcon(const QString &state)
{
    return QLatin1String(wordsOf(state).icon);
}

QString secretAdvice(const QString &state)
{
    return tr(wordsOf(state).advice);
}

QString secretTitle(const SecretStatus &secret)
{
    return displayText(secret.title.isEmpty() ? secret.name : secret.title);
}

QString secretSource(const SecretStatus &secret)
{
    return secret.program.isEmpty() ? tr("keychain of the desktop")
                                    : displayText(secret.program.join(QLatin1Char(' ')));
}

bool isKeychainTrouble(const QString &state)
{
    return wordsOf(state).headline;
}

QString keychainHeadline(const QString &state)
{
    const char *headline = wordsOf(state).headline;
    return headline ? tr(headline) : QString();
}

} // namespace lb
