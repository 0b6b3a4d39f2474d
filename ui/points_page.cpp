// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/points_page.h"

#include "core/base/format.h"
#include "ui/template_dialog.h"
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStyle>
#include <QTableView>
#include <QTreeWidget>

#include <algorithm>
#include <utility>

namespace lb {

namespace {

constexpr int kPartRole = Qt::UserRole;

} // namespace

PointDetail::PointDetail(QWidget *parent)
    : QWidget(parent),
      m_title(named(new PlainLabel(PlainLabel::Role::Heading, this), "detailTitle")),
      m_facts(named(new PlainLabel(PlainLabel::Role::Body, this), "detailFacts")),
      m_limits(named(new PlainLabel(PlainLabel::Role::Body, this), "detailLimits")),
      m_choosing(named(new PlainLabel(PlainLabel::Role::Muted, this), "detailChoosing")),
      m_notes(named(new QScrollArea(this), "detailNotes", tr("Limits and warnings"))),
      m_complete(named(new StateLabel(this), "detailComplete")),
      m_proof(named(new StateLabel(this), "detailProof")),
      m_secrets(named(new StateLabel(this), "detailSecrets")),
      m_parts(named(new QTreeWidget(this), "detailParts", tr("Parts of the restore point")))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(8);
    auto *states = new QHBoxLayout;
    states->setSpacing(24);
    states->addWidget(m_title);
    states->addWidget(m_proof);
    states->addStretch(1);
    column->addLayout(states);
    m_complete->setWrapping();
    column->addWidget(m_complete);
    m_secrets->setWrapping();
    column->addWidget(m_secrets);
    column->addWidget(m_choosing);
    column->addWidget(m_parts, 1);
    column->addWidget(m_notes, 1);
    column->addWidget(m_facts);
    // A save of several toolchains has dozens of limits: they must not push the parts away.
    m_notes->setWidget(m_limits);
    m_notes->setWidgetResizable(true);
    m_notes->setFrameShape(QFrame::NoFrame);
    for (QWidget *part : m_notes->findChildren<QWidget *>())
        if (part->objectName().isEmpty())
            part->setObjectName(QStringLiteral("detailNotesPart"));
    m_limits->setAlignment(Qt::AlignTop | Qt::AlignLeading);
    m_title->setWordWrap(false);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_limits->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_parts->setHeaderLabels(
        {tr("Part"), tr("Kind"), tr("Taken from"), tr("Entries"), tr("Size"), tr("Taken")});
    m_parts->setRootIsDecorated(false);
    m_parts->setUniformRowHeights(true);
    m_parts->setSelectionMode(QAbstractItemView::SingleSelection);
    m_parts->header()->setStretchLastSection(false);
    for (int section = 0; section < m_parts->columnCount(); ++section)
        m_parts->header()->setSectionResizeMode(
            section, section == 0 ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
    m_parts->header()->setObjectName(QStringLiteral("detailHeader"));
    m_parts->setMinimumHeight(m_parts->fontMetrics().height() * 5);
    m_choosing->hide();
    connect(m_parts, &QTreeWidget::itemChanged, this, [this] {
        showChoice();
        Q_EMIT partsChosen();
    });
    setPoint(nullptr);
}

void PointDetail::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitNotes();
}

/// Never more room than the text needs, and never less than a few of its lines.
void PointDetail::fitNotes()
{
    const int bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    // Without text it has none.
    const int needed = qMax(0, m_limits->heightForWidth(qMax(1, width() - bar)));
    m_notes->setMinimumHeight(qMin(needed, m_limits->fontMetrics().lineSpacing() * 4));
    m_notes->setMaximumHeight(needed);
}

