// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/template_dialog.h"

#include "core/base/format.h"
#include "core/model/restore_point.h"

#include <QDataStream>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace lb {

namespace {

constexpr int kPartRole = Qt::UserRole;
constexpr int kFileRole = Qt::UserRole + 1;

enum TreeColumn
{
    Name,
    Changes,
    Findings,
    ColumnCount
};

bool isTemplatePart(const PartRecord &part)
{
    return part.kind == QLatin1String(kToolchainPart) && part.encryption.isEmpty();
}

} // namespace

QString toolchainName(const PartRecord &part)
{
    const QString name = part.details.value(QLatin1String("name")).toString();
    return name.isEmpty() ? part.id : name;
}

bool hasTemplate(const RestorePoint &point)
{
    return std::any_of(point.parts.begin(), point.parts.end(), isTemplatePart);
}

TemplateDialog::TemplateDialog(const RestorePoint &point, QWidget *parent)
    : QDialog(parent),
      m_message(named(new InlineMessage(this), "templateMessage")),
      m_splitter(named(new QSplitter(Qt::Horizontal, this), "templatePlaces")),
      m_tree(named(new QTreeWidget(m_splitter), "templateFiles", tr("Toolchains and files"))),
      m_stack(named(new QStackedWidget(m_splitter), "templateStack")),
      m_status(named(new PlainLabel(PlainLabel::Role::Muted, m_stack), "templateStatus")),
      m_compare(named(new TemplateCompare(m_stack), "templateCompare"))
{
    setObjectName(QStringLiteral("templateDialog"));
    setWindowTitle(tr("Template in restore point %1").arg(displayText(point.id)));
    setAccessibleName(windowTitle());
    setWindowFlag(Qt::WindowMaximizeButtonHint);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(10);
    auto *about = named(new PlainLabel(PlainLabel::Role::Body, this), "templateAbout");
    about->setText(tr("At the left what was read of a toolchain, at the right the template that a "
                      "restore works from. Choose a change or a finding to go to its lines."));
    column->addWidget(about);
    column->addWidget(m_message);
    column->addWidget(m_splitter, 1);
    m_stack->addWidget(m_status);
    m_stack->addWidget(m_compare);
    m_status->setAlignment(Qt::AlignCenter);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->handle(1)->setObjectName(QStringLiteral("templatePlacesHandle"));

    auto *legend = named(new PlainLabel(PlainLabel::Role::Muted, this), "templateLegend");
    legend->setText(tr("~ other text  ·  − only as read  ·  + only in the template",
                       "what the signs beside the line numbers mean"));
    legend->setWordWrap(false);
    auto *buttons = named(new QDialogButtonBox(QDialogButtonBox::Close, this), "templateButtons");
    named(buttons->button(QDialogButtonBox::Close), "templateClose");
    auto *bottom = new QHBoxLayout;
    bottom->addWidget(legend, 1);
    bottom->addWidget(buttons);
    column->addLayout(bottom);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    const auto onKey = [this](const QKeySequence &key, bool backwards) {
        auto *shortcut = new QShortcut(key, this);
        connect(shortcut, &QShortcut::activated, this, [this, backwards] { nextPane(backwards); });
    };
    onKey(QKeySequence(Qt::Key_F6), false);
    onKey(QKeySequence(Qt::SHIFT | Qt::Key_F6), true);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, &TemplateDialog::showCurrent);
    setMinimumSize(640, 420);
    resize(1180, 780);
    m_splitter->setSizes({330, 810});
    addParts(point);
    m_tree->setFocus();
}

void TemplateDialog::addParts(const RestorePoint &point)
{
    m_tree->setColumnCount(ColumnCount);
    m_tree->setHeaderLabels({tr("File"), tr("Changes"), tr("Findings")});
    m_tree->setUniformRowHeights(true);
    m_tree->header()->setObjectName(QStringLiteral("templateFilesHeader"));
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(Name, QHeaderView::Stretch);
    for (QWidget *child : m_tree->findChildren<QWidget *>())
        if (child->objectName().isEmpty())
            child->setObjectName(QStringLiteral("templateFilesPart"));
    for (const PartRecord &part : point.parts) {
        if (!isTemplatePart(part))
            continue;
        auto *item = new QTreeWidgetItem(m_tree, {displayText(toolchainName(part))});
        item->setToolTip(Name, displayText(part.id));
        item->setData(Name, kPartRole, part.id);
        m_parts[part.id].item = item;
    }
    if (m_tree->topLevelItemCount())
        m_tree->setCurrentItem(m_tree->topLevelItem(0));
    else
        m_status->setText(tr("This restore point holds no toolchain."));
}

void TemplateDialog::ask(const QString &id)
{
    m_parts[id].isAsked = true;
    m_parts[id].problem.reset();
    // The caller may not be connected yet while the dialog is made.
    QMetaObject::invokeMethod(
        this, [this, id] { Q_EMIT partRequested(id); }, Qt::QueuedConnection);
}

