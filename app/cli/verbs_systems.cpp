// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/run_watch.h"
#include "app/cli/terminal.h"
#include "app/cli/verbs.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/json.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QStorageInfo>

#include <algorithm>

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QString shownValue(const QJsonValue &value)
{
    if (value.isArray()) {
        QStringList items;
        for (const QJsonValue item : value.toArray())
            items << shownValue(item);
        return items.join(QStringLiteral(", "));
    }
    if (value.isBool())
        return value.toBool() ? tr("yes") : tr("no");
    if (value.isDouble())
        return QString::number(value.toDouble());
    return value.toString();
}

QJsonArray adviceJson(const std::vector<Advice> &advice)
{
    QJsonArray list;
    for (const Advice &one : advice)
        list.append(QJsonObject{
            {QStringLiteral("level"),
             one.isUrgent ? QStringLiteral("urgent") : QStringLiteral("warning")},
            {QStringLiteral("text"), one.text},
            {QStringLiteral("remedy"), one.remedy},
            {QStringLiteral("ends_on"),
             one.endsOn.isValid() ? QJsonValue(one.endsOn.toString(Qt::ISODate)) : QJsonValue()}});
    return list;
}

void sayAdvice(const QString &system, const std::vector<Advice> &advice)
{
    for (const Advice &one : advice)
        say(one.isUrgent ? tr("%1: URGENT: %2", "%1 a system").arg(system, one.sentences())
                         : tr("%1: %2", "%1 a system").arg(system, one.sentences()));
}

QJsonObject systemJson(Service &service, const SystemProfile &profile)
{
    QJsonArray secrets;
    for (const SecretStatus &secret : service.declaredSecrets(profile))
        secrets.append(QJsonObject{{QStringLiteral("name"), secret.name},
                                   {QStringLiteral("source"), secret.program.isEmpty()
                                                                  ? QStringLiteral("keychain")
                                                                  : QStringLiteral("program")},
                                   {QStringLiteral("state"), secret.state}});
    const QJsonValue pinned =
        profile.pinned.isEmpty() ? QJsonValue() : QJsonValue(profile.pinned.toJson());
    return {{QStringLiteral("format"), 1},
            {QStringLiteral("name"), profile.name},
            {QStringLiteral("type"), profile.type},
            {QStringLiteral("inputs"), profile.inputs},
            {QStringLiteral("store"), profile.store},
            {QStringLiteral("protected"), profile.isProtected},
            {QStringLiteral("rto"), profile.rto},
            {QStringLiteral("rpo"), profile.rpo},
            {QStringLiteral("identity"), QJsonObject{{QStringLiteral("pinned"), pinned},
                                                     {QStringLiteral("live"), QJsonValue()},
                                                     {QStringLiteral("read_at"), QJsonValue()}}},
            {QStringLiteral("advice"), adviceJson(service.advice(profile))},
            {QStringLiteral("secrets"), secrets}};
}

/// The runbook that saves such a system; what `test` and `pin` check with.
Result<QString> saveRunbook(Service &service, const SystemProfile &profile)
{
    for (const RunbookInfo &book : service.runbooks()) {
        if (book.system == profile.type && book.purpose == Purpose::Save &&
            !hasErrors(book.diagnostics))
            return book.id;
    }
    return fail(ErrorCode::NotFound,
                tr("There is no runbook that saves systems of type %1").arg(profile.type));
}

/// A hidden run of the save's preparation: its checks, or up to the plan.
Result<RunView> prepareSave(Session &session, const SystemProfile &profile, RunMode mode)
{
    TRY_VALUE(const QString book, saveRunbook(session.service, profile));
    RunOrder order;
    order.mode = mode;
    order.hidden = true;
    order.runbook = book;
    order.system = profile.name;
    TRY_VALUE(const RunId id, session.await(session.service.start(order)));
    WatchOptions options;
    options.quiet = true;
    options.untilReady = mode == RunMode::Plan;
    RunWatch watch(session, id, options);
    watch.exec();
    return watch.view();
}

