// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/base/overloaded.h"
#include "core/model/plan.h"

#include <algorithm>
#include <array>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

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
    Writer &flag(const char *key, bool value)
    {
        if (value)
            m_object.insert(QLatin1String(key), true);
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
                                       ActionKind::PointDiff,   ActionKind::PointExtract,
                                       ActionKind::PointRemove, ActionKind::InventoryRebuild};
    return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

QString keyOf(ActionKind kind)
{
    return QString::fromLatin1(specOf(kind).key);
}

QJsonArray namedValues(const std::vector<std::pair<QString, Sensitive>> &values)
{
    QJsonArray list;
    for (const auto &[name, value] : values)
        list.append(QJsonObject{{QStringLiteral("name"), name},
                                {QStringLiteral("value"), sensitiveToJson(value)}});
    return list;
}

std::vector<std::pair<QString, Sensitive>> namedValuesFromJson(const QJsonValue &list)
{
    std::vector<std::pair<QString, Sensitive>> values;
    for (const QJsonValue entry : list.toArray())
        values.emplace_back(entry[QLatin1String("name")].toString(),
                            sensitiveFromJson(entry[QLatin1String("value")]));
    return values;
}

QJsonArray numbers(const QList<int> &values)
{
    QJsonArray list;
    for (const int value : values)
        list.append(value);
    return list;
}

QList<int> numbersFromJson(const QJsonValue &list)
{
    QList<int> values;
    for (const QJsonValue value : list.toArray())
        values << value.toInt();
    return values;
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
    if (!call.environment.empty())
        writer.json("environment", namedValues(call.environment));
    if (!isEmpty(call.input))
        writer.json("input", sensitiveToJson(call.input));
    if (call.success != QList<int>{0})
        writer.json("success", numbers(call.success));
    if (call.output != OutputKind::None)
        writer.text("output", name(call.output));
    if (call.startsDaemon)
        writer.json("starts_daemon", true);
    if (call.asksPassword)
        writer.json("asks_password", true);
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
    call.environment = namedValuesFromJson(reader.value("environment"));
    call.input = sensitiveFromJson(reader.value("input"));
    if (reader.value("success").isArray())
        call.success = numbersFromJson(reader.value("success"));
    call.output = fromWord<OutputKind>(reader.text("output")).value_or(OutputKind::None);
    call.startsDaemon = reader.value("starts_daemon").toBool();
    call.asksPassword = reader.value("asks_password").toBool();
    return Call(call);
}

QJsonObject toJson(const HttpCall &call)
{
    Writer writer(QStringLiteral("http"));
    writer.text("method", call.method).filled("url", call.url);
    if (!call.headers.empty())
        writer.json("headers", namedValues(call.headers));
    if (!isEmpty(call.body))
        writer.json("body", sensitiveToJson(call.body));
    if (!call.json.isUndefined())
        writer.json("json", call.json);
    writer.text("from_file", call.fromFile).text("ca", call.ca);
    writer.text("client_certificate", call.clientCertificate).text("client_key", call.clientKey);
    writer.text("user", call.user).text("password", call.password).text("bearer", call.bearer);
    writer.json("timeout_ms", qint64(call.timeout.count()));
    if (call.success != HttpCall::goodStatuses())
        writer.json("success", numbers(call.success));
    if (call.output != OutputKind::None)
        writer.text("output", name(call.output));
    writer.text("to_file", call.toFile);
    if (call.maxSize != HttpCall::kMaxSize)
        writer.json("max_size", call.maxSize);
    return writer;
}

