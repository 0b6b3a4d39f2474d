// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/async.h"
#include "core/model/advice.h"
#include "core/model/plan.h"
#include "core/model/point_secrets.h"
#include "core/model/restore_point.h"
#include "core/model/run_state.h"
#include "core/model/vendor_files.h"
#include "core/runner/runner_client.h"
#include "core/secrets/keychain.h"

#include <QObject>

#include <functional>
#include <memory>

namespace lb {

/// The facade's own rows. In a namespace of their own because the index of runs has types of the
/// same names; front ends just write lb::RunSummary.
inline namespace facade {

/// A system type: what `systems types` lists and the add-system form is built from.
struct SystemType
{
    QString id, title, description;
    std::vector<InputSpec> inputs;
    QStringList vendorFiles{}; ///< what its inputs can be filled from; see Service::fillFromFiles()
};

struct RunbookInfo
{
    QString id, title, system;
    Purpose purpose = Purpose::Change;
    bool builtIn = true;
    QString file;
    std::vector<Diagnostic> diagnostics; ///< errors: listed, cannot be run
};

/// One row of `runs list`.
struct RunSummary
{
    QString id, runbook, title, system;
    Purpose purpose = Purpose::Change;
    RunStateName state = RunStateName::Preparing;
    QDateTime startedAt, endedAt;
    QString restorePoint;
    std::optional<Waiting> waiting;
    int openObligations = 0;
    bool hidden = false;
    bool imported = false; ///< came from elsewhere: to look at only, no concern of this machine
};

/// One row of the board: a verdict only on verified facts, each with its age.
struct SystemOverview
{
    SystemProfile profile;
    std::optional<RestorePoint> best; ///< newest complete one of the highest proof
    std::optional<RestorePoint> newest;
    QString bestReason;                 ///< why there is no default choice, if so
    std::vector<RunSummary> activeRuns; ///< running, waiting, ready, interrupted
    std::vector<Obligation> open;
    std::optional<RunSummary> lastRun;
    enum class Verdict
    {
        NeverSaved,
        NotProven,
        Proven,
        Overdue,
        Attention,
        Running
    } verdict = Verdict::NeverSaved;
    QString cause; ///< the verdict in one sentence
    std::vector<Advice> advice;
};

/// What to run. The facade fills in runbook text, profile and store.
struct RunOrder
{
    RunMode mode = RunMode::Run;
    QString runbook, system;
    QString restorePoint;
    std::optional<std::chrono::milliseconds> maxLoss;
    std::optional<TargetKind> target;
    QStringList only;
    QMap<QString, QStringList> set; ///< key → values as typed
    GoAnswer go;
    bool attended = false; ///< somebody is there to answer; a plan then stays ready, not a draft
    bool hidden = false;   ///< not for lists
};

struct PointFilter
{
    QString system; ///< empty: all
};

/// Finding of `doctor`: one thing looked at.
struct DoctorFinding
{
    enum class Level
    {
        Good,
        Note,
        Problem
    } level = Level::Good;
    QString what, evidence, advice;
};

/// One secret that the runbooks of a system declare.
struct SecretStatus
{
    QString system, name, title, holder;
    QStringList program; ///< where it comes from; empty: the keychain
    /// `present`, `missing`, `program` (not started to look), `unknown`, or the keychain's state
    /// when that keeps us from looking.
    QString state;
    QStringList neededBy; ///< titles of the runbooks that declare it
};

enum class ReportForm
{
    Html,
    Json
};

/// How records are packed and unpacked: the program that can do it lends it (app/cli), so that the
/// window need not hold it.
using PackRecords = std::function<Result<void>(const QString &folder, const QByteArray &top,
                                               const std::vector<QByteArray> &paths)>;
/// Into an empty folder; gives the name of the one folder at the top. `fits`: what may be in it.
using UnpackRecords = std::function<Result<QByteArray>(
    const QString &into, const std::function<bool(const QByteArray &path, bool isFolder)> &fits)>;

/// What `runs verify` found: the hash chain from the first line to the last, and the plan's hash.
struct JournalReport
{
    qint64 events = 0;
    QByteArray head;      ///< hash of the last good line
    qint64 tornBytes = 0; ///< of a last line that was cut off by a crash; harmless
    QStringList problems; ///< empty: everything is as it was written
};

} // namespace facade

/// The one facade for window and command line: profiles, runbooks, runs, restore points. Lives in
/// the main thread. Never touches a target and links no code that does: work is done by runner
/// processes that it starts (`runnerProgram`, default: lifeboat-cli beside the running program).
class Service : public QObject
{
    Q_OBJECT
public:
    explicit Service(QString runnerProgram = {}, QObject *parent = nullptr);
    ~Service() override;

    // Systems and stores
    Result<std::vector<SystemProfile>> systems(std::vector<Diagnostic> *broken = nullptr);
    Result<SystemProfile> system(const QString &name);
    std::vector<SystemType> systemTypes();
    Result<void> addSystem(const QString &name, const QString &type,
                           const QMap<QString, QStringList> &set, const QString &store = {},
                           bool isProtected = false, const QString &fromFile = {});
    Result<void> setSystem(const QString &name, const QMap<QString, QStringList> &set);
    /// How systems of a type are filled from their vendor's files: the program lends it, because
    /// what is known of a system is its own layer's.
    void lendVendorFiles(const QString &type, VendorFiles files);
    /// What is known of systems of a type without asking them; lent like the files.
    void lendAdvice(const QString &type, AdviceSource source);
    std::vector<Advice> advice(const SystemProfile &system);
    /// True for a file that is a profile of ours, which addSystem() takes over whole.
    static bool isProfileFile(const QString &file);
    /// Inputs for a system of that type out of its vendor's own files, as the type declares them;
    /// nothing is saved. What is `given` wins over the files, and its `host` says whether they are
    /// from this machine. BadInput for a type without such files, and for files that are none.
    Result<FilledInputs> fillFromFiles(const QString &type, const QStringList &files,
                                       const QMap<QString, QStringList> &given);
    Result<void> removeSystem(const QString &name);
    /// Takes the identity that a read just found as the pinned one.
    Result<void> pinSystem(const QString &name, const Identity &identity);
    Result<std::vector<StoreProfile>> stores();
    Result<void> addStore(const StoreProfile &store);
    Result<void> removeStore(const QString &name);
    /// Tries to write into the store's folder; the evidence in words.
    Result<QString> testStore(const QString &name);

