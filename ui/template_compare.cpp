// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "ui/line_pairs.h"
#include "ui/pages.h"
#include "ui/sorted_rows.h"
#include "ui/template_dialog.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QScrollBar>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace lb {

namespace {

constexpr int kWidestColumn = 420;
constexpr int kWidestSentence = 310;

CompareLine lineOf(const QStringList &lines, int index, bool isSame, bool hasOther)
{
    using Mark = CompareLine::Mark;
    if (index < 0)
        return {0, {}, Mark::Filler};
    return {index + 1, lines[index], isSame ? Mark::Same : hasOther ? Mark::Changed : Mark::Alone};
}

/// The row of the table that shows this row of the model becomes the current one.
void chooseRow(QTableView *table, int row)
{
    const auto *sorted = qobject_cast<const SortedRows *>(table->model());
    const QModelIndex index = sorted->mapFromSource(sorted->sourceModel()->index(row, 0));
    table->selectRow(index.row());
    table->scrollTo(index);
}

QWidget *titled(PlainLabel *title, ComparePane *pane, const char *name, QWidget *parent)
{
    auto *side = named(new QWidget(parent), name);
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(title);
    column->addWidget(pane, 1);
    title->setBuddy(pane);
    return side;
}

} // namespace

TemplateCompare::TemplateCompare(QWidget *parent)
    : QWidget(parent),
      m_splitter(named(new QSplitter(Qt::Vertical, this), "templateSplitter")),
      m_beforeTitle(named(new ElidedLabel(PlainLabel::Role::Strong, this), "templateBeforeTitle")),
      m_afterTitle(named(new ElidedLabel(PlainLabel::Role::Strong, this), "templateAfterTitle")),
      m_before(named(new ComparePane(ComparePane::Side::Before, this), "templateBefore")),
      m_after(named(new ComparePane(ComparePane::Side::After, this), "templateAfter")),
      m_tabs(named(new QTabWidget(this), "templateTabs", tr("What was changed and found"))),
      m_changes(new TemplateChangesModel(this)),
      m_findings(new TemplateFindingsModel(this))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto *texts = named(new QSplitter(Qt::Horizontal, m_splitter), "templateTexts");
    texts->addWidget(titled(m_beforeTitle, m_before, "templateBeforeSide", texts));
    texts->addWidget(titled(m_afterTitle, m_after, "templateAfterSide", texts));
    texts->setChildrenCollapsible(false);
    m_tabs->tabBar()->setObjectName(QStringLiteral("templateTabBar"));
    for (QWidget *child : m_tabs->findChildren<QWidget *>(QString(), Qt::FindDirectChildrenOnly))
        if (child->objectName().isEmpty())
            child->setObjectName(QStringLiteral("templateTabsPart"));
    m_changesTable = addTable(m_changes, "templateChanges", tr("Changes"),
                              TemplateChangesModel::Line, Qt::AscendingOrder);
    m_findingsTable = addTable(m_findings, "templateFindings", tr("Findings"),
                               TemplateFindingsModel::Severity, Qt::DescendingOrder);
    // What to do about it is seen beside it.
    m_findingsTable->horizontalHeader()->setMaximumSectionSize(kWidestSentence);
    m_splitter->addWidget(texts);
    m_splitter->addWidget(m_tabs);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({450, 230});
    m_splitter->setChildrenCollapsible(false);
    texts->handle(1)->setObjectName(QStringLiteral("templateTextsHandle"));
    m_splitter->handle(1)->setObjectName(QStringLiteral("templateHandle"));
    column->addWidget(m_splitter);
    scrollTogether(m_before, m_after, 1);
    scrollTogether(m_after, m_before, -1);
}

QTableView *TemplateCompare::addTable(TemplatePlacesModel *model, const char *name,
                                      const QString &title, int sortColumn, Qt::SortOrder order)
{
    QTableView *table = makeTable(m_tabs, name, title, new SortedRows(model, this));
    table->sortByColumn(sortColumn, order);
    QHeaderView *columns = table->horizontalHeader();
    columns->setMaximumSectionSize(kWidestColumn);
    columns->setSectionResizeMode(QHeaderView::ResizeToContents);
    // Sentences are read whole.
    table->setWordWrap(true);
    table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    auto *copy = new QAction(tr("&Copy row"), table);
    copy->setObjectName(QLatin1String(name) + QStringLiteral("Copy"));
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    table->addAction(copy);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto row = [table] {
        const auto *sorted = qobject_cast<const SortedRows *>(table->model());
        return sorted->mapToSource(table->currentIndex()).row();
    };
    connect(copy, &QAction::triggered, this, [table, model, row] {
        if (table->currentIndex().isValid())
            QGuiApplication::clipboard()->setText(model->rowText(row()));
    });
    connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this, model, row](const QModelIndex &now) {
                const TemplatePlace *place = now.isValid() ? model->placeAt(row()) : nullptr;
                if (place && !m_isFollowing)
                    showPlace(*place);
            });
    m_tabs->addTab(table, title);
    return table;
}