void TemplateDialog::setTemplate(const QString &part, const ToolchainTemplate &made)
{
    const auto known = m_parts.find(part);
    if (known == m_parts.end())
        return;
    const bool isCurrent = m_tree->currentItem() == known->item;
    known->made = made;
    known->problem.reset();
    addFiles(*known);
    if (isCurrent && known->item->childCount())
        m_tree->setCurrentItem(known->item->child(0));
    else
        showCurrent();
}

void TemplateDialog::setProblem(const QString &part, const Error &error)
{
    const auto known = m_parts.find(part);
    if (known == m_parts.end())
        return;
    known->problem = error;
    known->item->setIcon(Name, lifeboatIcon(toneIcon(Tone::Bad), Tone::Bad));
    showCurrent();
}

void TemplateDialog::addFiles(Part &part)
{
    part.item->setIcon(Name, QIcon());
    qDeleteAll(part.item->takeChildren());
    for (size_t i = 0; i < part.made->files.size(); ++i) {
        const TemplateFile &file = part.made->files[i];
        const auto isHere = [&](const auto &one) { return one.place.file == file.path; };
        const auto count = [&](const auto &all) {
            return std::count_if(all.begin(), all.end(), isHere);
        };
        const auto changes = count(part.made->changes), findings = count(part.made->findings);
        auto *item =
            new QTreeWidgetItem(part.item, {displayText(file.path.section(QLatin1Char('/'), -1)),
                                            changes ? QLocale().toString(changes) : QString(),
                                            findings ? QLocale().toString(findings) : QString()});
        item->setToolTip(Name, displayText(file.path));
        item->setData(Name, kPartRole, part.item->data(Name, kPartRole));
        item->setData(Name, kFileRole, int(i));
        for (const int number : {Changes, Findings})
            item->setTextAlignment(number, Qt::AlignTrailing | Qt::AlignVCenter);
        auto worst = TemplateFinding::Severity::Note;
        for (const TemplateFinding &finding : part.made->findings)
            if (isHere(finding))
                worst = std::max(worst, finding.severity);
        if (worst != TemplateFinding::Severity::Note)
            item->setIcon(Findings, lifeboatIcon(toneIcon(toneOf(worst)), toneOf(worst)));
    }
    part.item->setExpanded(true);
}

void TemplateDialog::showCurrent()
{
    const QTreeWidgetItem *item = m_tree->currentItem();
    if (!item)
        return;
    const QString id = item->data(Name, kPartRole).toString();
    Part &part = m_parts[id];
    m_message->clear();
    m_stack->setCurrentWidget(m_status);
    if (part.problem)
        return showProblem(id, *part.problem);
    if (!part.made) {
        m_status->setText(tr("Reading the template…"));
        if (!part.isAsked)
            ask(id);
        return;
    }
    const auto &files = part.made->files;
    const bool hasSources = std::any_of(files.begin(), files.end(), [](const TemplateFile &file) {
        return !file.source.isEmpty();
    });
    if (!hasSources)
        m_message->showMessage(Tone::Neutral, tr("Only the template can be shown"),
                               tr("This restore point does not hold what was read in a form to lay "
                                  "beside it. Saves from now on do."));
    const size_t file = size_t(item->data(Name, kFileRole).toInt());
    if (file >= files.size())
        return m_status->setText(tr("The template has no files."));
    m_compare->setFile(*part.made, files[file]);
    m_stack->setCurrentWidget(m_compare);
}

void TemplateDialog::showProblem(const QString &id, const Error &error)
{
    m_status->setText(tr("The template is not shown."));
    m_message->showMessage(
        Tone::Bad, displayText(error.summary),
        displayText(QStringList{error.detail, error.advice}.join(QLatin1Char('\n')).trimmed(),
                    true));
    auto *again = named(m_message->addAction(tr("Try &again")), "templateAgain");
    connect(again, &QPushButton::clicked, this, [this, id] {
        ask(id);
        showCurrent();
    });
}

void TemplateDialog::nextPane(bool backwards)
{
    QList<QWidget *> panes{m_tree};
    if (m_stack->currentWidget() == m_compare)
        panes << m_compare->panes();
    qsizetype now = 0;
    for (qsizetype i = 0; i < panes.size(); ++i)
        if (panes[i]->hasFocus() || (focusWidget() && panes[i]->isAncestorOf(focusWidget())))
            now = i;
    panes[(now + (backwards ? -1 : 1) + panes.size()) % panes.size()]->setFocus(
        Qt::ShortcutFocusReason);
}

QByteArray TemplateDialog::saveLayout() const
{
    QByteArray layout;
    QDataStream out(&layout, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << saveGeometry() << m_splitter->saveState() << m_compare->splitter()->saveState();
    return layout;
}

void TemplateDialog::restoreLayout(const QByteArray &layout)
{
    QByteArray geometry, places, texts;
    QDataStream in(layout);
    in.setVersion(QDataStream::Qt_6_4);
    in >> geometry >> places >> texts;
    if (in.status() != QDataStream::Ok)
        return;
    restoreGeometry(geometry);
    m_splitter->restoreState(places);
    m_compare->splitter()->restoreState(texts);
}

} // namespace lb
