// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"
#include "ui/input_form.h"

#include <QDialog>

class QCheckBox;
class QComboBox;

namespace lb {

/// Adds or edits one system: name, type, store, protection, and the inputs that its type declares.
/// Gives the values by signal; the caller saves and answers with showProblem() or closes it. Where
/// the type's vendor has settings files, the caller reads those that were chosen, for fill().
class SystemDialog : public QDialog
{
    Q_OBJECT
public:
    SystemDialog(std::vector<SystemType> types, const std::vector<StoreProfile> &stores,
                 const std::optional<SystemProfile> &edited, const QStringList &taken,
                 QWidget *parent);
    QString name() const;
    QString type() const;
    QString store() const;
    bool isProtected() const;
    QMap<QString, QStringList> texts() const;
    /// What a person typed and a file must not replace; `host` always.
    QMap<QString, QStringList> typedTexts() const;
    void fill(const FilledInputs &filled);
    void showProblem(const Error &error);

Q_SIGNALS:
    void saveRequested();
    void fillRequested(const QStringList &files);

private:
    void showType();
    void chooseFiles();
    void check();

    std::vector<SystemType> m_types;
    std::optional<SystemProfile> m_edited;
    QStringList m_taken;
    QLineEdit *m_name;
    QStringList m_files;  ///< that the fields were filled from
    QStringList m_chosen; ///< the same, with those that are being read
    PlainLabel *m_nameProblem, *m_typeText, *m_reason;
    QComboBox *m_type, *m_store;
    QCheckBox *m_protected;
    QWidget *m_fillBox;
    QPushButton *m_fill;
    PlainLabel *m_fillText;
    InlineMessage *m_remarks;
    InputForm *m_form;
    InlineMessage *m_message;
    QPushButton *m_save;
};

} // namespace lb
