// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/service/service.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/profile_files.h"
#include "core/config/schema.h"
#include "core/config/yaml_document.h"
#include "core/model/notify_target.h"
#include "core/report/plan_text.h"
#include "core/service/changes.h"
#include "core/service/run_orders.h"
#include "core/service/service_private.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QMetaMethod>
#include <QStorageInfo>
#include <QTemporaryFile>

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Service)

constexpr int kKeptDays = 30;

Result<void> wantDuration(const QString &key, const QString &text)
{
    if (text.isEmpty() || parseDuration(text))
        return {};
    return fail(ErrorCode::BadInput, tr("%1 wants a time such as 30m, 4h or 1d").arg(key), text);
}

/// The profile's own keys, which begin with a dot on the command line.
Result<void> setProfileKey(SystemProfile &profile, const QString &key, const QString &value)
{
    const auto durationInto = [&](QString &place) -> Result<void> {
        TRY(wantDuration(key, value));
        place = value;
        return {};
    };
    if (key == QLatin1String(".store")) {
        TRY(readStore(value));
        profile.store = value;
        return {};
    }
    if (key == QLatin1String(".protected")) {
        InputSpec spec;
        spec.name = key;
        spec.type = InputType::YesNo;
        TRY_VALUE(const QJsonValue yes, spec.parse({value}));
        profile.isProtected = yes.toBool();
        return {};
    }
    if (key == QLatin1String(".rto"))
        return durationInto(profile.rto);
    if (key == QLatin1String(".rpo"))
        return durationInto(profile.rpo);
    if (key == QLatin1String(".network_limit"))
        return durationInto(profile.networkLimit);
    if (key == QLatin1String(".via")) {
        profile.via = value;
        return {};
    }
    if (key == QLatin1String(".notify")) {
        if (!value.isEmpty())
            TRY(NotifyTarget::parse(value));
        profile.notify = value;
        return {};
    }
    if (const QLatin1String prefix(".holder."); key.startsWith(prefix) && key.size() > 8) {
        const QString secret = key.mid(prefix.size());
        if (value.isEmpty())
            profile.holders.remove(secret);
        else
            profile.holders.insert(secret, value);
        return {};
    }
    const QStringList known{QStringLiteral(".store"),         QStringLiteral(".protected"),
                            QStringLiteral(".rto"),           QStringLiteral(".rpo"),
                            QStringLiteral(".via"),           QStringLiteral(".notify"),
                            QStringLiteral(".holder.SECRET"), QStringLiteral(".network_limit")};
    const QString near = nearest(key, known);
    return fail(ErrorCode::BadInput, tr("A system has no setting “%1”").arg(key),
                near.isEmpty() ? tr("it has %1").arg(known.join(QStringLiteral(", ")))
                               : tr("did you mean “%1”?").arg(near));
}

Result<void> applySettings(SystemProfile &profile, const SystemTypeInfo &type,
                           const QMap<QString, QStringList> &set)
{
    QMap<QString, QStringList> inputs;
    for (auto it = set.begin(); it != set.end(); ++it) {
        if (it.key().startsWith(QLatin1Char('.')))
            TRY(setProfileKey(profile, it.key(), it.value().value(0)));
        else
            inputs.insert(it.key(), it.value());
    }
    TRY_VALUE(const QJsonObject values,
              parseInputs(type.inputs, inputs, tr("A system of type %1").arg(type.id)));
    for (auto it = values.begin(); it != values.end(); ++it)
        profile.inputs.insert(it.key(), it.value());
    TRY_VALUE(profile.inputs, checkInputs(type.inputs, profile.inputs));
    return {};
}

} // namespace

Service::Private::Private(Service *service, QString runnerProgram)
    : q(service), program(std::move(runnerProgram))
{
    if (program.isEmpty())
        program =
            QDir(QCoreApplication::applicationDirPath()).filePath(QStringLiteral("lifeboat-cli"));
}

Service::Private::~Private() = default;

const RunbookLibrary &Service::Private::library()
{
    runbooks = std::make_unique<RunbookLibrary>();
    return *runbooks;
}

/// Hidden runs are kept for a while and then go by themselves; whoever starts something does it.
void Service::Private::forgetOldHiddenRuns()
{
    if (std::exchange(forgot, true))
        return;
    const QDateTime limit = utcNow().addDays(-kKeptDays);
    for (const RunIndex::Row &row : index.runs(true)) {
        if (row.summary.hidden && isEnded(row.summary.state) && row.summary.endedAt < limit)
            static_cast<void>(q->removeRun(RunId(row.summary.id))); // what is owed keeps it
    }
}

