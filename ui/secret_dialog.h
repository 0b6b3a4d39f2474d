// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/secret_words.h"
#include "ui/widgets.h"

#include <QDialog>

class QPlainTextEdit;
class QRadioButton;

namespace lb {

/// What was typed into a field, taken out of it: the field is empty afterwards and what it held is
/// overwritten as far as Qt allows.
SecretHandle takeSecret(QLineEdit *field);

/// A line that hides what is typed, with an eye that shows it.
class SecretField : public QWidget
{
    Q_OBJECT
public:
    explicit SecretField(QWidget *parent = nullptr);
    bool isEmpty() const;
    SecretHandle take() { return takeSecret(m_line); }
    QLineEdit *line() const { return m_line; }

private:
    QLineEdit *m_line;
    QToolButton *m_eye;
};

/// Where one secret comes from: typed into the keychain, or printed by a program; or typed for one
/// run. Gives it by signal; the caller keeps it and answers with showProblem() or accept().
class SecretDialog : public QDialog
{
    Q_OBJECT
public:
    enum class Mode
    {
        Keep,
        ThisRun
    };
    SecretDialog(const SecretStatus &secret, Mode mode, QWidget *parent);
    void showProblem(const Error &error);
    /// The keychain shows a prompt of its own.
    void showAsks();

Q_SIGNALS:
    void valueGiven(const lb::SecretHandle &value);
    void programGiven(const QStringList &program);

private:
    bool isProgram() const;
    QStringList program() const;
    void check();
    void give();

    Mode m_mode;
    bool m_busy = false;
    InlineMessage *m_message;
    QRadioButton *m_fromKeychain, *m_fromProgram;
    SecretField *m_value;
    QPlainTextEdit *m_program;
    PlainLabel *m_meaning, *m_reason;
    QPushButton *m_set;
};

} // namespace lb