void PointDetail::setPoint(const RestorePoint *point)
{
    setVisible(point);
    m_parts->clear();
    if (!point)
        return;
    m_title->setText(displayText(point->id));
    const Tone complete = toneOf(point->completeness());
    m_complete->setState(toneIcon(complete), completenessText(*point), complete);
    const Tone proof = point->problem.isEmpty() ? toneOf(point->proof) : Tone::Bad;
    m_proof->setState(toneIcon(proof), proofText(*point), proof);
    for (const PartRecord &part : point->parts) {
        // A toolchain's title holds the address of its page, in which no person finds it again.
        const QString name = part.kind == QLatin1String(kToolchainPart) ? toolchainName(part)
                             : part.title.isEmpty()                     ? part.id
                                                                        : part.title;
        auto *item = new QTreeWidgetItem(
            {displayText(name), displayText(part.kind), displayText(part.source),
             QLocale().toString(part.entries), formatSize(part.bytes), formatTime(part.takenFrom)});
        item->setToolTip(0, toolTipText(displayText(part.title)));
        item->setData(0, kPartRole, part.id);
        item->setTextAlignment(3, Qt::AlignTrailing | Qt::AlignVCenter);
        item->setTextAlignment(4, Qt::AlignTrailing | Qt::AlignVCenter);
        m_parts->addTopLevelItem(item);
    }
    // A title that names the folder needs no second column that does.
    m_parts->setColumnHidden(
        2, std::all_of(point->parts.begin(), point->parts.end(),
                       [](const PartRecord &part) { return part.title.contains(part.source); }));
    // What went wrong before what can never be had: the limits may be many.
    QStringList limits;
    for (const QString &warning : point->warnings)
        limits << tr("Warning: %1").arg(displayText(warning));
    for (const QString &limit : point->limits)
        limits << tr("Limit: %1").arg(displayText(limit));
    m_limitLines = limits;
    // What was said of its secrets stays while the same point is shown.
    if (std::exchange(m_point, point->id) != point->id)
        setSecrets({});
    else
        showNotes();
    QStringList facts;
    facts << tr("Source: %1").arg(displayText(point->identity.text));
    facts
        << tr("%1, stored in %2").arg(formatSize(point->bytes()), formatSize(point->storedBytes()));
    facts << tr("Run: %1").arg(displayText(point->run));
    if (!skewText(*point).isEmpty())
        facts << skewText(*point);
    if (!point->folder.isEmpty())
        facts << tr("Folder: %1").arg(displayText(point->folder));
    m_facts->setText(facts.join(QStringLiteral("  ·  ")));
}

void PointDetail::setSecrets(const std::vector<PointSecret> &secrets)
{
    const QString text = pointSecretsText(secrets);
    const Tone tone = isAnyMissing(secrets) ? Tone::Warn : Tone::Neutral;
    m_secrets->setState(toneIcon(tone), text, tone);
    m_secrets->setVisible(!text.isEmpty());
    m_secretLines = pointSecretsToDo(secrets);
    showNotes();
}

void PointDetail::showNotes()
{
    QStringList lines;
    for (const QString &line : std::as_const(m_secretLines))
        lines << displayText(line);
    lines << m_limitLines;
    m_limits->setText(lines.join(QLatin1Char('\n')));
    m_notes->setVisible(!lines.isEmpty());
    fitNotes();
}

void PointDetail::chooseParts(const QStringList &ids)
{
    const QSignalBlocker quiet(m_parts);
    const int count = m_parts->topLevelItemCount();
    m_choosing->setVisible(count > 1);
    for (int i = 0; count > 1 && i < count; ++i) {
        QTreeWidgetItem *item = m_parts->topLevelItem(i);
        const bool isIn = ids.isEmpty() || ids.contains(item->data(0, kPartRole).toString());
        item->setCheckState(0, isIn ? Qt::Checked : Qt::Unchecked);
    }
    showChoice();
}

/// An empty box is hard to see in a dark palette: words say it too.
void PointDetail::showChoice()
{
    const QSignalBlocker quiet(m_parts);
    QStringList left;
    for (int i = 0; i < m_parts->topLevelItemCount(); ++i) {
        QTreeWidgetItem *item = m_parts->topLevelItem(i);
        const bool isLeft = m_choosing->isVisibleTo(this) && item->checkState(0) != Qt::Checked;
        if (isLeft)
            left << item->text(0);
        const auto group = isLeft ? QPalette::Disabled : QPalette::Active;
        for (int column = 0; column < m_parts->columnCount(); ++column)
            item->setForeground(column, m_parts->palette().brush(group, QPalette::Text));
    }
    m_choosing->setText(left.isEmpty()
                            ? tr("Untick the parts that this run is to leave as they are.")
                            : tr("Left as they are: %1").arg(left.join(QStringLiteral(", "))));
}

QStringList PointDetail::chosenParts() const
{
    QStringList ids;
    for (int i = 0; i < m_parts->topLevelItemCount(); ++i) {
        const QTreeWidgetItem *item = m_parts->topLevelItem(i);
        if (m_choosing->isHidden() || item->checkState(0) == Qt::Checked)
            ids << item->data(0, kPartRole).toString();
    }
    return ids;
}

