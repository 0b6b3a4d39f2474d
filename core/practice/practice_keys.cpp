// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_keys.h"

#include "core/base/atomic_file.h"

#include <QFile>
#include <QProcess>

namespace lb {

namespace {

LB_TRANSLATE(Practice)

constexpr int kLimitMs = 20'000;
const QString kPublic = QStringLiteral(".pub");

/// The recipient of the key in this file.
Result<QString> makeKey(const QString &file)
{
    if (QFile::exists(file + kPublic)) {
        TRY_VALUE(const QByteArray known, readWholeFile(file + kPublic));
        return QString::fromLatin1(known.trimmed());
    }
    QProcess process;
    process.start(QStringLiteral("age-keygen"), QStringList());
    if (!process.waitForStarted(kLimitMs))
        return fail(ErrorCode::NotFound, tr("age-keygen cannot be started"), process.errorString(),
                    tr("Install the package age: secret parts are encrypted with it"));
    process.waitForFinished(kLimitMs);
    // `# created: …`, `# public key: age1…`, `AGE-SECRET-KEY-1…`
    const QByteArrayList lines = process.readAllStandardOutput().trimmed().split('\n');
    const QByteArray recipient = lines.value(1).mid(lines.value(1).lastIndexOf(' ') + 1);
    if (!recipient.startsWith("age1") || !lines.last().startsWith("AGE-SECRET-KEY-"))
        return fail(ErrorCode::Failed, tr("age-keygen made no key"),
                    QString::fromUtf8(process.readAllStandardError()));
    TRY(writeFileAtomically(file, lines.last() + '\n'));
    TRY(writeFileAtomically(file + kPublic, recipient + '\n'));
    return QString::fromLatin1(recipient);
}

} // namespace

Result<PracticeKeys> makePracticeKeys(const QString &folder)
{
    TRY(makeFolders(folder));
    PracticeKeys keys;
    keys.identityFile = folder + QStringLiteral("/daily");
    TRY_VALUE(keys.recipient, makeKey(keys.identityFile));
    TRY_VALUE(keys.recoveryRecipient, makeKey(folder + QStringLiteral("/recovery")));
    return keys;
}

} // namespace lb
