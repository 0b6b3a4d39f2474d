// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/log_file.h"

#include "core/base/format.h"

#include <QByteArrayMatcher>
#include <QFile>
#include <QtConcurrentRun>

#include <algorithm>
#include <cstring>

namespace lb {

namespace {

constexpr qint64 kSliceBytes = 64 << 20;
constexpr qint64 kReadBytes = 1 << 20;
constexpr int kPollMs = 100;

QByteArray lowered(QByteArray bytes)
{
    for (char &c : bytes)
        if (c >= 'A' && c <= 'Z')
            c = char(c + 32);
    return bytes;
}

} // namespace

struct LogFileModel::Slice
{
    size_t file = 0;
    quint64 generation = 0;
    Marks marks; ///< `starts` holds only the new ones
    bool atEnd = false;
    bool failed = false;
    bool shrunk = false;
};

struct LogFileModel::Search
{
    struct Place
    {
        QString file;
        std::vector<qint64> starts;
        qint64 lines;
    };
    std::vector<Place> places;
    QByteArray needle;
    int from = 0;
    bool backwards = false;
    std::shared_ptr<std::atomic<bool>> stop;
};

LogFileModel::LogFileModel(QObject *parent)
    : QAbstractListModel(parent),
      m_scanner(new QFutureWatcher<Slice>(this)),
      m_searcher(new QFutureWatcher<int>(this)),
      m_stopSearch(std::make_shared<std::atomic<bool>>(false)),
      m_blocks(256)
{
    m_poll.setInterval(kPollMs);
    connect(&m_poll, &QTimer::timeout, this, &LogFileModel::scan);
    connect(m_scanner, &QFutureWatcherBase::finished, this, [this] { take(m_scanner->result()); });
    connect(m_searcher, &QFutureWatcherBase::finished, this, [this] {
        if (!m_searcher->isCanceled() && m_searcher->future().resultCount() > 0 &&
            m_searcher->result() > -2)
            Q_EMIT found(m_searcher->result());
    });
}

LogFileModel::~LogFileModel()
{
    *m_stopSearch = true;
}

void LogFileModel::setFiles(const QStringList &files, bool growing)
{
    beginResetModel();
    m_files = files;
    m_marks.assign(size_t(files.size()), {});
    m_current = 0;
    m_rows = 0;
    ++m_generation;
    m_blocks.clear();
    endResetModel();
    setGrowing(growing);
    scan();
}

void LogFileModel::setGrowing(bool growing)
{
    m_growing = growing;
    if (growing)
        m_poll.start();
    else
        m_poll.stop();
    // What was written since the last look is still wanted.
    scan();
}

bool LogFileModel::isIdle() const
{
    return !m_scanner->isRunning() &&
           (m_files.isEmpty() || m_current + 1 >= size_t(m_files.size()));
}

void LogFileModel::scan()
{
    if (m_scanner->isRunning() || m_current >= size_t(m_files.size()))
        return;
    Marks from;
    from.lines = m_marks[m_current].lines;
    from.scanned = m_marks[m_current].scanned;
    from.open = m_marks[m_current].open;
    m_scanner->setFuture(QtConcurrent::run(&LogFileModel::scanSlice, m_files[qsizetype(m_current)],
                                           m_current, from, m_generation));
}

LogFileModel::Slice LogFileModel::scanSlice(const QString &name, size_t index, Marks from,
                                            quint64 generation)
{
    Slice slice;
    slice.file = index;
    slice.generation = generation;
    slice.marks = std::move(from);
    Marks &marks = slice.marks;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
        slice.failed = slice.atEnd = true;
        return slice;
    }
    if (file.size() < marks.scanned) {
        slice.shrunk = true;
        return slice;
    }
    file.seek(marks.scanned);
    QByteArray buffer(kReadBytes, Qt::Uninitialized);
    qint64 done = 0;
    while (done < kSliceBytes) {
        const qint64 got = file.read(buffer.data(), buffer.size());
        if (got <= 0) {
            slice.atEnd = true;
            break;
        }
        const char *const begin = buffer.constData();
        const char *const end = begin + got;
        for (const char *at = begin; at < end;) {
            if (!marks.open) {
                if (marks.lines % kLinesPerMark == 0)
                    marks.starts.push_back(marks.scanned + (at - begin));
                ++marks.lines;
                marks.open = true;
            }
            const void *newline = std::memchr(at, '\n', size_t(end - at));
            if (!newline)
                break;
            marks.open = false;
            at = static_cast<const char *>(newline) + 1;
        }
        marks.scanned += got;
        done += got;
    }
    return slice;
}

void LogFileModel::take(const Slice &slice)
{
    if (slice.generation != m_generation)
        return scan();
    if (slice.shrunk)
        return setFiles(QStringList(m_files), m_growing);
    if (slice.failed)
        Q_EMIT readFailed(m_files[qsizetype(slice.file)]);
    Marks &marks = m_marks[slice.file];
    const qint64 added = slice.marks.lines - marks.lines;
    const bool grew = slice.marks.scanned > marks.scanned;
    const bool lastChanged = grew && marks.open && marks.lines > 0;
    if (lastChanged)
        m_blocks.remove({slice.file, (marks.lines - 1) / kLinesPerMark});
    if (grew)
        m_blocks.remove({slice.file, marks.lines / kLinesPerMark});
    const int before = m_rows;
    if (added > 0)
        beginInsertRows({}, m_rows, m_rows + int(added) - 1);
    marks.starts.insert(marks.starts.end(), slice.marks.starts.begin(), slice.marks.starts.end());
    marks.lines = slice.marks.lines;
    marks.scanned = slice.marks.scanned;
    marks.open = slice.marks.open;
    if (added > 0) {
        m_rows += int(added);
        endInsertRows();
    }
    if (lastChanged && before > 0)
        Q_EMIT dataChanged(index(before - 1), index(before - 1));
    if (grew)
        Q_EMIT grown();
    const bool more = m_current + 1 < size_t(m_files.size());
    if (slice.atEnd && more)
        ++m_current;
    if (!slice.atEnd || more)
        scan();
}

