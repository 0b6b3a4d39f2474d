// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_table.h"

#include "app/cli/verbs.h"

#include <QCoreApplication>
#include <QStringList>

#define T(text) QT_TRANSLATE_NOOP("Cli", text)

namespace lb::cli {

namespace {

const OptionSpec kSystem{"system", "NAME", T("The system to work on"), false, Words::System};
const OptionSpec kYes{"yes", nullptr,
                      T("Go without asking, if no check failed or warned and nothing has to be "
                        "typed")};
const OptionSpec kConfirm{"confirm", "TEXT",
                          T("The text of the target's live identity; a wrong one ends it before "
                            "anything is touched")};
const OptionSpec kAccept{
    "accept", "CHECK=REASON",
    T("Go in spite of a check that warned; the run ends “warned”. Of a check "
      "that stands for several, as room[shop] and room[stock], room means each"),
    true};
const OptionSpec kDetach{"detach", nullptr, T("Do not follow: come back when the run is going")};
const OptionSpec kNote{"note", "TEXT", T("What is to be remembered about it")};
const OptionSpec kEvidence{"evidence", "FILE", T("A file that shows it; copied and hashed"), false,
                           Words::File};
const OptionSpec kHash{"plan-sha256", "HASH", T("Only this very plan, as “plan” printed it")};
const OptionSpec kSet{"set", "KEY=VALUE",
                      T("An input of this run; several for the same key make a list"), true};

std::vector<OptionSpec> planOptions(std::vector<OptionSpec> more = {})
{
    std::vector<OptionSpec> options{
        kSystem,
        {"restore-point", "ID", T("Which one: its id, “best” or “latest” (default: best)"), false,
         Words::Point},
        {"max-loss", "TIME", T("How much older than the newest “best” may be, such as 4h")},
        {"target", "KIND", T("same, replacement (of a lost one) or rehearsal"), false,
         Words::Target},
        {"only", "PART", T("Only this part of the restore point"), true},
        kSet};
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

const ArgumentSpec kRun{"RUN", false, false, Words::Run};
const ArgumentSpec kPoint{"ID", false, false, Words::Point};
const OptionSpec kOpen{"open", nullptr,
                       T("Open encrypted parts too, with the secret age_identity")};
const ArgumentSpec kRunbook{"RUNBOOK", false, false, Words::Runbook};
const ArgumentSpec kName{"NAME", false, false, Words::System};
const ArgumentSpec kType{"TYPE", false, false, Words::PracticeType};

void addSystems(std::vector<VerbSpec> &table)
{
    table.push_back({"systems list",
                     T("List the systems"),
                     "",
                     {},
                     {},
                     {{"systems list", T("names, types and the newest restore point of each")}},
                     systemsList});
    table.push_back({"systems types",
                     T("List the types of systems and their inputs"),
                     "",
                     {},
                     {},
                     {{"systems types", T("what “systems add --type” takes")}},
                     systemsTypes});
    table.push_back({"systems show",
                     T("Show one system"),
                     "",
                     {kName},
                     {},
                     {{"systems show shop", T("inputs, store and the pinned identity")}},
                     systemsShow});
    table.push_back(
        {"systems add",
         T("Add a system"),
         T("A system is one profile: where the thing lives and how it is saved. It holds no "
           "secret and is a text file that you may edit.\n\n"
           "A type whose vendor has settings files (“systems types” says which) can be filled from "
           "them: what was translated, worked out or left alone is said, --set wins, and no "
           "password is taken."),
         {{"NAME"}},
         {{"type", "TYPE", T("Its type, from “systems types”"), false, Words::SystemType},
          {"from", "FILE",
           T("Take over a profile's file; or, with --type, fill inputs from the vendor's own "
             "files"),
           true, Words::File},
          {"set", "KEY=VALUE", T("An input; several for the same key make a list"), true},
          {"store", "STORE", T("Where its restore points go (default: local)"), false,
           Words::Store},
          {"protected", nullptr, T("Changes, too, need the identity's text typed")}},
         {{"systems add shop --type files --set folder=/srv/shop", T("one folder")},
          {"systems add shop --type files --set folder=/srv/a --set folder=/srv/b "
           "--set 'exclude=*.tmp'",
           T("two folders, without some files")},
          {"systems add shop --type files --set folder=/srv/shop "
           "--set 'quiesce_command=[\"systemctl\",\"stop\",\"shop\"]' "
           "--set 'resume_command=[\"systemctl\",\"start\",\"shop\"]'",
           T("with a service that stands still meanwhile")},
          {"systems add alien --type alien4cloud "
           "--from /opt/alien4cloud/alien4cloud-premium/config/alien4cloud-config.yml "
           "--from /opt/alien4cloud/admin-tool/config/admin-tool-config.yml "
           "--set snapshot_dir=/srv/es-backups",
           T("from the vendor's files; what they do not say by hand")}},
         systemsAdd});
    table.push_back({"systems set",
                     T("Change inputs and settings of a system"),
                     T("Values replace what was there; KEY= empties. Settings of the system itself "
                       "begin with a dot: .store .protected .rto .rpo .via .notify .network_limit "
                       ".holder.SECRET"),
                     {kName, {"KEY=VALUE", false, true}},
                     {},
                     {{"systems set shop folder=/srv/a folder=/srv/b", T("a list of two")},
                      {"systems set shop exclude=", T("nothing is left out any more")},
                      {"systems set shop .rpo=4h .store=big", T("settings")}},
                     systemsSet});
    table.push_back({"systems test",
                     T("Read a system's identity and run the checks of its save"),
                     T("Changes nothing. Exit status 1 when a check failed, 3 when one warned."),
                     {kName},
                     {},
                     {{"systems test shop", T("can it be saved now?")}},
                     systemsTest});
    table.push_back({"systems pin",
                     T("Say that what is there now is the system that is meant"),
                     T("Reads the identity and keeps it. The first save pins it by itself; this is "
                       "for a system that was moved or set up again."),
                     {kName},
                     {{"confirm", "TEXT", T("The identity's text, as read")}},
                     {{"systems pin shop --confirm shop@web1", T("the new machine is the system")}},
                     systemsPin});
    table.push_back({"systems remove",
                     T("Forget a system; its restore points stay"),
                     "",
                     {kName},
                     {},
                     {{"systems remove shop", T("runs and restore points are not touched")}},
                     systemsRemove});
    table.push_back({"stores list",
                     T("List the places where restore points live"),
                     "",
                     {},
                     {},
                     {{"stores list", T("names, folders and free space")}},
                     storesList});
    table.push_back(
        {"stores add",
         T("Add a store"),
         "",
         {{"NAME"}},
         {{"folder", "DIR", T("An absolute path; it may be on another disk"), false, Words::File},
          {"recipient", "KEY",
           T("A key of age (age1…, ssh-ed25519 …) that secret parts are encrypted to; again for "
             "each"),
           true},
          {"recovery-recipient", "KEY",
           T("The recipient (age1…) whose key is kept away from this computer")}},
         {{"stores add big --folder /mnt/big/lifeboat", T("a folder on a big disk")},
          {"stores add local --folder DIR --recipient age1… --recovery-recipient age1…",
           T("the default store, anew with keys; its restore points stay in their folder")}},
         storesAdd});
    table.push_back({"stores test",
                     T("Try to write into a store"),
                     "",
                     {{"NAME", false, false, Words::Store}},
                     {},
                     {{"stores test big", T("writes and deletes a probe")}},
                     storesTest});
    table.push_back({"stores remove",
                     T("Forget a store; its restore points stay in their folder"),
                     "",
                     {{"NAME", false, false, Words::Store}},
                     {},
                     {{"stores remove big", T("only when no system uses it")}},
                     storesRemove});
}

void addSecrets(std::vector<VerbSpec> &table)
{
    table.push_back(
        {"secrets list",
         T("List the secrets that your systems' runbooks need"),
         T("Names, where each comes from, and whether it is there; never a value. This touches the "
           "keychain of the desktop, which may ask you to unlock it."),
         {{"SYSTEM", true, false, Words::System}},
         {},
         {{"secrets list", T("of all systems")}, {"secrets list shop", T("of one")}},
         secretsList});
    table.push_back(
        {"secrets set",
         T("Put a secret into the keychain, or name the program that prints it"),
         T("Typed without echo on a terminal, else read from standard input; never an argument, "
           "which everybody on this machine could read. Where there is no keychain, name a "
           "program, "
           "or give the secret to a run that waits for it: “runs secret”."),
         {{"SYSTEM", false, false, Words::System}, {"NAME", false, false, Words::None}},
         {{"program", "JSON-LIST", T("This program's output is the secret; asked at each use")}},
         {{"secrets set shop db_password", T("asks for it, or reads standard input")},
          {"secrets set shop db_password --program '[\"pass\", \"show\", \"shop/db\"]'",
           T("from a password manager, each time it is needed")}},
         secretsSet});
    table.push_back({"secrets remove",
                     T("Take a secret out of the keychain, or forget its program"),
                     "",
                     {{"SYSTEM", false, false, Words::System}, {"NAME", false, false, Words::None}},
                     {},
                     {{"secrets remove shop db_password", T("a run that needs it asks then")}},
                     secretsRemove});
    table.push_back({"secrets test",
                     T("Say how the keychain stands"),
                     T("Writes, reads back and deletes a marked value. Exit status 1 when it is "
                       "locked, absent, frozen or refuses; none of that is an error of yours."),
                     {},
                     {},
                     {{"secrets test", T("open, or what keeps it from being so")}},
                     secretsTest});
}

void addRunbooks(std::vector<VerbSpec> &table)
{
    table.push_back(
        {"runbooks list",
         T("List the runbooks, built-in ones and your own"),
         "",
         {},
         {{"type", "TYPE", T("Only those for systems of this type"), false, Words::SystemType}},
         {{"runbooks list --type files", T("what can be done with such a system")}},
         runbooksList});
    table.push_back(
        {"runbooks show",
         T("Show what a runbook does and which inputs it takes"),
         "",
         {kRunbook},
         {{"print", nullptr, T("The YAML itself")}},
         {{"runbooks show files.save", T("steps, checks and inputs")},
          {"runbooks show files.save --print", T("the text, to read or to learn from")}},
         runbooksShow});
    table.push_back({"runbooks copy",
                     T("Copy a runbook to a file, as a start for your own"),
                     "",
                     {kRunbook, {"FILE", false, false, Words::File}},
                     {},
                     {{"runbooks copy files.save ~/.config/lifeboat/runbooks/shop.save.yaml",
                       T("give it an id of its own; it then appears in “runbooks list”")}},
                     runbooksCopy});
    table.push_back({"runbooks lint",
                     T("Say everything that is wrong with a runbook's file"),
                     "",
                     {{"FILE", false, true, Words::File}},
                     {},
                     {{"runbooks lint shop.save.yaml", T("line, column, what and a suggestion")}},
                     runbooksLint});
    table.push_back({"runbooks schema",
                     T("Print the JSON Schema of runbooks, for editors"),
                     "",
                     {},
                     {},
                     {{"runbooks schema > runbook.schema.json", T("for an editor's YAML support")}},
                     runbooksSchema});
}

void addWork(std::vector<VerbSpec> &table)
{
    table.push_back({"assess",
                     T("Look what stands on a system: half-done work, and whose"),
                     T("Reads only. Exit status 1 when something is wrong, 3 when something is to "
                       "be looked at."),
                     {},
                     {kSystem},
                     {{"assess --system shop", T("after an interruption")}},
                     assess});
    table.push_back({"check",
                     T("Run the checks of a runbook; changes nothing"),
                     T("Every check with its verdict, evidence, hint and age. Exit status 1 when "
                       "one failed, 3 when one warned."),
                     {kRunbook},
                     planOptions(),
                     {{"check files.restore --system shop", T("could it be restored now?")}},
                     check});
    table.push_back(
        {"plan",
         T("Print exactly what a run would do; changes nothing"),
         T("Prints the run's id, the plan and its hash. The run then waits as a draft: "
           "“runs go” starts exactly this plan."),
         {kRunbook},
         planOptions(),
         {{"plan files.save --system shop", T("every call of a save")},
          {"plan files.restore --system shop --restore-point best", T("and of a restore")},
          {"runs go RUN --plan-sha256 HASH", T("starts what was printed")}},
         plan});
    table.push_back(
        {"run",
         T("Plan, ask, run and follow to the end"),
         T("On a terminal the plan is shown and what is needed is asked. Without one, everything "
           "has to be given: a missing answer is exit status 4, and the run waits for it.\n\n"
           "The run belongs to a process of its own: closing the terminal does not touch it. "
           "Ctrl-C asks whether to leave it running, to pause or to cancel it."),
         {kRunbook},
         planOptions({kYes, kConfirm, kAccept, kHash, kDetach}),
         {{"run files.save --system shop", T("shows the plan, asks, saves")},
          {"run files.save --system shop --yes", T("for a timer: goes when every check passed")},
          {"run files.restore --system shop --restore-point latest",
           T("asks for the identity's text")},
          {"run files.restore --system shop --set into_folder=/tmp/look --yes",
           T("restores beside the live one")}},
         run});
}

void addRuns(std::vector<VerbSpec> &table)
{
    table.push_back({"runs list",
                     T("List the runs, newest first"),
                     "",
                     {},
                     {{"all", nullptr, T("Checks and built-in work on restore points, too")},
                      {"system", "NAME", T("Only those of this system"), false, Words::System}},
                     {{"runs list", T("what was done, and what still goes on")}},
                     runsList});
    table.push_back({"runs show",
                     T("Show one run: steps, what is needed now, what is to undo"),
                     "",
                     {kRun},
                     {},
                     {{"runs show RUN", T("and the exact command to type next")}},
                     runsShow});
    table.push_back(
        {"runs go",
         T("Start a run that waits with its plan, and follow it"),
         T("At go, discovery and checks older than ten minutes run again; when the plan "
           "would be another one now, it does not go and shows the difference."),
         {kRun},
         {kHash, kConfirm, kAccept, kDetach},
         {{"runs go RUN --plan-sha256 HASH", T("the plan that “plan” printed")}},
         runsGo});
    table.push_back({"runs log",
                     T("Print the complete output of a run's steps"),
                     "",
                     {kRun},
                     {{"follow", nullptr, T("Go on until the run ends")},
                      {"step", "STEP", T("Only this step"), false, Words::Step}},
                     {{"runs log RUN --follow", T("as it comes")},
                      {"runs log RUN --step save[data]", T("one step")}},
                     runsLog});
    table.push_back({"runs resume",
                     T("Go on with a run that was interrupted, paused or failed"),
                     T("Steps whose outcome is unknown are first looked for, then probed, or asked "
                       "about; never blindly repeated. A finished run is left as it is."),
                     {kRun},
                     {{"finally-only", nullptr,
                       T("Only what takes power away or starts services "
                         "again; no further work")},
                      kDetach},
                     {{"runs resume RUN", T("after a crash or power loss")}},
                     runsResume});
    table.push_back({"runs undo",
                     T("Go back: a new run whose plan undoes what a run did"),
                     T("Possible above the line of no return. Copies kept aside come back."),
                     {kRun},
                     {kYes, kConfirm, kAccept, kHash, kDetach},
                     {{"runs undo RUN", T("shows the way back, asks, goes")}},
                     runsUndo});
    table.push_back({"runs pause",
                     T("Let a run stand still at the next safe point"),
                     "",
                     {kRun},
                     {},
                     {{"runs pause RUN", T("“runs resume” lets it go on")}},
                     runsPause});
    table.push_back({"runs cancel",
                     T("Cancel a run at the next safe point"),
                     T("Says what that leaves. Without --yes it asks on a terminal."),
                     {kRun},
                     {{"yes", nullptr, T("Do not ask")}},
                     {{"runs cancel RUN", T("says first what cancelling leaves")}},
                     runsCancel});
    table.push_back(
        {"runs answer",
         T("Answer what a run waits for"),
         T("done: it was done, or is so. skip: go on without it (needs a note). retry: "
           "once more. stop: end the run. yes: the confirmation is given."),
         {kRun, {"STEP", false, false, Words::Step}, {"ANSWER", false, false, Words::Answer}},
         {kNote, kEvidence},
         {{"runs answer RUN dns done --note 'TTL lowered'", T("a person's step")},
          {"runs answer RUN quiesce retry", T("once more")}},
         runsAnswer});
    table.push_back({"runs secret",
                     T("Give a run a secret that it waits for"),
                     T("Typed without echo, or read from standard input. It stays in the runner's "
                       "memory until the run ends, and is asked for again after a crash."),
                     {kRun, {"NAME", false, false, Words::None}},
                     {},
                     {{"runs secret RUN db_password", T("asks for it, or reads standard input")}},
                     runsSecret});
    table.push_back({"runs verify",
                     T("Verify a run's journal: every hash, and the plan's"),
                     "",
                     {kRun},
                     {},
                     {{"runs verify RUN", T("names the first line that is not as written")}},
                     runsVerify});
    table.push_back(
        {"runs export",
         T("Pack a run's records into one file"),
         T("Plan, journal, logs and evidence as .tar.zst, which “tar --zstd -x” reads too. Not "
           "while the run is going, nor when its journal is damaged."),
         {kRun, {"FILE", false, false, Words::File}},
         {},
         {{"runs export RUN run.tar.zst", T("to look at it elsewhere, or to keep it")}},
         runsExport});
    table.push_back(
        {"runs import",
         T("Take in a run that was exported, to look at it"),
         T("Every line of its journal and its plan must be as they were written. It is shown like "
           "every other run, but it is never resumed or undone here: it tells of another machine "
           "or another time."),
         {{"FILE", false, false, Words::File}},
         {},
         {{"runs import run.tar.zst", T("then: runs show, runs log, report")}},
         runsImport});
    table.push_back({"runs remove",
                     T("Remove a run's records"),
                     T("Not while it has something to undo or was interrupted."),
                     {kRun},
                     {},
                     {{"runs remove RUN", T("its restore point stays")}},
                     runsRemove});
    table.push_back({"obligations list",
                     T("List what still has to be undone"),
                     "",
                     {},
                     {{"system", "NAME", T("Only those of this system"), false, Words::System}},
                     {{"obligations list", T("what, since when, and how to end it")}},
                     obligationsList});
    table.push_back(
        {"obligations discharge",
         T("End an obligation"),
         T("A copy that was kept aside is deleted; that it is gone closes the "
           "obligation. Anything else is closed by your word and note."),
         {kRun, {"ID", false, false, Words::Obligation}},
         {kNote, kEvidence},
         {{"obligations discharge RUN aside-data", T("deletes the old copy")},
          {"obligations discharge RUN resume --note 'started by hand'", T("a person has done it")}},
         obligationsDischarge});
    table.push_back({"leases list",
                     T("List which runs hold which targets"),
                     "",
                     {},
                     {},
                     {{"leases list", T("why another run has to wait")}},
                     leasesList});
}

void addBackups(std::vector<VerbSpec> &table)
{
    table.push_back(
        {"backups list",
         T("List the restore points and what each is worth"),
         "",
         {},
         {{"system", "NAME", T("Only those of this system"), false, Words::System}},
         {{"backups list --system shop", T("newest first, with completeness and proof")}},
         backupsList});
    table.push_back({"backups show",
                     T("Show one restore point"),
                     "",
                     {kPoint},
                     {},
                     {{"backups show POINT", T("parts, identity, proof and limits")}},
                     backupsShow});
    table.push_back({"backups files",
                     T("List the files in a restore point"),
                     "",
                     {kPoint, {"PATTERN", true}},
                     {kOpen},
                     {{"backups files POINT '*.conf'", T("one name a line")}},
                     backupsFiles});
    table.push_back(
        {"backups diff",
         T("Show what differs between two restore points"),
         T("Files are compared by content, mode, owner, time, link and attributes; of a "
           "database the rows of each table are counted. Nothing of the archives is read."),
         {kPoint, {"OTHER", false, false, Words::Point}},
         {kOpen},
         {{"backups diff OLD NEW", T("+ added, - removed, ~ changed and what of it")}},
         backupsDiff});
    table.push_back(
        {"backups verify",
         T("Read every byte of a restore point and compare"),
         "",
         {kPoint},
         {kOpen},
         {{"backups verify POINT", T("raises its proof to “read”")},
          {"backups verify POINT --open", T("the recovery key proves itself this way")}},
         backupsVerify});
    table.push_back({"backups extract",
                     T("Take files out of a restore point"),
                     "",
                     {kPoint, {"PATH", false, true}},
                     {{"to", "DIR", T("The folder to put them into"), false, Words::File}, kOpen},
                     {{"backups extract POINT etc/app.conf --to /tmp/look", T("one file")}},
                     backupsExtract});
    table.push_back({"backups remove",
                     T("Remove a restore point"),
                     "",
                     {kPoint},
                     {{"yes", nullptr, T("Do not ask")}},
                     {{"backups remove POINT", T("asks first")}},
                     backupsRemove});
}

void addOthers(std::vector<VerbSpec> &table)
{
    table.push_back({"practice list",
                     T("List what can be practised with"),
                     "",
                     {},
                     {},
                     {{"practice list", T("types, and which are set up")}},
                     practiceList});
    table.push_back({"practice start",
                     T("Make a throw-away system to practise with"),
                     T("Makes a folder with files, starts simulators and a database where the type "
                       "has them, and makes a system practice-TYPE. Nothing of yours is touched. "
                       "Simulators listen on 127.0.0.1 only and run until “practice stop”; started "
                       "again they take up what they hold. Faults last until the next start."),
                     {kType},
                     {{"port", "N", T("Where the simulator listens; else on a free port")},
                      {"fault", "NAME", T("What the simulator is to get wrong; may be repeated"),
                       true, Words::PracticeFault}},
                     {{"practice start files", T("needs no account and no keychain")},
                      {"practice start alien4cloud --fault snapshot-partial",
                       T("Elasticsearch that cannot save every shard")}},
                     practiceStart});
    table.push_back({"practice damage",
                     T("Break some of the practice system's files"),
                     "",
                     {kType},
                     {},
                     {{"practice damage files", T("then restore it yourself")}},
                     practiceDamage});
    table.push_back({"practice run",
                     T("Save, damage, restore and compare the practice system"),
                     T("The last line says whether everything came back; exit status 0 when it is "
                       "equal, 1 when not."),
                     {kType},
                     {},
                     {{"practice run files", T("about a minute")}},
                     practiceRun});
    table.push_back({"practice stop",
                     T("Remove a practice system with all it made"),
                     "",
                     {kType},
                     {},
                     {{"practice stop files", T("its folder, restore points and runs")}},
                     practiceStop});
    table.push_back({"doctor",
                     T("Look whether everything Lifeboat needs is there"),
                     "",
                     {},
                     {{"rebuild-inventory", nullptr,
                       T("Read all stores and runs into the inventory "
                         "again")}},
                     {{"doctor", T("what is good, what is not, and what to do")},
                      {"doctor --rebuild-inventory", T("after copying restore points by hand")}},
                     doctor});
    table.push_back(
        {"report",
         T("Write what a run did as one page or as data"),
         T("What, when, by whom, on which target; plan, steps, checks, deviations, what is still "
           "to undo, hashes of the evidence and of the journal. The page is one file that loads "
           "nothing and prints well. A FILE of - is standard output."),
         {kRun, {"FILE", false, false, Words::File}},
         {{"html", nullptr, T("A page for a browser; without it, --json writes the data")}},
         {{"report RUN --html run.html", T("to read, to print, to send")},
          {"report RUN --json run.json", T("for a program; schema run-report")}},
         report});
    table.push_back(
        {"completion",
         T("Print a shell's completion script"),
         "",
         {{"SHELL", false, false, Words::Shell}},
         {},
         {{"completion bash > ~/.local/share/bash-completion/completions/lifeboat-cli",
           T("for bash")},
          {"completion zsh > ~/.zfunc/_lifeboat-cli", T("for zsh")},
          {"completion fish > ~/.config/fish/completions/lifeboat-cli.fish", T("for fish")}},
         completion});
    table.push_back({"version",
                     T("Print the version"),
                     "",
                     {},
                     {},
                     {{"version --json", T("as JSON")}},
                     version});
}

} // namespace

const std::vector<VerbSpec> &verbTable()
{
    static const std::vector<VerbSpec> table = [] {
        std::vector<VerbSpec> all;
        addSystems(all);
        addSecrets(all);
        addRunbooks(all);
        addWork(all);
        addRuns(all);
        addBackups(all);
        addOthers(all);
        return all;
    }();
    return table;
}

const VerbSpec *findVerb(const QString &name)
{
    for (const VerbSpec &verb : verbTable()) {
        if (name == QLatin1String(verb.name))
            return &verb;
    }
    return nullptr;
}

QStringList verbGroups()
{
    QStringList groups;
    for (const VerbSpec &verb : verbTable()) {
        const QString name = QString::fromLatin1(verb.name);
        const QString first = name.section(QLatin1Char(' '), 0, 0);
        if (name != first && !groups.contains(first))
            groups << first;
    }
    return groups;
}

} // namespace lb::cli
