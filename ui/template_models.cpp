// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/template_models.h"

#include "core/base/format.h"
#include "ui/sorted_rows.h"

#include <algorithm>

namespace lb {

namespace {

/// A cell is one line; the whole text stands in its tool tip.
constexpr qsizetype kCellLength = 400;

QString shortened(const QString &text)
{
    return text.size() > kCellLength ? text.left(kCellLength) + QChar(0x2026) : text;
}

} // namespace

Tone toneOf(TemplateFinding::Severity severity)
{
    switch (severity) {
    case TemplateFinding::Severity::Note:
        return Tone::Neutral;
    case TemplateFinding::Severity::Warning:
        return Tone::Warn;
    case TemplateFinding::Severity::Error:
        return Tone::Bad;
    }
    return Tone::Neutral;
}

QString wordOf(TemplateFinding::Severity severity)
{
    switch (severity) {
    case TemplateFinding::Severity::Note:
        return TemplateFindingsModel::tr("note", "severity of a finding");
    case TemplateFinding::Severity::Warning:
        return TemplateFindingsModel::tr("warning", "severity of a finding");
    case TemplateFinding::Severity::Error:
        return TemplateFindingsModel::tr("error", "severity of a finding");
    }
    return {};
}

QString TemplatePlacesModel::rowText(int row) const
{
    QStringList cells;
    for (int column = 0; column < columnCount(); ++column)
        cells << cell(row, column);
    return cells.join(QLatin1Char('\t'));
}

QVariant TemplatePlacesModel::data(const QModelIndex &index, int role) const
{
    const TemplatePlace *place = index.isValid() ? placeAt(index.row()) : nullptr;
    if (!place)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return shortened(cell(index.row(), index.column()));
    case Qt::AccessibleTextRole:
        return cell(index.row(), index.column());
    case Qt::ToolTipRole:
        return toolTipText(cell(index.row(), index.column()).left(4000));
    case kSortRole:
        if (isLine(index.column()))
            return place->line;
        return cell(index.row(), index.column());
    case Qt::TextAlignmentRole:
        return isLine(index.column()) ? QVariant(Qt::AlignTrailing | Qt::AlignVCenter) : QVariant();
    }
    return {};
}

void TemplateChangesModel::setChanges(std::vector<TemplateChange> changes)
{
    beginResetModel();
    m_changes = std::move(changes);
    std::stable_sort(m_changes.begin(), m_changes.end(),
                     [](const TemplateChange &a, const TemplateChange &b) {
                         return a.place.line < b.place.line;
                     });
    endResetModel();
}

const TemplatePlace *TemplateChangesModel::placeAt(int row) const
{
    return row >= 0 && row < int(m_changes.size()) ? &m_changes[size_t(row)].place : nullptr;
}

int TemplateChangesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_changes.size());
}

int TemplateChangesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString TemplateChangesModel::cell(int row, int column) const
{
    const TemplateChange &change = m_changes[size_t(row)];
    switch (column) {
    case Line:
        return change.place.line ? QString::number(change.place.line) : QString();
    case Rule:
        return displayText(change.rule);
    case What:
        return templateRuleText(change.rule);
    case Place:
        return displayText(change.place.pointer);
    case Before:
        if (change.isSecret)
            return tr("not shown", "a value that may be a secret");
        return change.before.isEmpty() ? tr("nothing", "no value was there")
                                       : displayText(change.before);
    case After:
        return change.after.isEmpty() ? tr("left out", "a value") : displayText(change.after);
    }
    return {};
}

QVariant TemplateChangesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Line:
        return tr("Line", "of the template's file");
    case Rule:
        return tr("Rule");
    case What:
        return tr("What it does");
    case Place:
        return tr("Place", "in the file");
    case Before:
        return tr("Before");
    case After:
        return tr("After");
    }
    return {};
}

void TemplateFindingsModel::setFindings(std::vector<TemplateFinding> findings)
{
    beginResetModel();
    m_findings = std::move(findings);
    std::stable_sort(m_findings.begin(), m_findings.end(),
                     [](const TemplateFinding &a, const TemplateFinding &b) {
                         return std::pair(-int(a.severity), a.place.line) <
                                std::pair(-int(b.severity), b.place.line);
                     });
    endResetModel();
}

const TemplatePlace *TemplateFindingsModel::placeAt(int row) const
{
    return row >= 0 && row < int(m_findings.size()) ? &m_findings[size_t(row)].place : nullptr;
}

int TemplateFindingsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_findings.size());
}

int TemplateFindingsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : Count;
}

QString TemplateFindingsModel::cell(int row, int column) const
{
    const TemplateFinding &finding = m_findings[size_t(row)];
    switch (column) {
    case Line:
        return finding.place.line ? QString::number(finding.place.line) : QString();
    case Severity:
        return wordOf(finding.severity);
    case Message:
        return displayText(finding.message);
    case Remedy:
        return displayText(finding.remedy);
    case Place:
        return displayText(finding.place.pointer);
    }
    return {};
}

QVariant TemplateFindingsModel::data(const QModelIndex &index, int role) const
{
    if (placeAt(index.row()) && index.column() == Severity) {
        const auto severity = m_findings[size_t(index.row())].severity;
        if (role == Qt::DecorationRole)
            return lifeboatIcon(toneIcon(toneOf(severity)), toneOf(severity));
        if (role == kSortRole)
            return int(severity);
    }
    return TemplatePlacesModel::data(index, role);
}

QVariant TemplateFindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Line:
        return tr("Line", "of the template's file");
    case Severity:
        return tr("Severity");
    case Message:
        return tr("Finding");
    case Remedy:
        return tr("What to do");
    case Place:
        return tr("Place", "in the file");
    }
    return {};
}

} // namespace lb