Result<Call> httpFromJson(const QJsonObject &object)
{
    const Reader reader(object);
    HttpCall call;
    call.method = reader.text("method");
    call.url = reader.filled("url");
    if (call.method.isEmpty() || call.url.isEmpty())
        return fail(ErrorCode::Corrupt, tr("An HTTP call of the plan names no address"));
    call.headers = namedValuesFromJson(reader.value("headers"));
    call.body = sensitiveFromJson(reader.value("body"));
    call.json = reader.value("json");
    call.fromFile = reader.text("from_file");
    call.ca = reader.text("ca");
    call.clientCertificate = reader.text("client_certificate");
    call.clientKey = reader.text("client_key");
    call.user = reader.text("user");
    call.password = reader.text("password");
    call.bearer = reader.text("bearer");
    call.timeout = std::chrono::milliseconds(reader.value("timeout_ms").toInteger());
    if (reader.value("success").isArray())
        call.success = numbersFromJson(reader.value("success"));
    call.output = fromWord<OutputKind>(reader.text("output")).value_or(OutputKind::None);
    call.toFile = reader.text("to_file");
    call.maxSize = reader.value("max_size").toInteger(HttpCall::kMaxSize);
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
                              reader.value("entries").toInteger(), reader.text("file"),
                              reader.text("reference")});
}

Result<Call> publishFromJson(const QJsonObject &object)
{
    PublishCall call;
    for (const QJsonValue part : object.value(QLatin1String("parts")).toArray())
        call.parts.push_back(partSpecFromJson(part.toObject()));
    return Call(call);
}

Result<Call> postgresFromJson(const QJsonObject &object)
{
    auto call = PostgresCall::fromJson(object);
    if (!call)
        return fail(ErrorCode::Corrupt, tr("A call of the plan has unknown work for a server"),
                    object.value(QLatin1String("work")).toString());
    return Call(std::move(*call));
}

Result<Call> toolchainFromJson(const QJsonObject &object)
{
    auto call = ToolchainCall::fromJson(object);
    if (!call)
        return fail(ErrorCode::Corrupt, tr("A call of the plan has unknown work for a toolchain"),
                    object.value(QLatin1String("work")).toString());
    return Call(std::move(*call));
}

Result<Call> elasticsearchFromJson(const QJsonObject &object)
{
    auto call = ElasticsearchCall::fromJson(object);
    if (!call)
        return fail(ErrorCode::Corrupt, tr("A call of the plan has unknown work for a cluster"),
                    object.value(QLatin1String("work")).toString());
    return Call(std::move(*call));
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
        {QStringLiteral("http"), httpFromJson},
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
                                      reader.text("title"), reader.value("encrypted").toBool(),
                                      reader.list("recipients")});
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
        {QStringLiteral("postgres"), postgresFromJson},
        {QStringLiteral("elasticsearch"), elasticsearchFromJson},
        {QStringLiteral("toolchain"), toolchainFromJson},
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

} // namespace

const QList<int> &HttpCall::goodStatuses()
{
    static const QList<int> statuses = [] {
        QList<int> list;
        for (int status = 200; status < 300; ++status)
            list << status;
        return list;
    }();
    return statuses;
}

bool HttpCall::showsSecrets() const
{
    return url.display().startsWith(QLatin1String("http:"), Qt::CaseInsensitive) &&
           !secretsOf(*this).empty();
}

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
            [](const HttpCall &call) { return toJson(call); },
            [](const WriteFileCall &call) -> QJsonObject {
                return Writer(QStringLiteral("write_file"))
                    .filled("path", call.path)
                    .json("content", sensitiveToJson(call.content))
                    .json("mode", call.mode)
                    .filled("aside", call.aside);
            },
            [](const PostgresCall &call) { return call.toJson(); },
            [](const ElasticsearchCall &call) { return call.toJson(); },
            [](const ToolchainCall &call) { return call.toJson(); },
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
                    .text("title", call.title)
                    .flag("encrypted", call.encrypted)
                    .list("recipients", call.recipients);
            },
            [](const TreeStageCall &call) -> QJsonObject {
                return Writer(QStringLiteral("tree_stage"))
                    .text("part", call.part)
                    .text("point", call.point)
                    .text("into", call.into)
                    .text("way", name(call.way))
                    .filled("staging", call.staging)
                    .json("bytes", call.bytes)
                    .json("entries", call.entries)
                    .text("file", call.file)
                    .text("reference", call.reference);
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

} // namespace lb
