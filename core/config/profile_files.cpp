// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/profile_files.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/shape_check.h"
#include "core/model/age.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>
#include <cerrno>

namespace lb {

namespace {

LB_TRANSLATE(Config)

using Members = std::vector<std::pair<QString, QJsonValue>>;

QString textAt(const YamlNode &node, const char *key)
{
    const YamlNode *value = node.get(QLatin1String(key));
    return value && value->isScalar() ? value->text : QString();
}

Identity pinnedAt(const YamlNode &root)
{
    Identity pinned;
    const YamlNode *node = root.get(QLatin1String("pinned"));
    if (node == nullptr)
        return pinned;
    pinned.text = textAt(*node, "text");
    if (const YamlNode *facts = node->get(QLatin1String("facts"))) {
        for (const YamlNode::Member &fact : facts->members)
            pinned.facts.insert(fact.key, fact.value.toJson());
    }
    if (const YamlNode *scope = node->get(QLatin1String("scope"))) {
        for (const YamlNode &item : scope->items)
            pinned.scope << item.text;
    }
    return pinned;
}

/// Inputs as written: scalars are texts (the type's specs say what they mean), lists are lists.
QJsonValue inputValue(const YamlNode &node)
{
    if (node.isScalar())
        return node.plain && node.toJson().isBool() ? node.toJson() : QJsonValue(node.text);
    if (!node.isList())
        return node.toJson();
    QJsonArray list;
    for (const YamlNode &item : node.items)
        list.append(inputValue(item));
    return list;
}

Error asError(const QString &what, const std::vector<Diagnostic> &diagnostics)
{
    QStringList lines;
    for (const Diagnostic &diagnostic : diagnostics)
        lines << diagnostic.text();
    return {ErrorCode::BadInput, tr("%1 has errors").arg(what), lines.join(QLatin1Char('\n')),
            tr("Correct the file; nothing was changed")};
}

Result<ReadProfile> readFile(const QString &name)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(profileFile(name)));
    ReadProfile read = readProfileText(bytes, profileFile(name));
    read.profile.name = name;
    return read;
}

QStringList profileNames()
{
    QStringList names;
    for (const QString &file : QDir(paths::systemsFolder())
                                   .entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name))
        names << file.chopped(5);
    return names;
}

tl::unexpected<Error> badName(const QString &name)
{
    return fail(ErrorCode::BadInput, tr("“%1” is not a name").arg(name), {},
                tr("Use small letters, digits and -, beginning with a letter or digit, at most "
                   "63"));
}

QByteArray profileText(const SystemProfile &profile)
{
    Members members{{QStringLiteral("lifeboat"), 1},
                    {QStringLiteral("type"), profile.type},
                    {QStringLiteral("inputs"), profile.inputs},
                    {QStringLiteral("store"), profile.store},
                    {QStringLiteral("protected"), profile.isProtected}};
    const auto addText = [&](const char *key, const QString &text) {
        if (!text.isEmpty())
            members.emplace_back(QLatin1String(key), text);
    };
    addText("rto", profile.rto);
    addText("rpo", profile.rpo);
    addText("via", profile.via);
    addText("notify", profile.notify);
    addText("network_limit", profile.networkLimit);
    QJsonObject holders;
    for (auto holder = profile.holders.begin(); holder != profile.holders.end(); ++holder)
        holders.insert(holder.key(), holder.value());
    if (!holders.isEmpty())
        members.emplace_back(QStringLiteral("holders"), holders);
    QJsonObject secrets;
    for (auto it = profile.secretPrograms.begin(); it != profile.secretPrograms.end(); ++it)
        secrets.insert(it.key(), QJsonObject{{QStringLiteral("program"), toJsonArray(it.value())}});
    if (!secrets.isEmpty())
        members.emplace_back(QStringLiteral("secrets"), secrets);
    if (!profile.pinned.isEmpty())
        members.emplace_back(QStringLiteral("pinned"), profile.pinned.toJson());
    return "# A system of Lifeboat. Text, no secrets.\n" + toYaml(members);
}

struct ReadStores
{
    std::vector<StoreProfile> stores;
    std::vector<Diagnostic> diagnostics;
};

Result<void> checkRecipients(const StoreProfile &store)
{
    for (const QString &recipient : store.recipients)
        TRY(checkAgeRecipient(recipient));
    if (!store.recoveryRecipient.isEmpty())
        TRY(checkAgeRecipient(store.recoveryRecipient, true));
    return {};
}

