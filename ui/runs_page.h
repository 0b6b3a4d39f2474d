// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages.h"
#include "ui/runs_model.h"
#include "ui/sorted_rows.h"

namespace lb {

/// All runs, newest first: what they did, how they ended, what waits.
class RunsPage : public Page
{
    Q_OBJECT
public:
    explicit RunsPage(QWidget *parent = nullptr);
    void setRuns(std::vector<RunSummary> runs);
    void setFilter(const QString &text);
    QWidget *filterField() override;
    void focusContent() override;

Q_SIGNALS:
    void openRequested(const QString &run);
    void resumeRequested(const QString &run);
    void takeUpRequested(const QString &run); ///< a plan that waits for its go
    void undoRequested(const QString &run);
    void removeRequested(const QString &run);

private:
    const RunSummary *current() const;
    void updateButtons();

    RunsModel *m_model;
    SortedRows *m_sorted;
    QTableView *m_table;
    QLineEdit *m_filter;
    PlainLabel *m_empty;
    QPushButton *m_open, *m_resume, *m_takeUp, *m_undo, *m_remove;
};

} // namespace lb
