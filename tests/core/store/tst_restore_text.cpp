// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include "core/store/restore_text.h"

#include <QJsonArray>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>

#include <filesystem>

using namespace lb;
using namespace lb::test;

namespace {

/// QTemporaryDir cannot remove names that are not UTF-8.
class Scratch
{
public:
    ~Scratch() { removeAll(m_dir.path()); }
    static bool removeAll(const QString &path)
    {
        return std::filesystem::remove_all(path.toStdString()) > 0;
    }
    QString filePath(const QString &name) const { return m_dir.filePath(name); }

private:
    QTemporaryDir m_dir;
};

} // namespace

/// Runs the commands of a RESTORE.md exactly as they stand there.
class TestRestoreText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        for (const char *program : {"zstd", "tar", "bsdtar", "sha256sum", "diff"}) {
            if (QStandardPaths::findExecutable(QLatin1String(program)).isEmpty())
                QSKIP("Needs zstd, tar, bsdtar, sha256sum and diff");
        }
    }

    void commandsRestoreTheTree_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("plain") << QStringLiteral("data");
        QTest::newRow("spaces and quotes") << QStringLiteral("it's \"my\" $HOME `id` \\data; x");
        QTest::newRow("dash") << QStringLiteral("-rf");
        QTest::newRow("markdown") << QStringLiteral("a|b_c*d");
    }
    void commandsRestoreTheTree()
    {
        QFETCH(QString, name);
        const Scratch dir;
        const QString source = dir.filePath(name);
        const auto point = saveTree(dir, source);
        VERIFY_OK(point);
        const QString text =
            QString::fromUtf8(contentOf(point->folder + QStringLiteral("/RESTORE.md")));

        const QStringList blocks = shellBlocks(text);
        QCOMPARE(blocks.size(), 7);
        const QString enter = blocks[0];
        const QString restored = source + QStringLiteral(".restored");
        const QString expected = dir.filePath(QStringLiteral("expected"));
        QCOMPARE(shell(QStringLiteral("cp -a -- %1 %2").arg(quoted(source), quoted(expected))), 0);

        QCOMPARE(shell(enter + QLatin1Char('\n') + blocks[1]), 0); // sha256sum -c
        // tar, then bsdtar, into the new folder
        for (const int extract : {2, 3}) {
            QCOMPARE(shell(enter + QLatin1Char('\n') + blocks[extract]), 0);
            if (extract == 3) // the one thing that the text says bsdtar does not bring back
                QCOMPARE(
                    shell(QStringLiteral("touch -r %1 %2").arg(quoted(expected), quoted(restored))),
                    0);
            QVERIFY(isSame(restored, expected));
            // A second time it must refuse, not mix.
            QVERIFY(shell(enter + QLatin1Char('\n') + blocks[extract]) != 0);
            QVERIFY(Scratch::removeAll(restored));
        }
        // One file, by the name that the listing shows.
        QString listing;
        QCOMPARE(shell(enter + QLatin1Char('\n') + blocks[4], &listing), 0);
        const QStringList names =
            listing.split(QLatin1Char('\n')).filter(QStringLiteral("deep/file"));
        QCOMPARE(names.size(), 1);
        QString single = blocks[5];
        QVERIFY(single.contains(QStringLiteral("NAME='path/as/listed'")));
        single.replace(QStringLiteral("path/as/listed"), names.first());
        QCOMPARE(shell(enter + QLatin1Char('\n') + single), 0);
        QCOMPARE(contentOf(restored + QStringLiteral("/deep/file")), QByteArray("content\n"));
        QVERIFY(!QFile::exists(restored + QStringLiteral("/top")));
        QVERIFY(Scratch::removeAll(restored));

        // Damage the live folder, restore, swap: equal again, the old one kept.
        QVERIFY(writeFile(source + QStringLiteral("/top"), "damaged"));
        QCOMPARE(shell(enter + QLatin1Char('\n') + blocks[2] + QLatin1Char('\n') + blocks[6]), 0);
        QVERIFY(isSame(source, expected));
        QCOMPARE(contentOf(source + QStringLiteral(".before-restore/top")), QByteArray("damaged"));
        // And again: what is aside is not lost by a second swap.
        QVERIFY(shell(enter + QLatin1Char('\n') + blocks[2] + QLatin1Char('\n') + blocks[6]) != 0);
        QCOMPARE(contentOf(source + QStringLiteral(".before-restore/top")), QByteArray("damaged"));
    }

    void damageStopsTheCheck()
    {
        const Scratch dir;
        const auto point = saveTree(dir, dir.filePath(QStringLiteral("data")));
        VERIFY_OK(point);
        const QString part = point->folder + QStringLiteral("/parts/a.tar.zst");
        QByteArray bytes = contentOf(part);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        QVERIFY(writeFile(part, bytes));
        const QStringList blocks = shellBlocks(
            QString::fromUtf8(contentOf(point->folder + QStringLiteral("/RESTORE.md"))));
        QVERIFY(shell(blocks[0] + QLatin1Char('\n') + blocks[1]) != 0);
    }

    void namesCannotBreakOut()
    {
        RestorePoint point = plannedPoint(newPointId(), newRunId());
        point.folder = QStringLiteral("/store/x\n```\nrm -rf /\n```sh");
        point.parts[0].source = QStringLiteral("/srv/a\n```\nrm -rf /");
        point.parts[0].title = QStringLiteral("t\n```sh\nrm -rf /\n```");
        point.limits = {QStringLiteral("l\n```sh\nrm -rf /\n```")};
        point.identity.text = QStringLiteral("\u001b[31m");
        const QString text = QString::fromUtf8(restoreText(point));
        QVERIFY(!text.contains(QChar(0x1b)));
        for (const QString &block : shellBlocks(text))
            QVERIFY2(!block.contains(QStringLiteral("rm -rf")), qPrintable(block));
        for (const QString &line : text.split(QLatin1Char('\n')))
            QVERIFY2(!line.startsWith(QStringLiteral("rm -rf")), qPrintable(line));
    }

    void tellsWhatIsMissing()
    {
        RestorePoint point = plannedPoint(newPointId(), newRunId());
        point.parts.pop_back();
        point.limits = {QStringLiteral("3 sockets were not saved")};
        point.identity.facts.insert(QStringLiteral("host_key"),
                                    QJsonArray{QStringLiteral("k1"), QStringLiteral("k2")});
        PartRecord other;
        other.id = QStringLiteral("db");
        other.format = QStringLiteral("pg_dump custom");
        other.file = QStringLiteral("parts/db.dump");
        point.parts.push_back(other);
        const QString text = QString::fromUtf8(restoreText(point));
        QVERIFY(text.contains(QStringLiteral("Missing: part b")));
        QVERIFY(text.contains(QStringLiteral("3 sockets were not saved")));
        QVERIFY(text.contains(QStringLiteral("parts/db.dump is in the format pg")));
        QVERIFY(text.contains(QStringLiteral("machine\\_id: m1")));
        QVERIFY(text.contains(QStringLiteral("host\\_key: k1, k2")));
    }

