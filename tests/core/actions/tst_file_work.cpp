// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/file_work.h"
#include "tests/core/base/result_words.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace lb;
using namespace lb::test;

/// Writing a file keeps the old one until it is known to be taken back or not.
class TestFileWork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void writingAndTakingBack_data();
    void writingAndTakingBack();
    void oldOwnerAndModeComeBack();
    void secondAttemptKeepsTheFirstOldFile();
    void undoAfterAnyInterruption_data();
    void undoAfterAnyInterruption();
    void undoTwiceIsUndoOnce();
    void whatCannotBeKeptIsNotReplaced();

private:
    Result<CallOutcome> write(const QByteArray &content);
    Result<CallOutcome> takeBack();
    QString path() const { return m_folder->filePath(QStringLiteral("app.conf")); }
    QString aside() const { return m_folder->filePath(QStringLiteral(".lifeboat-aside-r1")); }
    QByteArray content() const;
    void put(const QByteArray &bytes) const;
    QStringList names() const
    {
        return QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    ActionContext m_context;
    std::function<void()> m_onRecord; ///< what happens when the journal has the observation
};

namespace {

struct Killed
{
};

} // namespace

void TestFileWork::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
    m_onRecord = {};
    m_context = {};
    m_context.record = [this](const QJsonObject &what) {
        m_context.observed << what;
        if (m_onRecord)
            m_onRecord();
    };
}

Result<CallOutcome> TestFileWork::write(const QByteArray &content)
{
    WriteFileCall call;
    call.path = path();
    call.content = TemplateText(QString::fromUtf8(content));
    call.mode = 0640;
    call.aside = aside();
    return writeFileWork(call, m_context)({}, {});
}

Result<CallOutcome> TestFileWork::takeBack()
{
    return restoreFileWork({path(), aside()}, m_context)({}, {});
}

QByteArray TestFileWork::content() const
{
    QFile file(path());
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void TestFileWork::put(const QByteArray &bytes) const
{
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

void TestFileWork::writingAndTakingBack_data()
{
    QTest::addColumn<QByteArray>("before"); // null: there is none
    QTest::newRow("there was one") << QByteArray("old");
    QTest::newRow("there was an empty one") << QByteArray("");
    QTest::newRow("there was none") << QByteArray();
}

void TestFileWork::writingAndTakingBack()
{
    QFETCH(const QByteArray, before);
    if (!before.isNull())
        put(before);
    const auto written = write("new");
    QCOMPARE(whyNot(written), QString());
    QCOMPARE(content(), QByteArray("new"));
    struct stat info
    {
    };
    QCOMPARE(::stat(QFile::encodeName(path()).constData(), &info), 0);
    QCOMPARE(int(info.st_mode & 07777), 0640);
    QCOMPARE(names().size(), before.isNull() ? 1 : 2);
    QCOMPARE(m_context.observed.size(), 1);

    QCOMPARE(whyNot(takeBack()), QString());
    QCOMPARE(QFile::exists(path()), !before.isNull());
    QCOMPARE(content(), before);
    QCOMPARE(names().size(), before.isNull() ? 0 : 1);
}

void TestFileWork::oldOwnerAndModeComeBack()
{
    put("old");
    const QByteArray name = QFile::encodeName(path());
    QCOMPARE(::chmod(name.constData(), 04751), 0);
    struct stat before
    {
    };
    struct stat after
    {
    };
    QCOMPARE(::stat(name.constData(), &before), 0);
    QCOMPARE(whyNot(write("new")), QString());
    QCOMPARE(whyNot(takeBack()), QString());
    QCOMPARE(::stat(name.constData(), &after), 0);
    QCOMPARE(after.st_mode, before.st_mode);
    QCOMPARE(after.st_ino, before.st_ino); // the very same file, with all that hangs on it
}

void TestFileWork::secondAttemptKeepsTheFirstOldFile()
{
    put("old");
    QCOMPARE(whyNot(write("first")), QString());
    QCOMPARE(whyNot(write("second")), QString());
    QCOMPARE(m_context.observed.size(), 1);
    QCOMPARE(content(), QByteArray("second"));
    QCOMPARE(whyNot(takeBack()), QString());
    QCOMPARE(content(), QByteArray("old"));
}

void TestFileWork::undoAfterAnyInterruption_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::newRow("killed before the new file, old kept") << QByteArray("old");
    QTest::newRow("killed before the new file, none there") << QByteArray();
}

void TestFileWork::undoAfterAnyInterruption()
{
    QFETCH(const QByteArray, before);
    if (!before.isNull())
        put(before);
    m_onRecord = [] { throw Killed(); }; // the journal has it, and the power goes
    try {
        (void)write("new");
        QFAIL("nothing was recorded");
    } catch (const Killed &) {
    }
    QCOMPARE(content(), before);
    QCOMPARE(whyNot(takeBack()), QString());
    QCOMPARE(content(), before);
    QCOMPARE(names().size(), before.isNull() ? 0 : 1);
}

void TestFileWork::undoTwiceIsUndoOnce()
{
    put("old");
    QCOMPARE(whyNot(write("new")), QString());
    QCOMPARE(whyNot(takeBack()), QString());
    QCOMPARE(whyNot(takeBack()), QString()); // killed before its success was journalled
    QCOMPARE(content(), QByteArray("old"));
}

void TestFileWork::whatCannotBeKeptIsNotReplaced()
{
    put("old");
    QVERIFY(QDir(m_folder->path()).mkdir(QFileInfo(aside()).fileName())); // a folder has the name
    const auto written = write("new");
    QVERIFY(!written);
    QVERIFY(!written.error().advice.isEmpty());
    QCOMPARE(content(), QByteArray("old"));
    QVERIFY(m_context.observed.isEmpty());
}

QTEST_GUILESS_MAIN(TestFileWork)
#include "tst_file_work.moc"