Async<RunId> Service::Private::launch(RunnerOrder order)
{
    if (order.start)
        forgetOldHiddenRuns();
    return converted<RunId>(q, launchRunner(program, order),
                            [](const Result<RunnerGreeting> &greeting) -> Result<RunId> {
                                if (!greeting)
                                    return tl::unexpected(greeting.error());
                                return greeting->run;
                            });
}

Service::Service(QString runnerProgram, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, std::move(runnerProgram)))
{
}

Service::~Service() = default;

void Service::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&Service::changed) && !d->watcher)
        d->watcher = std::make_unique<ChangeWatcher>([this] { Q_EMIT changed(); });
}

Result<std::vector<SystemProfile>> Service::systems(std::vector<Diagnostic> *broken)
{
    return readProfiles(broken);
}

Result<SystemProfile> Service::system(const QString &name)
{
    return readProfile(name);
}

std::vector<SystemType> Service::systemTypes()
{
    std::vector<SystemType> types;
    for (const SystemTypeInfo &info : d->library().types())
        types.push_back({info.id, info.title, info.description, info.inputs,
                         d->vendorFiles.value(info.id).names});
    return types;
}

Result<void> Service::addSystem(const QString &name, const QString &type,
                                const QMap<QString, QStringList> &set, const QString &store,
                                bool isProtected, const QString &fromFile)
{
    if (!isProfileName(name))
        return fail(ErrorCode::BadInput, tr("“%1” cannot be a system's name").arg(name),
                    tr("small letters, digits and hyphens, beginning with a letter or digit"));
    if (QFileInfo::exists(profileFile(name)))
        return fail(ErrorCode::Conflict, tr("There is a system %1 already").arg(name), {},
                    tr("“systems set %1 KEY=VALUE” changes it").arg(name));
    SystemProfile profile;
    if (!fromFile.isEmpty()) {
        TRY_VALUE(const QByteArray text, readWholeFile(fromFile));
        ReadProfile read = readProfileText(text, fromFile);
        QStringList problems;
        for (const Diagnostic &found : read.diagnostics)
            problems << found.text();
        if (!problems.isEmpty())
            return fail(ErrorCode::BadInput, tr("%1 is no system profile").arg(fromFile),
                        problems.join(QLatin1Char('\n')),
                        isProfileFile(fromFile)
                            ? QString()
                            : tr("A file of the system's vendor needs the type as well"));
        profile = std::move(read.profile);
        // Which installation it is has to be read anew: the file may come from another machine.
        profile.pinned = {};
    }
    profile.name = name;
    if (!type.isEmpty())
        profile.type = type;
    if (isProtected)
        profile.isProtected = true;
    if (!store.isEmpty()) {
        TRY(readStore(store));
        profile.store = store;
    }
    TRY_VALUE(const SystemTypeInfo info, d->library().type(profile.type));
    TRY(applySettings(profile, info, set));
    return writeProfile(profile);
}

Result<void> Service::setSystem(const QString &name, const QMap<QString, QStringList> &set)
{
    TRY_VALUE(SystemProfile profile, readProfile(name));
    TRY_VALUE(const SystemTypeInfo info, d->library().type(profile.type));
    TRY(applySettings(profile, info, set));
    return writeProfile(profile);
}

void Service::lendVendorFiles(const QString &type, VendorFiles files)
{
    d->vendorFiles.insert(type, std::move(files));
}

bool Service::isProfileFile(const QString &file)
{
    const auto document = readYamlFile(file);
    return document && !(*document)[QLatin1String("lifeboat")].isUndefined();
}

Result<FilledInputs> Service::fillFromFiles(const QString &type, const QStringList &files,
                                            const QMap<QString, QStringList> &given)
{
    TRY_VALUE(const SystemTypeInfo info, d->library().type(type));
    const VendorFiles vendor = d->vendorFiles.value(type);
    if (!vendor.read)
        return fail(ErrorCode::BadInput,
                    tr("Systems of type %1 cannot be filled from a vendor's files").arg(type), {},
                    tr("Give its inputs one by one; “systems types” lists them"));
    std::vector<VendorFile> read;
    for (const QString &file : files) {
        TRY_VALUE(QJsonValue content, readYamlFile(file));
        read.push_back({file, std::move(content)});
    }
    TRY_VALUE(const FilledInputs found,
              vendor.read(read, given.value(QStringLiteral("host")).value(0)));
    FilledInputs filled;
    QStringList declared;
    for (const InputSpec &spec : info.inputs) {
        if (given.contains(spec.name))
            continue;
        declared << spec.name;
        if (!found.inputs.contains(spec.name))
            continue;
        if (const auto checked = spec.check(found.inputs.value(spec.name)))
            filled.inputs.insert(spec.name, *checked);
        else
            filled.remarks.push_back(
                {true,
                 tr("%1 was not filled: %2.").arg(spec.name, checked.error().summary),
                 spec.name,
                 {}});
    }
    for (const Remark &remark : found.remarks) {
        if (remark.input.isEmpty() || declared.contains(remark.input))
            filled.remarks.push_back(remark);
    }
    return filled;
}