void TemplateCompare::scrollTogether(ComparePane *from, ComparePane *to, int sign)
{
    // A side that cannot scroll as far must not pull the other one back.
    const auto follow = [this](QScrollBar *bar, int value) {
        if (m_isFollowing)
            return;
        m_isFollowing = true;
        bar->setValue(value);
        m_isFollowing = false;
    };
    connect(from->verticalScrollBar(), &QScrollBar::valueChanged, this,
            [this, to, sign, follow](int value) {
                follow(to->verticalScrollBar(), value + sign * m_offset);
            });
    connect(from->horizontalScrollBar(), &QScrollBar::valueChanged, this,
            [to, follow](int value) { follow(to->horizontalScrollBar(), value); });
    connect(from, &ComparePane::rowChosen, this, [this, from, to](int row) {
        // The rows are one again: what stands beside is what belongs there.
        m_offset = 0;
        to->setCurrentRow(row);
        to->verticalScrollBar()->setValue(from->verticalScrollBar()->value());
        const auto numberIn = [row](const ComparePane *pane) {
            return size_t(row) < pane->lines().size() ? pane->lines()[size_t(row)].number : 0;
        };
        choosePlace(numberIn(m_after), numberIn(m_before));
    });
}

void TemplateCompare::setFile(const ToolchainTemplate &made, const TemplateFile &file)
{
    std::vector<CompareLine> before, after;
    for (const LinePair &pair : pairLines(file.source, file.text)) {
        before.push_back(lineOf(file.source, pair.left, pair.isSame, pair.right >= 0));
        after.push_back(lineOf(file.text, pair.right, pair.isSame, pair.left >= 0));
    }
    m_offset = 0;
    m_before->setLines(std::move(before));
    m_after->setLines(std::move(after));
    m_beforeTitle->setText(file.source.isEmpty() ? tr("Nothing was read for this file")
                                                 : tr("As it was read, without secrets"));
    m_afterTitle->setText(tr("Template: %1").arg(displayText(file.path)));
    m_before->setAccessibleName(m_beforeTitle->text());
    m_after->setAccessibleName(m_afterTitle->text());

    std::vector<TemplateChange> changes;
    std::copy_if(made.changes.begin(), made.changes.end(), std::back_inserter(changes),
                 [&](const TemplateChange &change) { return change.place.file == file.path; });
    std::vector<TemplateFinding> findings;
    std::copy_if(made.findings.begin(), made.findings.end(), std::back_inserter(findings),
                 [&](const TemplateFinding &finding) { return finding.place.file == file.path; });
    setNoted(findings);
    m_tabs->setTabText(0, tr("Chan&ges (%1)").arg(QLocale().toString(changes.size())));
    m_tabs->setTabText(1, tr("F&indings (%1)").arg(QLocale().toString(findings.size())));
    m_tabs->setCurrentIndex(findings.empty() ? 0 : 1);
    m_changes->setChanges(std::move(changes));
    m_findings->setFindings(std::move(findings));
}

void TemplateCompare::setNoted(const std::vector<TemplateFinding> &findings)
{
    QHash<int, TemplateFinding::Severity> before, after;
    const auto note = [](auto &lines, int line, TemplateFinding::Severity severity) {
        lines[line] = std::max(lines.value(line, TemplateFinding::Severity::Note), severity);
    };
    for (const TemplateFinding &finding : findings) {
        note(before, finding.place.sourceLine, finding.severity);
        note(after, finding.place.line, finding.severity);
    }
    const auto tones = [](const QHash<int, TemplateFinding::Severity> &lines) {
        QHash<int, Tone> all;
        for (auto line = lines.begin(); line != lines.end(); ++line)
            all.insert(line.key(), toneOf(line.value()));
        return all;
    };
    m_before->setNoted(tones(before));
    m_after->setNoted(tones(after));
}

void TemplateCompare::showPlace(const TemplatePlace &place)
{
    const int before = m_before->rowOf(place.sourceLine), after = m_after->rowOf(place.line);
    const int page = m_after->verticalScrollBar()->pageStep() / 2;
    // What a rule moved far away cannot stand in one row: each side then goes to its own.
    const bool isFar = before >= 0 && after >= 0 && std::abs(after - before) > page;
    m_offset = isFar ? after - before : 0;
    m_isFollowing = true;
    // The later one decides how far both are scrolled when they stay together.
    if (before >= 0)
        m_before->showRow(before);
    if (after >= 0)
        m_after->showRow(after);
    if (!isFar) {
        const ComparePane *leading = after >= 0 ? m_after : m_before;
        ComparePane *other = after >= 0 ? m_before : m_after;
        other->verticalScrollBar()->setValue(leading->verticalScrollBar()->value());
    }
    m_isFollowing = false;
}

void TemplateCompare::choosePlace(int templateLine, int sourceLine)
{
    const auto choose = [&](QTableView *table, const TemplatePlacesModel *model, int index) {
        for (int row = 0; row < model->rowCount(); ++row) {
            const TemplatePlace *place = model->placeAt(row);
            if ((templateLine && place->line == templateLine) ||
                (sourceLine && place->sourceLine == sourceLine)) {
                m_isFollowing = true;
                m_tabs->setCurrentIndex(index);
                chooseRow(table, row);
                m_isFollowing = false;
                return true;
            }
        }
        return false;
    };
    if (!choose(m_findingsTable, m_findings, 1))
        choose(m_changesTable, m_changes, 0);
}

QList<QWidget *> TemplateCompare::panes() const
{
    return {m_before, m_after, m_tabs->currentWidget()};
}

} // namespace lb
