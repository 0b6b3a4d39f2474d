// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runner/messages.h"

#include "core/base/json.h"

#include <QJsonObject>
#include <QRandomGenerator>

#include <array>

namespace lb {

namespace {

LB_TRANSLATE(RunnerMessages)

constexpr qint64 kLongestLine = 64 * 1024 * 1024;

template <class Kind>
struct Word
{
    Kind kind;
    const char *word;
};

constexpr std::array kCommands{
    Word<CommandKind>{CommandKind::Go, "go"},
    Word<CommandKind>{CommandKind::Pause, "pause"},
    Word<CommandKind>{CommandKind::Continue, "continue"},
    Word<CommandKind>{CommandKind::Cancel, "cancel"},
    Word<CommandKind>{CommandKind::Answer, "answer"},
    Word<CommandKind>{CommandKind::Secret, "secret"},
    Word<CommandKind>{CommandKind::Status, "status"},
};

using MessageKind = RunnerMessage::Kind;
constexpr std::array kMessages{
    Word<MessageKind>{MessageKind::Hello, "hello"},
    Word<MessageKind>{MessageKind::Event, "event"},
    Word<MessageKind>{MessageKind::Progress, "progress"},
    Word<MessageKind>{MessageKind::Reply, "reply"},
};

template <class Table, class Kind>
QString wordOf(const Table &table, Kind kind)
{
    for (const auto &entry : table) {
        if (entry.kind == kind)
            return QString::fromLatin1(entry.word);
    }
    return {};
}

/// Reads the members of one message and remembers the first thing that is wrong with it, among
/// which is a member that nobody asked for.
class Reader
{
public:
    Reader(QJsonObject object, QString what) : m_object(std::move(object)), m_what(std::move(what))
    {
    }

    bool has(QLatin1String key) const { return m_object.contains(key); }

    QString text(QLatin1String key, bool needed = false)
    {
        return take(key, QJsonValue::String, needed).toString();
    }
    bool yesNo(QLatin1String key, bool needed = false)
    {
        return take(key, QJsonValue::Bool, needed).toBool();
    }
    qint64 number(QLatin1String key, qint64 fallback, bool needed = false)
    {
        const QJsonValue value = take(key, QJsonValue::Double, needed);
        const double raw = value.toDouble();
        if (value.isDouble() && double(qint64(raw)) != raw)
            complain(key, tr("is no whole number"));
        return value.isDouble() ? qint64(raw) : fallback;
    }
    QJsonObject object(QLatin1String key, bool needed = false)
    {
        return take(key, QJsonValue::Object, needed).toObject();
    }
    template <class Kind, class Table>
    Kind word(QLatin1String key, const Table &table)
    {
        const QString found = text(key, true);
        for (const auto &entry : table) {
            if (found == QLatin1String(entry.word))
                return entry.kind;
        }
        complain(key, tr("is unknown: %1").arg(found));
        return table.front().kind;
    }
    void complain(QLatin1String key, const QString &problem)
    {
        if (m_problem.isEmpty())
            m_problem = tr("“%1” %2").arg(QString(key), problem);
    }
    Result<void> finish() const
    {
        QString problem = m_problem;
        for (auto it = m_object.begin(); problem.isEmpty() && it != m_object.end(); ++it) {
            if (!m_known.contains(it.key()))
                problem = tr("“%1” is not known").arg(it.key());
        }
        if (problem.isEmpty())
            return {};
        return fail(ErrorCode::BadInput, tr("%1 cannot be understood").arg(m_what), problem);
    }

private:
    QJsonValue take(QLatin1String key, QJsonValue::Type type, bool needed)
    {
        m_known << key;
        const QJsonValue value = m_object.value(key);
        if (value.isUndefined() && needed)
            complain(key, tr("is missing"));
        else if (!value.isUndefined() && value.type() != type)
            complain(key, tr("has the wrong type"));
        return value;
    }

