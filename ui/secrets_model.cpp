// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secrets_model.h"

#include "core/base/format.h"
#include "ui/sorted_rows.h"

#include <algorithm>

namespace lb {

void SecretsModel::setSecrets(std::vector<SecretStatus> secrets)
{
    const bool sameRows = std::equal(
        secrets.begin(), secrets.end(), m_secrets.begin(), m_secrets.end(),
        [](const auto &a, const auto &b) { return a.system == b.system && a.name == b.name; });
    if (sameRows) {
        m_secrets = std::move(secrets);
        if (!m_secrets.empty())
            Q_EMIT dataChanged(index(0, 0), index(int(m_secrets.size()) - 1, Count - 1));
        return;
    }
    beginResetModel();
    m_secrets = std::move(secrets);
    endResetModel();
}

const SecretStatus *SecretsModel::at(int row) const
{
    return row >= 0 && row < int(m_secrets.size()) ? &m_secrets[size_t(row)] : nullptr;
}

int SecretsModel::rowOf(const QString &system, const QString &name) const
{
    const auto found =
        std::find_if(m_secrets.begin(), m_secrets.end(), [&](const SecretStatus &one) {
            return one.system == system && one.name == name;
        });
    return found == m_secrets.end() ? -1 : int(found - m_secrets.begin());
}

int SecretsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_secrets.size());
}

int SecretsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString SecretsModel::cell(const SecretStatus &secret, int column) const
{
    switch (column) {
    case System:
        return displayText(secret.system);
    case Secret:
        return secretTitle(secret);
    case State:
        return secretWord(secret.state);
    case Source:
        return secret.program.isEmpty() ? tr("keychain") : displayText(secret.program.first());
    case Holder:
        return displayText(secret.holder);
    }
    return {};
}

QVariant SecretsModel::data(const QModelIndex &index, int role) const
{
    const SecretStatus *secret = index.isValid() ? at(index.row()) : nullptr;
    if (!secret)
        return {};
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
    case kSortRole:
        return cell(*secret, index.column());
    case Qt::DecorationRole:
        if (index.column() == State)
            return lifeboatIcon(secretIcon(secret->state), secretTone(secret->state));
        return {};
    case kFilterRole: {
        QStringList words{secret->name};
        for (int column = 0; column < Count; ++column)
            words << cell(*secret, column);
        return words.join(QLatin1Char(' '));
    }
    }
    return {};
}

QVariant SecretsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case System:
        return tr("System");
    case Secret:
        return tr("Secret");
    case State:
        return tr("State");
    case Source:
        return tr("Comes from");
    case Holder:
        return tr("Who has it");
    }
    return {};
}

} // namespace lb
