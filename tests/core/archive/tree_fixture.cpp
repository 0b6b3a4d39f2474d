// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree_fixture.h"

#include "core/archive/tree_remove.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lb {

namespace {

void setTime(const QByteArray &path, qint64 seconds, long nanoseconds)
{
    const timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
    ::utimensat(AT_FDCWD, path.constData(), times, AT_SYMLINK_NOFOLLOW);
}

void makeSparse(const QByteArray &path, qint64 size, const std::vector<qint64> &dataAt)
{
    const int fd = ::open(path.constData(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    const QByteArray block = noise(8192, 7);
    for (const qint64 at : dataAt) {
        if (::pwrite(fd, block.constData(), size_t(block.size()), at) < 0)
            qWarning("pwrite: %s", std::strerror(errno));
    }
    if (::ftruncate(fd, size) != 0)
        qWarning("ftruncate: %s", std::strerror(errno));
    ::close(fd);
}

/// One folder in the other until the path below `folder` has about 4.5 KiB; a file at the end.
void makeDeep(const QByteArray &folder)
{
    int fd = ::open(folder.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const QByteArray name(150, 'd');
    for (int i = 0; i < 30; ++i) {
        ::mkdirat(fd, name.constData(), 0755);
        const int next = ::openat(fd, name.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::close(fd);
        fd = next;
    }
    const int file = ::openat(fd, "end", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (::write(file, "deep", 4) != 4)
        qWarning("write: %s", std::strerror(errno));
    ::close(file);
    ::close(fd);
}

} // namespace

Scratch::Scratch()
{
    QTemporaryDir folder(QDir::tempPath() + QStringLiteral("/lifeboat-archive-XXXXXX"));
    folder.setAutoRemove(false);
    m_path = folder.path();
}

Scratch::~Scratch()
{
    if (const Result<void> removed = removeTree(m_path); !removed)
        qWarning("%s", qPrintable(removed.error().sentence()));
}

void must(int result)
{
    if (result != 0)
        qFatal("a file of the test could not be made: %s", std::strerror(errno));
}

bool isRoot()
{
    return ::geteuid() == 0;
}

QString outputOf(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForStarted() || !process.waitForFinished(100000))
        return QStringLiteral("%1 does not run").arg(program);
    const QString text = QString::fromLocal8Bit(process.readAll());
    return process.exitCode() == 0
               ? text
               : QStringLiteral("exit %1: %2").arg(process.exitCode()).arg(text);
}

void writeFile(const QByteArray &path, const QByteArray &content, unsigned mode)
{
    QFile file(QFile::decodeName(path));
    const int fd = ::open(path.constData(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
    if (fd < 0 || !file.open(fd, QIODevice::WriteOnly, QFileDevice::AutoCloseHandle))
        qFatal("%s: %s", path.constData(), std::strerror(errno));
    file.write(content);
    ::fchmod(fd, mode);
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray noise(qsizetype size, quint32 seed)
{
    QRandomGenerator random(seed);
    QByteArray bytes((size + 3) / 4 * 4, Qt::Uninitialized);
    random.fillRange(reinterpret_cast<quint32 *>(bytes.data()), bytes.size() / 4);
    bytes.truncate(size);
    return bytes;
}

void makeEveryKind(const QByteArray &folder, bool privileged)
{
    const auto at = [&](const QByteArray &name) { return folder + '/' + name; };
    ::mkdir(folder.constData(), 0755);
    for (const char *name : {"a", "a/inner", "read-only", "sticky", "empty", "acl", "many"})
        ::mkdir(at(name).constData(), 0755);
    writeFile(at("a.txt"), "sorts between a and a/inner by bytes");
    writeFile(at("a/inner/file"), noise(100000, 1));
    writeFile(at("a-b"), {});
    writeFile(at("big"),
              noise(9 * 1024 * 1024 + 77, 2).replace(1024, 3 << 20, QByteArray(3 << 20, 'x')));
    writeFile(at("exactly-a-frame"), noise(4 * 1024 * 1024 - 1536, 9));
    writeFile(at("large-but-one-frame"), QByteArray(4 * 1024 * 1024 - 4096, 'y'));
    for (int i = 0; i < 300; ++i)
        writeFile(at("many/file" + QByteArray::number(i)), noise(i * 37, quint32(i)));
    writeFile(at("read-only/file"), "x", 0444);
    writeFile(at("none"), "no rights", 0000);
    writeFile(at("-dash"), "-");
    writeFile(at("new\nline\ttab"), "newline");
    writeFile(at("quote\"back\\slash"), "quote");
    writeFile(at(QByteArray("not-utf8-\xff\xfe\xc3")), "bytes");
    writeFile(at(QByteArray(255, 'n')), "255");
    writeFile(at(QByteArray(253, '\xe9') + "ab"), "255 bytes not UTF-8");
    writeFile(at("caf\xc3\xa9"), "NFC");
    writeFile(at("cafe\xcc\x81"), "NFD");
    writeFile(at("Case"), "upper");
    writeFile(at("case"), "lower");
    must(::symlink("a.txt", at("link").constData()));
    must(::symlink("/nowhere/at all", at("absolute").constData()));
    must(::symlink("loop", at("loop").constData()));
    must(::symlink("../../outside", at("a/outside").constData()));
    must(::symlink((QByteArray(200, 't') + "\xff").constData(), at("long-target").constData()));
    must(::link(at("a.txt").constData(), at("hard").constData()));
    must(::link(at("a.txt").constData(), at("many/hard").constData()));
    makeSparse(at("sparse"), 20 << 20, {0, 5 << 20, 19 << 20});
    makeSparse(at("sparse-hole-at-end"), 9 << 20, {4096});
    makeSparse(at("all-hole"), 3 << 20, {});
    makeSparse(at(QByteArray("sparse-\xff-name")), 1 << 20, {65536});
    ::setxattr(at("a.txt").constData(), "user.note", "x\0y\n=", 5, 0);
    ::setxattr(at("a").constData(), "user.folder", "1", 1, 0);
    makeDeep(folder);
    const QString acl = QFile::decodeName(at("acl"));
    outputOf(QStringLiteral("setfacl"),
             {QStringLiteral("-m"), QStringLiteral("u:1234:rwx,g:77:r"), acl});
    outputOf(QStringLiteral("setfacl"),
             {QStringLiteral("-d"), QStringLiteral("-m"), QStringLiteral("u:1234:rx,o::-"), acl});
    writeFile(at("acl/file"), "acl");
    outputOf(QStringLiteral("setfacl"),
             {QStringLiteral("-m"), QStringLiteral("u:4321:rw"), acl + QStringLiteral("/file")});
    if (privileged) {
        writeFile(at("setuid"), "s", 0755);
        must(::chown(at("setuid").constData(), 1000, 1001));
        ::chmod(at("setuid").constData(), 06755);
        writeFile(at("owned"), "o");
        must(::chown(at("owned").constData(), 3000000, 2999999));
        must(::lchown(at("link").constData(), 55, 66));
        must(::chown(at("many").constData(), 12, 34));
        ::setxattr(at("owned").constData(), "trusted.lb", "t", 1, 0);
        outputOf(QStringLiteral("setcap"),
                 {QStringLiteral("cap_net_raw+ep"), QFile::decodeName(at("owned"))});
        ::chmod(at("many").constData(), 02775);
    }
    ::chmod(at("sticky").constData(), 01777);
    setTime(at("a.txt"), 1234567890, 123456789);
    setTime(at("a-b"), 0, 1);
    setTime(at("Case"), -1000, 0); // bsdtar misreads a fraction before 1970
    setTime(at("loop"), 1000000000, 999999999);
    setTime(at("many"), 1500000000, 42);
    ::chmod(at("read-only").constData(), 0555);
    setTime(at("read-only"), 1400000000, 3);
    setTime(folder, 1300000000, 77);
}

QString differencesOf(const QString &a, const QString &b)
{
    QString text = outputOf(QStringLiteral("rsync"),
                            {QStringLiteral("-naicHAX"), QStringLiteral("--numeric-ids"),
                             QStringLiteral("--modify-window=-1"), QStringLiteral("--delete"),
                             a + QLatin1Char('/'), b + QLatin1Char('/')});
    const auto blocks = [](const QString &folder) {
        return outputOf(QStringLiteral("find"),
                        {folder, QStringLiteral("-type"), QStringLiteral("f"),
                         QStringLiteral("-printf"), QStringLiteral("%b %P\\n")})
            .split(QLatin1Char('\n'));
    };
    QStringList first = blocks(a);
    QStringList second = blocks(b);
    first.sort();
    second.sort();
    if (first != second)
        text += QStringLiteral("blocks differ");
    return text;
}

} // namespace lb
