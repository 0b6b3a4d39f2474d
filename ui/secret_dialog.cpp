// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secret_dialog.h"

#include "core/base/format.h"
#include "ui/secret_words.h"

#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace lb {

SecretHandle takeSecret(QLineEdit *field)
{
    QString text = field->text();
    QByteArray bytes = text.toUtf8();
    // The field shares this buffer; written through, nothing of it is left when the field lets go.
    // One without capacity is no typed text but the program's own constant.
    if (text.capacity() > 0) {
        auto *held = const_cast<QChar *>(text.constData());
        std::fill(held, held + text.size(), QChar(u'\0'));
    }
    field->clear();
    return std::make_shared<const SecretString>(std::move(bytes));
}

SecretField::SecretField(QWidget *parent)
    : QWidget(parent),
      m_line(named(new QLineEdit(this), "secretValue", tr("Secret"))),
      m_eye(named(new QToolButton(this), "secretShow", tr("Show what is typed")))
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(m_line, 1);
    row->addWidget(m_eye);
    m_line->setEchoMode(QLineEdit::Password);
    m_eye->setCheckable(true);
    m_eye->setIcon(lifeboatIcon(QStringLiteral("eye")));
    m_eye->setToolTip(m_eye->accessibleName());
    m_eye->setMinimumSize(28, 28);
    setFocusProxy(m_line);
    connect(m_eye, &QToolButton::toggled, this, [this](bool isShown) {
        m_line->setEchoMode(isShown ? QLineEdit::Normal : QLineEdit::Password);
    });
}

bool SecretField::isEmpty() const
{
    return m_line->text().isEmpty();
}

SecretDialog::SecretDialog(const SecretStatus &secret, Mode mode, QWidget *parent)
    : QDialog(parent),
      m_mode(mode),
      m_message(named(new InlineMessage(this), "secretMessage")),
      m_fromKeychain(named(new QRadioButton(tr("&Type it into the keychain of the desktop"), this),
                           "secretFromKeychain")),
      m_fromProgram(named(new QRadioButton(tr("A &program prints it"), this), "secretFromProgram")),
      m_value(named(new SecretField(this), "secretField")),
      m_program(named(new QPlainTextEdit(this), "secretProgram",
                      tr("Program and arguments, one on each line"))),
      m_meaning(named(new PlainLabel(PlainLabel::Role::Muted, this), "secretMeaning")),
      m_reason(named(new PlainLabel(PlainLabel::Role::Body, this), "secretReason"))
{
    setObjectName(QStringLiteral("secretDialog"));
    setWindowTitle(mode == Mode::Keep ? tr("Set a secret") : tr("A secret for this run"));
    setAccessibleName(windowTitle());
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(10);
    auto *title = named(new PlainLabel(PlainLabel::Role::Heading, this), "secretTitle");
    title->setText(secretTitle(secret));
    auto *about = named(new PlainLabel(PlainLabel::Role::Muted, this), "secretAbout");
    QStringList facts{tr("%1 of %2").arg(displayText(secret.name), displayText(secret.system))};
    if (!secret.holder.isEmpty())
        facts << tr("Who has it: %1").arg(displayText(secret.holder));
    about->setText(facts.join(QStringLiteral("  ·  ")));
    column->addWidget(title);
    column->addWidget(about);
    column->addWidget(m_message);
    column->addWidget(m_fromKeychain);
    column->addWidget(m_value);
    column->addWidget(m_fromProgram);
    column->addWidget(m_program);
    column->addWidget(m_meaning);
    column->addStretch(1);
    column->addWidget(m_reason);
    auto *buttons = named(new QDialogButtonBox(this), "secretButtons");
    m_set = named(buttons->addButton(QString(), QDialogButtonBox::AcceptRole), "secretSet");
    named(buttons->addButton(QDialogButtonBox::Cancel), "secretCancel");
    makePrimary(m_set);
    column->addWidget(buttons);

    m_program->setTabChangesFocus(true);
    m_program->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_program->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_program->setFixedHeight(m_program->fontMetrics().lineSpacing() * 4 + 20);
    m_program->setPlaceholderText(QStringLiteral("pass\nshow\nshop/database"));
    m_program->setPlainText(secret.program.join(QLatin1Char('\n')));
    for (QWidget *part : m_program->findChildren<QWidget *>())
        if (part->objectName().isEmpty())
            part->setObjectName(QStringLiteral("secretPart"));
    (secret.program.isEmpty() ? m_fromKeychain : m_fromProgram)->setChecked(true);
    for (QWidget *choice : std::initializer_list<QWidget *>{m_fromKeychain, m_fromProgram})
        choice->setVisible(mode == Mode::Keep);
    connect(m_fromProgram, &QRadioButton::toggled, this, [this] {
        check();
        (isProgram() ? static_cast<QWidget *>(m_program) : m_value)->setFocus();
    });
    connect(m_value->line(), &QLineEdit::textChanged, this, &SecretDialog::check);
    connect(m_program, &QPlainTextEdit::textChanged, this, &SecretDialog::check);
    connect(buttons, &QDialogButtonBox::accepted, this, &SecretDialog::give);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    // What was typed and not given is not left behind in the field.
    connect(this, &QDialog::finished, this, [this] { m_value->take(); });
    check();
    resize(560, sizeHint().height());
    (isProgram() ? static_cast<QWidget *>(m_program) : m_value)->setFocus();
}

bool SecretDialog::isProgram() const
{
    return m_mode == Mode::Keep && m_fromProgram->isChecked();
}

QStringList SecretDialog::program() const
{
    QStringList words = m_program->toPlainText().split(QLatin1Char('\n'));
    while (!words.isEmpty() && words.last().isEmpty())
        words.removeLast();
    return words;
}

void SecretDialog::showProblem(const Error &error)
{
    m_busy = false;
    m_message->showMessage(Tone::Bad, displayText(error.summary), displayText(error.detail, true));
    check();
}

void SecretDialog::showAsks()
{
    if (m_busy)
        m_message->showMessage(Tone::Warn, tr("The keychain asks"),
                               tr("Answer its prompt on the desktop; it may be behind another "
                                  "window."));
}

void SecretDialog::check()
{
    m_value->setVisible(!isProgram());
    m_program->setVisible(isProgram());
    m_meaning->setText(
        isProgram() ? tr("One word on each line: the program, then its arguments. What it prints "
                         "is the secret; it is asked at each use. No shell reads this.")
        : m_mode == Mode::Keep
            ? tr("It is written there and read back. Lifeboat keeps no copy and never shows it.")
            : tr("It stays in the memory of this run until it ends, and nowhere else. After a "
                 "crash it is asked for again."));
    m_set->setText(isProgram()            ? tr("Use this program")
                   : m_mode == Mode::Keep ? tr("Put it into the keychain")
                                          : tr("Use it for this run"));
    QString reason;
    if (m_busy)
        reason = tr("Waiting for the keychain…");
    else if (isProgram() && program().value(0).isEmpty())
        reason = tr("Still needed: the program");
    else if (!isProgram() && m_value->isEmpty())
        reason = tr("Still needed: the secret");
    m_reason->setText(reason);
    m_reason->setVisible(!reason.isEmpty());
    m_set->setEnabled(reason.isEmpty());
}

void SecretDialog::give()
{
    if (!m_set->isEnabled())
        return;
    m_message->clear();
    m_busy = true;
    if (isProgram())
        Q_EMIT programGiven(program());
    else
        Q_EMIT valueGiven(m_value->take());
    check();
}

} // namespace lb
