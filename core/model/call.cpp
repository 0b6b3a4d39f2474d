// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/plan.h"

#include <algorithm>
#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

template <class... Handlers>
struct Overloaded : Handlers...
{
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

constexpr const char *kCall = "call";

/// Leaves out what has its default value: a plan may hold ten thousand calls.
class Writer
{
public:
    explicit Writer(const QString &word) { m_object.insert(QLatin1String(kCall), word); }
    Writer &text(const char *key, const QString &value)
    {
        if (!value.isEmpty())
            m_object.insert(QLatin1String(key), value);
        return *this;
    }
    Writer &filled(const char *key, const TemplateText &value)
    {
        if (!value.isEmpty())
            m_object.insert(QLatin1String(key), value.toJson());
        return *this;
    }
    Writer &list(const char *key, const QStringList &value)
    {
        if (!value.isEmpty())
            m_object.insert(QLatin1String(key), toJsonArray(value));
        return *this;
    }
    Writer &json(const char *key, const QJsonValue &value)
    {
        m_object.insert(QLatin1String(key), value);
        return *this;
    }
    operator QJsonObject() const { return m_object; }

private:
    QJsonObject m_object;
};

class Reader
{
public:
    explicit Reader(const QJsonObject &object) : m_object(object) {}
    QJsonValue value(const char *key) const { return m_object.value(QLatin1String(key)); }
    QString text(const char *key) const { return value(key).toString(); }
    QStringList list(const char *key) const { return toStringList(value(key)); }
    TemplateText filled(const char *key) const { return TemplateText::fromJson(value(key)); }

private:
    const QJsonObject &m_object;
};

QJsonValue sensitiveToJson(const Sensitive &value)
{
    if (const auto *secret = std::get_if<SecretRef>(&value))
        return QJsonObject{{QStringLiteral("secret"), secret->name}};
    return std::get<TemplateText>(value).toJson();
}

Sensitive sensitiveFromJson(const QJsonValue &value)
{
    const QJsonValue secret = value.toObject().value(QLatin1String("secret"));
    if (secret.isString())
        return SecretRef{secret.toString()};
    return TemplateText::fromJson(value);
}

bool isEmpty(const Sensitive &value)
{
    const auto *text = std::get_if<TemplateText>(&value);
    return text != nullptr && text->isEmpty();
}

bool isPointKind(ActionKind kind)
{
    static constexpr std::array kKinds{ActionKind::PointVerify, ActionKind::PointFiles,
                                       ActionKind::PointExtract, ActionKind::PointRemove,
                                       ActionKind::InventoryRebuild};
    return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

QString keyOf(ActionKind kind)
{
    return QString::fromLatin1(specOf(kind).key);
}

QJsonObject toJson(const ProcessCall &call)
{
    Writer writer(call.host.isEmpty() ? QStringLiteral("run") : QStringLiteral("ssh"));
    writer.text("program", call.program).text("folder", call.folder).text("as", call.user);
    writer.text("host", call.host);
    QJsonArray arguments;
    for (const TemplateText &argument : call.arguments)
        arguments.append(argument.toJson());
    if (!arguments.isEmpty())
        writer.json("args", arguments);
    QJsonArray environment;
    for (const auto &[name, value] : call.environment)
        environment.append(QJsonObject{{QStringLiteral("name"), name},
                                       {QStringLiteral("value"), sensitiveToJson(value)}});
    if (!environment.isEmpty())
        writer.json("environment", environment);
    if (!isEmpty(call.input))
        writer.json("input", sensitiveToJson(call.input));
    if (call.success != QList<int>{0}) {
        QJsonArray success;
        for (const int status : call.success)
            success.append(status);
        writer.json("success", success);
    }
    if (call.output != OutputKind::None)
        writer.text("output", name(call.output));
    if (call.startsDaemon)
        writer.json("starts_daemon", true);
    return writer;
}

Result<Call> processFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    ProcessCall call;
    call.program = reader.text("program");
    if (call.program.isEmpty())
        return fail(ErrorCode::Corrupt, tr("A call of the plan names no program"));
    call.folder = reader.text("folder");
    call.user = reader.text("as");
    call.host = reader.text("host");
    for (const QJsonValue argument : reader.value("args").toArray())
        call.arguments.push_back(TemplateText::fromJson(argument));
    for (const QJsonValue entry : reader.value("environment").toArray())
        call.environment.emplace_back(entry[QLatin1String("name")].toString(),
                                      sensitiveFromJson(entry[QLatin1String("value")]));
    call.input = sensitiveFromJson(reader.value("input"));
    if (reader.value("success").isArray()) {
        call.success.clear();
        for (const QJsonValue status : reader.value("success").toArray())
            call.success << status.toInt();
    }
    call.output = fromWord<OutputKind>(reader.text("output")).value_or(OutputKind::None);
    call.startsDaemon = reader.value("starts_daemon").toBool();
    return Call(call);
}

Result<SwapWay> swapWay(const Reader &reader)
{
    const auto way = swapWayFromName(reader.text("way"));
    if (!way)
        return fail(ErrorCode::Corrupt, tr("A call of the plan has an unknown way of swapping"),
                    reader.text("way"));
    return *way;
}

template <class SwapCall>
Result<SwapCall> swapFromJson(const Reader &reader, bool SwapCall::*existed)
{
    SwapCall call;
    call.part = reader.text("part");
    call.into = reader.text("into");
    TRY_VALUE(call.way, swapWay(reader));
    call.staging = reader.filled("staging");
    call.aside = reader.filled("aside");
    call.*existed = reader.value("target_existed").toBool();
    return call;
}

template <class SwapCall>
QJsonObject swapToJson(const QString &word, const SwapCall &call, bool existed)
{
    return Writer(word)
        .text("part", call.part)
        .text("into", call.into)
        .text("way", name(call.way))
        .filled("staging", call.staging)
        .filled("aside", call.aside)
        .json("target_existed", existed);
}

using FromJson = Result<Call> (*)(const QJsonObject &);

Result<Call> writeFileFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    return Call(WriteFileCall{reader.filled("path"), sensitiveFromJson(reader.value("content")),
                              reader.value("mode").toInt(0600), reader.filled("aside")});
}

