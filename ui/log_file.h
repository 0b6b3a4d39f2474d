// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QCache>
#include <QFutureWatcher>
#include <QTimer>

#include <atomic>
#include <memory>
#include <vector>

namespace lb {

/// Lines of one or several log files, one after the other, as a list. Only the place of every
/// kLinesPerMark-th line is kept in memory (8 bytes each); the text is read when it is shown. Files
/// are read on a pool thread in slices, so the GUI thread never waits for a disk or a flood.
/// Lines longer than kLongestLine are cut for showing; the file keeps them whole.
class LogFileModel : public QAbstractListModel
{
    Q_OBJECT
public:
    static constexpr int kLinesPerMark = 64;
    static constexpr qint64 kLongestLine = 64 * 1024;

    explicit LogFileModel(QObject *parent = nullptr);
    ~LogFileModel() override;

    /// Starts anew with these files. `growing`: look for new lines until told otherwise.
    void setFiles(const QStringList &files, bool growing);
    const QStringList &files() const { return m_files; }
    void setGrowing(bool growing);
    /// True once everything that was in the files has been indexed.
    bool isIdle() const;
    /// One line, safe to show as plain text.
    QString line(int row) const;
    /// Looks for `text` (any case) from `row` on, forwards or backwards, wrapping once; answers
    /// with found(row) or found(-1). A newer search ends the one before.
    void find(const QString &text, int row, bool backwards);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

Q_SIGNALS:
    void grown(); ///< rows were added
    void found(int row);
    void readFailed(const QString &file);

private:
    struct Marks
    {
        std::vector<qint64> starts; ///< of lines 0, 64, 128…
        qint64 lines = 0;           ///< complete lines, plus an unfinished last one if `open`
        qint64 scanned = 0;         ///< bytes looked at
        bool open = false;          ///< the last byte is no newline
    };
    struct Slice;
    struct Search;

    void scan();
    void take(const Slice &slice);
    std::pair<size_t, qint64> place(int row) const; ///< file, line in it
    QStringList block(size_t file, qint64 mark) const;
    static Slice scanSlice(const QString &file, size_t index, Marks from, quint64 generation);
    static int searchFiles(const Search &search);

    QStringList m_files;
    std::vector<Marks> m_marks;
    size_t m_current = 0;
    quint64 m_generation = 0;
    int m_rows = 0;
    bool m_growing = false;
    QTimer m_poll;
    QFutureWatcher<Slice> *m_scanner;
    QFutureWatcher<int> *m_searcher;
    std::shared_ptr<std::atomic<bool>> m_stopSearch;
    mutable QCache<std::pair<size_t, qint64>, QStringList> m_blocks;
};

} // namespace lb
