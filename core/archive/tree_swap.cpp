// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tree_swap.h"

#include "core/archive/index_line.h"
#include "core/archive/metadata.h"
#include "core/archive/own_names.h"
#include "core/archive/safe_folder.h"
#include "core/archive/tree_walker.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <stdio.h> // renameat2
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lb {

namespace {

LB_TRANSLATE(Archive)

QString key(const char *name)
{
    return QString::fromLatin1(name);
}

/// Inode of a folder that is there under this very name; 0 when there is none.
quint64 inodeOf(const QString &path)
{
    struct stat st = {};
    return !path.isEmpty() && ::lstat(QFile::encodeName(path).constData(), &st) == 0 ? st.st_ino
                                                                                     : 0;
}

FileDescriptor openFolder(const QString &path)
{
    return FileDescriptor(::open(QFile::encodeName(path).constData(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

QJsonObject metadataJson(int fd)
{
    QByteArray line;
    addEntryLine(line, readMetadata(fd));
    return parseJsonObject(line.chopped(1), QStringLiteral("metadata")).value_or(QJsonObject());
}

Result<void> setMetadata(int fd, const QJsonObject &metadata, const QString &path)
{
    const std::optional<IndexEntry> entry = parseEntryLine(toJson(metadata));
    if (!entry)
        return fail(ErrorCode::Corrupt,
                    tr("What is known about the folder %1 cannot be read").arg(path));
    // What an ordinary user cannot set was reported by the restore already.
    replaceMetadata(fd, *entry);
    return {};
}

Result<void> move(const QByteArray &from, const QByteArray &to, unsigned flags,
                  const SwapObserver &observer, const std::function<int()> &rename)
{
    SwapMove step{from, to, flags == RENAME_EXCHANGE, false};
    if (observer)
        TRY(observer(step));
    if (const int error = rename(); error != 0)
        return failErrno(
            tr("%1 could not be renamed to %2").arg(displayBytes(from), displayBytes(to)), error,
            tr("nothing was lost; resume to go on, or go back"));
    step.done = true;
    return observer ? observer(step) : Result<void>();
}

Result<void> moveFolder(const QString &from, const QString &to, unsigned flags,
                        const SwapObserver &observer)
{
    const QByteArray source = QFile::encodeName(from);
    const QByteArray destination = QFile::encodeName(to);
    TRY(move(source, destination, flags, observer, [&] {
        return ::renameat2(AT_FDCWD, source.constData(), AT_FDCWD, destination.constData(),
                           flags) == 0
                   ? 0
                   : errno;
    }));
    const FileDescriptor parent = openFolder(QFileInfo(to).absolutePath());
    if (parent.isOpen() && ::fsync(parent.get()) != 0)
        return failErrno(tr("The folder above %1 could not be synced").arg(to), errno);
    return {};
}

/// Moving a folder writes its "..", which needs the right to write into it.
int renameChild(int from, int to, const char *name)
{
    if (::renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
        return 0;
    const int error = errno;
    struct stat st = {};
    if (error != EACCES || ::fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(st.st_mode) || ::fchmodat(from, name, st.st_mode | 0700, 0) != 0)
        return error;
    const bool moved = ::renameat2(from, name, to, name, RENAME_NOREPLACE) == 0;
    const int second = moved ? 0 : errno;
    if (::fchmodat(moved ? to : from, name, st.st_mode & 07777, 0) != 0 && moved)
        return errno;
    return second;
}

/// Moves everything from one open folder to another, but for Lifeboat's own folders.
Result<void> moveChildren(int from, const QString &fromPath, int to, const QString &toPath,
                          const SwapObserver &observer)
{
    for (const int fd : {from, to}) {
        struct stat st = {};
        if (::fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
            ::fchmod(fd, (st.st_mode & 07777) | 0700);
    }
    NameList names;
    TRY_VALUE(const int error, listFolder(from, names));
    if (error != 0)
        return failErrno(tr("The folder %1 could not be read").arg(fromPath), error);
    while (true) {
        TRY_VALUE(const QByteArrayView name, names.next());
        if (name.isEmpty())
            break;
        if (isOwnName(name))
            continue;
        const QByteArray child = name.toByteArray();
        TRY(move(QFile::encodeName(fromPath) + '/' + child, QFile::encodeName(toPath) + '/' + child,
                 0, observer, [&] { return renameChild(from, to, child.constData()); }));
    }
    ::fsync(from);
    ::fsync(to);
    return {};
}

/// Way (b). Which folder stands inside the target says how far it is, with or without a journal:
/// stage = the old content is (still or again) being moved; incoming = the new content is;
/// neither, but aside = applied; stage alone = not applied.
class ChildrenSwap
{
public:
    ChildrenSwap(const SwapRecord &record, const SwapObserver &observer)
        : m_record(record),
          m_observer(observer),
          m_plan(record.plan),
          m_stage(nameOf(QFile::encodeName(m_plan.staging))),
          m_aside(nameOf(QFile::encodeName(m_plan.aside))),
          m_incoming(kIncomingPrefix + m_stage.sliced(qsizetype(sizeof kStagePrefix) - 1))
    {
    }

    Result<void> open()
    {
        m_target = openFolder(m_plan.target);
        struct stat st = {};
        if (!m_target.isOpen() || ::fstat(m_target.get(), &st) != 0)
            return failErrno(tr("The folder %1 could not be opened").arg(m_plan.target), errno);
        if (st.st_ino != m_record.oldInode)
            return fail(ErrorCode::Conflict,
                        tr("%1 is not the folder that it was").arg(m_plan.target), {},
                        tr("nothing was moved; mount or put back what was there"));
        return {};
    }

    SwapState state() const
    {
        if (has(m_incoming))
            return SwapState::Partly;
        if (has(m_stage))
            return has(m_aside) ? SwapState::Partly : SwapState::NotApplied;
        return has(m_aside) ? SwapState::Applied : SwapState::NotApplied;
    }

    Result<void> apply()
    {
        if (state() == SwapState::Applied)
            return {};
        if (!has(m_incoming)) {
            if (!has(m_stage))
                return missingStage();
            TRY(makeFolder(m_aside));
            TRY_VALUE(const FileDescriptor aside, sub(m_aside));
            TRY(moveChildren(m_target.get(), m_plan.target, aside.get(), m_plan.aside, m_observer));
            TRY(setMetadata(aside.get(), m_record.before, m_plan.aside));
            TRY(renameOwn(m_stage, m_incoming));
        }
        TRY_VALUE(const FileDescriptor incoming, sub(m_incoming));
        TRY(moveChildren(incoming.get(), pathOf(m_incoming), m_target.get(), m_plan.target,
                         m_observer));
        TRY(removeOwn(m_incoming));
        return settle(m_record.staged);
    }

    Result<void> undo()
    {
        if (state() == SwapState::NotApplied)
            return settle(m_record.before);
        if (!has(m_stage)) {
            TRY(makeFolder(m_incoming));
            TRY_VALUE(const FileDescriptor incoming, sub(m_incoming));
            TRY(moveChildren(m_target.get(), m_plan.target, incoming.get(), pathOf(m_incoming),
                             m_observer));
            TRY(setMetadata(incoming.get(), m_record.staged, m_plan.staging));
            TRY(renameOwn(m_incoming, m_stage));
        }
        TRY_VALUE(const FileDescriptor aside, sub(m_aside));
        TRY(moveChildren(aside.get(), m_plan.aside, m_target.get(), m_plan.target, m_observer));
        TRY(removeOwn(m_aside));
        return settle(m_record.before);
    }

private:
    bool has(const QByteArray &name) const
    {
        struct stat st = {};
        return ::fstatat(m_target.get(), name.constData(), &st, AT_SYMLINK_NOFOLLOW) == 0;
    }
    QString pathOf(const QByteArray &name) const
    {
        return m_plan.target + QLatin1Char('/') + QFile::decodeName(name);
    }
    tl::unexpected<Error> missingStage() const
    {
        return fail(ErrorCode::NotFound,
                    tr("The staging folder %1 is not there").arg(m_plan.staging));
    }
    Result<FileDescriptor> sub(const QByteArray &name) const
    {
        FileDescriptor fd(::openat(m_target.get(), name.constData(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd.isOpen())
            return failErrno(tr("The folder %1 could not be opened").arg(pathOf(name)), errno);
        return fd;
    }
    Result<void> makeFolder(const QByteArray &name) const
    {
        if (::mkdirat(m_target.get(), name.constData(), 0700) != 0 && errno != EEXIST)
            return failErrno(tr("The folder %1 could not be made").arg(pathOf(name)), errno);
        return {};
    }
    Result<void> renameOwn(const QByteArray &from, const QByteArray &to) const
    {
        if (::renameat2(m_target.get(), from.constData(), m_target.get(), to.constData(),
                        RENAME_NOREPLACE) != 0)
            return failErrno(tr("The folder %1 could not be renamed").arg(pathOf(from)), errno);
        ::fsync(m_target.get());
        return {};
    }
    Result<void> removeOwn(const QByteArray &name) const
    {
        if (::unlinkat(m_target.get(), name.constData(), AT_REMOVEDIR) != 0 && errno != ENOENT)
            return failErrno(tr("The folder %1 could not be removed").arg(pathOf(name)), errno);
        return {};
    }
    Result<void> settle(const QJsonObject &metadata) const
    {
        TRY(setMetadata(m_target.get(), metadata, m_plan.target));
        if (::fsync(m_target.get()) != 0)
            return failErrno(tr("The folder %1 could not be synced").arg(m_plan.target), errno);
        return {};
    }

    const SwapRecord &m_record;
    SwapObserver m_observer;
    const SwapPlan &m_plan;
    QByteArray m_stage, m_aside, m_incoming;
    FileDescriptor m_target;
};

tl::unexpected<Error> notAsRecorded(const SwapPlan &plan)
{
    return fail(ErrorCode::Conflict,
                tr("%1 is neither the old nor the restored folder").arg(plan.target),
                tr("its content was replaced by somebody else"),
                tr("nothing was moved; look at %1 and %2").arg(plan.staging, plan.aside));
}

} // namespace

QJsonObject SwapPlan::toJson() const
{
    return {{key("way"), name(way)},
            {key("why"), why},
            {key("target"), target},
            {key("staging"), staging},
            {key("aside"), aside}};
}

Result<SwapPlan> SwapPlan::fromJson(const QJsonObject &object)
{
    SwapPlan plan;
    plan.why = object.value(key("why")).toString();
    plan.target = object.value(key("target")).toString();
    plan.staging = object.value(key("staging")).toString();
    plan.aside = object.value(key("aside")).toString();
    const QString word = object.value(key("way")).toString();
    const std::optional<SwapWay> known = swapWayFromName(word);
    if (!known)
        return fail(ErrorCode::BadInput, tr("%1 is no way of swapping").arg(word));
    plan.way = *known;
    return plan;
}

QJsonObject SwapRecord::toJson() const
{
    // Inodes as text: 64 bits do not survive every JSON reader.
    return {{key("plan"), plan.toJson()},
            {key("staged_inode"), QString::number(stagedInode)},
            {key("old_inode"), QString::number(oldInode)},
            {key("before"), before},
            {key("staged"), staged}};
}

Result<SwapRecord> SwapRecord::fromJson(const QJsonObject &object)
{
    SwapRecord record;
    TRY_VALUE(record.plan, SwapPlan::fromJson(object.value(key("plan")).toObject()));
    record.stagedInode = object.value(key("staged_inode")).toString().toULongLong();
    record.oldInode = object.value(key("old_inode")).toString().toULongLong();
    record.before = object.value(key("before")).toObject();
    record.staged = object.value(key("staged")).toObject();
    return record;
}

QJsonObject SwapMove::toJson() const
{
    return {{key("from"), displayBytes(from)},
            {key("to"), displayBytes(to)},
            {key("exchange"), exchange},
            {key("done"), done}};
}

Result<SwapRecord> TreeSwap::prepare(const SwapPlan &plan)
{
    SwapRecord record;
    record.plan = plan;
    const FileDescriptor staging = openFolder(plan.staging);
    if (!staging.isOpen())
        return failErrno(tr("The staging folder %1 could not be opened").arg(plan.staging), errno);
    record.stagedInode = inodeOf(plan.staging);
    record.staged = metadataJson(staging.get());
    record.oldInode = inodeOf(plan.target);
    if (plan.way == SwapWay::Rename) {
        if (record.oldInode != 0)
            return fail(ErrorCode::Conflict, tr("%1 exists by now").arg(plan.target), {},
                        tr("nothing was changed; plan the restore again"));
        return record;
    }
    const FileDescriptor target = openFolder(plan.target);
    if (!target.isOpen())
        return failErrno(tr("The folder %1 could not be opened").arg(plan.target), errno);
    record.before = metadataJson(target.get());
    return record;
}

Result<SwapState> TreeSwap::state() const
{
    const SwapPlan &plan = m_record.plan;
    if (plan.way == SwapWay::Children) {
        ChildrenSwap swap(m_record, {});
        TRY(swap.open());
        return swap.state();
    }
    const quint64 now = inodeOf(plan.target);
    if (now == m_record.oldInode)
        return SwapState::NotApplied;
    if (now != m_record.stagedInode)
        return notAsRecorded(plan);
    return plan.way == SwapWay::Exchange && inodeOf(plan.staging) == m_record.oldInode
               ? SwapState::Partly
               : SwapState::Applied;
}

Result<void> TreeSwap::apply(const SwapObserver &observer) const
{
    const SwapPlan &plan = m_record.plan;
    if (plan.way == SwapWay::Children) {
        ChildrenSwap swap(m_record, observer);
        TRY(swap.open());
        return swap.apply();
    }
    TRY_VALUE(const SwapState now, state());
    if (now == SwapState::Applied)
        return {};
    if (now == SwapState::NotApplied) {
        if (inodeOf(plan.staging) != m_record.stagedInode)
            return fail(ErrorCode::Conflict,
                        tr("%1 is not the folder that was restored").arg(plan.staging));
        TRY(moveFolder(plan.staging, plan.target,
                       plan.way == SwapWay::Exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE,
                       observer));
    }
    // After the exchange the old content stands under the staging name.
    if (plan.way == SwapWay::Exchange)
        TRY(moveFolder(plan.staging, plan.aside, RENAME_NOREPLACE, observer));
    return {};
}

Result<void> TreeSwap::undo(const SwapObserver &observer) const
{
    const SwapPlan &plan = m_record.plan;
    if (plan.way == SwapWay::Children) {
        ChildrenSwap swap(m_record, observer);
        TRY(swap.open());
        return swap.undo();
    }
    TRY_VALUE(const SwapState now, state());
    if (now == SwapState::NotApplied)
        return {};
    if (plan.way == SwapWay::Rename)
        return moveFolder(plan.target, plan.staging, RENAME_NOREPLACE, observer);
    if (now == SwapState::Applied) {
        if (inodeOf(plan.aside) != m_record.oldInode)
            return fail(ErrorCode::NotFound,
                        tr("The old content is not at %1 any more").arg(plan.aside), {},
                        tr("nothing was moved"));
        TRY(moveFolder(plan.aside, plan.staging, RENAME_NOREPLACE, observer));
    }
    return moveFolder(plan.staging, plan.target, RENAME_EXCHANGE, observer);
}

} // namespace lb