std::pair<size_t, qint64> LogFileModel::place(int row) const
{
    qint64 line = row;
    for (size_t file = 0; file < m_marks.size(); ++file) {
        if (line < m_marks[file].lines)
            return {file, line};
        line -= m_marks[file].lines;
    }
    return {m_marks.size(), 0};
}

QStringList LogFileModel::block(size_t file, qint64 mark) const
{
    const std::pair key{file, mark};
    if (const QStringList *known = m_blocks.object(key))
        return *known;
    const Marks &marks = m_marks[file];
    if (size_t(mark) >= marks.starts.size())
        return {};
    QStringList lines;
    QFile reader(m_files[qsizetype(file)]);
    if (reader.open(QIODevice::ReadOnly)) {
        reader.seek(marks.starts[size_t(mark)]);
        const qint64 wanted = qMin<qint64>(kLinesPerMark, marks.lines - mark * kLinesPerMark);
        while (lines.size() < wanted) {
            QByteArray bytes = reader.readLine(kLongestLine + 1);
            const bool cut = !bytes.endsWith('\n') && bytes.size() >= kLongestLine;
            if (cut) {
                // Step over the rest without keeping it.
                while (!reader.atEnd()) {
                    const QByteArray rest = reader.readLine(kReadBytes);
                    if (rest.endsWith('\n'))
                        break;
                }
            }
            while (bytes.endsWith('\n') || bytes.endsWith('\r'))
                bytes.chop(1);
            QString text = displayBytes(bytes);
            if (cut)
                text += QStringLiteral(" … ") + tr("(line cut for showing)");
            lines << text;
        }
    }
    m_blocks.insert(key, new QStringList(lines));
    return lines;
}

QString LogFileModel::line(int row) const
{
    if (row < 0 || row >= m_rows)
        return {};
    const auto [file, line] = place(row);
    if (file >= m_marks.size())
        return {};
    return block(file, line / kLinesPerMark).value(line % kLinesPerMark);
}

int LogFileModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

QVariant LogFileModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::AccessibleTextRole))
        return {};
    return line(index.row());
}

void LogFileModel::find(const QString &text, int row, bool backwards)
{
    *m_stopSearch = true;
    m_stopSearch = std::make_shared<std::atomic<bool>>(false);
    if (text.isEmpty() || m_rows == 0)
        return Q_EMIT found(-1);
    Search search;
    for (size_t file = 0; file < m_marks.size(); ++file)
        search.places.push_back(
            {m_files[qsizetype(file)], m_marks[file].starts, m_marks[file].lines});
    search.needle = lowered(text.toUtf8());
    search.from = qBound(0, row, m_rows - 1);
    search.backwards = backwards;
    search.stop = m_stopSearch;
    m_searcher->setFuture(QtConcurrent::run([search] { return searchFiles(search); }));
}

int LogFileModel::searchFiles(const Search &search)
{
    // Two passes in reading order: what comes after `from`, then (wrapped) what comes before. When
    // going backwards the last hit before `from` counts, else the last one of all.
    const QByteArrayMatcher matcher(search.needle);
    int firstAfter = -1, firstOfAll = -1, lastBefore = -1, lastOfAll = -1;
    int base = 0;
    for (const Search::Place &place : search.places) {
        QFile file(place.file);
        if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
            base += int(place.lines);
            continue;
        }
        // 4096 lines at a time, cut at line borders by the marks.
        constexpr size_t kMarksAtOnce = 64;
        for (size_t mark = 0; mark < place.starts.size(); mark += kMarksAtOnce) {
            if (*search.stop)
                return -2;
            const qint64 from = place.starts[mark];
            const qint64 to = mark + kMarksAtOnce < place.starts.size()
                                  ? place.starts[mark + kMarksAtOnce]
                                  : file.size();
            file.seek(from);
            const QByteArray bytes = lowered(file.read(to - from));
            int row = base + int(mark) * kLinesPerMark;
            qsizetype counted = 0;
            for (qsizetype at = matcher.indexIn(bytes); at >= 0;) {
                row += int(std::count(bytes.cbegin() + counted, bytes.cbegin() + at, '\n'));
                counted = at;
                if (firstOfAll < 0)
                    firstOfAll = row;
                if (row >= search.from && firstAfter < 0)
                    firstAfter = row;
                if (row <= search.from)
                    lastBefore = row;
                lastOfAll = row;
                if (!search.backwards && firstAfter >= 0)
                    return firstAfter;
                const qsizetype next = bytes.indexOf('\n', at);
                at = next < 0 ? -1 : matcher.indexIn(bytes, next);
            }
        }
        base += int(place.lines);
    }
    if (search.backwards)
        return lastBefore >= 0 ? lastBefore : lastOfAll;
    return firstOfAll;
}

} // namespace lb