    // Runbooks
    std::vector<RunbookInfo> runbooks(bool withHidden = false);
    Result<Runbook> runbook(const QString &id);
    std::vector<Diagnostic> lint(const QString &file);
    Result<void> copyRunbook(const QString &id, const QString &file);
    QByteArray runbookSchema();

    // Secrets: names, where they come from and how they stand; never a value
    /// What a system's runbooks declare, without a look at the keychain: state `unknown`.
    std::vector<SecretStatus> declaredSecrets(const SystemProfile &system);
    /// Touches the keychain, which may open a prompt of the desktop.
    Async<std::vector<SecretStatus>> secrets(const QString &system = {});
    /// What a restore of this point needs, and whether the keychain has it. Never opens a prompt
    /// and reads no value: where only that would tell, the state is `unknown`.
    Async<std::vector<PointSecret>> pointSecrets(const RestorePoint &point);
    /// Into the keychain. NotFound when no runbook of the system's type declares such a secret.
    Async<void> setSecret(const QString &system, const QString &secret, SecretHandle value);
    /// From now on this program prints it; empty: the keychain holds it again.
    Result<void> setSecretProgram(const QString &system, const QString &secret,
                                  const QStringList &program);
    Async<void> removeSecret(const QString &system, const QString &secret);
    Async<KeychainHealth> testKeychain();
    /// Lets a locked keychain show its prompt.
    Async<KeychainHealth> unlockKeychain();

    // Runs
    /// Starts a runner; done when it stands. BadInput before anything is started.
    Async<RunId> start(const RunOrder &order);
    /// Built-in work on restore points: `lifeboat.verify`, `.extract`, `.files`, `.remove`,
    /// `.inventory`, `.discharge`; `inputs` as those runbooks declare. No key is asked for where
    /// nothing is encrypted.
    Async<RunId> startBuiltIn(const QString &runbook, const QString &system,
                              const QJsonObject &inputs, const GoAnswer &go);
    Async<RunId> resume(const RunId &run, bool finallyOnly = false);
    /// A new run whose plan walks back what `run` did.
    Async<RunId> undo(const RunId &run, const GoAnswer &go, bool attended);
    RunFollower *follow(const RunId &run, QObject *parent);
    /// One command to a live runner.
    Async<void> command(const RunId &run, const RunCommand &command);
    std::vector<facade::RunSummary> runs(bool withHidden = false);
    Result<RunView> run(const RunId &run);
    /// Log files of a run in step order.
    QStringList logFiles(const RunId &run, const QString &step = {});
    Result<JournalReport> verifyRun(const RunId &run);
    Result<void> removeRun(const RunId &run);
    /// What the run's journal, plan and evidence tell, as one page or as one document. Holds no
    /// secret, because these hold none.
    Result<QByteArray> reportHtml(const RunId &run);
    Result<QJsonObject> reportJson(const RunId &run);
    /// Writes it to a new file; Conflict when there is one.
    Result<void> saveReport(const RunId &run, const QString &file, ReportForm form);
    /// The run's records in one file. Conflict while its runner lives, Corrupt when its journal or
    /// plan is damaged.
    Result<void> exportRun(const RunId &run, const QString &file, const PackRecords &pack);
    /// A run from such a file, of unknown origin: taken in only when every line of its journal and
    /// its plan are as they were written. It can be looked at, never resumed or undone here.
    Result<RunId> importRun(const QString &file, const UnpackRecords &unpack);
    /// From which file an imported run came, and when; empty for a run of this machine.
    QString importedFrom(const RunId &run);
    std::vector<Obligation> obligations(const QString &system = {});
    /// A hidden run that deletes the folder or the database that an obligation is about.
    Async<RunId> deleteKept(const Obligation &obligation);
    /// Closes an obligation by a person's word; Conflict when it has an action of its own that must
    /// be run instead (then use deleteKept()).
    Async<void> discharge(const RunId &run, const QString &obligation, const QString &note,
                          const QString &evidence);
    QJsonArray leases();

    // Restore points
    /// Done when the inventory knows every restore point: at once, or after a hidden run that reads
    /// stores and runs again.
    Async<void> ensureInventory();
    std::vector<RestorePoint> points(const facade::PointFilter &filter = {});
    Result<RestorePoint> point(const QString &id);
    BestPoint best(const QString &system,
                   std::optional<std::chrono::milliseconds> limit = std::nullopt);

    std::vector<SystemOverview> overview();
    std::vector<DoctorFinding> doctor();
    /// The plan as people read it, closed by its hash; `width` 0 = no wrapping.
    QString planText(const Plan &plan, int width);

Q_SIGNALS:
    /// Runs, points, obligations or profiles may be other than a moment ago (files were watched).
    void changed();
    /// The keychain shows a prompt; what was asked of it goes on when that is answered.
    void keychainAsks();

protected:
    /// Files are only watched when somebody listens to changed().
    void connectNotify(const QMetaMethod &signal) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace lb
