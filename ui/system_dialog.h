// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/service/service.h"
#include "ui/input_form.h"

#include <QDialog>

class QCheckBox;
class QComboBox;

namespace lb {

/// Adds or edits one system: name, type, store, protection, and the inputs that its type declares.
/// Gives the values by signal; the caller saves and answers with showProblem() or closes it.
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
    void showProblem(const Error &error);

Q_SIGNALS:
    void saveRequested();

private:
    void showType();
    void check();

    std::vector<SystemType> m_types;
    std::optional<SystemProfile> m_edited;
    QStringList m_taken;
    QLineEdit *m_name;
    PlainLabel *m_nameProblem, *m_typeText, *m_reason;
    QComboBox *m_type, *m_store;
    QCheckBox *m_protected;
    InputForm *m_form;
    InlineMessage *m_message;
    QPushButton *m_save;
};

} // namespace lb
