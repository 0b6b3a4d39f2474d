// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/secret_box.h"

#include "core/base/format.h"

#include <QPointer>
#include <QTimer>

namespace lb {

namespace {

LB_TRANSLATE(SecretBox)

using namespace std::chrono_literals;

/// A password manager may have to ask its own user.
constexpr auto kProgramLimit = 120s;

} // namespace

struct SecretBox::Fetching
{
    QStringList names;
    QPointer<QObject> owner;
    std::function<void(const Result<Secrets> &, const QString &)> then;
    Secrets found;
};

SecretBox::SecretBox(Guard *guard, Redactor *redactor, QObject *parent)
    : QObject(parent), m_guard(guard), m_redactor(redactor), m_keychain(this)
{
}

void SecretBox::put(const QString &name, SecretHandle value)
{
    hide(name, value);
    m_typed.insert(name, std::move(value));
}

void SecretBox::keepTyped(const QSet<QString> &names)
{
    m_typed.removeIf([&names](Secrets::iterator typed) { return !names.contains(typed.key()); });
}

void SecretBox::fetch(const QStringList &names, QObject *owner,
                      std::function<void(const Result<Secrets> &, const QString &)> then)
{
    fetchNext(std::make_shared<Fetching>(Fetching{names, owner, std::move(then), {}}));
}

void SecretBox::fetchNext(const std::shared_ptr<Fetching> &fetching)
{
    if (!fetching->owner)
        return;
    if (fetching->names.isEmpty()) {
        fetching->then(fetching->found, {});
        return;
    }
    const QString name = fetching->names.first();
    if (const auto typed = m_typed.constFind(name); typed != m_typed.constEnd()) {
        take(fetching, *typed);
        return;
    }
    const auto taken = [this, fetching](const Result<SecretHandle> &value) {
        take(fetching, value);
    };
    if (const QStringList words = m_system.secretPrograms.value(name); !words.isEmpty())
        readProgram(name, words, taken);
    else
        onDone(this, m_keychain.read(m_system.name, name), taken);
}

void SecretBox::take(const std::shared_ptr<Fetching> &fetching, const Result<SecretHandle> &value)
{
    if (!fetching->owner)
        return;
    const QString name = fetching->names.takeFirst();
    if (!value) {
        fetching->then(tl::unexpected(value.error()), name);
        return;
    }
    hide(name, *value);
    fetching->found.insert(name, *value);
    fetchNext(fetching);
}

void SecretBox::readProgram(const QString &name, const QStringList &words,
                            std::function<void(const Result<SecretHandle> &)> then)
{
    auto *process = new LocalProcess(m_guard, this);
    auto *limit = new QTimer(process);
    limit->setSingleShot(true);
    connect(limit, &QTimer::timeout, process, [process] { process->terminate(2s); });
    connect(
        process, &LocalProcess::finished, this,
        [process, name, program = words.first(), then = std::move(then)](const ProcessEnd &end) {
            process->deleteLater();
            QByteArray printed = end.output; // shares the buffer, which is wiped below
            while (printed.endsWith('\n') || printed.endsWith('\r'))
                printed.chop(1);
            const auto failed = [&](const QString &why) {
                then(fail(ErrorCode::Failed, tr("%1 did not give the secret %2").arg(program, name),
                          why,
                          tr("Try it on a terminal; it must print the secret and nothing else "
                             "on its standard output")));
            };
            if (end.error)
                then(tl::unexpected(*end.error));
            else if (end.terminated)
                failed(tr("it took longer than %1").arg(formatDuration(kProgramLimit)));
            else if (end.exitStatus.value_or(-1) != 0)
                // What it printed may be the secret; only without it is the tail its complaint.
                failed(end.output.isEmpty()
                           ? displayText(QString::fromUtf8(end.tail).trimmed(), true)
                           : tr("it printed something and failed all the same"));
            else if (printed.isEmpty())
                failed(tr("it printed nothing"));
            else
                then(SecretHandle(std::make_shared<const SecretString>(std::move(printed))));
            wipe(printed);
            QByteArray rest = end.output;
            wipe(rest);
        });
    ProcessStart start;
    start.program = words.first();
    start.arguments = words.mid(1);
    start.capture = true;
    limit->start(kProgramLimit);
    process->start(std::move(start));
}

void SecretBox::hide(const QString &name, const SecretHandle &value)
{
    if (!m_redactor->add(name, *value) && !m_hidden.contains(name)) {
        m_hidden << name;
        Q_EMIT cannotHide(name);
    }
}

} // namespace lb
