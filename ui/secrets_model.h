// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/secret_words.h"

#include <QAbstractTableModel>

namespace lb {

/// The secrets of all systems as a table: names and states, never a value.
class SecretsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        System,
        Secret,
        State,
        Source,
        Holder,
        Count
    };
    using QAbstractTableModel::QAbstractTableModel;

    /// Rows that stay keep their place, so that a selection survives a refresh.
    void setSecrets(std::vector<SecretStatus> secrets);
    const SecretStatus *at(int row) const;
    int rowOf(const QString &system, const QString &name) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cell(const SecretStatus &secret, int column) const;
    std::vector<SecretStatus> m_secrets;
};

} // namespace lb