Result<void> Service::removeSystem(const QString &name)
{
    TRY(readProfile(name));
    QStringList active;
    for (const RunSummary &run : runs()) {
        if (run.system == name && !isEnded(run.state) && run.state != RunStateName::Draft &&
            run.state != RunStateName::Interrupted)
            active << run.id;
    }
    if (!active.isEmpty())
        return fail(ErrorCode::Conflict, tr("%1 is being worked on").arg(name),
                    active.join(QStringLiteral(", ")), tr("Wait for the end, or cancel it"));
    return removeProfile(name);
}

Result<void> Service::pinSystem(const QString &name, const Identity &identity)
{
    TRY_VALUE(SystemProfile profile, readProfile(name));
    if (identity.facts.size() < 2)
        return fail(ErrorCode::BadInput, tr("%1 cannot be pinned").arg(name),
                    tr("fewer than two facts were read"));
    profile.pinned = identity;
    return writeProfile(profile);
}

Result<std::vector<StoreProfile>> Service::stores()
{
    return readStores();
}

Result<void> Service::addStore(const StoreProfile &store)
{
    if (!isProfileName(store.name))
        return fail(ErrorCode::BadInput, tr("“%1” cannot be a store's name").arg(store.name),
                    tr("small letters, digits and hyphens, beginning with a letter or digit"));
    if (!QDir::isAbsolutePath(store.folder))
        return fail(ErrorCode::BadInput, tr("A store's folder is an absolute path"), store.folder);
    if (readStore(store.name) && store.name != kDefaultStore)
        return fail(ErrorCode::Conflict, tr("There is a store %1 already").arg(store.name));
    return writeStore(store);
}

Result<void> Service::removeStore(const QString &name)
{
    TRY(readStore(name));
    TRY_VALUE(const auto profiles, readProfiles());
    QStringList users;
    for (const SystemProfile &profile : profiles) {
        if (profile.store == name)
            users << profile.name;
    }
    if (!users.isEmpty())
        return fail(ErrorCode::Conflict, tr("The store %1 is used").arg(name),
                    users.join(QStringLiteral(", ")),
                    tr("“systems set SYSTEM .store=OTHER” first"));
    return lb::removeStore(name);
}

Result<QString> Service::testStore(const QString &name)
{
    TRY_VALUE(const StoreProfile store, readStore(name));
    // The default store comes into being with the first save.
    TRY(makeFolders(store.folder));
    QTemporaryFile probe(store.folder + QStringLiteral("/.lifeboat-probe-XXXXXX"));
    if (!probe.open() || probe.write("probe") != 5 || !probe.flush())
        return fail(ErrorCode::Denied, tr("Cannot write into the store %1").arg(name),
                    store.folder + QStringLiteral(": ") + probe.errorString(),
                    tr("Mount what holds it, or give this user the right to write there"));
    const QStorageInfo disk(store.folder);
    return tr("%1 can be written; %2 of %3 free")
        .arg(store.folder, formatSize(disk.bytesAvailable()), formatSize(disk.bytesTotal()));
}

std::vector<RunbookInfo> Service::runbooks(bool withHidden)
{
    std::vector<RunbookInfo> list;
    for (const ReadRunbook &read : d->library().all()) {
        const Runbook &book = read.runbook;
        if (book.hidden && !withHidden)
            continue;
        list.push_back({book.id, book.title, book.system, book.purpose, book.builtIn, book.file,
                        read.diagnostics});
    }
    return list;
}

Result<Runbook> Service::runbook(const QString &id)
{
    return d->library().load(id);
}

std::vector<Diagnostic> Service::lint(const QString &file)
{
    const auto text = readWholeFile(file);
    if (!text) {
        Diagnostic unreadable;
        unreadable.file = file;
        unreadable.message = text.error().sentence();
        return {unreadable};
    }
    return readRunbook(*text, file).diagnostics;
}

Result<void> Service::copyRunbook(const QString &id, const QString &file)
{
    return d->library().copy(id, file);
}

QString Service::planText(const Plan &plan, int width)
{
    return lb::planText(plan, plan.sha256(), width);
}

QByteArray Service::runbookSchema()
{
    return lb::runbookSchema();
}

} // namespace lb