/// True when the files are settings of the type's vendor and not a profile of ours.
bool areVendors(Service &service, const QString &type, const QStringList &files)
{
    const auto types = service.systemTypes();
    return !files.isEmpty() && !Service::isProfileFile(files.first()) &&
           std::any_of(types.begin(), types.end(), [&](const SystemType &one) {
               return one.id == type && !one.vendorFiles.isEmpty();
           });
}

/// What the vendor's files gave, added to what was typed, which wins.
QMap<QString, QStringList> together(const FilledInputs &filled, QMap<QString, QStringList> typed)
{
    for (auto it = filled.inputs.begin(); it != filled.inputs.end(); ++it) {
        const QJsonValue value = it.value();
        // One JSON list says exactly which items there are.
        const QByteArray list = QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact);
        typed.insert(it.key(), {value.isArray() ? QString::fromUtf8(list) : value.toString()});
    }
    return typed;
}

void sayFilled(const FilledInputs &filled)
{
    Table inputs({{tr("FILLED"), true}, {tr("VALUE")}});
    for (auto it = filled.inputs.begin(); it != filled.inputs.end(); ++it)
        inputs.add({it.key(), shownValue(it.value())});
    inputs.print(tr("The files filled nothing."));
}

void complainOf(const std::vector<Remark> &remarks)
{
    for (const Remark &remark : remarks)
        complain(remark.isWarning ? tr("warning: %1").arg(remark.sentence())
                                  : tr("note: %1").arg(remark.sentence()));
}

QJsonObject filledJson(const FilledInputs &filled)
{
    QJsonArray remarks;
    for (const Remark &remark : filled.remarks)
        remarks.append(
            QJsonObject{{QStringLiteral("level"),
                         remark.isWarning ? QStringLiteral("warning") : QStringLiteral("note")},
                        {QStringLiteral("text"), remark.text},
                        {QStringLiteral("input"), remark.input},
                        {QStringLiteral("file"), remark.file}});
    return {{QStringLiteral("inputs"), filled.inputs}, {QStringLiteral("remarks"), remarks}};
}

} // namespace

int systemsList(Session &session)
{
    std::vector<Diagnostic> broken;
    const auto systems = session.service.systems(&broken);
    if (!systems)
        return session.failed(systems.error());
    for (const Diagnostic &diagnostic : broken)
        complain(diagnostic.text());
    if (session.json()) {
        QJsonArray list;
        for (const SystemProfile &profile : *systems)
            list.append(systemJson(session.service, profile));
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("systems"), list}});
        return kGood;
    }
    Table table({{tr("NAME"), true}, {tr("TYPE")}, {tr("STORE")}, {tr("NEWEST RESTORE POINT")}});
    const auto overview = session.service.overview();
    for (const SystemOverview &row : overview)
        table.add({row.profile.name, row.profile.type, row.profile.store,
                   row.newest ? formatTime(row.newest->madeAt) : tr("none")});
    table.print(tr("No systems yet. “lifeboat-cli systems add --help” shows how to add one."));
    for (const SystemOverview &row : overview)
        sayAdvice(row.profile.name, row.advice);
    return kGood;
}

int systemsTypes(Session &session)
{
    const auto types = session.service.systemTypes();
    if (session.json()) {
        QJsonArray list;
        for (const SystemType &type : types) {
            QJsonArray inputs;
            for (const InputSpec &input : type.inputs)
                inputs.append(inputJson(input));
            list.append(QJsonObject{{QStringLiteral("id"), type.id},
                                    {QStringLiteral("title"), type.title},
                                    {QStringLiteral("description"), type.description},
                                    {QStringLiteral("vendor_files"), toJsonArray(type.vendorFiles)},
                                    {QStringLiteral("inputs"), inputs}});
        }
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("types"), list}});
        return kGood;
    }
    for (const SystemType &type : types) {
        say(type.title.isEmpty() ? type.id : tr("%1: %2").arg(type.id, type.title));
        sayInputs(type.inputs);
        if (!type.vendorFiles.isEmpty())
            say(QStringLiteral("  ") +
                tr("--from fills them from %1").arg(type.vendorFiles.join(QStringLiteral(", "))));
    }
    return kGood;
}