PointsPage::PointsPage(QWidget *parent)
    : Page(tr("Restore points"), "pointsPage", parent),
      m_model(new PointsModel(this)),
      m_sorted(new SortedRows(m_model, this)),
      m_filter(makeFilter(this, "pointsFilter", tr("Filter restore points"))),
      m_empty(named(new PlainLabel(PlainLabel::Role::Muted, this), "pointsEmpty")),
      m_splitter(named(new QSplitter(Qt::Vertical, this), "pointsSplitter")),
      m_detail(named(new PointDetail(m_splitter), "pointDetail")),
      m_restore(named(new QPushButton(tr("&Restore…"), this), "pointRestore")),
      m_verify(named(new QPushButton(tr("&Verify"), this), "pointVerify")),
      m_template(
          named(new QPushButton(tr("&Template…", "button: shows the template of toolchains"), this),
                "pointTemplate")),
      m_remove(named(new QPushButton(tr("Re&move…"), this), "pointRemove"))
{
    m_sorted->filterBy(m_filter);
    m_table = makeTable(m_splitter, "pointsTable", tr("Restore points"), m_sorted);
    m_table->sortByColumn(PointsModel::Made, Qt::DescendingOrder);
    m_table->hideColumn(PointsModel::Loss);
    fitColumns(m_table, PointsModel::Complete);
    m_splitter->insertWidget(0, m_table);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->handle(1)->setObjectName(QStringLiteral("pointsHandle"));
    makePrimary(m_restore);

    header()->addWidget(m_filter);
    content()->addWidget(m_empty, 0, Qt::AlignTop);
    content()->addWidget(m_splitter, 1);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_restore);
    buttons->addWidget(m_verify);
    buttons->addWidget(m_template);
    buttons->addStretch(1);
    buttons->addWidget(m_remove);
    content()->addLayout(buttons);

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &PointsPage::refresh);
    connect(m_sorted, &QAbstractItemModel::modelReset, this, &PointsPage::refresh);
    connect(m_table, &QTableView::activated, m_restore, &QPushButton::click);
    const auto with = [this](auto signal) {
        return [this, signal] {
            if (const RestorePoint *point = current())
                Q_EMIT(this->*signal)(point->system, point->id);
        };
    };
    connect(m_restore, &QPushButton::clicked, this, with(&PointsPage::restoreRequested));
    connect(m_verify, &QPushButton::clicked, this, with(&PointsPage::verifyRequested));
    m_template->setToolTip(tr("What became of each toolchain in its template, line by line"));
    connect(m_template, &QPushButton::clicked, this, [this] {
        if (const RestorePoint *point = current())
            Q_EMIT templateRequested(point->id);
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        const RestorePoint *point = current();
        if (!point)
            return;
        confirm()->disconnect(this);
        connect(
            confirm(), &ConfirmPanel::confirmed, this,
            [this, system = point->system, id = point->id] { Q_EMIT removeRequested(system, id); });
        confirm()->ask(Tone::Bad,
                       tr("Remove the restore point %1 of %2 for good?")
                           .arg(displayText(point->id), displayText(point->system)),
                       tr("It holds %1, made %2. This cannot be taken back.")
                           .arg(formatSize(point->bytes()), timeAndAge(point->madeAt)),
                       point->id, tr("Remove for good"), tr("Keep it"));
    });
    setPoints({});
}

void PointsPage::setPoints(std::vector<RestorePoint> points)
{
    const RestorePoint *before = current();
    const QString id = before ? before->id : QString();
    const bool none = points.empty();
    m_empty->setText(tr("No restore points yet. The first save of a system makes one."));
    m_empty->setVisible(none);
    m_splitter->setVisible(!none);
    m_model->setPoints(std::move(points));
    const QModelIndex row = m_sorted->mapFromSource(m_model->index(m_model->rowOf(id), 0));
    if (row.isValid())
        m_table->selectRow(row.row());
    else if (m_sorted->rowCount())
        m_table->selectRow(0);
    refresh();
}

void PointsPage::setSystems(const QStringList &systems)
{
    m_systems = systems;
    refresh();
}

void PointsPage::setFilter(const QString &text)
{
    m_filter->setText(text);
}

QWidget *PointsPage::filterField()
{
    return m_filter;
}

void PointsPage::focusContent()
{
    m_table->setFocus();
}

const RestorePoint *PointsPage::current() const
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : m_model->at(m_sorted->mapToSource(rows.first()).row());
}

void PointsPage::refresh()
{
    const RestorePoint *point = current();
    m_detail->setPoint(point);
    const bool known = point && m_systems.contains(point->system);
    m_restore->setEnabled(known && point->problem.isEmpty());
    m_restore->setToolTip(point && !known ? tr("The system of this restore point is not set up")
                                          : QString());
    m_verify->setEnabled(known);
    m_remove->setEnabled(known);
    m_template->setVisible(point && hasTemplate(*point));
    m_template->setEnabled(known && point->problem.isEmpty());
    askForSecrets();
}

void PointsPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    // Meanwhile secrets may have been set on their own page.
    m_asked.clear();
    askForSecrets();
}

void PointsPage::askForSecrets()
{
    const RestorePoint *point = current();
    const bool isWanted = point && isVisible() && !secretsToPutBack(*point).empty();
    const QString wanted = isWanted ? point->id : QString();
    if (std::exchange(m_asked, wanted) != wanted && isWanted)
        Q_EMIT secretsWanted(wanted);
}

void PointsPage::setSecrets(const QString &point, const std::vector<PointSecret> &secrets)
{
    if (const RestorePoint *shown = current(); shown && shown->id == point)
        m_detail->setSecrets(secrets);
}

} // namespace lb