Result<ReadStores> readStoresFile()
{
    ReadStores read;
    const QString path = paths::storesFile();
    if (QFileInfo::exists(path)) {
        TRY_VALUE(const QByteArray bytes, readWholeFile(path));
        Findings findings(path);
        YamlDocument document = parseYaml(bytes, path);
        findings.add(std::move(document.diagnostics));
        if (!findings.hasErrors())
            checkShape(document.root, storesShape(), false, findings);
        if (const YamlNode *stores = document.root.get(QLatin1String("stores"))) {
            for (const YamlNode::Member &member : stores->members) {
                if (!isProfileName(member.key)) {
                    findings.error(member.place, tr("“%1” is not a name").arg(member.key));
                    continue;
                }
                StoreProfile store;
                store.name = member.key;
                store.folder = textAt(member.value, "folder");
                store.recoveryRecipient = textAt(member.value, "recovery_recipient");
                if (const YamlNode *keys = member.value.get(QLatin1String("recipients"))) {
                    for (const YamlNode &key : keys->items)
                        store.recipients << key.text;
                }
                if (const auto good = checkRecipients(store); !good)
                    findings.error(member.place, good.error().summary, good.error().advice);
                if (!store.folder.isEmpty())
                    read.stores.push_back(std::move(store));
            }
        }
        read.diagnostics = findings.take();
    }
    const auto isLocal = [](const StoreProfile &store) { return store.name == kDefaultStore; };
    if (std::none_of(read.stores.begin(), read.stores.end(), isLocal)) {
        StoreProfile local;
        local.name = kDefaultStore;
        local.folder = paths::defaultStoreFolder();
        read.stores.insert(read.stores.begin(), std::move(local));
    }
    return read;
}

/// The stores, where a broken file must not be written over.
Result<std::vector<StoreProfile>> storesForChange()
{
    TRY_VALUE(ReadStores read, readStoresFile());
    if (!read.diagnostics.empty())
        return tl::unexpected(asError(tr("The list of stores"), read.diagnostics));
    return std::move(read.stores);
}

Result<void> writeStores(const std::vector<StoreProfile> &stores)
{
    QJsonObject map;
    for (const StoreProfile &store : stores) {
        QJsonObject object = store.toJson();
        object.remove(QLatin1String("name"));
        map.insert(store.name, object);
    }
    TRY(makeFolders(paths::configFolder()));
    return writeFileAtomically(
        paths::storesFile(),
        "# Where restore points live. Text, no secrets.\n" +
            toYaml({{QStringLiteral("lifeboat"), 1}, {QStringLiteral("stores"), map}}));
}

} // namespace

bool isProfileName(const QString &name)
{
    static const QRegularExpression pattern(QStringLiteral("\\A[a-z0-9][a-z0-9-]{0,62}\\z"));
    return pattern.match(name).hasMatch();
}

QString profileFile(const QString &name)
{
    return paths::systemsFolder() + QLatin1Char('/') + name + QStringLiteral(".yaml");
}

ReadProfile readProfileText(const QByteArray &text, const QString &file)
{
    ReadProfile read;
    Findings findings(file);
    const YamlDocument document = parseYaml(text, file);
    findings.add(document.diagnostics);
    if (!findings.hasErrors())
        checkShape(document.root, systemShape(), false, findings);
    const YamlNode &root = document.root;
    SystemProfile &profile = read.profile;
    profile.name = QFileInfo(file).completeBaseName();
    profile.type = textAt(root, "type");
    if (const YamlNode *inputs = root.get(QLatin1String("inputs"))) {
        if (!inputs->isMap() && !inputs->isNull())
            findings.error(inputs->place,
                           tr("“%1” must be a map of names").arg(QStringLiteral("inputs")));
        for (const YamlNode::Member &input : inputs->members)
            profile.inputs.insert(input.key, inputValue(input.value));
    }
    if (const QString store = textAt(root, "store"); !store.isEmpty())
        profile.store = store;
    const QString isProtected = textAt(root, "protected");
    profile.isProtected =
        isProtected == QLatin1String("true") || isProtected == QLatin1String("yes");
    profile.rto = textAt(root, "rto");
    profile.rpo = textAt(root, "rpo");
    profile.via = textAt(root, "via");
    profile.notify = textAt(root, "notify");
    profile.networkLimit = textAt(root, "network_limit");
    if (const YamlNode *holders = root.get(QLatin1String("holders"))) {
        for (const YamlNode::Member &holder : holders->members)
            profile.holders.insert(holder.key, holder.value.text);
    }
    if (const YamlNode *secrets = root.get(QLatin1String("secrets"))) {
        for (const YamlNode::Member &secret : secrets->members) {
            QStringList words;
            if (const YamlNode *program = secret.value.get(QLatin1String("program"))) {
                for (const YamlNode &word : program->items)
                    words << word.text;
            }
            if (words.isEmpty())
                findings.error(secret.value.place, tr("“program” names no program"));
            profile.secretPrograms.insert(secret.key, words);
        }
    }
    profile.pinned = pinnedAt(root);
    read.diagnostics = findings.take();
    return read;
}

