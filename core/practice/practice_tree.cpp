// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/practice/practice_tree.h"

#include "core/base/atomic_file.h"
#include "core/base/file_descriptor.h"

#include <QFile>
#include <QRandomGenerator>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(PracticeTree)

namespace fs = std::filesystem;

constexpr int kOrders = 240;
constexpr int kLargeBytes = 8 * 1024 * 1024;

/// Makes entries below one folder; after the first failure it does nothing more.
class Maker
{
public:
    explicit Maker(const QString &folder) : m_root(QFile::encodeName(folder)) {}

    void folder(const QByteArray &path, mode_t mode = 0755)
    {
        check(::mkdir(at(path).constData(), 0755) == 0 && ::chmod(at(path).constData(), mode) == 0,
              path);
    }

    void file(const QByteArray &path, const QByteArray &content, mode_t mode = 0644)
    {
        const FileDescriptor out(
            ::open(at(path).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        check(out.isOpen() &&
                  ::write(out.get(), content.constData(), size_t(content.size())) ==
                      content.size() &&
                  ::fchmod(out.get(), mode) == 0,
              path);
        time(path);
    }

    void sparse(const QByteArray &path, off_t size)
    {
        const FileDescriptor out(
            ::open(at(path).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        check(out.isOpen() && ::ftruncate(out.get(), size) == 0 &&
                  ::pwrite(out.get(), "island", 6, size / 2) == 6,
              path);
        time(path);
    }

    void symlink(const QByteArray &path, const QByteArray &target)
    {
        check(::symlink(target.constData(), at(path).constData()) == 0, path);
    }

    void hardLink(const QByteArray &path, const QByteArray &first)
    {
        check(::link(at(first).constData(), at(path).constData()) == 0, path);
    }

    /// Where the file system has none, the tree is poorer and still good.
    void attribute(const QByteArray &path, const char *name, const QByteArray &value)
    {
        ::setxattr(at(path).constData(), name, value.constData(), size_t(value.size()), 0);
    }

    Result<void> result() const { return m_result; }

private:
    QByteArray at(const QByteArray &path) const
    {
        return path == "." ? m_root : m_root + '/' + path;
    }

    /// Each its own time, with nanoseconds: a restore that rounds shows.
    void time(const QByteArray &path)
    {
        const time_t second = 1'700'000'000 + 3600 * ++m_count;
        const std::array<timespec, 2> times{
            timespec{second, 0}, timespec{second, (123'456'789L * m_count) % 1'000'000'000L}};
        check(::utimensat(AT_FDCWD, at(path).constData(), times.data(), AT_SYMLINK_NOFOLLOW) == 0,
              path);
    }

    void check(bool good, const QByteArray &path)
    {
        if (!good && m_result)
            m_result = failErrno(tr("Cannot make %1").arg(QFile::decodeName(at(path))), errno);
    }

    QByteArray m_root;
    Result<void> m_result;
    int m_count = 0;
};

QByteArray textOf(int number)
{
    QByteArray text;
    for (int line = 0; line < 4 + number % 60; ++line)
        text += "order " + QByteArray::number(number) + " line " + QByteArray::number(line) +
                " amount " + QByteArray::number((number * 7919 + line * 104729) % 100'000) + '\n';
    return text;
}

QByteArray noise(int bytes, quint32 seed)
{
    QRandomGenerator generator(seed);
    QByteArray content(bytes, Qt::Uninitialized);
    for (char &c : content)
        c = char(generator.generate());
    return content;
}

tl::unexpected<Error> cannot(const QString &what, const std::error_code &why)
{
    return fail(ErrorCode::Failed, what, QString::fromStdString(why.message()));
}

} // namespace

Result<void> makePracticeTree(const QString &folder)
{
    if (QFile::exists(folder))
        return fail(ErrorCode::Conflict, tr("%1 is there already").arg(folder));
    TRY(makeFolders(folder));
    Maker make(folder);
    make.file("README", "A folder to practise with. Nothing in it is worth anything.\n");
    make.folder("etc", 0750);
    make.file("etc/shop.conf", "listen 8080\nworkers 4\n", 0640);
    make.file("etc/shop.key", noise(64, 1), 0400);
    make.symlink("etc/current.conf", "shop.conf");
    make.folder("orders");
    for (int month = 1; month <= 6; ++month) {
        const QByteArray name = "orders/2026-0" + QByteArray::number(month);
        make.folder(name);
        for (int n = month; n <= kOrders; n += 6)
            make.file(name + "/order-" + QByteArray::number(10'000 + n) + ".txt", textOf(n));
    }
    make.folder("images");
    for (int n = 0; n < 12; ++n)
        make.file("images/photo-" + QByteArray::number(n) + ".raw",
                  noise(200'000 + n * 4096, 7 + n));
    make.file("images/film.raw", noise(kLargeBytes, 99));
    make.hardLink("images/film-again.raw", "images/film.raw");
    make.sparse("images/disk.img", 64 * 1024 * 1024);
    make.folder("bin");
    make.file("bin/shop", "#!/bin/sh\nexec true\n", 0755);
    make.file("bin/as-owner", "#!/bin/sh\nexec true\n", 04755);
    make.folder("odd");
    make.file("odd/empty", {});
    make.file("odd/two words", "a space\n");
    make.file("odd/line\nbreak", "a newline in the name\n");
    make.file("odd/not-utf8-\xE9\xFF", "bytes that are no UTF-8\n");
    make.file("odd/caf\xC3\xA9", "composed\n");
    make.file("odd/cafe\xCC\x81", "decomposed\n");
    make.file("odd/" + QByteArray(255, 'x'), "a name of 255 bytes\n");
    make.file("odd/--help", "a name like an option\n");
    make.symlink("odd/nowhere", "/nonexistent/place");
    make.symlink("odd/loop", "loop");
    make.folder("spool", 01777);
    make.folder("closed");
    make.file("closed/kept", "in a folder that cannot be written\n", 0444);
    make.attribute("README", "user.comment", "an extended attribute");
    make.attribute("images", "user.album", "2026");
    TRY(make.result());
    if (::chmod(QFile::encodeName(folder + QStringLiteral("/closed")).constData(), 0555) != 0)
        return failErrno(tr("Cannot close %1/closed").arg(folder), errno);
    return {};
}

Result<QStringList> damagePracticeTree(const QString &folder)
{
    const fs::path root(QFile::encodeName(folder).toStdString());
    if (!fs::is_directory(root))
        return fail(ErrorCode::NotFound, tr("%1 is not there").arg(folder), {},
                    tr("“practice start files” makes it"));
    QStringList done;
    std::error_code why;
    fs::remove_all(root / "orders/2026-03", why);
    if (why)
        return cannot(tr("Cannot damage orders"), why);
    done << tr("deleted all orders of March");
    const auto overwrite = [&](const QString &path, const QByteArray &content,
                               qint64 offset) -> Result<void> {
        QFile file(folder + QLatin1Char('/') + path);
        if (!file.exists())
            return {}; // damaged twice
        if (!file.open(QIODevice::ReadWrite) || !file.seek(offset) ||
            file.write(content) != content.size())
            return fail(ErrorCode::Failed, tr("Cannot damage %1").arg(path), file.errorString());
        return {};
    };
    TRY(overwrite(QStringLiteral("images/film.raw"), QByteArray(4096, '\0'), 1'000'000));
    done << tr("overwrote 4 KiB in the middle of images/film.raw");
    TRY(overwrite(QStringLiteral("etc/shop.conf"), "listen 0\n", 0));
    done << tr("changed etc/shop.conf");
    QFile::resize(folder + QStringLiteral("/images/photo-3.raw"), 1000);
    done << tr("cut off images/photo-3.raw");
    QFile strange(folder + QStringLiteral("/orders/ransom-note.txt"));
    if (!strange.open(QIODevice::WriteOnly) || strange.write("pay\n") != 4)
        return fail(ErrorCode::Failed, tr("Cannot damage orders"), strange.errorString());
    done << tr("added orders/ransom-note.txt");
    fs::remove(root / "bin/shop", why);
    done << tr("deleted bin/shop");
    fs::permissions(root / "etc", fs::perms(0777), why);
    if (why)
        return cannot(tr("Cannot damage etc"), why);
    done << tr("opened etc to everybody");
    return done;
}

Result<void> removePracticeTree(const QString &folder)
{
    const fs::path root(QFile::encodeName(folder).toStdString());
    std::error_code why;
    if (!fs::exists(fs::symlink_status(root, why)))
        return {};
    // What stands in a folder that cannot be written could not be deleted.
    fs::permissions(root, fs::perms::owner_all, fs::perm_options::add, why);
    for (fs::recursive_directory_iterator it(root, why), end; !why && it != end;
         it.increment(why)) {
        if (it->is_directory(why) && !it->is_symlink(why))
            fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, why);
    }
    fs::remove_all(root, why);
    if (why)
        return cannot(tr("Cannot delete %1").arg(folder), why);
    return {};
}

} // namespace lb
