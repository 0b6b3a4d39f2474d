// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/shapes.h"

#include "core/model/input_spec.h"

#include <array>

namespace lb {

namespace {

QStringList inputTypes()
{
    QStringList words;
    for (int type = 0; type <= int(InputType::Command); ++type)
        words << name(InputType(type));
    return words;
}

QStringList levels()
{
    return {QStringLiteral("error"), QStringLiteral("warning")};
}

QStringList errorCodes()
{
    QStringList words;
    for (int code = 0; code <= int(ErrorCode::Internal); ++code)
        words << errorCodeName(ErrorCode(code));
    return words;
}

constexpr std::array kSource{
    FieldSpec{"document", FieldType::Text, true, "The vendor's document this follows"},
    FieldSpec{"section", FieldType::Text, false, "Its section"}};
constexpr Shape kSourceShape{"source", "Where the procedure comes from", kSource};

constexpr std::array kDeviation{
    FieldSpec{"document", FieldType::Text, true, "What the vendor's document says"},
    FieldSpec{"lifeboat", FieldType::Text, true, "What is done here instead"},
    FieldSpec{"why", FieldType::Text, true, "Why"}};
constexpr Shape kDeviationShape{"deviation", "A place where the document is not followed",
                                kDeviation};

constexpr std::array kInputFields{
    FieldSpec{"type", FieldType::Word, true, "What kind of value it is", nullptr, inputTypes},
    FieldSpec{"title", FieldType::Text, false, "The field's label"},
    FieldSpec{"help", FieldType::Text, false, "One sentence below the field"},
    FieldSpec{"list", FieldType::YesNo, false, "Several values, in order"},
    FieldSpec{"required", FieldType::YesNo, false, "It must not be empty"},
    FieldSpec{"choices", FieldType::TextList, false, "The words of a choice"},
    FieldSpec{"default", FieldType::Any, false, "The value when nothing is given"},
    FieldSpec{"with", FieldType::Id, false, "Another input that must be given with this one"},
    FieldSpec{"per_run", FieldType::YesNo, false, "Given for one run; a system does not keep it"}};
constexpr Shape kInputShape{"input", "A value that the admin gives", kInputFields};

constexpr std::array kSecretFields{
    FieldSpec{"title", FieldType::Text, true, "What the secret is"},
    FieldSpec{"holder", FieldType::Text, false, "Who has it"},
    FieldSpec{"needed_by", FieldType::Id, false, "The step that needs it first"}};
constexpr Shape kSecretShape{"secret", "A secret that steps need", kSecretFields};

constexpr Shape kReadShape{"read", "Exactly one read action", {}, ActionPlace::Read};
constexpr Shape kUndoShape{"undo", "Exactly one action", {}, ActionPlace::Undo};

constexpr std::array kIdentity{
    FieldSpec{"facts", FieldType::ObjectMap, true,
              "At least two facts from different sources that say which installation this is",
              &kReadShape},
    FieldSpec{"text", FieldType::Text, true, "A short readable text; people type it"},
    FieldSpec{"scope", FieldType::TextOrList, false,
              "The names inside the installation that a run touches"},
    FieldSpec{"pins", FieldType::YesNo, false,
              "no: these are facts of a copy, which do not become the system's own; default yes"}};
constexpr Shape kIdentityShape{"identity", "Which installation this is", kIdentity};

constexpr std::array kVersion{FieldSpec{"pattern", FieldType::Text, false,
                                        "Regular expression; its first group is the version"}};
constexpr Shape kVersionShape{"version", "How the system's version is read", kVersion,
                              ActionPlace::Read};

constexpr std::array kCheck{
    FieldSpec{"id", FieldType::Id, true, "The check's name"},
    FieldSpec{"title", FieldType::Text, true, "What holds when it passes"},
    FieldSpec{"hint", FieldType::Text, false, "What to do when it does not"},
    FieldSpec{"level", FieldType::Word, false,
              "warning: a failure can be accepted with a reason; default error", nullptr, levels},
    FieldSpec{"when", FieldType::When, false, "Only then"},
    FieldSpec{"for_each", FieldType::Text, false, "One check for each item of this list"},
    FieldSpec{"for_each_key", FieldType::Text, false,
              "The items' field that names them; default name"},
    FieldSpec{"done_when", FieldType::Match, false, "The answer that passes a read action"}};
constexpr Shape kCheckShape{"check", "A look at something before anything is changed", kCheck,
                            ActionPlace::Check};

constexpr std::array kPart{
    FieldSpec{"title", FieldType::Text, true, "What the part is"},
    FieldSpec{"needed", FieldType::YesNo, false, "A restore needs it"},
    FieldSpec{"secret", FieldType::YesNo, false, "It is encrypted"},
    FieldSpec{"kind", FieldType::Text, false,
              "tree (default), postgres, globals, file, reference, or the system's own"}};
constexpr Shape kPartShape{"part", "A part of the restore point", kPart};

constexpr std::array kProbe{
    FieldSpec{"done_when", FieldType::Match, true, "This answer says that the step was done"},
    FieldSpec{"not_done_when", FieldType::Match, true, "This answer says that it was not"}};
constexpr Shape kProbeShape{"probe", "Finds out whether a step was done", kProbe,
                            ActionPlace::Read};

constexpr std::array kObliges{
    FieldSpec{"id", FieldType::Id, true, "The obligation's name"},
    FieldSpec{"title", FieldType::Text, true, "What must be done"},
    FieldSpec{"by", FieldType::Id, false, "The step in finally that does it"}};
constexpr Shape kObligesShape{"obliges", "What must be undone after this step", kObliges};

constexpr std::array kRetry{
    FieldSpec{"times", FieldType::WholeNumber, true, "Further attempts after the first"},
    FieldSpec{"wait", FieldType::Duration, false, "The time between attempts; default 5s"},
    FieldSpec{"on", FieldType::WordList, false,
              "Errors that are worth another attempt; default unreachable and timed_out", nullptr,
              errorCodes}};
constexpr Shape kRetryShape{"retry", "Further attempts after a failure", kRetry};

constexpr FieldSpec kStepId{"id", FieldType::Id, true, "The step's name"};
constexpr FieldSpec kPhase{"phase", FieldType::Id, false,
                           "What part of the work it is, such as quiesce, save, restore, resume"};
constexpr FieldSpec kStepTitle{"title", FieldType::Text, false,
                               "What it does, for people; default its id"};
constexpr FieldSpec kEffect{
    "effect", FieldType::Word,
    false,    "What it does to the target; actions that cannot know it need it",
    nullptr,  wordsOf<Effect>};
constexpr FieldSpec kResume{"resume",
                            FieldType::Word,
                            false,
                            "What to do when nobody knows whether it was done; default ask, for "
                            "reads repeat",
                            nullptr,
                            wordsOf<ResumePolicy>};
constexpr FieldSpec kProbeField{"probe", FieldType::Object, false,
                                "Finds out whether the step was done; any other answer asks",
                                &kProbeShape};
constexpr FieldSpec kUndo{"undo", FieldType::Object, false, "The action that takes the step back",
                          &kUndoShape};
constexpr FieldSpec kObligesField{"obliges", FieldType::Object, false,
                                  "What must be undone once the step was begun", &kObligesShape};
constexpr FieldSpec kNeeds{"needs", FieldType::IdList, false,
                           "Steps that must have ended well; default the step before; [] is none"};
constexpr FieldSpec kForEach{"for_each", FieldType::Text, false,
                             "One step for each item of this list: inputs.NAME, discovered.NAME, "
                             "point.parts, point.trees, point.databases or point.roles"};
constexpr FieldSpec kForEachKey{"for_each_key", FieldType::Text, false,
                                "The items' field that names them; default name"};
constexpr FieldSpec kTimeout{"timeout", FieldType::Duration, false, "How long it may take"};
constexpr FieldSpec kGrace{"grace", FieldType::Duration, false,
                           "Time between TERM and KILL; default 10s"};
constexpr FieldSpec kRetryField{"retry", FieldType::Object, false,
                                "Further attempts after a failure", &kRetryShape};
constexpr FieldSpec kDaemon{"starts_daemon", FieldType::YesNo, false,
                            "What it leaves running is meant to stay"};

constexpr std::array kStep{kStepId,     kPhase,
                           kStepTitle,  kEffect,
                           kResume,     kProbeField,
                           kUndo,       kObligesField,
                           kNeeds,      FieldSpec{"when", FieldType::When, false, "Only then"},
                           kForEach,    kForEachKey,
                           kTimeout,    kGrace,
                           kRetryField, kDaemon};
constexpr Shape kStepShape{"step", "One step of the work", kStep, ActionPlace::Step};

constexpr std::array kFinallyStep{
    kStepId,
    kPhase,
    kStepTitle,
    kEffect,
    kResume,
    kProbeField,
    kUndo,
    kObligesField,
    kNeeds,
    FieldSpec{"when", FieldType::FinallyWhen, false,
              "always: however the steps ended; proven: only after a proven success"},
    kForEach,
    kForEachKey,
    kTimeout,
    kGrace,
    kRetryField,
    kDaemon};
constexpr Shape kFinallyShape{"finally", "A step that comes after all others", kFinallyStep,
                              ActionPlace::Step};

constexpr std::array kCloses{
    FieldSpec{"obligation", FieldType::Id, true, "The obligation's name"},
    FieldSpec{"runbook", FieldType::RunbookId, true, "The runbook whose runs have left it"},
    FieldSpec{"same", FieldType::IdList, false,
              "Inputs that must have had the same values as in this run"}};
constexpr Shape kClosesShape{"closes", "What of earlier runs a good end puts right", kCloses};

constexpr std::array kRunbook{
    FieldSpec{"lifeboat", FieldType::Format, true, "The version of this language: 1"},
    FieldSpec{"id", FieldType::RunbookId, true, "The runbook's name, such as harbour.save"},
    FieldSpec{"system", FieldType::Id, true, "The type of systems it is for"},
    FieldSpec{"purpose", FieldType::Word, true, "What it is good for", nullptr, wordsOf<Purpose>},
    FieldSpec{"title", FieldType::Text, true, "What it does, for people"},
    FieldSpec{"description", FieldType::Text, false, "More about it"},
    FieldSpec{"applies_to", FieldType::Text, false,
              "Versions of the system it is proven on, such as \">=1.1 <1.3\""},
    FieldSpec{"source", FieldType::Object, false, "Where the procedure comes from", &kSourceShape},
    FieldSpec{"deviations", FieldType::ObjectList, false, "Where the document is not followed",
              &kDeviationShape},
    FieldSpec{"inputs", FieldType::ObjectMap, false, "Values that the admin gives", &kInputShape},
    FieldSpec{"secrets", FieldType::ObjectMap, false, "Secrets that steps need", &kSecretShape},
    FieldSpec{"identity", FieldType::Object, false, "Which installation this is", &kIdentityShape},
    FieldSpec{"version", FieldType::Object, false, "How the system's version is read",
              &kVersionShape},
    FieldSpec{"checks", FieldType::ObjectList, false, "Looks before anything is changed",
              &kCheckShape},
    FieldSpec{"discover", FieldType::ObjectMap, false,
              "Reads before the plan; what they find stands in it", &kReadShape},
    FieldSpec{"parts", FieldType::ObjectMap, false, "Parts of the restore point", &kPartShape},
    FieldSpec{"steps", FieldType::ObjectList, true, "The work, in order", &kStepShape},
    FieldSpec{"finally", FieldType::ObjectList, false, "Steps that come after all others",
              &kFinallyShape},
    FieldSpec{"closes", FieldType::ObjectList, false,
              "Obligations of earlier runs that a good end puts right", &kClosesShape}};
constexpr Shape kRunbookShape{"runbook", "A runbook of Lifeboat", kRunbook};

constexpr std::array kPinned{
    FieldSpec{"text", FieldType::Text, true, "The identity's text"},
    FieldSpec{"facts", FieldType::Any, true, "Fact name to value"},
    FieldSpec{"scope", FieldType::TextList, false, "The names that runs touch"}};
constexpr Shape kPinnedShape{"pinned", "The identity that a person let pass", kPinned};

constexpr std::array kSecretSource{
    FieldSpec{"program", FieldType::TextList, true,
              "A program and its arguments; what it prints is the secret"}};
constexpr Shape kSecretSourceShape{"secret", "Where a secret comes from, if not from the keychain",
                                   kSecretSource};

constexpr std::array kSystem{
    FieldSpec{"lifeboat", FieldType::Format, true, "The version of this format: 1"},
    FieldSpec{"type", FieldType::Id, true, "The system's type"},
    FieldSpec{"inputs", FieldType::Any, false, "The type's inputs"},
    FieldSpec{"store", FieldType::Profile, false, "The store for its restore points"},
    FieldSpec{"protected", FieldType::YesNo, false, "Every change needs its identity typed"},
    FieldSpec{"rto", FieldType::Duration, false, "Recovery time objective"},
    FieldSpec{"rpo", FieldType::Duration, false, "Recovery point objective"},
    FieldSpec{"via", FieldType::Text, false, "The route to it"},
    FieldSpec{"notify", FieldType::Text, false, "Program or webhook that is told of waiting runs"},
    FieldSpec{"network_limit", FieldType::Duration, false,
              "How long a run waits for the network; default 4h"},
    FieldSpec{"holders", FieldType::TextMap, false, "Secret to the one who has it"},
    FieldSpec{"secrets", FieldType::ObjectMap, false, "Secrets that do not come from the keychain",
              &kSecretSourceShape},
    FieldSpec{"pinned", FieldType::Object, false, "The identity that a person let pass",
              &kPinnedShape}};
constexpr Shape kSystemShape{"system", "A system that an admin set up", kSystem};

constexpr std::array kStore{
    FieldSpec{"folder", FieldType::Path, true, "A folder of this machine"},
    FieldSpec{"recipients", FieldType::TextList, false,
              "Keys of age that secret parts are encrypted to: age1… or ssh-ed25519 …"},
    FieldSpec{"recovery_recipient", FieldType::Text, false,
              "The recipient, age1…, whose key is kept away from this computer"}};
constexpr Shape kStoreShape{"store", "A place for restore points", kStore};
constexpr std::array kStores{
    FieldSpec{"lifeboat", FieldType::Format, true, "The version of this format: 1"},
    FieldSpec{"stores", FieldType::ObjectMap, true, "Places for restore points", &kStoreShape}};
constexpr Shape kStoresShape{"stores", "The places where restore points live", kStores};

} // namespace

const char *const kIdPattern = "^[a-z][a-z0-9_-]{0,63}$";
const char *const kRunbookIdPattern = "^[a-z0-9][a-z0-9_-]*(\\.[a-z0-9][a-z0-9_-]*)*$";
const char *const kProfilePattern = "^[a-z0-9][a-z0-9-]{0,62}$";

const Shape &runbookShape()
{
    return kRunbookShape;
}

const Shape &systemShape()
{
    return kSystemShape;
}

const Shape &storesShape()
{
    return kStoresShape;
}

bool mayStand(const ActionSpec &action, ActionPlace place, bool builtIn)
{
    if (action.builtInOnly && !builtIn)
        return false;
    switch (place) {
    case ActionPlace::None:
        return false;
    case ActionPlace::Step:
        return true;
    case ActionPlace::Check:
        return action.isCheck || action.canRead;
    case ActionPlace::Read:
        return action.canRead;
    case ActionPlace::Undo:
        // What stages, keeps or clears away can only be a step of its own.
        switch (action.kind) {
        case ActionKind::TreeRestore:
        case ActionKind::PostgresRestore:
        case ActionKind::ElasticsearchSave:
        case ActionKind::ElasticsearchKeep:
        case ActionKind::ElasticsearchRestore:
        case ActionKind::ElasticsearchRehearse:
        case ActionKind::ElasticsearchRelease:
        case ActionKind::ElasticsearchExport:
        case ActionKind::ElasticsearchClear:
        case ActionKind::ElasticsearchImport:
        case ActionKind::ElasticsearchExportRemove:
        case ActionKind::ElasticsearchAdopt:
        case ActionKind::Alien4CloudAdoptFiles:
        case ActionKind::Alien4CloudTransform:
        case ActionKind::Alien4CloudConnect:
        case ActionKind::Alien4CloudPluginSwap:
        case ActionKind::ToolchainPublish:
        case ActionKind::ToolchainCreate:
        case ActionKind::ToolchainBuild:
        case ActionKind::ToolchainSetSecret:
        case ActionKind::ToolchainTriggers:
        case ActionKind::ToolchainProve:
        case ActionKind::ToolchainRevoke:
        case ActionKind::ToolchainUnpublish:
            return false;
        default:
            return action.effect != Effect::Read;
        }
    }
    return false;
}

} // namespace lb
