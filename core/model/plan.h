// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/indirect.h"
#include "core/model/elasticsearch_call.h"
#include "core/model/postgres_call.h"
#include "core/model/profiles.h"
#include "core/model/runbook.h"
#include "core/model/template_text.h"
#include "core/model/toolchain_call.h"

#include <memory>
#include <variant>
#include <vector>

namespace lb {

struct SecretRef
{
    QString name;
    friend bool operator==(const SecretRef &, const SecretRef &) = default;
};
using Sensitive = std::variant<TemplateText, SecretRef>;

/// How a restored tree takes its place (design §6).
enum class SwapWay
{
    Exchange, ///< one rename exchange (or plain rename) with a sibling folder on the same file
              ///< system
    Rename,   ///< there is nothing at the target: the sibling takes its name
    Children, ///< mount point or unwritable parent: children moved one by one, each journalled
};
QString name(SwapWay way);
std::optional<SwapWay> swapWayFromName(const QString &text);

// ---- Calls: exactly what an executor does. Nothing in them is decided at run time but slots. ----

/// Start a program and wait for it.
struct ProcessCall
{
    QString program; ///< never holds a slot
    std::vector<TemplateText> arguments;
    QString folder;
    std::vector<std::pair<QString, Sensitive>> environment; ///< added to a minimal one
    Sensitive input;
    QString user;              ///< `as`: through sudo; empty: who runs Lifeboat
    bool asksPassword = false; ///< sudo gets the secret sudo_password first
    QString host;              ///< empty: this machine
    QList<int> success{0};
    OutputKind output = OutputKind::None;
    bool startsDaemon = false;
    bool pipes = false; ///< its standard output is the standard input of the next program
};

/// Send one HTTP request. The address's scheme, host and port never hold a slot: who gets a secret
/// stands in the plan.
struct HttpCall
{
    static constexpr qint64 kMaxSize = 64 * 1024 * 1024;
    /// 200-299.
    static const QList<int> &goodStatuses();

