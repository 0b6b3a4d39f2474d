// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/secret_dialog.h"
#include "ui/widgets.h"
#include "ui/words.h"

class QCheckBox;

namespace lb {

/// The one thing a run needs from a person now, with what each choice means. Hidden when nothing
/// is needed. Works on the run's view alone and answers by signals.
class NeededBox : public InlineMessage
{
    Q_OBJECT
public:
    explicit NeededBox(QWidget *parent = nullptr);
    void setView(const RunView &view);
    /// True while a person has to do something.
    bool isWanted() const { return m_wanted; }

    /// What the Tab key stops at, in order.
    QList<QWidget *> stops() const;

Q_SIGNALS:
    void rebuilt(); ///< stops() are others
    void commandIssued(const lb::RunCommand &command);
    void resumeRequested(bool finallyOnly);
    void undoRequested();
    void takeUpRequested();
    void againRequested();

private:
    enum class Choice
    {
        Yes,
        Done,
        Skip,
        Retry,
        Stop,
        Resume,
        Finish,
        GoBack,
        Leave,
        TakeUp,
        Again,
        Continue,
        Give,
        Cancel
    };
    struct Offer
    {
        Choice choice;
        QString verb, meaning;
        bool primary = false;
    };
    void offer(Tone tone, const QString &title, const QString &detail, const QList<Offer> &offers,
               bool note, EvidenceKind evidence = EvidenceKind::None);
    void forQuestion(const RunView &view);
    void forEnd(const RunView &view);
    void choose(Choice choice);

    QString m_key; ///< what is shown, so that a refresh does not take a half-typed note away
    QString m_step;
    QString m_secret; ///< name of the one that is asked for
    bool m_wanted = false;
    EvidenceKind m_evidenceKind = EvidenceKind::None;
    QWidget *m_fields;
    SecretField *m_value; ///< apart from the note, which goes into the journal
    QLabel *m_valueLabel;
    QLineEdit *m_note;
    QWidget *m_fileRow;
    QLineEdit *m_file;
    QLabel *m_noteLabel;
    PlainLabel *m_problem;
    QWidget *m_choices = nullptr;
    QString m_left; ///< run whose ending was left as it is by choice
    QString m_run;
};

} // namespace lb
