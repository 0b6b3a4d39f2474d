// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/point_secrets.h"
#include "ui/pages.h"
#include "ui/points_model.h"
#include "ui/sorted_rows.h"

class QScrollArea;
class QSplitter;
class QTreeWidget;

namespace lb {

/// What one restore point is worth: parts, limits, identity. Used by the page and the wizard.
class PointDetail : public QWidget
{
    Q_OBJECT
public:
    explicit PointDetail(QWidget *parent = nullptr);
    void setPoint(const RestorePoint *point);
    /// What a restore of the point that is shown needs; nothing of it is shown before.
    void setSecrets(const std::vector<PointSecret> &secrets);
    /// Each part can be left out: ticks those with these ids, all when there are none.
    void chooseParts(const QStringList &ids);
    /// Of those that are ticked, in the point's order.
    QStringList chosenParts() const;

Q_SIGNALS:
    void partsChosen();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void fitNotes();
    void showNotes();
    void showChoice();
    QString m_point;
    QStringList m_limitLines, m_secretLines;
    PlainLabel *m_title, *m_facts, *m_limits, *m_choosing;
    QScrollArea *m_notes;
    StateLabel *m_complete, *m_proof, *m_secrets;
    QTreeWidget *m_parts;
};

/// All restore points with what each is worth.
class PointsPage : public Page
{
    Q_OBJECT
public:
    explicit PointsPage(QWidget *parent = nullptr);
    void setPoints(std::vector<RestorePoint> points);
    /// Systems that a point can be restored to.
    void setSystems(const QStringList &systems);
    void setFilter(const QString &text);
    /// The answer to secretsWanted(); dropped when another point is shown by now.
    void setSecrets(const QString &point, const std::vector<PointSecret> &secrets);
    QWidget *filterField() override;
    void focusContent() override;
    QSplitter *splitter() const { return m_splitter; }

Q_SIGNALS:
    void restoreRequested(const QString &system, const QString &point);
    void verifyRequested(const QString &system, const QString &point);
    void removeRequested(const QString &system, const QString &point);
    void templateRequested(const QString &point);
    /// A point came into view whose restore needs secrets.
    void secretsWanted(const QString &point);

protected:
    void showEvent(QShowEvent *event) override;

private:
    const RestorePoint *current() const;
    void refresh();
    void askForSecrets();

    QString m_asked; ///< the point whose secrets were wanted last
    PointsModel *m_model;
    SortedRows *m_sorted;
    QTableView *m_table;
    QLineEdit *m_filter;
    PlainLabel *m_empty;
    QSplitter *m_splitter;
    PointDetail *m_detail;
    QPushButton *m_restore, *m_verify, *m_template, *m_remove;
    QStringList m_systems;
};

} // namespace lb