Result<Call> treeStageFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    TRY_VALUE(const SwapWay way, swapWay(reader));
    return Call(TreeStageCall{reader.text("part"), reader.text("point"), reader.text("into"), way,
                              reader.filled("staging"), reader.value("bytes").toInteger(),
                              reader.value("entries").toInteger()});
}

Result<Call> publishFromJson(const QJsonObject &object)
{
    PublishCall call;
    for (const QJsonValue part : object.value(QLatin1String("parts")).toArray())
        call.parts.push_back(partSpecFromJson(part.toObject()));
    return Call(call);
}

Result<Call> waitFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    TRY_VALUE(Call read, callFromJson(reader.value("read").toObject()));
    return Call(WaitUntilCall{std::make_shared<const Call>(std::move(read)),
                              Match::fromJson(reader.value("done_when").toObject()),
                              std::chrono::milliseconds(reader.value("every_ms").toInteger())});
}

const QHash<QString, FromJson> &ownWords()
{
    static const QHash<QString, FromJson> words{
        {QStringLiteral("run"), processFromJson},
        {QStringLiteral("ssh"), processFromJson},
        {QStringLiteral("write_file"), writeFileFromJson},
        {QStringLiteral("restore_file"),
         [](const QJsonObject &object) -> Result<Call> {
             const Reader reader(object);
             return Call(RestoreFileCall{reader.filled("path"), reader.filled("aside")});
         }},
        {QStringLiteral("tree_save"),
         [](const QJsonObject &object) -> Result<Call> {
             const Reader reader(object);
             return Call(TreeSaveCall{reader.text("folder"), reader.list("exclude"),
                                      reader.text("part"), reader.text("file"),
                                      reader.text("title")});
         }},
        {QStringLiteral("tree_stage"), treeStageFromJson},
        {QStringLiteral("tree_swap"),
         [](const QJsonObject &object) -> Result<Call> {
             TRY_VALUE(const auto call,
                       swapFromJson<TreeSwapCall>(Reader(object), &TreeSwapCall::targetExists));
             return Call(call);
         }},
        {QStringLiteral("tree_swap_back"),
         [](const QJsonObject &object) -> Result<Call> {
             TRY_VALUE(const auto call, swapFromJson<TreeSwapBackCall>(
                                            Reader(object), &TreeSwapBackCall::targetExisted));
             return Call(call);
         }},
        {QStringLiteral("tree_remove"),
         [](const QJsonObject &object) -> Result<Call> {
             return Call(TreeRemoveCall{Reader(object).filled("folder")});
         }},
        {QStringLiteral("publish"), publishFromJson},
        {QStringLiteral("wait_until"), waitFromJson},
        {QStringLiteral("ask"),
         [](const QJsonObject &object) -> Result<Call> {
             const Reader reader(object);
             return Call(AskCall{
                 reader.filled("text"),
                 fromWord<EvidenceKind>(reader.text("evidence")).value_or(EvidenceKind::None)});
         }},
        {QStringLiteral("confirm"),
         [](const QJsonObject &object) -> Result<Call> {
             return Call(ConfirmCall{Reader(object).filled("text")});
         }},
    };
    return words;
}