int systemsShow(Session &session)
{
    const auto profile = session.service.system(session.arguments.word(0));
    if (!profile)
        return session.failed(profile.error());
    if (session.json()) {
        sayJson(systemJson(session.service, *profile));
        return kGood;
    }
    say(tr("%1, type %2").arg(profile->name, profile->type));
    Table inputs({{tr("INPUT"), true}, {tr("VALUE")}});
    for (auto it = profile->inputs.begin(); it != profile->inputs.end(); ++it) {
        if (!shownValue(it.value()).isEmpty())
            inputs.add({it.key(), shownValue(it.value())});
    }
    inputs.print(tr("no inputs"));
    sayAdvice(profile->name, session.service.advice(*profile));
    say(tr("store: %1").arg(profile->store));
    say(profile->isProtected ? tr("protected: changes need the identity's text typed")
                             : tr("protected: no"));
    if (!profile->rpo.isEmpty())
        say(tr("at most this old: %1").arg(profile->rpo));
    if (!profile->rto.isEmpty())
        say(tr("at most this long to restore: %1").arg(profile->rto));
    if (profile->pinned.isEmpty()) {
        say(tr("identity: not pinned yet; the first save pins it"));
    } else {
        say(tr("identity: %1").arg(profile->pinned.text));
        for (auto it = profile->pinned.facts.begin(); it != profile->pinned.facts.end(); ++it)
            say(QStringLiteral("  ") + tr("%1: %2").arg(it.key(), shownValue(it.value())));
    }
    return kGood;
}

int systemsAdd(Session &session)
{
    const Arguments &given = session.arguments;
    if (!given.has("type") && !given.has("from"))
        return session.failed(Error{ErrorCode::BadInput,
                                    tr("“systems add” needs --type or --from"),
                                    {},
                                    tr("“lifeboat-cli systems types” lists the types")});
    const auto set = keyValues(given.values("set"), QStringLiteral("--set"));
    if (!set)
        return session.failed(set.error());
    const QString type = given.value("type");
    QStringList files;
    for (const QString &file : given.values("from"))
        files << absolutePath(file);
    const bool isFilled = areVendors(session.service, type, files);
    if (!isFilled && files.size() > 1)
        return session.failed(Error{ErrorCode::BadInput, tr("A profile's file stands alone"),
                                    tr("--from was given %n times", nullptr, int(files.size())),
                                    tr("With files of the system's vendor, give --type as well")});
    FilledInputs filled;
    if (isFilled) {
        auto read = session.service.fillFromFiles(type, files, *set);
        if (!read)
            return session.failed(read.error());
        filled = std::move(*read);
    }
    const auto added =
        session.service.addSystem(given.word(0), type, together(filled, *set), given.value("store"),
                                  given.has("protected"), isFilled ? QString() : files.value(0));
    // Also when it failed: a remark may say why.
    if (!added || !session.json())
        complainOf(filled.remarks);
    if (!added)
        return session.failed(added.error());
    if (isFilled && !session.json())
        sayFilled(filled);
    const auto profile = session.service.system(given.word(0));
    const auto saves = profile ? saveRunbook(session.service, *profile)
                               : Result<QString>(tl::unexpected(profile.error()));
    if (session.json() && profile) {
        QJsonObject document = systemJson(session.service, *profile);
        if (isFilled)
            document.insert(QStringLiteral("filled"), filledJson(filled));
        sayJson(document);
    } else if (saves)
        say(tr("%1 was added. Save it: lifeboat-cli run %2 --system %1")
                .arg(given.word(0), *saves));
    else
        say(tr("%1 was added. What can be done with it: lifeboat-cli runbooks list")
                .arg(given.word(0)));
    return kGood;
}

int systemsSet(Session &session)
{
    QStringList words = session.arguments.words;
    const QString name = words.takeFirst();
    const auto set = keyValues(words, QStringLiteral("“systems set”"));
    if (!set)
        return session.failed(set.error());
    if (const auto done = session.service.setSystem(name, *set); !done)
        return session.failed(done.error());
    return systemsShow(session);
}