    QString method = QStringLiteral("GET");
    TemplateText url;
    std::vector<std::pair<QString, Sensitive>> headers;
    Sensitive body;
    QJsonValue json{QJsonValue::Undefined}; ///< texts with slots in it are TemplateText JSON
    QString fromFile;                       ///< the body is this file's content
    QString ca, clientCertificate, clientKey;
    QString user, password, bearer; ///< the last two are names of secrets
    std::chrono::milliseconds timeout{60'000};
    QList<int> success = goodStatuses();
    OutputKind output = OutputKind::None;
    QString toFile; ///< the answer's body goes into this new file
    qint64 maxSize = kMaxSize;

    /// True when a secret goes with it over a connection that everybody on the way can read.
    bool showsSecrets() const;
};

struct WriteFileCall
{
    TemplateText path;
    Sensitive content;
    int mode = 0600;
    TemplateText aside; ///< where the old file is kept for undo
};

/// Undo of WriteFileCall: the old file back, or none if there was none.
struct RestoreFileCall
{
    TemplateText path, aside;
};

struct TreeSaveCall
{
    QString folder;
    QStringList exclude;
    QString part; ///< part id; `file` below the point's folder is parts/<file>.tar.zst
    QString file;
    QString title;
    bool encrypted = false; ///< archive and index end in .age, and never lie anywhere in clear
    QStringList recipients{};
};

/// Extract a part beside its target and verify every byte on the way.
struct TreeStageCall
{
    QString part, point;
    QString into; ///< the target folder
    SwapWay way = SwapWay::Exchange;
    TemplateText staging;
    qint64 bytes = 0, entries = 0;
    QString file{};      ///< of an encrypted part, below the point's folder; empty: not encrypted
    QString reference{}; ///< the folder that the part only refers to; empty: it is in the store
};

/// Put the staged tree in place; the old goes to `aside` (by TreeSwapBackCall it comes back).
struct TreeSwapCall
{
    QString part, into;
    SwapWay way = SwapWay::Exchange;
    TemplateText staging, aside;
    bool targetExists = true;
};

struct TreeSwapBackCall
{
    QString part, into;
    SwapWay way = SwapWay::Exchange;
    TemplateText staging, aside;
    bool targetExisted = true;
};

/// Delete a folder that this or the named run made (aside copy, staging); nothing else.
struct TreeRemoveCall
{
    TemplateText folder;
};

/// Write manifest, sums and RESTORE.md, sync, rename: the restore point becomes visible.
struct PublishCall
{
    std::vector<PartSpec> parts;
};

/// Work on a whole restore point: PointVerify, PointFiles, PointDiff, PointExtract, PointRemove,
/// InventoryRebuild. `params` as in the action table.
struct PointCall
{
    ActionKind kind = ActionKind::PointVerify;
    QJsonObject params; ///< texts may be TemplateText JSON (the point's id is ‹point› in a save)
};

/// A built-in read: checks and facts. Changes nothing.
struct ReadCall
{
    ActionKind kind = ActionKind::MachineId;
    QJsonObject params;
};

struct WaitUntilCall;
struct AskCall
{
    TemplateText text;
    EvidenceKind evidence = EvidenceKind::None;
};
/// A yes/no that was given at *go*; asked again only when the step is reached without it.
struct ConfirmCall
{
    TemplateText text;
};

/// The large kinds lie elsewhere: a plan may hold ten thousand calls, most of them small.
using Call =
    std::variant<ProcessCall, Indirect<HttpCall>, WriteFileCall, RestoreFileCall, TreeSaveCall,
                 TreeStageCall, TreeSwapCall, TreeSwapBackCall, TreeRemoveCall, PublishCall,
                 PointCall, ReadCall, Indirect<PostgresCall>, Indirect<ElasticsearchCall>,
                 Indirect<ToolchainCall>, WaitUntilCall, AskCall, ConfirmCall>;

struct WaitUntilCall
{
    std::shared_ptr<const Call> read; ///< ProcessCall, HttpCall or ReadCall
    Match doneWhen;
    std::chrono::milliseconds every{5000};
};

/// The call, const or not, if it is of that kind; null if not.
template <class Kind, class SomeCall>
requires std::is_same_v<std::remove_const_t<SomeCall>, Call>
auto *callAs(SomeCall &call)
{
    if constexpr (std::is_constructible_v<Call, std::in_place_type_t<Kind>, Kind>) {
        return std::get_if<Kind>(&call);
    } else {
        auto *indirect = std::get_if<Indirect<Kind>>(&call);
        return indirect ? &**indirect : nullptr;
    }
}

/// A program or a request that the runbook's author chose: only the runbook can say whether it may
/// be done a second time.
inline bool isAuthorsOwn(const Call &call)
{
    return callAs<ProcessCall>(call) || callAs<HttpCall>(call);
}

QJsonObject partSpecToJson(const PartSpec &part);
PartSpec partSpecFromJson(const QJsonObject &object);

/// `{"call":"run", …}`; the word is the action's key or the call's own (`publish`, `tree_swap`…).
QJsonObject callToJson(const Call &call);
Result<Call> callFromJson(const QJsonObject &object);
/// What is started for it: the program itself, or sudo. Two of them where sudo wants a password:
/// it gets that alone, before the program gets its input.
std::vector<ProcessCall> programsOf(const ProcessCall &call);
/// `json` of a call as the text that is sent.
TemplateText jsonBody(const HttpCall &call);
/// The programs that a call on a server starts, in order: what the plan prints is what runs. Slots:
/// `snapshot`, and `point_folder` for the restore point's folder.
std::vector<ProcessCall> programsOf(const PostgresCall &call);
/// One request of a call on a cluster and what it is for. Slots: `index`, `type` and `id`, when it
/// is sent for each of them.
struct PlannedRequest
{
    QString purpose;
    HttpCall call;
};
/// All that the call may send, in order; those that wait are sent again and again.
std::vector<PlannedRequest> requestsOf(const ElasticsearchCall &call);
std::vector<PlannedRequest> requestsOf(const ToolchainCall &call);
/// What encrypts and decrypts the archive and then its index; nothing for one in clear. A program
/// that writes its file reads the clear text from standard input, and the other way round.
std::vector<ProcessCall> programsOf(const TreeSaveCall &call);
std::vector<ProcessCall> programsOf(const TreeStageCall &call);
/// A secret in a call and the way it takes to the tool that needs it.
struct SecretUse
{
    QString name;
    QString channel; ///< `stdin`, `environment`, `file`, `header`, `body`, or `check` when it is
                     ///< only looked for