// ---- Words for people. Lines that begin with four spaces stand as they are and are not wrapped.

QString verbatim(const QString &line)
{
    return QStringLiteral("    ") + line;
}

/// A value of `params` as a person reads it.
QString valueText(const QJsonValue &value)
{
    if (value.isObject() && value.toObject().contains(QLatin1String("secret")))
        return tr("secret %1").arg(value[QLatin1String("secret")].toString());
    if (value.isString() || (value.isObject() && value[QLatin1String("text")].isArray()))
        return TemplateText::fromJson(value).display();
    if (value.isArray()) {
        QStringList items;
        for (const QJsonValue item : value.toArray())
            items << valueText(item);
        return items.join(QStringLiteral(", "));
    }
    if (value.isObject())
        return QString::fromUtf8(lb::toJson(value.toObject()));
    return value.toVariant().toString();
}

QString paramsText(const QJsonObject &params)
{
    QStringList words;
    for (auto it = params.begin(); it != params.end(); ++it) {
        const QString text = valueText(it.value());
        if (!text.isEmpty())
            words << QStringLiteral("%1: %2").arg(it.key(), text);
    }
    return words.join(QStringLiteral(" · "));
}

QStringList contentLines(const Sensitive &value)
{
    if (const auto *secret = std::get_if<SecretRef>(&value))
        return {verbatim(tr("| secret %1").arg(secret->name))};
    QStringList lines;
    for (const QString &line : std::get<TemplateText>(value).display().split(QLatin1Char('\n')))
        lines << verbatim(QStringLiteral("| ") + line);
    if (lines.size() > 1 && lines.last() == verbatim(QStringLiteral("| ")))
        lines.removeLast();
    return lines;
}

QStringList describe(const ProcessCall &call)
{
    QStringList arguments;
    for (const TemplateText &argument : call.arguments)
        arguments << argument.display();
    QString head = call.host.isEmpty() ? tr("Run on this machine") : tr("Run on %1").arg(call.host);
    if (!call.user.isEmpty())
        head += tr(" as %1").arg(call.user);
    if (!call.folder.isEmpty())
        head += tr(" in %1").arg(call.folder);
    QStringList lines{head};
    for (const QString &line : shellLine(call.program, arguments).split(QLatin1Char('\n')))
        lines << verbatim(line);
    for (const auto &[name, value] : call.environment) {
        if (const auto *secret = std::get_if<SecretRef>(&value))
            lines << tr("with %1 from the secret %2").arg(name, secret->name);
        else
            lines
                << tr("with %1=%2").arg(name, shellQuoted(std::get<TemplateText>(value).display()));
    }
    if (!isEmpty(call.input)) {
        lines << tr("reads from its standard input:");
        lines += contentLines(call.input);
    }
    if (call.success != QList<int>{0}) {
        QStringList statuses;
        for (const int status : call.success)
            statuses << QString::number(status);
        lines << tr("exit status %1 is success").arg(statuses.join(QStringLiteral(", ")));
    }
    if (call.output != OutputKind::None)
        lines << tr("its output is kept as %1").arg(name(call.output));
    if (call.startsDaemon)
        lines << tr("what it leaves running is meant to stay");
    return lines;
}