    QJsonObject m_object;
    QString m_what, m_problem;
    QStringList m_known;
};

Result<Reader> readLine(QByteArrayView line, const QString &what)
{
    if (line.size() > kLongestLine)
        return fail(ErrorCode::BadInput, tr("%1 is too long").arg(what));
    TRY_VALUE(QJsonObject object, parseJsonObject(line, what));
    return Reader(std::move(object), what);
}

QByteArray lineOf(const QJsonObject &object)
{
    return toJson(object) + '\n';
}

constexpr QLatin1String kCommand("command"), kId("id"), kGo("go"), kStep("step"), kAnswer("answer"),
    kNote("note"), kEvidence("evidence"), kBy("by"), kMessage("message"), kSeq("seq"),
    kLeaves("cancel_leaves"), kLine("line"), kReplyTo("reply_to"), kError("error"),
    kBytesDone("bytes_done"), kBytesTotal("bytes_total"), kItemsDone("items_done"),
    kItemsTotal("items_total"), kRunRemaining("run_remaining_ms"),
    kStepRemaining("step_remaining_ms"), kStart("start"), kResume("resume"),
    kFinallyOnly("finally_only"), kSecret("secret"), kValue("value"), kPad("pad"), kRun("run"),
    kSocket("socket"), kFormat("format");

void putText(QJsonObject &object, QLatin1String key, const QString &text)
{
    if (!text.isEmpty())
        object.insert(key, text);
}

/// Under a pad of its own: what JSON code leaves behind in freed memory is then no secret.
void putSecret(QJsonObject &object, const SecretHandle &value)
{
    if (!value)
        return;
    QByteArray pad(qsizetype(value->size()), Qt::Uninitialized);
    for (char &byte : pad)
        byte = char(QRandomGenerator::system()->generate());
    QByteArray covered = pad;
    value->reveal([&covered](QByteArrayView bytes) {
        for (qsizetype i = 0; i < bytes.size(); ++i)
            covered[i] = char(covered.at(i) ^ bytes[i]);
    });
    object.insert(kValue, QString::fromLatin1(covered.toBase64()));
    object.insert(kPad, QString::fromLatin1(pad.toBase64()));
}

SecretHandle secretFrom(const QString &value, const QString &pad)
{
    QByteArray bytes = QByteArray::fromBase64(value.toLatin1());
    const QByteArray over = QByteArray::fromBase64(pad.toLatin1());
    if (bytes.isEmpty() || bytes.size() != over.size())
        return {};
    for (qsizetype i = 0; i < bytes.size(); ++i)
        bytes[i] = char(bytes.at(i) ^ over.at(i));
    return std::make_shared<const SecretString>(std::move(bytes));
}

} // namespace

QByteArray RunCommand::toLine() const
{
    QJsonObject object{{kCommand, wordOf(kCommands, kind)}, {kId, id}};
    if (kind == CommandKind::Go)
        object.insert(kGo, go.toJson());
    if (kind == CommandKind::Answer) {
        object.insert(kStep, step);
        object.insert(kAnswer, name(answer));
        putText(object, kNote, note);
        putText(object, kEvidence, evidence);
    }
    if (kind == CommandKind::Secret) {
        object.insert(kSecret, secret);
        putSecret(object, value);
    }
    putText(object, kBy, by);
    return lineOf(object);
}

Result<RunCommand> RunCommand::fromLine(QByteArrayView line)
{
    TRY_VALUE(Reader reader, readLine(line, tr("a command")));
    RunCommand command;
    command.kind = reader.word<CommandKind>(kCommand, kCommands);
    command.id = int(reader.number(kId, 0, true));
    if (command.kind == CommandKind::Go)
        command.go = GoAnswer::fromJson(reader.object(kGo, true));
    if (command.kind == CommandKind::Answer) {
        command.step = reader.text(kStep, true);
        const QString word = reader.text(kAnswer, true);
        const auto answer = fromWord<AnswerKind>(word);
        if (!answer)
            reader.complain(kAnswer, tr("is unknown: %1").arg(word));
        command.answer = answer.value_or(AnswerKind::Stop);
        command.note = reader.text(kNote);
        command.evidence = reader.text(kEvidence);
    }
    if (command.kind == CommandKind::Secret) {
        command.secret = reader.text(kSecret, true);
        const QString covered = reader.text(kValue, true);
        command.value = secretFrom(covered, reader.text(kPad, true));
        if (!command.value)
            reader.complain(kValue, tr("is empty or cannot be read"));
    }
    command.by = reader.text(kBy);
    TRY(reader.finish());
    return command;
}

QByteArray RunnerMessage::toLine() const
{
    QJsonObject object{{kMessage, wordOf(kMessages, kind)}};
    switch (kind) {
    case Kind::Hello:
        object.insert(kSeq, qint64(seq));
        putText(object, kLeaves, cancelLeaves);
        break;
    case Kind::Event:
        object.insert(kLine, line);
        break;
    case Kind::Progress:
        object.insert(kStep, progress.step);
        object.insert(kBytesDone, progress.bytesDone);
        object.insert(kBytesTotal, progress.bytesTotal);
        object.insert(kItemsDone, progress.itemsDone);
        object.insert(kItemsTotal, progress.itemsTotal);
        object.insert(kRunRemaining, progress.runRemainingMs);
        object.insert(kStepRemaining, progress.stepRemainingMs);
        putText(object, kNote, progress.note);
        break;
    case Kind::Reply:
        object.insert(kReplyTo, replyTo);
        putText(object, kLeaves, cancelLeaves);
        if (error)
            object.insert(kError, errorToJson(*error));
        break;
    }
    return lineOf(object);
}

Result<RunnerMessage> RunnerMessage::fromLine(QByteArrayView line)
{
    TRY_VALUE(Reader reader, readLine(line, tr("a message of the runner")));
    RunnerMessage message;
    message.kind = reader.word<Kind>(kMessage, kMessages);
    switch (message.kind) {
    case Kind::Hello:
        message.seq = quint64(reader.number(kSeq, 0, true));
        message.cancelLeaves = reader.text(kLeaves);
        break;
    case Kind::Event:
        message.line = reader.object(kLine, true);
        break;
    case Kind::Progress:
        message.progress.step = reader.text(kStep, true);
        message.progress.bytesDone = reader.number(kBytesDone, 0);
        message.progress.bytesTotal = reader.number(kBytesTotal, -1);
        message.progress.itemsDone = reader.number(kItemsDone, 0);
        message.progress.itemsTotal = reader.number(kItemsTotal, -1);
        message.progress.runRemainingMs = reader.number(kRunRemaining, -1);
        message.progress.stepRemainingMs = reader.number(kStepRemaining, -1);
        message.progress.note = reader.text(kNote);
        break;
    case Kind::Reply:
        message.replyTo = int(reader.number(kReplyTo, 0, true));
        message.cancelLeaves = reader.text(kLeaves);
        if (reader.has(kError))
            message.error = errorFromJson(reader.object(kError));
        break;
    }
    TRY(reader.finish());
    return message;
}

QByteArray RunnerOrder::toLine() const
{
    QJsonObject object{{kFormat, 1}};
    if (start)
        object.insert(kStart, start->toJson());
    putText(object, kResume, resume.value());
    if (finallyOnly)
        object.insert(kFinallyOnly, true);
    putText(object, kBy, by);
    return lineOf(object);
}

Result<RunnerOrder> RunnerOrder::fromLine(QByteArrayView line)
{
    TRY_VALUE(Reader reader, readLine(line, tr("the order to the runner")));
    if (const qint64 format = reader.number(kFormat, 0, true); format != 1)
        reader.complain(kFormat, tr("is not 1"));
    RunnerOrder order;
    if (reader.has(kStart)) {
        TRY_VALUE(order.start, RunRequest::fromJson(reader.object(kStart)));
    }
    order.resume = RunId(reader.text(kResume));
    order.finallyOnly = reader.yesNo(kFinallyOnly);
    order.by = reader.text(kBy);
    if (order.start.has_value() == !order.resume.isEmpty())
        reader.complain(kStart, tr("or “resume” has to be given, one of the two"));
    // The id becomes part of a path.
    if (!isValidId(order.start ? order.start->id.value() : order.resume.value()))
        reader.complain(kResume, tr("names no run"));
    TRY(reader.finish());
    return order;
}

QByteArray RunnerGreeting::toLine() const
{
    QJsonObject object;
    putText(object, kRun, run.value());
    putText(object, kSocket, socket);
    if (error)
        object.insert(kError, errorToJson(*error));
    return lineOf(object);
}

Result<RunnerGreeting> RunnerGreeting::fromLine(QByteArrayView line)
{
    TRY_VALUE(Reader reader, readLine(line, tr("the runner's first line")));
    RunnerGreeting greeting;
    greeting.run = RunId(reader.text(kRun));
    greeting.socket = reader.text(kSocket);
    if (reader.has(kError))
        greeting.error = errorFromJson(reader.object(kError));
    TRY(reader.finish());
    return greeting;
}

} // namespace lb
