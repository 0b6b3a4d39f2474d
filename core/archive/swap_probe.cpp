// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/own_names.h"
#include "core/archive/tree_swap.h"
#include "core/archive/tree_walker.h"
#include "core/base/format.h"

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

/// Two throw-away folders in an open folder, the second with a child; all gone again with this.
/// The folder's own time is put back.
class ThrowAway
{
public:
    ThrowAway(int folder, const QByteArray &base)
        : m_folder(folder), m_a(base + "-a"), m_b(base + "-b")
    {
        ::fstat(folder, &m_before);
        m_error = ::mkdirat(folder, m_a.constData(), 0700) == 0 || errno == EEXIST ? 0 : errno;
        if (m_error == 0)
            m_error = ::mkdirat(folder, m_b.constData(), 0700) == 0 || errno == EEXIST ? 0 : errno;
        if (m_error == 0)
            ::mkdirat(folder, (m_b + "/x").constData(), 0700);
    }
    ~ThrowAway()
    {
        // They may have changed places.
        for (const QByteArray &name : {m_a + "/x", m_b + "/x", m_a, m_b})
            ::unlinkat(m_folder, name.constData(), AT_REMOVEDIR);
        const timespec times[2] = {{0, UTIME_OMIT}, m_before.st_mtim};
        ::futimens(m_folder, times);
    }
    ThrowAway(const ThrowAway &) = delete;
    ThrowAway &operator=(const ThrowAway &) = delete;

    int error() const { return m_error; } ///< errno of making them
    /// errno of letting them change places.
    int tryExchange() const
    {
        const int result =
            ::renameat2(m_folder, m_a.constData(), m_folder, m_b.constData(), RENAME_EXCHANGE);
        const int error = result == 0 ? 0 : errno;
        if (result == 0) // back, so that b has the child again
            ::renameat2(m_folder, m_a.constData(), m_folder, m_b.constData(), RENAME_EXCHANGE);
        return error;
    }
    /// Whether a folder could be renamed here, without renaming it: its new name is that of a
    /// folder with content, which a file system refuses last, after all its other reasons.
    int tryRename(int from, const char *name) const
    {
        if (::renameat(from, name, m_folder, m_b.constData()) == 0)
            return EIO;
        return errno == ENOTEMPTY || errno == EEXIST ? 0 : errno;
    }

private:
    int m_folder;
    QByteArray m_a, m_b;
    struct stat m_before = {};
    int m_error = 0;
};

struct Mounts
{
    bool atTarget = false;
    QByteArray below;
};