QStringList describe(const WriteFileCall &call)
{
    QStringList lines{
        tr("Write the file %1 (mode %2)")
            .arg(call.path.display(), QStringLiteral("%1").arg(call.mode, 4, 8, QLatin1Char('0')))};
    lines += contentLines(call.content);
    if (!call.aside.isEmpty())
        lines << tr("The old file, if there is one, is kept as %1").arg(call.aside.display());
    return lines;
}

QString swapText(SwapWay way, const TemplateText &staging, const TemplateText &aside)
{
    switch (way) {
    case SwapWay::Exchange:
        return tr("One rename exchanges it with %1; no moment without the folder. "
                  "The old copy is kept as %2")
            .arg(staging.display(), aside.display());
    case SwapWay::Rename:
        return tr("One rename from %1; there is no folder of this name now").arg(staging.display());
    case SwapWay::Children:
        return tr("Entry by entry, each one journalled: the old ones move to %2, the new ones come "
                  "from %1. Between the first and the last move the folder is mixed")
            .arg(staging.display(), aside.display());
    }
    return {};
}

QStringList describe(const TreeSwapCall &call)
{
    if (!call.targetExists)
        return {tr("Put the restored %1 in its place").arg(call.into),
                call.way != SwapWay::Children
                    ? tr("One rename from %1; there is no folder of this name now")
                          .arg(call.staging.display())
                    : tr("Entry by entry from %1").arg(call.staging.display())};
    return {tr("Replace %1 with the restored one").arg(call.into),
            swapText(call.way, call.staging, call.aside)};
}

QStringList describe(const TreeSwapBackCall &call)
{
    if (!call.targetExisted)
        return {tr("Move %1 back to %2; before, there was no such folder")
                    .arg(call.into, call.staging.display())};
    return {tr("Put the old %1 back from %2").arg(call.into, call.aside.display())};
}

QStringList describe(const TreeSaveCall &call)
{
    QStringList lines{tr("Save the folder %1 as %2").arg(call.folder, call.file)};
    if (!call.exclude.isEmpty())
        lines << tr("Leave out %1").arg(call.exclude.join(QStringLiteral(", ")));
    return lines;
}

QStringList describe(const TreeStageCall &call)
{
    const QString size =
        tr("%1 in %2").arg(formatSize(call.bytes), tr("%n entries", nullptr, int(call.entries)));
    return {tr("Extract part %1 of restore point %2 to %3 and verify every byte on the way")
                .arg(call.part, call.point, call.staging.display()),
            call.way == SwapWay::Children
                ? tr("%1; what is in %2 now stays untouched").arg(size, call.into)
                : tr("%1; %2 is not touched").arg(size, call.into)};
}

QStringList describe(const PublishCall &call)
{
    QStringList parts;
    for (const PartSpec &part : call.parts)
        parts << part.id;
    return {tr("Write manifest.json, SHA256SUMS and RESTORE.md of restore point ‹point›, sync "
               "everything, and make it visible by one rename"),
            tr("Parts: %1").arg(parts.join(QStringLiteral(", ")))};
}

