// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/toolchain_template.h"
#include "ui/words.h"

#include <QAbstractTableModel>

namespace lb {

/// Rows about places in one file of a template; the table next to the two texts.
class TemplatePlacesModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    /// nullptr when there is no such row.
    virtual const TemplatePlace *placeAt(int row) const = 0;
    /// The row as text to copy.
    QString rowText(int row) const;

    QVariant data(const QModelIndex &index, int role) const override;

protected:
    virtual QString cell(int row, int column) const = 0;
    virtual bool isLine(int column) const = 0;
};

/// What the rules changed, in the order of the file.
class TemplateChangesModel : public TemplatePlacesModel
{
    Q_OBJECT
public:
    enum Column
    {
        Line,
        Rule,
        What,
        Place,
        Before,
        After,
        Count
    };
    using TemplatePlacesModel::TemplatePlacesModel;

    void setChanges(std::vector<TemplateChange> changes);
    const TemplatePlace *placeAt(int row) const override;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    QString cell(int row, int column) const override;
    bool isLine(int column) const override { return column == Line; }

private:
    std::vector<TemplateChange> m_changes;
};

/// What is doubtful in a file, the worst first.
class TemplateFindingsModel : public TemplatePlacesModel
{
    Q_OBJECT
public:
    enum Column
    {
        Line,
        Severity,
        Message,
        Remedy,
        Place,
        Count
    };
    using TemplatePlacesModel::TemplatePlacesModel;

    void setFindings(std::vector<TemplateFinding> findings);
    const TemplatePlace *placeAt(int row) const override;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    QString cell(int row, int column) const override;
    bool isLine(int column) const override { return column == Line; }

private:
    std::vector<TemplateFinding> m_findings;
};

Tone toneOf(TemplateFinding::Severity severity);
QString wordOf(TemplateFinding::Severity severity);

} // namespace lb
