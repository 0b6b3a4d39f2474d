// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/compare_pane.h"
#include "ui/template_models.h"
#include "ui/widgets.h"

#include <QDialog>
#include <QHash>

class QSplitter;
class QStackedWidget;
class QTableView;
class QTabWidget;
class QTreeWidget;
class QTreeWidgetItem;

namespace lb {

struct PartRecord;
struct RestorePoint;
class SortedRows;

/// True when the restore point holds a toolchain whose template can be shown.
bool hasTemplate(const RestorePoint &point);
/// What people call the toolchain of such a part.
QString toolchainName(const PartRecord &part);

/// One file of a template beside what it was made from, with what the rules changed and what was
/// found. Is given values; asks for a part's by signal.
class TemplateCompare : public QWidget
{
    Q_OBJECT
public:
    explicit TemplateCompare(QWidget *parent = nullptr);
    void setFile(const ToolchainTemplate &made, const TemplateFile &file);
    QSplitter *splitter() const { return m_splitter; }
    /// What F6 goes through, in order.
    QList<QWidget *> panes() const;

private:
    QTableView *addTable(TemplatePlacesModel *model, const char *name, const QString &title,
                         int sortColumn, Qt::SortOrder order);
    void showPlace(const TemplatePlace &place);
    void choosePlace(int templateLine, int sourceLine);
    void setNoted(const std::vector<TemplateFinding> &findings);
    void scrollTogether(ComparePane *from, ComparePane *to, int sign);

    QSplitter *m_splitter;
    PlainLabel *m_beforeTitle, *m_afterTitle;
    ComparePane *m_before, *m_after;
    QTabWidget *m_tabs;
    TemplateChangesModel *m_changes;
    TemplateFindingsModel *m_findings;
    QTableView *m_changesTable, *m_findingsTable;
    int m_offset = 0; ///< rows that `after` is ahead, while a place stands elsewhere in it
    bool m_isFollowing = false;
};

/// The templates in a restore point: toolchains and files at the left, the chosen file at the
/// right. Is given what it shows; never reads a store.
class TemplateDialog : public QDialog
{
    Q_OBJECT
public:
    TemplateDialog(const RestorePoint &point, QWidget *parent);
    void setTemplate(const QString &part, const ToolchainTemplate &made);
    void setProblem(const QString &part, const Error &error);
    /// Sizes of the window and its panes, to be remembered.
    QByteArray saveLayout() const;
    void restoreLayout(const QByteArray &layout);

Q_SIGNALS:
    /// The part is to be read, and given by setTemplate() or setProblem(). Once for each part, and
    /// again after a problem.
    void partRequested(const QString &part);

private:
    struct Part
    {
        QTreeWidgetItem *item = nullptr;
        bool isAsked = false;
        std::optional<ToolchainTemplate> made;
        std::optional<Error> problem;
    };

    void addParts(const RestorePoint &point);
    void addFiles(Part &part);
    void showCurrent();
    void showProblem(const QString &id, const Error &error);
    void ask(const QString &id);
    void nextPane(bool backwards);

    InlineMessage *m_message;
    QSplitter *m_splitter;
    QTreeWidget *m_tree;
    QStackedWidget *m_stack;
    PlainLabel *m_status;
    TemplateCompare *m_compare;
    QHash<QString, Part> m_parts;
};

} // namespace lb