Result<std::vector<SystemProfile>> readProfiles(std::vector<Diagnostic> *broken)
{
    std::vector<SystemProfile> profiles;
    const auto tell = [&](Diagnostic diagnostic) {
        if (broken)
            broken->push_back(std::move(diagnostic));
    };
    for (const QString &name : profileNames()) {
        if (!isProfileName(name)) {
            tell({Diagnostic::Severity::Error, profileFile(name), 1, 1,
                  tr("“%1” is not a name of a system").arg(name), tr("Rename the file")});
            continue;
        }
        auto read = readFile(name);
        if (!read) {
            tell({Diagnostic::Severity::Error,
                  profileFile(name),
                  1,
                  1,
                  read.error().sentence(),
                  {}});
        } else if (!read->diagnostics.empty()) {
            for (Diagnostic &diagnostic : read->diagnostics)
                tell(std::move(diagnostic));
        } else {
            profiles.push_back(std::move(read->profile));
        }
    }
    return profiles;
}

Result<SystemProfile> readProfile(const QString &name)
{
    if (!isProfileName(name))
        return badName(name);
    if (!QFileInfo::exists(profileFile(name))) {
        const QString close = nearest(name, profileNames());
        return fail(ErrorCode::NotFound, tr("There is no system “%1”").arg(name), {},
                    close.isEmpty() ? tr("`systems list` shows all of them")
                                    : tr("Did you mean “%1”?").arg(close));
    }
    TRY_VALUE(ReadProfile read, readFile(name));
    if (!read.diagnostics.empty())
        return tl::unexpected(asError(tr("The system %1").arg(name), read.diagnostics));
    return std::move(read.profile);
}

Result<void> writeProfile(const SystemProfile &profile)
{
    if (!isProfileName(profile.name))
        return badName(profile.name);
    const QByteArray text = profileText(profile);
    const QString file = profileFile(profile.name);
    // What could not be read back must never take the place of a file that can.
    const ReadProfile back = readProfileText(text, file);
    if (!back.diagnostics.empty())
        return tl::unexpected(asError(tr("The system %1").arg(profile.name), back.diagnostics));
    TRY(makeFolders(paths::systemsFolder()));
    return writeFileAtomically(file, text);
}

Result<void> removeProfile(const QString &name)
{
    if (!isProfileName(name))
        return badName(name);
    if (!QFileInfo::exists(profileFile(name)))
        return fail(ErrorCode::NotFound, tr("There is no system “%1”").arg(name));
    if (!QFile::remove(profileFile(name)))
        return failErrno(tr("Cannot remove %1").arg(profileFile(name)), errno);
    return syncFolder(paths::systemsFolder());
}

Result<std::vector<StoreProfile>> readStores(std::vector<Diagnostic> *broken)
{
    TRY_VALUE(ReadStores read, readStoresFile());
    if (broken)
        *broken = std::move(read.diagnostics);
    return std::move(read.stores);
}

Result<StoreProfile> readStore(const QString &name)
{
    TRY_VALUE(ReadStores read, readStoresFile());
    QStringList names;
    for (StoreProfile &store : read.stores) {
        if (store.name == name)
            return std::move(store);
        names << store.name;
    }
    if (!read.diagnostics.empty())
        return tl::unexpected(asError(tr("The list of stores"), read.diagnostics));
    return fail(ErrorCode::NotFound, tr("There is no store “%1”").arg(name), {},
                tr("There are %1").arg(names.join(QStringLiteral(", "))));
}

Result<void> writeStore(const StoreProfile &store)
{
    if (!isProfileName(store.name))
        return badName(store.name);
    if (!store.folder.startsWith(QLatin1Char('/')))
        return fail(ErrorCode::BadInput, tr("“%1” is not an absolute path").arg(store.folder));
    TRY(checkRecipients(store));
    TRY_VALUE(std::vector<StoreProfile> stores, storesForChange());
    const auto same = std::find_if(stores.begin(), stores.end(), [&](const StoreProfile &other) {
        return other.name == store.name;
    });
    if (same != stores.end())
        *same = store;
    else
        stores.push_back(store);
    return writeStores(stores);
}

Result<void> removeStore(const QString &name)
{
    if (name == kDefaultStore)
        return fail(ErrorCode::Conflict, tr("The store “local” is always there"), {},
                    tr("Give its systems another store with `systems set NAME .store=STORE`"));
    TRY_VALUE(std::vector<StoreProfile> stores, storesForChange());
    const auto removed =
        std::erase_if(stores, [&](const StoreProfile &store) { return store.name == name; });
    if (removed == 0)
        return fail(ErrorCode::NotFound, tr("There is no store “%1”").arg(name));
    return writeStores(stores);
}

} // namespace lb
