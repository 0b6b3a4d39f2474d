// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/age.h"

#include "core/base/format.h"
#include "core/model/restore_point.h"

#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Age)

/// Bech32 (BIP 173) with the prefix `age`: a mistyped key is told from a real one.
bool isBech32Key(const QString &text)
{
    static const QString kLetters = QStringLiteral("qpzry9x8gf2tvdw0s3jn54khce6mua7l");
    const QString prefix = QStringLiteral("age");
    if (!text.startsWith(prefix + QLatin1Char('1')))
        return false;
    quint32 sum = 1;
    const auto add = [&sum](quint32 value) {
        constexpr quint32 kGenerators[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                           0x2a1462b3};
        const quint32 top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ value;
        for (int i = 0; i < 5; ++i) {
            if ((top >> i) & 1)
                sum ^= kGenerators[i];
        }
    };
    for (const QChar c : prefix)
        add(c.unicode() >> 5);
    add(0);
    for (const QChar c : prefix)
        add(c.unicode() & 31);
    const QString data = text.mid(prefix.size() + 1);
    for (const QChar c : data) {
        const qsizetype value = kLetters.indexOf(c);
        if (value < 0)
            return false;
        add(quint32(value));
    }
    // 32 bytes in groups of five bits, and the six of the checksum.
    return sum == 1 && data.size() == 52 + 6;
}

} // namespace

Result<void> checkAgeRecipient(const QString &recipient, bool isRecovery)
{
    static const QRegularExpression ssh(QStringLiteral(
        "\\Assh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( [\\x21-\\x7e]+)?\\z"));
    if (recipient.startsWith(QLatin1String("AGE-SECRET-KEY-"), Qt::CaseInsensitive))
        return fail(ErrorCode::BadInput, tr("This is a secret key, not a recipient"), {},
                    tr("It was not kept. Give what `age-keygen -y KEYFILE` prints; and as the key "
                       "has stood in a command line, better make a new one"));
    if (isBech32Key(recipient) || (!isRecovery && ssh.match(recipient).hasMatch()))
        return {};
    return fail(
        ErrorCode::BadInput, tr("“%1” is not a recipient of age").arg(displayText(recipient)), {},
        isRecovery ? tr("A recovery recipient is what `age-keygen -y KEYFILE` prints: age1…")
                   : tr("A recipient is what `age-keygen -y KEYFILE` prints, age1…, or an "
                        "ssh-ed25519 public key"));
}

ProcessCall ageEncrypt(const QStringList &recipients, TemplateText file)
{
    ProcessCall call;
    call.program = kAge;
    call.arguments.emplace_back(QStringLiteral("--encrypt"));
    for (const QString &recipient : recipients) {
        call.arguments.emplace_back(QStringLiteral("--recipient"));
        call.arguments.emplace_back(recipient);
    }
    call.arguments.emplace_back(QStringLiteral("--output"));
    call.arguments.push_back(std::move(file));
    return call;
}

ProcessCall ageDecrypt(TemplateText file)
{
    ProcessCall call;
    call.program = kAge;
    call.arguments.emplace_back(QStringLiteral("--decrypt"));
    call.arguments.emplace_back(QStringLiteral("--identity"));
    call.arguments.emplace_back(QStringLiteral("-"));
    call.arguments.push_back(std::move(file));
    call.input = SecretRef{kAgeIdentity};
    call.pipes = true;
    return call;
}

ProcessCall ageRecipient()
{
    ProcessCall call;
    call.program = QStringLiteral("age-keygen");
    call.arguments.emplace_back(QStringLiteral("-y"));
    call.input = SecretRef{kAgeIdentity};
    call.output = OutputKind::Text;
    return call;
}

std::vector<ProcessCall> programsOf(const TreeSaveCall &call)
{
    if (!call.encrypted)
        return {};
    return {ageEncrypt(call.recipients, inPoint({}, call.file)),
            ageEncrypt(call.recipients, inPoint({}, treeIndexFile(call.file)))};
}

std::vector<ProcessCall> programsOf(const TreeStageCall &call)
{
    if (call.file.isEmpty())
        return {};
    return {ageDecrypt(inPoint({}, treeIndexFile(call.file))), ageDecrypt(inPoint({}, call.file))};
}

} // namespace lb