QStringList describe(const PointCall &call)
{
    const auto param = [&](const char *key) {
        return valueText(call.params.value(QLatin1String(key)));
    };
    const QString point = param("point");
    switch (call.kind) {
    case ActionKind::PointVerify:
        return {
            tr("Read every byte of restore point %1 back and compare its checksums").arg(point)};
    case ActionKind::PointFiles:
        return {tr("List the files in restore point %1").arg(point), paramsText(call.params)};
    case ActionKind::PointExtract:
        return {tr("Take %1 out of restore point %2 and put it below %3")
                    .arg(param("paths"), point, param("to"))};
    case ActionKind::PointRemove:
        return {tr("Remove restore point %1 from its store").arg(point)};
    case ActionKind::InventoryRebuild:
        return {tr("Read all stores and runs into the inventory again")};
    default:
        return {keyOf(call.kind), paramsText(call.params)};
    }
}

QStringList describe(const ReadCall &call)
{
    const auto param = [&](const char *key) {
        return valueText(call.params.value(QLatin1String(key)));
    };
    const QString path = param("path");
    switch (call.kind) {
    case ActionKind::DiskFree:
        return {tr("See that %1 are free at %2").arg(param("at_least"), path)};
    case ActionKind::Program:
        return {tr("See that the program %1 can be started").arg(param("program"))};
    case ActionKind::Reachable: {
        const QString host = param("host");
        return {tr("See that %1 answers on port %2")
                    .arg(host.isEmpty() ? tr("this machine") : host, param("port"))};
    }
    case ActionKind::Path:
        return {tr("See that %1 is: %2").arg(path, param("is"))};
    case ActionKind::MachineId:
        return {tr("Read /etc/machine-id")};
    case ActionKind::HostKey:
        return {tr("Read the public SSH host keys of this machine")};
    case ActionKind::HostName:
        return {tr("Read the name of this machine")};
    case ActionKind::FileSystem:
        return {tr("Read which file system %1 is on").arg(path)};
    case ActionKind::TreeAssess:
        return {
            tr("Look in and beside %1 for half-done work of earlier runs").arg(param("folders"))};
    default:
        break;
    }
    const QString params = paramsText(call.params);
    return {params.isEmpty() ? tr("Read %1").arg(keyOf(call.kind))
                             : tr("Read %1 · %2").arg(keyOf(call.kind), params)};
}

QStringList describe(const WaitUntilCall &call)
{
    QStringList lines{
        tr("Every %1, until: %2").arg(durationWord(call.every), call.doneWhen.display())};
    if (call.read)
        lines += describeCall(*call.read);
    return lines;
}

QStringList describe(const AskCall &call)
{
    QStringList lines{tr("Wait for a person: %1").arg(call.text.display())};
    if (call.evidence != EvidenceKind::None)
        lines << tr("The answer needs evidence: %1").arg(name(call.evidence));
    return lines;
}

} // namespace

QString name(SwapWay way)
{
    switch (way) {
    case SwapWay::Exchange:
        return QStringLiteral("exchange");
    case SwapWay::Rename:
        return QStringLiteral("rename");
    case SwapWay::Children:
        return QStringLiteral("children");
    }
    return {};
}

std::optional<SwapWay> swapWayFromName(const QString &text)
{
    for (const SwapWay way : {SwapWay::Exchange, SwapWay::Rename, SwapWay::Children}) {
        if (text == name(way))
            return way;
    }
    return std::nullopt;
}

QJsonObject partSpecToJson(const PartSpec &part)
{
    return {{QStringLiteral("id"), part.id},
            {QStringLiteral("title"), part.title},
            {QStringLiteral("kind"), part.kind},
            {QStringLiteral("needed"), part.needed},
            {QStringLiteral("secret"), part.secret}};
}

PartSpec partSpecFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    return {reader.text("id"), reader.text("title"), reader.text("kind"),
            reader.value("needed").toBool(), reader.value("secret").toBool()};
}