    friend bool operator==(const SecretUse &, const SecretUse &) = default;
};
/// Every secret that a call delivers.
std::vector<SecretUse> secretsOf(const Call &call);
/// The names in these calls, each once.
QStringList secretNames(const std::vector<Call> &calls);
/// The call as one or more lines a person can read and, where it is a program, copy. Secrets are
/// names, slots are ‹path›. Lines that begin with four spaces are verbatim: never wrap them.
QStringList describeCall(const Call &call);

struct PlannedProbe
{
    Call call;
    Match doneWhen, notDoneWhen;
};

struct PlannedStep
{
    QString id, title, phase;
    QString action; ///< key of the action, for `steps[].action`
    PlanSection section = PlanSection::Steps;
    Effect effect = Effect::Read;
    std::vector<Call> calls; ///< in this order
    QStringList needs;       ///< ids of steps that must have ended well (or been skipped) before
    ResumePolicy resume = ResumePolicy::Ask;
    std::shared_ptr<const PlannedProbe> probe; ///< null: none
    std::vector<Call> undo;                    ///< empty: cannot be undone (read steps need none)
    std::optional<ObligationSpec> obliges;
    FinallyWhen finallyWhen = FinallyWhen::Always;
    std::optional<std::chrono::milliseconds> timeout;
    std::chrono::milliseconds grace{10'000};
    RetrySpec retry;
    QString skipReason; ///< not empty: the plan already knows that this step is skipped
    Condition when;     ///< what is left to decide at run time; Undefined/null = nothing
    QString part;       ///< the part it makes or uses
    bool barrier() const { return effect == Effect::Destroy; }
    bool reversible() const { return effect == Effect::Read || !undo.empty(); }
};

/// True for the finally step that puts the obligation right, or one of its for_each instances.
inline bool putsRight(const PlannedStep &step, const ObligationSpec &obligation)
{
    return step.section == PlanSection::Finally && !obligation.by.isEmpty() &&
           (step.id == obligation.by || step.id.startsWith(obligation.by + QLatin1Char('[')));
}

struct PlannedCheck
{
    QString id, title, hint;
    Call call;
    Match doneWhen;
    bool warnOnly = false;
};

struct NamedCall
{
    QString name;
    Call call;
};

/// The frozen plan: what will be done, call by call. Same inputs, same facts: same bytes.
struct Plan
{
    QString runbook, title, type, system;
    QByteArray runbookSha256;
    Purpose purpose = Purpose::Change;
    TargetKind target = TargetKind::Same;
    Identity identity;
    bool pins = true; ///< go makes it the system's known identity where that is new
    bool isProtected = false;
    QString version;      ///< of the system, where the runbook reads one
    QString restorePoint; ///< id; empty for a save
    StoreProfile store;
    SystemProfile profile;
    QJsonObject inputs;     ///< resolved
    QJsonObject discovered; ///< frozen
    QStringList only;
    QStringList secrets;                    ///< names
    std::vector<NamedCall> facts, discover; ///< read again at go
    std::vector<PlannedCheck> checks;
    std::vector<PartSpec> parts;
    std::vector<PlannedStep> steps; ///< in printed order: steps, finally, closing
    int lineOfNoReturn = -1;        ///< index into steps it stands before; -1: none
    std::vector<Deviation> deviations;
    std::vector<ObligationSpec> announced; ///< obligations that a good end leaves (aside copies)
    std::vector<ClosesSpec> closes;        ///< what a good end puts right of earlier runs
    QStringList remarks; ///< what the reader must know: what changes on the way, what `only` lacks
    QString undoOf;      ///< run id, for lifeboat.undo

    /// True when *go* needs the identity's text typed: a destroying step, or a protected system
    /// with a change step.
    bool needsConfirmation() const;
    const PlannedStep *step(const QString &id) const;

    QJsonObject toJson() const; ///< format 1
    static Result<Plan> fromJson(const QJsonObject &object);
    /// The bytes of plan.json.
    QByteArray bytes() const { return toJsonDocumentBytes(); }
    QByteArray sha256() const;

private:
    QByteArray toJsonDocumentBytes() const;
};

} // namespace lb