QByteArray unescapeMount(QByteArrayView text)
{
    QByteArray out;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            out += char(text.sliced(i + 1, 3).toByteArray().toInt(nullptr, 8));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

Mounts mountsAt(const QByteArray &target)
{
    Mounts mounts;
    QFile file(QStringLiteral("/proc/self/mountinfo"));
    if (!file.open(QIODevice::ReadOnly))
        return mounts;
    for (const QByteArray &line : file.readAll().split('\n')) {
        const QByteArray point = unescapeMount(line.split(' ').value(4));
        if (point == target)
            mounts.atTarget = true;
        else if (point.startsWith(target + '/'))
            mounts.below = point;
    }
    return mounts;
}

QString shortName(const QString &name)
{
    return name.toUtf8().size() <= 100 ? name : name.left(24);
}

Result<SwapPlan> planChildren(SwapPlan plan, const QString &run, const QString &why)
{
    const QString stage = QLatin1String(kStagePrefix) + run;
    plan.way = SwapWay::Children;
    plan.why = why;
    plan.staging = plan.target + QLatin1Char('/') + stage;
    plan.aside = plan.target + QLatin1Char('/') + QLatin1String(kAsidePrefix) + run;
    const FileDescriptor folder(
        ::open(QFile::encodeName(plan.target).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.isOpen())
        return failErrno(tr("The folder %1 could not be opened").arg(plan.target), errno);
    const ThrowAway names(folder.get(), QFile::encodeName(stage) + "-probe");
    if (names.error() != 0)
        return failErrno(tr("Nothing can be made in %1, nor beside it").arg(plan.target),
                         names.error(), tr("restore beside it, or as another user"));
    NameList children;
    TRY_VALUE(const int error, listFolder(folder.get(), children));
    if (error != 0)
        return failErrno(tr("The folder %1 could not be read").arg(plan.target), error);
    while (true) {
        TRY_VALUE(const QByteArrayView name, children.next());
        if (name.isEmpty())
            return plan;
        const QByteArray child = name.toByteArray();
        struct stat st = {};
        if (isOwnName(name) ||
            ::fstatat(folder.get(), child.constData(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(st.st_mode))
            continue;
        const int refused = names.tryRename(folder.get(), child.constData());
        if (refused != 0 && refused != EACCES)
            return fail(
                ErrorCode::Unsupported, tr("%1 cannot be replaced in place").arg(plan.target),
                tr("its folder %1 cannot be renamed: %2")
                    .arg(displayBytes(child), QString::fromLocal8Bit(std::strerror(refused))),
                tr("restore beside it and move the content by hand"));
    }
}

} // namespace

Result<SwapPlan> probeSwap(const QString &target, const QString &run)
{
    SwapPlan plan;
    const QFileInfo named(target);
    if (named.isSymLink() && !named.exists())
        return fail(ErrorCode::Conflict, tr("%1 is a link that leads nowhere").arg(target), {},
                    tr("remove the link, or restore to where it should lead"));
    const QFileInfo info(named.exists() ? named.canonicalFilePath() : named.absoluteFilePath());
    const QString parentPath = QFileInfo(info.absolutePath()).canonicalFilePath();
    if (parentPath.isEmpty())
        return fail(ErrorCode::NotFound, tr("The folder above %1 does not exist").arg(target), {},
                    tr("make it first"));
    const QString base = info.fileName();
    if (base.isEmpty())
        return fail(ErrorCode::BadInput, tr("%1 cannot be replaced as a whole").arg(target));
    const QString beside =
        parentPath == QLatin1String("/") ? parentPath : parentPath + QLatin1Char('/');
    plan.target = beside + base;
    const QString suffix = run + QLatin1Char('-') + shortName(base);
    plan.staging = beside + QLatin1String(kStagePrefix) + suffix;
    plan.aside = beside + QLatin1String(kAsidePrefix) + suffix;

    const QByteArray path = QFile::encodeName(plan.target);
    struct stat st = {};
    const bool exists = ::lstat(path.constData(), &st) == 0;
    if (exists && !S_ISDIR(st.st_mode))
        return fail(ErrorCode::Conflict, tr("%1 is not a folder").arg(target));
    const Mounts mounts = mountsAt(path);
    if (!mounts.below.isEmpty())
        return fail(ErrorCode::Conflict, tr("%1 cannot be replaced").arg(target),
                    tr("a file system is mounted below it at %1").arg(displayBytes(mounts.below)),
                    tr("unmount it first, or restore beside"));
    if (exists && mounts.atTarget)
        return planChildren(plan, run,
                            tr("a file system is mounted there, so its content is "
                               "moved piece by piece"));

    const FileDescriptor parent(
        ::open(QFile::encodeName(parentPath).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat parentStat = {};
    const bool readable = parent.isOpen() && ::fstat(parent.get(), &parentStat) == 0;
    if (exists && (!readable || parentStat.st_dev != st.st_dev))
        return planChildren(plan, run,
                            tr("the folder above it is on another file system, so its "
                               "content is moved piece by piece"));
    const ThrowAway names(parent.get(),
                          QByteArray(kStagePrefix) + QFile::encodeName(run) + "-probe");
    if (names.error() != 0) {
        if (!exists)
            return failErrno(tr("Nothing can be made in %1").arg(parentPath), names.error());
        return planChildren(plan, run,
                            tr("the folder above it cannot be written (%1), so its "
                               "content is moved piece by piece")
                                .arg(QString::fromLocal8Bit(std::strerror(names.error()))));
    }
    if (!exists) {
        plan.way = SwapWay::Rename;
        plan.why = tr("there is nothing yet: the restored folder takes the name");
        plan.aside.clear();
        return plan;
    }
    int refused = names.tryExchange();
    if (refused == 0)
        refused = names.tryRename(parent.get(), QFile::encodeName(base).constData());
    if (refused != 0)
        return planChildren(plan, run,
                            tr("this file system cannot exchange it (%1), so its "
                               "content is moved piece by piece")
                                .arg(QString::fromLocal8Bit(std::strerror(refused))));
    plan.way = SwapWay::Exchange;
    plan.why = tr("same file system: old and new change places at once");
    return plan;
}

} // namespace lb