QJsonObject callToJson(const Call &anyCall)
{
    return std::visit(
        Overloaded{
            [](const ProcessCall &call) { return toJson(call); },
            [](const WriteFileCall &call) -> QJsonObject {
                return Writer(QStringLiteral("write_file"))
                    .filled("path", call.path)
                    .json("content", sensitiveToJson(call.content))
                    .json("mode", call.mode)
                    .filled("aside", call.aside);
            },
            [](const RestoreFileCall &call) -> QJsonObject {
                return Writer(QStringLiteral("restore_file"))
                    .filled("path", call.path)
                    .filled("aside", call.aside);
            },
            [](const TreeSaveCall &call) -> QJsonObject {
                return Writer(QStringLiteral("tree_save"))
                    .text("folder", call.folder)
                    .list("exclude", call.exclude)
                    .text("part", call.part)
                    .text("file", call.file)
                    .text("title", call.title);
            },
            [](const TreeStageCall &call) -> QJsonObject {
                return Writer(QStringLiteral("tree_stage"))
                    .text("part", call.part)
                    .text("point", call.point)
                    .text("into", call.into)
                    .text("way", name(call.way))
                    .filled("staging", call.staging)
                    .json("bytes", call.bytes)
                    .json("entries", call.entries);
            },
            [](const TreeSwapCall &call) {
                return swapToJson(QStringLiteral("tree_swap"), call, call.targetExists);
            },
            [](const TreeSwapBackCall &call) {
                return swapToJson(QStringLiteral("tree_swap_back"), call, call.targetExisted);
            },
            [](const TreeRemoveCall &call) -> QJsonObject {
                return Writer(QStringLiteral("tree_remove")).filled("folder", call.folder);
            },
            [](const PublishCall &call) -> QJsonObject {
                QJsonArray parts;
                for (const PartSpec &part : call.parts)
                    parts.append(partSpecToJson(part));
                return Writer(QStringLiteral("publish")).json("parts", parts);
            },
            [](const PointCall &call) -> QJsonObject {
                return Writer(keyOf(call.kind)).json("params", call.params);
            },
            [](const ReadCall &call) -> QJsonObject {
                return Writer(keyOf(call.kind)).json("params", call.params);
            },
            [](const WaitUntilCall &call) -> QJsonObject {
                return Writer(QStringLiteral("wait_until"))
                    .json("read", call.read ? callToJson(*call.read) : QJsonObject())
                    .json("done_when", call.doneWhen.toJson())
                    .json("every_ms", qint64(call.every.count()));
            },
            [](const AskCall &call) -> QJsonObject {
                return Writer(QStringLiteral("ask"))
                    .filled("text", call.text)
                    .text("evidence", name(call.evidence));
            },
            [](const ConfirmCall &call) -> QJsonObject {
                return Writer(QStringLiteral("confirm")).filled("text", call.text);
            },
        },
        anyCall);
}

Result<Call> callFromJson(const QJsonObject &object)
{
    const QString word = object.value(QLatin1String(kCall)).toString();
    if (const FromJson read = ownWords().value(word))
        return read(object);
    const ActionSpec *spec = findAction(word);
    if (spec == nullptr)
        return fail(ErrorCode::Corrupt,
                    tr("The plan holds a call that this Lifeboat does not know"), word);
    const QJsonObject params = object.value(QLatin1String("params")).toObject();
    if (isPointKind(spec->kind))
        return Call(PointCall{spec->kind, params});
    return Call(ReadCall{spec->kind, params});
}

QStringList describeCall(const Call &anyCall)
{
    QStringList lines = std::visit(
        Overloaded{
            [](const RestoreFileCall &call) -> QStringList {
                return {tr("Put the old file %1 back from %2, or remove it if there was none")
                            .arg(call.path.display(), call.aside.display())};
            },
            [](const TreeRemoveCall &call) -> QStringList {
                return {tr("Delete the folder %1").arg(call.folder.display())};
            },
            [](const ConfirmCall &call) -> QStringList {
                return {tr("Confirmed at go: %1").arg(call.text.display())};
            },
            [](const auto &call) { return describe(call); },
        },
        anyCall);
    for (QString &line : lines)
        line = displayText(line, line.startsWith(verbatim({})));
    return lines;
}

} // namespace lb