int systemsTest(Session &session)
{
    const auto profile = session.service.system(session.arguments.word(0));
    if (!profile)
        return session.failed(profile.error());
    const auto view = prepareSave(session, *profile, RunMode::Check);
    if (!view)
        return session.failed(view.error());
    return sayChecks(session, *view);
}

int systemsPin(Session &session)
{
    const auto profile = session.service.system(session.arguments.word(0));
    if (!profile)
        return session.failed(profile.error());
    const auto view = prepareSave(session, *profile, RunMode::Plan);
    if (!view)
        return session.failed(view.error());
    const Identity live = view->plan ? view->plan->identity : Identity();
    static_cast<void>(session.service.removeRun(view->state.request.id));
    if (live.facts.size() < 2)
        return session.failed(
            Error{ErrorCode::Failed, tr("The identity of %1 cannot be read").arg(profile->name),
                  tr("fewer than two facts"),
                  tr("“systems test %1” shows which are missing").arg(profile->name)});
    QString typed = session.arguments.value("confirm");
    if (typed.isEmpty() && session.canAsk())
        typed =
            terminal::ask(tr("What is there now is %1. Type that name to pin it:").arg(live.text))
                .value_or(QString());
    if (typed != live.text)
        return session.failed(Error{ErrorCode::BadInput,
                                    tr("The confirmation does not name what is there"),
                                    tr("it is “%1”").arg(live.text), tr("Nothing was changed")});
    if (const auto done = session.service.pinSystem(profile->name, live); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson(systemJson(session.service, *session.service.system(profile->name)));
    else
        say(tr("%1 is %2 from now on.").arg(profile->name, live.text));
    return kGood;
}

int systemsRemove(Session &session)
{
    const QString name = session.arguments.word(0);
    if (const auto done = session.service.removeSystem(name); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("removed"), name}});
    else
        say(tr("%1 is forgotten; its restore points and runs stay.").arg(name));
    return kGood;
}

int storesList(Session &session)
{
    const auto stores = session.service.stores();
    if (!stores)
        return session.failed(stores.error());
    QJsonArray list;
    Table table({{tr("NAME"), true}, {tr("FREE")}, {tr("FOLDER")}});
    for (const StoreProfile &store : *stores) {
        QString folder = store.folder;
        while (!folder.isEmpty() && !QFileInfo::exists(folder))
            folder = QFileInfo(folder).path();
        const qint64 free = QStorageInfo(folder).bytesAvailable();
        QJsonObject item = store.toJson();
        item.insert(QStringLiteral("recipients"), QJsonArray::fromStringList(store.recipients));
        item.insert(QStringLiteral("recovery_recipient"), store.recoveryRecipient);
        item.insert(QStringLiteral("free_bytes"), free);
        list.append(item);
        table.add({store.name, formatSize(free), store.folder});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("stores"), list}});
    else
        table.print(tr("no stores"));
    return kGood;
}

int storesAdd(Session &session)
{
    if (!session.arguments.has("folder"))
        return session.failed(
            Error{ErrorCode::BadInput, tr("“stores add” needs --folder DIR"), {}, {}});
    const StoreProfile store{
        session.arguments.word(0), absolutePath(session.arguments.value("folder")),
        session.arguments.values("recipient"), session.arguments.value("recovery-recipient")};
    if (const auto done = session.service.addStore(store); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson(store.toJson());
    else
        say(tr("%1 was added. Use it: lifeboat-cli systems set SYSTEM .store=%1").arg(store.name));
    return kGood;
}

int storesTest(Session &session)
{
    const auto evidence = session.service.testStore(session.arguments.word(0));
    if (!evidence)
        return session.failed(evidence.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("store"), session.arguments.word(0)},
                 {QStringLiteral("evidence"), *evidence}});
    else
        say(*evidence);
    return kGood;
}

int storesRemove(Session &session)
{
    const QString name = session.arguments.word(0);
    if (const auto done = session.service.removeStore(name); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("removed"), name}});
    else
        say(tr("%1 is forgotten; what is in its folder stays.").arg(name));
    return kGood;
}

} // namespace lb::cli
