// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan_samples.h"

#include <QJsonDocument>

namespace lb::samples {

QJsonValue json(const char *text)
{
    QByteArray bytes(text);
    bytes.replace('\'', '"');
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson('[' + bytes + ']', &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("bad sample %s: %s", text, qPrintable(error.errorString()));
    return document.array().at(0);
}

Action action(ActionKind kind, const char *params)
{
    return {kind, json(params).toObject(), {}};
}

StepSpec step(const char *id, ActionKind kind, const char *params, Effect effect)
{
    StepSpec spec;
    spec.id = QString::fromUtf8(id);
    spec.title = spec.id;
    spec.action = action(kind, params);
    spec.effect = specOf(kind).effect.value_or(effect);
    spec.resume = effect == Effect::Read ? ResumePolicy::Repeat : ResumePolicy::Ask;
    return spec;
}

InputSpec input(const char *name, InputType type, bool isList, bool required)
{
    InputSpec spec;
    spec.name = QString::fromUtf8(name);
    spec.title = spec.name;
    spec.type = type;
    spec.isList = isList;
    spec.required = required;
    return spec;
}

PlanInputs empty(Purpose purpose)
{
    PlanInputs in;
    in.runbook.id = QStringLiteral("own.test");
    in.runbook.title = QStringLiteral("Test");
    in.runbook.system = QStringLiteral("files");
    in.runbook.purpose = purpose;
    in.runbook.sha256 = "00ff";
    in.system.name = QStringLiteral("shop");
    in.system.type = QStringLiteral("files");
    in.store = {QStringLiteral("local"), QStringLiteral("/var/points")};
    in.hostName = QStringLiteral("web1");
    in.identity.text = QStringLiteral("shop@web1");
    in.identity.facts = json("{'machine_id': 'abc', 'hostname': 'web1'}").toObject();
    return in;
}

namespace {

void addFilesInputs(PlanInputs &in)
{
    in.runbook.inputs = {input("host", InputType::Host),
                         input("folder", InputType::Path, true, true),
                         input("exclude", InputType::Text, true),
                         input("quiesce_command", InputType::Command),
                         input("resume_command", InputType::Command),
                         input("into_folder", InputType::Path)};
    in.inputs =
        json("{'host': '', 'folder': ['/srv/shop', '/srv/mail'], 'exclude': ['*.tmp', '-x'],"
             " 'quiesce_command': ['systemctl', 'stop', '--now', 'shop'],"
             " 'resume_command': ['systemctl', 'start', 'shop'], 'into_folder': ''}")
            .toObject();
    in.runbook.facts = {
        {QStringLiteral("machine_id"), action(ActionKind::MachineId, "{'host': ''}")},
        {QStringLiteral("filesystem"),
         action(ActionKind::FileSystem, "{'path': '{{ inputs.folder.0 }}'}")}};
    in.runbook.identityText = QStringLiteral("{{ system }}@{{ hostname }}");
    in.runbook.scope = {QStringLiteral("{{ inputs.folder }}")};
    in.identity.scope = {QStringLiteral("/srv/shop"), QStringLiteral("/srv/mail")};
}

StepSpec quiesce()
{
    StepSpec stop = step("quiesce", ActionKind::Run, "{'command': '{{ inputs.quiesce_command }}'}",
                         Effect::Change);
    stop.phase = QStringLiteral("quiesce");
    stop.when = json("{'all': [{'present': '{{ inputs.quiesce_command }}'},"
                     " {'not': {'present': '{{ inputs.into_folder }}'}}]}");
    stop.obliges = {QStringLiteral("resume"), QStringLiteral("Start the service again"),
                    QStringLiteral("resume")};
    return stop;
}

StepSpec resume(FinallyWhen when)
{
    StepSpec start = step("resume", ActionKind::Run, "{'command': '{{ inputs.resume_command }}'}",
                          Effect::Change);
    start.when = json("{'all': [{'present': '{{ inputs.resume_command }}'},"
                      " {'not': {'present': '{{ inputs.into_folder }}'}}]}");
    start.finallyWhen = when;
    start.startsDaemon = true;
    return start;
}

} // namespace

PlanInputs filesSave()
{
    PlanInputs in = empty(Purpose::Save);
    addFilesInputs(in);
    in.runbook.id = QStringLiteral("files.save");
    in.runbook.title = QStringLiteral("Save folders");
    in.runbook.parts = {
        {QStringLiteral("folder"), QStringLiteral("Folder"), QStringLiteral("tree"), true, false}};
    StepSpec save =
        step("save", ActionKind::TreeSave,
             "{'folder': '{{ item }}', 'exclude': '{{ inputs.exclude }}', 'part': 'folder'}");
    save.title = QStringLiteral("Save {{ item }}");
    save.forEach = QStringLiteral("inputs.folder");
    in.runbook.steps = {quiesce(), save};
    in.runbook.finallySteps = {resume(FinallyWhen::Always)};
    CheckSpec check{QStringLiteral("folder"),
                    QStringLiteral("The folder is there"),
                    QStringLiteral("Mount {{ item }}"),
                    action(ActionKind::Path, "{'path': '{{ item }}', 'is': 'folder'}"),
                    {},
                    false,
                    {},
                    QStringLiteral("inputs.folder"),
                    {}};
    in.runbook.checks = {check};
    return in;
}

RestorePoint twoFolders()
{
    RestorePoint point;
    point.id = QStringLiteral("p20261121-010203-a1b2c3");
    point.system = QStringLiteral("shop");
    for (const char *name : {"shop", "mail"}) {
        PartRecord part;
        part.id = QString::fromLatin1(name);
        part.title = QStringLiteral("Folder /srv/%1").arg(part.id);
        part.kind = QStringLiteral("tree");
        part.source = QStringLiteral("/srv/%1").arg(part.id);
        part.bytes = 4096;
        part.entries = 12;
        point.parts.push_back(part);
    }
    return point;
}

PlanInputs filesRestore()
{
    PlanInputs in = empty(Purpose::Restore);
    addFilesInputs(in);
    in.runbook.id = QStringLiteral("files.restore");
    in.runbook.title = QStringLiteral("Restore folders");
    StepSpec restore = step("restore", ActionKind::TreeRestore,
                            "{'part': '{{ item.id }}', 'into': '{{ item.source }}'}");
    restore.when = json("{'not': {'present': '{{ inputs.into_folder }}'}}");
    restore.forEach = QStringLiteral("point.parts");
    restore.forEachKey = QStringLiteral("id");
    StepSpec below = restore;
    below.id = QStringLiteral("restore_below");
    below.action = action(ActionKind::TreeRestore,
                          "{'part': '{{ item.id }}',"
                          " 'into': '{{ inputs.into_folder }}/{{ item.base_name }}'}");
    below.when = json("{'present': '{{ inputs.into_folder }}'}");
    in.runbook.steps = {quiesce(), restore, below};
    in.runbook.finallySteps = {resume(FinallyWhen::Proven)};
    in.point = twoFolders();
    in.swaps = {{QStringLiteral("/srv/shop"), true, SwapWay::Exchange, {}, 0},
                {QStringLiteral("/srv/mail"), true, SwapWay::Children, {}, 0}};
    return in;
}

PlanInputs ownRunbook()
{
    PlanInputs in = empty(Purpose::Migrate);
    in.runbook.title = QStringLiteral("Move the *shop* to its new schema");
    in.system.isProtected = true;
    in.version = QStringLiteral("1.3");
    in.identity.scope = {QStringLiteral("/srv/shop"), QStringLiteral("database shop")};
    in.runbook.deviations = {{QStringLiteral("migrates while the shop runs"),
                              QStringLiteral("the shop is stopped first"),
                              QStringLiteral("orders were lost otherwise")}};
    in.runbook.inputs = {input("tables", InputType::Text, true), input("note", InputType::Text)};
    in.inputs =
        json("{'tables': ['orders', 'old customers'], 'note': 'one \\u0022two\\u0022 {{ run }}'}")
            .toObject();
    in.runbook.checks = {{QStringLiteral("room"),
                          QStringLiteral("Room for the dump"),
                          QStringLiteral("Free space"),
                          action(ActionKind::DiskFree, "{'path': '/var', 'at_least': '2GiB'}"),
                          {},
                          true,
                          {},
                          {},
                          {}}};
    StepSpec ask = step("ask", ActionKind::Ask, "{'text': 'Tell the team', 'evidence': 'text'}");
    StepSpec stop = step("stop", ActionKind::Run,
                         "{'program': 'systemctl', 'args': ['stop', 'shop']}", Effect::Change);
    stop.phase = QStringLiteral("quiesce");
    stop.title = QStringLiteral("Stop the shop");
    stop.resume = ResumePolicy::Probe;
    ProbeSpec probe{action(ActionKind::Run,
                           "{'program': 'systemctl', 'args': ['is-active', 'shop'],"
                           " 'success': [0, 3]}"),
                    {},
                    {}};
    probe.doneWhen.exitStatus = 3;
    probe.notDoneWhen.exitStatus = 0;
    stop.probe = probe;
    stop.obliges = {QStringLiteral("start"), QStringLiteral("Start the shop again"),
                    QStringLiteral("start")};
    stop.timeout = std::chrono::minutes(2);
    stop.retry = {3, std::chrono::seconds(5), {ErrorCode::TimedOut, ErrorCode::Unreachable}};
    StepSpec config =
        step("config", ActionKind::WriteFile,
             "{'path': '/etc/shop.conf', 'content': 'note = {{ inputs.note }}\nrun = {{ run }}\n',"
             " 'mode': '0640'}");
    config.title = QStringLiteral("Write the new configuration");
    StepSpec dump =
        step("dump", ActionKind::Run,
             "{'program': 'shop-dump', 'args': ['--table', '{{ item }}'], 'folder': '/var',"
             " 'environment': {'LANG': 'C'}, 'output': 'text'}");
    dump.forEach = QStringLiteral("inputs.tables");
    dump.needs = QStringList{QStringLiteral("stop")};
    StepSpec migrate =
        step("migrate", ActionKind::Run,
             "{'program': 'psql', 'input': 'ALTER TABLE orders ADD note text;\nCOMMIT;\n'}",
             Effect::Change);
    migrate.title = QStringLiteral("Change the schema");
    StepSpec wait =
        step("wait", ActionKind::WaitUntil,
             "{'reachable': {'port': 8080}, 'done_when': {'equals': true}, 'every': '2s'}");
    StepSpec clean = step("clean", ActionKind::Run, "{'program': 'shop-clean', 'args': ['--all']}",
                          Effect::Destroy);
    clean.when = json("{'not': {'equals': ['{{ steps.migrate.outputs.text }}', 'kept']}}");
    StepSpec start = step("start", ActionKind::Run,
                          "{'program': 'systemctl', 'args': ['start', 'shop']}", Effect::Change);
    start.title = QStringLiteral("Start the shop");
    start.finallyWhen = FinallyWhen::Proven;
    in.runbook.steps = {ask, stop, config, dump, migrate, wait, clean};
    in.runbook.finallySteps = {start};
    return in;
}

QStringList ids(const Plan &plan)
{
    QStringList list;
    for (const PlannedStep &planned : plan.steps)
        list << planned.id;
    return list;
}

QString refusal(const PlanInputs &in)
{
    const auto plan = makePlan(in);
    return plan ? QString()
                : errorCodeName(plan.error().code) + QStringLiteral(": ") + plan.error().sentence();
}

} // namespace lb::samples