private:
    static QString quoted(const QString &path)
    {
        return QLatin1Char('\'') +
               QString(path).replace(QLatin1Char('\''), QStringLiteral("'\\''")) +
               QLatin1Char('\'');
    }

    /// A tree with metadata, packed as Lifeboat does: pax, a folder's content together (names that
    /// are not UTF-8 as hdrcharset=BINARY) and published as a point with one part.
    static Result<RestorePoint> saveTree(const Scratch &dir, const QString &source)
    {
        const QString make =
            QStringLiteral("set -e; mkdir -- %1; cd -- %1; mkdir deep; echo content > deep/file; "
                           "echo top > top; ln top hard; ln -s ../outside link; chmod 2751 deep; "
                           "chmod 600 top; touch -d 2020-02-02T02:02:02.123456789Z top; "
                           "printf x > \"$(printf 'odd\\n\\377name')\"; truncate -s 1M sparse")
                .arg(quoted(source));
        const FolderStore store = openStore(dir.filePath(QStringLiteral("st'ore")));
        const PointId id = newPointId();
        const RunId run = newRunId();
        TRY_VALUE(PointWriter writer, store.beginPoint(kSystem, id, run));
        const QString pack =
            QStringLiteral("cd -- %1 && find . -print0 | sort -z | bsdtar --format=pax -n --null "
                           "-cf - -T - | zstd -q > %2")
                .arg(quoted(source), quoted(writer.partsFolder() + QStringLiteral("/a.tar.zst")));
        if (shell(make) != 0 || shell(pack) != 0)
            return fail(ErrorCode::Failed, QStringLiteral("could not make the tree"));
        RestorePoint point = plannedPoint(id, run);
        point.parts.pop_back();
        point.neededParts.removeLast();
        point.parts[0].index.clear();
        point.parts[0].source = source;
        return writer.publish(point);
    }

    static QStringList shellBlocks(const QString &text)
    {
        static const QRegularExpression fence(QStringLiteral("^```sh\\n(.*?)\\n```$"),
                                              QRegularExpression::MultilineOption |
                                                  QRegularExpression::DotMatchesEverythingOption);
        QStringList blocks;
        for (auto it = fence.globalMatch(text); it.hasNext();)
            blocks << it.next().captured(1);
        return blocks;
    }

    static int shell(const QString &script, QString *output = nullptr)
    {
        QProcess process;
        process.start(QStringLiteral("sh"), {QStringLiteral("-c"), script});
        if (!process.waitForFinished(30'000))
            return -1;
        if (process.exitCode() != 0)
            qInfo().noquote() << process.readAllStandardError().trimmed();
        if (output)
            *output = QString::fromUtf8(process.readAllStandardOutput());
        return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    }

    static bool isSame(const QString &a, const QString &b)
    {
        return shell(
                   QStringLiteral("diff -r --no-dereference -- %1 %2").arg(quoted(a), quoted(b))) ==
                   0 &&
               metadata(a) == metadata(b);
    }

    static QString metadata(const QString &folder)
    {
        QString text;
        if (shell(QStringLiteral("cd -- %1 && find . -printf '%p %M %U:%G %s %b %T@ %n %l\\n' "
                                 "| sort")
                      .arg(quoted(folder)),
                  &text) != 0)
            text = QStringLiteral("unreadable ") + folder;
        return text;
    }
};

QTEST_GUILESS_MAIN(TestRestoreText)
#include "tst_restore_text.moc"
