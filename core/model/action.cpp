// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/action.h"

#include <array>

namespace lb {

namespace {

// Rows that several actions share. A macro-free way of saying "the same key, the same meaning".
constexpr ParamSpec kHost{"host",
                          ParamType::Host,
                          false,
                          "\"\"",
                          "",
                          "Where: [USER@]HOST[:PORT] or an alias of ssh_config; empty is this "
                          "machine"};
constexpr ParamSpec kVia{"via",
                         ParamType::Json,
                         false,
                         "",
                         "",
                         "The route to the address: SSH hosts to go through, a Kubernetes service, "
                         "or an HTTP proxy"};
constexpr ParamSpec kProgram{"program", ParamType::Text,
                             false,     "",
                             "",        "The program to start: a fixed name or absolute path"};
constexpr ParamSpec kArgs{
    "args", ParamType::TextList, false, "[]", "", "Its arguments; each text stays one argument"};
constexpr ParamSpec kCommand{"command",
                             ParamType::Command,
                             false,
                             "",
                             "",
                             "Program and arguments as one list, or one input of type command; "
                             "instead of program and args"};
constexpr ParamSpec kAs{"as",  ParamType::Text,
                        false, "\"\"",
                        "",    "The user to run as (sudo); empty is the user of the session"};
constexpr ParamSpec kFolder{
    "folder", ParamType::Path, false, "", "", "The folder to start the program in"};
constexpr ParamSpec kEnvironment{"environment",
                                 ParamType::Environment,
                                 false,
                                 "{}",
                                 "",
                                 "Variables added to a minimal environment: name to text or "
                                 "{secret: NAME}"};
constexpr ParamSpec kInput{
    "input", ParamType::Sensitive,
    false,   "",
    "",      "What the program reads from standard input: text or {secret: NAME}"};
constexpr ParamSpec kSuccess{
    "success", ParamType::StatusList, false, "[0]", "", "Exit statuses that count as success"};
constexpr ParamSpec kOutput{
    "output",   ParamType::Choice,      false,
    "\"none\"", "none|text|lines|json", "How standard output becomes the step's output"};
constexpr ParamSpec kPart{"part", ParamType::Part, true, "", "", "The part of the restore point"};
constexpr ParamSpec kPoint{"point", ParamType::Text, true, "", "", "The restore point's id"};
constexpr ParamSpec kText{"text", ParamType::Text, true, "", "", "What the person reads"};
constexpr ParamSpec kEvidence{
    "evidence", ParamType::Choice, false,
    "\"none\"", "none|text|file",  "What the person gives with the answer"};
constexpr ParamSpec kServer{
    "server", ParamType::Text,
    false,    "\"\"",
    "",       "The database server as seen from host; empty is its local socket"};
constexpr ParamSpec kPort{"port", ParamType::Number, false, "5432", "", "The server's port"};
constexpr ParamSpec kUser{"user", ParamType::Text,
                          false,  "\"\"",
                          "",     "The database user; empty is the name of the session's user"};
constexpr ParamSpec kPassword{"password", ParamType::SecretName,         false, "",
                              "",         "The password: {secret: NAME}"};
constexpr ParamSpec kAnyDatabase{
    "database", ParamType::Text, false, "\"postgres\"", "", "The database to connect to"};
constexpr ParamSpec kDatabase{"database", ParamType::Text, true, "", "", "The database"};

constexpr std::array kRunParams{kProgram,     kArgs,  kCommand, kAs,    kFolder,
                                kEnvironment, kInput, kSuccess, kOutput};
constexpr std::array kSshParams{
    ParamSpec{"host", ParamType::Host, true, "", "",
              "Where: [USER@]HOST[:PORT] or an alias of ssh_config; empty is this machine"},
    kVia,
    kProgram,
    kArgs,
    kCommand,
    kAs,
    kFolder,
    kEnvironment,
    kInput,
    kSuccess,
    kOutput};
constexpr std::array kHttpParams{
    ParamSpec{"method", ParamType::Choice, false, "\"GET\"", "GET|HEAD|POST|PUT|PATCH|DELETE",
              "The request's method"},
    ParamSpec{"url", ParamType::Text, true, "", "", "The address, without any secret"},
    ParamSpec{"headers", ParamType::Environment, false, "{}", "",
              "Header name to text or {secret: NAME}"},
    ParamSpec{"body", ParamType::Sensitive, false, "", "",
              "The request's body: text or {secret: NAME}; not together with json"},
    ParamSpec{"json", ParamType::Json, false, "", "",
              "The request's body as JSON, without secrets; what only the run knows is a text"},
    ParamSpec{"from_file", ParamType::Path, false, "", "",
              "The request's body is this file; not together with body or json"},
    ParamSpec{"ca", ParamType::Path, false, "", "",
              "A file with the certificates to trust instead of the system's"},
    ParamSpec{"client_certificate", ParamType::Path, false, "", "",
              "A file with the certificate to sign in with (PEM)"},
    ParamSpec{"client_key", ParamType::Path, false, "", "", "Its private key (PEM, no passphrase)"},
    ParamSpec{"user", ParamType::Text, false, "", "", "The user to sign in as, with password"},
    kPassword,
    ParamSpec{"bearer", ParamType::SecretName, false, "", "",
              "The token to sign in with: {secret: NAME}"},
    ParamSpec{"timeout", ParamType::Duration, false, "\"60s\"", "",
              "How long one request may take"},
    ParamSpec{"success", ParamType::StatusList, false, "[\"200-299\"]", "",
              "Statuses that count as success"},
    ParamSpec{"output", ParamType::Choice, false, "\"none\"", "none|text|lines|json",
              "How the answer becomes the step's output"},
    ParamSpec{"to_file", ParamType::Path, false, "", "",
              "The answer becomes this file, which must not be there yet"},
    ParamSpec{"max_size", ParamType::Size, false, "\"64MiB\"", "",
              "The largest answer that is taken"},
    kVia};
constexpr std::array kTreeSaveParams{
    kHost, kVia, ParamSpec{"folder", ParamType::Path, true, "", "", "The folder to save"},
    ParamSpec{"exclude", ParamType::TextList, false, "[]", "",
              "Patterns of names or paths below the folder that are left out"},
    kPart};
constexpr std::array kTreeRestoreParams{
    kHost, kVia, kPart,
    ParamSpec{"into", ParamType::Path, true, "", "",
              "The folder that is replaced by the saved one; its old content is kept aside"}};
constexpr std::array kPostgresListParams{kHost,        kVia,  kServer,  kPort,
                                         kAnyDatabase, kUser, kPassword};
constexpr std::array kPostgresDumpParams{kHost, kVia,      kServer,   kPort,
                                         kUser, kDatabase, kPassword, kPart};
constexpr std::array kPostgresRestoreParams{
    kHost,
    kVia,
    kServer,
    kPort,
    kUser,
    kAnyDatabase,
    kPassword,
    kPart,
    ParamSpec{
        "into", ParamType::Text, false, "\"\"", "",
        "The database that is replaced or made; empty for a part that holds roles: those that "
        "are missing are created"}};
constexpr std::array kPostgresGlobalsParams{kHost, kVia,         kServer,   kPort,
                                            kUser, kAnyDatabase, kPassword, kPart};
constexpr std::array kPostgresIdParams{
    kHost,
    kVia,
    kServer,
    kPort,
    kUser,
    kPassword,
    ParamSpec{"databases", ParamType::TextList, true, "", "",
              "What is used of the server; when the list is empty there is no such fact"}};
constexpr std::array kPostgresReadyParams{
    kHost,
    kVia,
    kServer,
    kPort,
    kUser,
    kPassword,
    kDatabase,
    ParamSpec{"part", ParamType::Text, false, "\"\"", "",
              "The part of the restore point that is to be restored; empty: it is to be saved"}};
constexpr ParamSpec kClusterUrl{
    "url",
    ParamType::TextList,
    true,
    "",
    "",
    "The cluster's addresses over HTTP, such as http://es1:9200; the first that answers is "
    "used"};
constexpr ParamSpec kClusterCa{
    "ca",  ParamType::Path,
    false, "",
    "",    "A file with the certificates to trust instead of the system's"};
constexpr ParamSpec kClusterUser{"user", ParamType::Text,
                                 false,  "\"\"",
                                 "",     "The user to sign in as; empty asks for no password"};
constexpr ParamSpec kExtra{"extra", ParamType::TextList,
                           false,   "[]",
                           "",      "Indices besides Alien's own that count as the system's"};
constexpr ParamSpec kIndices{
    "indices", ParamType::TextList, true, "", "", "The indices, each by its name; no pattern"};
constexpr ParamSpec kShare{"share", ParamType::Path,
                           true,    "",
                           "",      "The folder for snapshots that every node sees at this path"};
constexpr std::array kElasticsearchReadParams{kClusterUrl, kClusterCa, kClusterUser, kPassword,
                                              kExtra};
constexpr std::array kElasticsearchDescribeParams{kClusterUrl, kClusterCa, kClusterUser,
                                                  kPassword,   kExtra,     kPart};
constexpr std::array kElasticsearchSaveParams{kClusterUrl,
                                              kClusterCa,
                                              kClusterUser,
                                              kPassword,
                                              kShare,
                                              kIndices,
                                              kPart,
                                              ParamSpec{"copy", ParamType::YesNo, false, "true", "",
                                                        "No: the snapshot stays in the share, and "
                                                        "the part is the list of its files"}};
constexpr std::array kElasticsearchKeepParams{kClusterUrl, kClusterCa, kClusterUser,
                                              kPassword,   kShare,     kIndices};
constexpr std::array kElasticsearchRestoreParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    kShare,
    kPart,
    ParamSpec{"present", ParamType::TextList, true, "", "",
              "The system's indices that are there and open: these are closed, and no others"},
    ParamSpec{"closed", ParamType::TextList, false, "[]", "",
              "The system's indices that are there and closed already"}};
constexpr std::array kElasticsearchRehearseParams{kClusterUrl, kClusterCa, kClusterUser,
                                                  kPassword,   kShare,     kPart};
constexpr std::array kElasticsearchReleaseParams{kClusterUrl, kClusterCa, kClusterUser, kPassword,
                                                 kShare};
constexpr ParamSpec kExportFolder{
    "folder",
    ParamType::Path,
    true,
    "",
    "",
    "Where the run makes a folder of its own for the documents' files; they hold password hashes"};
constexpr std::array kElasticsearchExportParams{kClusterUrl, kClusterCa, kClusterUser,
                                                kPassword,   kIndices,   kExportFolder};
constexpr std::array kElasticsearchClearParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    kShare,
    kIndices,
    ParamSpec{"made", ParamType::TextList, false, "[]", "",
              "Indices that come later and go away again when the run is undone"}};
constexpr ParamSpec kSnapshot{
    "snapshot", ParamType::Text, false, "\"\"", "", "The snapshot's name; empty is the newest"};
constexpr std::array kElasticsearchAdoptParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    kExtra,
    kPart,
    kSnapshot,
    ParamSpec{"folder", ParamType::Path, true, "", "",
              "The repository's folder, which every node sees at this path"}};
constexpr std::array kAlien4CloudAdoptFilesParams{
    ParamSpec{"folder", ParamType::Path, true, "", "", "The folder that the script has filled"},
    ParamSpec{"data_folder", ParamType::Path, false, "", "",
              "directories.alien, for folders that the script leaves out; empty takes none"},
    kPart};
constexpr std::array kAlien4CloudTransformParams{kIndices, kExportFolder};
constexpr std::array kAlien4CloudPluginSwapParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    ParamSpec{"zip", ParamType::Path, true, "", "", "The plugin's new version"},
    ParamSpec{"data_folder", ParamType::Path, true, "", "", "directories.alien"}};
constexpr ParamSpec kAlienUrl{"alien_url", ParamType::Text,      false, "\"\"",
                              "",          "Where Alien answers"};
constexpr ParamSpec kAlienUser{
    "alien_user", ParamType::Text, false, "\"\"", "", "The user to sign in to Alien as"};
constexpr ParamSpec kAlienPassword{
    "alien_password", ParamType::Sensitive, false, "", "", "That user's password: {secret: NAME}"};
constexpr ParamSpec kListsPart{
    "part", ParamType::Text, true, "", "", "The part that says what was switched on and connected"};
constexpr std::array kAlien4CloudConnectParams{kAlienUrl, kAlienUser, kAlienPassword, kListsPart};
constexpr std::array kElasticsearchExportRemoveParams{kExportFolder};
constexpr std::array kElasticsearchForgetParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    ParamSpec{"of_run", ParamType::Text, true, "", "", "The run that kept it"},
    ParamSpec{"folder", ParamType::Path, true, "", "", "The repository's folder in the share"}};
constexpr std::array kAlien4CloudCheckParams{
    kClusterUrl,
    kClusterCa,
    kClusterUser,
    kPassword,
    kExtra,
    ParamSpec{"check", ParamType::Choice, true, "",
              "cluster|health|share|idle|room|restore_room|indices|leftovers|references|config|"
              "stopped|restorable|backup|converted|source_version|plugin_zip|plugins|orchestrators|"
              "repository|script_files|saved_config|switched_off",
              "What must hold"},
    ParamSpec{"cluster_name", ParamType::Text, false, "\"\"", "", "The cluster's name"},
    ParamSpec{"share", ParamType::Path, false, "", "", "The folder for snapshots"},
    ParamSpec{"data_folder", ParamType::Path, false, "", "", "directories.alien"},
    ParamSpec{"config_folder", ParamType::Path, false, "", "",
              "The folder with alien4cloud-config.yml"},
    ParamSpec{"zip", ParamType::Path, false, "", "", "The plugin's new version"},
    kAlienUrl,
    kAlienUser,
    kAlienPassword,
    ParamSpec{"folder", ParamType::Path, false, "", "",
              "Where elasticsearch_export of this run was told to write; what is to be imported"},
    kSnapshot,
    ParamSpec{"part", ParamType::Text, false, "\"\"", "",
              "The part of the restore point that is to be restored"}};
constexpr std::array kWriteFileParams{
    kHost, kVia, ParamSpec{"path", ParamType::Path, true, "", "", "The file"},
    ParamSpec{"content", ParamType::Sensitive, true, "", "",
              "Its whole content: text or {secret: NAME}"},
    ParamSpec{"mode", ParamType::Mode, false, "\"0600\"", "", "Its mode, octal"}};
constexpr std::array kWaitUntilParams{
    ParamSpec{"action", ParamType::ReadAction, true, "", "",
              "One read action under its own key: what is asked again and again"},
    ParamSpec{"done_when", ParamType::Match, true, "", "", "The answer that ends the wait"},
    ParamSpec{"every", ParamType::Duration, false, "\"5s\"", "", "The time between two questions"}};
constexpr std::array kAskParams{kText, kEvidence};
constexpr std::array kDiskFreeParams{
    kHost, kVia, ParamSpec{"path", ParamType::Path, true, "", "", "A path on the file system"},
    ParamSpec{"at_least", ParamType::Size, true, "", "", "Room that must be free, such as 2GiB"}};
constexpr std::array kProgramParams{
    ParamSpec{"program", ParamType::Text, true, "", "",
              "The program that must be there; of an input of type command its first word"},
    kHost, kVia};
constexpr std::array kReachableParams{
    kHost, kVia, ParamSpec{"port", ParamType::Number, true, "", "", "The port that must answer"}};
constexpr std::array kPathParams{
    kHost, kVia, ParamSpec{"path", ParamType::Path, true, "", "", "The path"},
    ParamSpec{"is", ParamType::Choice, false, "\"exists\"",
              "exists|folder|file|absent|readable|writable", "What it must be"}};
constexpr std::array kClockParams{kHost, kVia,
                                  ParamSpec{"at_most", ParamType::Duration, false, "\"60s\"", "",
                                            "How far the clocks may be apart"}};
constexpr std::array kSecretParams{
    ParamSpec{"name", ParamType::Text, true, "", "", "The secret that must be there"}};
constexpr std::array kMachineParams{kHost, kVia};
constexpr std::array kFileSystemParams{
    kHost, kVia, ParamSpec{"path", ParamType::Path, true, "", "", "A path on the file system"}};
constexpr std::array kPointParams{kPoint};
// Where IBM's services answer is said by the system's inputs iam_url, console_url,
// toolchain_api_url, pipeline_api_url, git_url, search_url and services_ca; empty, and they are
// IBM's own.
constexpr ParamSpec kApiKey{
    "api_key", ParamType::SecretName, true, "", "", "The API key of a user: {secret: NAME}"};
constexpr ParamSpec kGitToken{
    "git_token", ParamType::SecretName,
    true,        "",
    "",          "The token for GitLab in the target region: {secret: NAME}"};
constexpr ParamSpec kAnyGitToken{
    "git_token", ParamType::SecretName,
    false,       "",
    "",          "The token for GitLab in the target region: {secret: NAME}"};
constexpr ParamSpec kToolchains{
    "toolchain", ParamType::TextList, true, "", "", "Addresses or CRNs of toolchains"};
constexpr ParamSpec kAnyToolchains{
    "toolchain", ParamType::TextList, false, "[]", "", "Addresses or CRNs of toolchains"};
constexpr ParamSpec kTargetRegion{
    "region", ParamType::Text, true, "", "", "The region of the copy, such as eu-de"};
constexpr ParamSpec kAnyRegion{
    "region", ParamType::Text, false, "\"\"", "", "The region of the copy, such as eu-de"};
constexpr ParamSpec kResourceGroup{"resource_group",
                                   ParamType::Text,
                                   false,
                                   "\"\"",
                                   "",
                                   "Id of the resource group; empty is the one it was saved from"};
constexpr ParamSpec kRepositoryMap{"repositories",
                                   ParamType::TextList,
                                   false,
                                   "[]",
                                   "",
                                   "FROM=TO: where a repository's mirror is; those of IBM's own "
                                   "GitLab are found without"};
constexpr ParamSpec kBranch{
    "branch", ParamType::Text, false, "\"lifeboat\"", "", "The branch of the temporary project"};
constexpr ParamSpec kSuffix{"suffix", ParamType::Text,
                            false,    "\"\"",
                            "",       "What the copy's name has more than the saved one"};
constexpr ParamSpec kCopy{"copy", ParamType::Text, true, "", "", "Id or address of the copy"};
constexpr std::array kToolchainFactParams{
    ParamSpec{"fact", ParamType::Choice, true, "", "account|user|region|owner|git_user",
              "Which one"},
    ParamSpec{"api_key", ParamType::SecretName, false, "", "", "The API key: {secret: NAME}"},
    kAnyToolchains,
    kAnyRegion,
    kResourceGroup,
    kAnyGitToken};
constexpr std::array kToolchainSurveyParams{kApiKey, kToolchains};
constexpr std::array kToolchainCheckParams{
    ParamSpec{"check", ParamType::Choice, true, "",
              "key|source|closing|unchanged|target|tekton|instance|name|git|repositories|"
              "source_seen|source_quiet|mirror_lag|returned",
              "Which one"},
    ParamSpec{"api_key", ParamType::SecretName, false, "", "", "The API key: {secret: NAME}"},
    kAnyToolchains,
    kAnyRegion,
    kResourceGroup,
    kAnyGitToken,
    ParamSpec{"source_git_token", ParamType::SecretName, false, "", "",
              "The token for GitLab in the source's region: {secret: NAME}"},
    kRepositoryMap,
    kSuffix,
    ParamSpec{"part", ParamType::Text, false, "\"\"", "", "The part of the restore point"}};
constexpr std::array kToolchainSaveParams{
    kApiKey, kToolchains, kPart,
    ParamSpec{"folder", ParamType::Path, false, "", "",
              "Where the template is written too, as plain files"}};
constexpr std::array kToolchainPublishParams{kGitToken,      kPart,   kTargetRegion,
                                             kRepositoryMap, kBranch, kSuffix};
constexpr std::array kToolchainCreateParams{
    kApiKey,
    kGitToken,
    kPart,
    kTargetRegion,
    kResourceGroup,
    kBranch,
    kSuffix,
    ParamSpec{"by_person", ParamType::YesNo, false, "false", "",
              "Yes: somebody has asked for it in the browser, and it is only looked for"}};
constexpr std::array kToolchainLocateParams{
    kApiKey,
    kPart,
    kTargetRegion,
    kResourceGroup,
    kSuffix,
    ParamSpec{"tool", ParamType::Text, true, "", "", "The name of a tool of the copy"}};
constexpr std::array kToolchainBuildParams{kApiKey,        kPart,          kTargetRegion,
                                           kResourceGroup, kRepositoryMap, kSuffix};
constexpr std::array kToolchainCompareParams{kApiKey,        kPart,   kTargetRegion,
                                             kRepositoryMap, kSuffix, kCopy};
constexpr std::array kToolchainSetSecretParams{
    kApiKey,
    kPart,
    kTargetRegion,
    kResourceGroup,
    kSuffix,
    ParamSpec{"slot", ParamType::Text, true, "", "",
              "Id of the place, as the restore point has it"},
    ParamSpec{"secret", ParamType::Text, true, "", "", "Name of the secret with the value"}};
constexpr std::array kToolchainTriggersParams{
    kApiKey,
    kPart,
    kTargetRegion,
    kResourceGroup,
    kSuffix,
    kRepositoryMap,
    ParamSpec{"on", ParamType::YesNo, true, "", "",
              "Yes switches on what was on when it was saved"},
    ParamSpec{"where", ParamType::Choice, false, "\"copy\"", "copy|source",
              "Those of the copy, or of what it was saved from"}};
constexpr std::array kToolchainProveParams{kApiKey, kPart, kTargetRegion, kResourceGroup, kSuffix};
constexpr std::array kToolchainRevokeParams{kGitToken, kTargetRegion};
constexpr std::array kToolchainUnpublishParams{
    kGitToken, kTargetRegion,
    ParamSpec{"part", ParamType::Text, false, "\"\"", "",
              "The part whose project this run has made"},
    ParamSpec{"project", ParamType::Text, false, "\"\"", "",
              "Or the name of the project that another run has left"}};
constexpr std::array kToolchainProjectsParams{kGitToken, kTargetRegion};
constexpr ParamSpec kOpen{"open", ParamType::YesNo,
                          false,  "false",
                          "",     "Open encrypted parts too, with the secret age_identity"};
constexpr std::array kPointVerifyParams{kPoint, kOpen};
constexpr ParamSpec kOnePart{
    "part", ParamType::Text, false, "\"\"", "", "One part; empty is all of them"};
constexpr std::array kPointFilesParams{
    kPoint, kOpen, kOnePart,
    ParamSpec{"pattern", ParamType::Text, false, "\"\"", "", "Names to list; empty is all"}};
constexpr std::array kPointDiffParams{
    kPoint, kOpen,
    ParamSpec{"other", ParamType::Text, true, "", "", "The restore point to compare with"}};
constexpr std::array kPointExtractParams{
    kPoint, kOpen, kOnePart,
    ParamSpec{"paths", ParamType::TextList, true, "", "", "What to take out"},
    ParamSpec{"to", ParamType::Path, true, "", "", "The folder to put it into"}};
constexpr std::array kPostgresDropParams{kHost, kVia, kServer, kPort, kUser, kPassword, kDatabase};
constexpr std::array kTreeRemoveParams{
    ParamSpec{"folder", ParamType::Path, true, "", "", "A folder that a run of Lifeboat made"}};
constexpr std::array kTreeAssessParams{
    ParamSpec{"folders", ParamType::PathList, true, "", "", "Folders beside and in which to look"}};

constexpr std::optional<Effect> kMustSay = std::nullopt;

constexpr std::array kTable{
    ActionSpec{ActionKind::Run, "run", "Start a program on this machine and wait for it", kMustSay,
               false, true, false, kRunParams},
    ActionSpec{ActionKind::Ssh, "ssh", "Start a program on another machine and wait for it",
               kMustSay, false, true, false, kSshParams},
    ActionSpec{ActionKind::Http, "http", "Send one HTTP request", kMustSay, false, true, false,
               kHttpParams},
    ActionSpec{ActionKind::TreeSave, "tree_save", "Save a folder with all its metadata",
               Effect::Read, false, false, false, kTreeSaveParams},
    ActionSpec{ActionKind::TreeRestore, "tree_restore",
               "Restore a saved folder: staged beside, verified, then swapped", Effect::Destroy,
               false, false, false, kTreeRestoreParams},
    ActionSpec{ActionKind::PostgresList, "postgres_list", "List the databases of a server",
               Effect::Read, false, true, false, kPostgresListParams},
    ActionSpec{ActionKind::PostgresDump, "postgres_dump", "Save one database", Effect::Read, false,
               false, false, kPostgresDumpParams},
    ActionSpec{ActionKind::PostgresRestore, "postgres_restore", "Restore one database",
               Effect::Destroy, false, false, false, kPostgresRestoreParams},
    ActionSpec{ActionKind::PostgresGlobals, "postgres_globals",
               "Save the roles and tablespaces of a server", Effect::Read, false, false, false,
               kPostgresGlobalsParams},
    ActionSpec{ActionKind::WriteFile, "write_file", "Write one whole file", Effect::Change, false,
               false, false, kWriteFileParams},
    ActionSpec{ActionKind::WaitUntil, "wait_until", "Ask again and again until the answer fits",
               Effect::Read, false, false, false, kWaitUntilParams},
    ActionSpec{ActionKind::Ask, "ask", "A person does something and says when it is done",
               Effect::Read, false, false, false, kAskParams},
    ActionSpec{ActionKind::Confirm, "confirm", "A person must say yes, at go", Effect::Read, false,
               false, false, kAskParams},
    ActionSpec{ActionKind::DiskFree, "disk_free", "Enough room is free", Effect::Read, true, true,
               false, kDiskFreeParams},
    ActionSpec{ActionKind::Program, "program", "A program is there and can be started",
               Effect::Read, true, true, false, kProgramParams},
    ActionSpec{ActionKind::Reachable, "reachable", "A port answers", Effect::Read, true, true,
               false, kReachableParams},
    ActionSpec{ActionKind::Path, "path", "A path is what it should be", Effect::Read, true, true,
               false, kPathParams},
    ActionSpec{ActionKind::Clock, "clock", "The clocks agree", Effect::Read, true, true, false,
               kClockParams},
    ActionSpec{ActionKind::LeaseFree,
               "lease_free",
               "No other run works on the target",
               Effect::Read,
               true,
               true,
               false,
               {}},
    ActionSpec{ActionKind::Secret, "secret", "A secret is there", Effect::Read, true, true, false,
               kSecretParams},
    ActionSpec{ActionKind::Identity,
               "identity",
               "The target is the installation that is meant",
               Effect::Read,
               true,
               true,
               false,
               {}},
    ActionSpec{ActionKind::HostKey, "host_key", "The machine's public SSH host keys", Effect::Read,
               false, true, false, kMachineParams},
    ActionSpec{ActionKind::MachineId, "machine_id", "The machine's /etc/machine-id", Effect::Read,
               false, true, false, kMachineParams},
    ActionSpec{ActionKind::HostName, "hostname", "The machine's name", Effect::Read, false, true,
               false, kMachineParams},
    ActionSpec{ActionKind::FileSystem, "filesystem", "The identity of a path's file system",
               Effect::Read, false, true, false, kFileSystemParams},
    ActionSpec{ActionKind::PostgresId, "postgres",
               "A fact: the system identifier of a PostgreSQL server", Effect::Read, false, true,
               false, kPostgresIdParams},
    ActionSpec{ActionKind::PostgresReady, "postgres_ready",
               "Tools, version and rights suffice to save or restore a database", Effect::Read,
               true, true, false, kPostgresReadyParams},
    ActionSpec{ActionKind::ElasticsearchId, "elasticsearch_id",
               "A fact: the identities of the system's indices", Effect::Read, false, true, false,
               kElasticsearchReadParams},
    ActionSpec{ActionKind::ElasticsearchSurvey, "elasticsearch_survey",
               "Read a cluster's version and whose its indices are", Effect::Read, false, true,
               false, kElasticsearchReadParams},
    ActionSpec{ActionKind::ElasticsearchDescribe, "elasticsearch_describe",
               "Save mappings, settings and aliases of indices, and lists of what they describe",
               Effect::Read, false, false, false, kElasticsearchDescribeParams},
    ActionSpec{ActionKind::ElasticsearchSave, "elasticsearch_save",
               "Save indices: a snapshot in the share, judged, and copied into the store or kept",
               Effect::Change, false, false, false, kElasticsearchSaveParams},
    ActionSpec{ActionKind::ElasticsearchKeep, "elasticsearch_keep",
               "Keep indices as they are in a snapshot in the share", Effect::Change, false, false,
               false, kElasticsearchKeepParams},
    ActionSpec{ActionKind::ElasticsearchRestore, "elasticsearch_restore",
               "Restore saved indices over the live ones, wait and compare", Effect::Destroy, false,
               false, false, kElasticsearchRestoreParams},
    ActionSpec{ActionKind::ElasticsearchRehearse, "elasticsearch_rehearse",
               "Restore saved indices beside the live ones and compare", Effect::Change, false,
               false, false, kElasticsearchRehearseParams},
    ActionSpec{ActionKind::ElasticsearchRelease, "elasticsearch_release",
               "Take away what the run made in the cluster: repository, snapshot, rehearsal",
               Effect::Change, false, false, false, kElasticsearchReleaseParams},
    ActionSpec{ActionKind::ElasticsearchExport, "elasticsearch_export",
               "Read every document of indices into files", Effect::Change, false, false, false,
               kElasticsearchExportParams},
    ActionSpec{ActionKind::ElasticsearchClear, "elasticsearch_clear",
               "Delete indices that elasticsearch_keep has kept", Effect::Destroy, false, false,
               false, kElasticsearchClearParams},
    ActionSpec{ActionKind::ElasticsearchImport, "elasticsearch_import",
               "Import documents into indices that the new version has made, and compare",
               Effect::Destroy, false, false, false, kElasticsearchExportParams},
    ActionSpec{ActionKind::ElasticsearchPutBack, "elasticsearch_put_back",
               "Put back what elasticsearch_keep of this run has kept, whatever stands there now",
               Effect::Destroy, false, false, false, kElasticsearchClearParams},
    ActionSpec{ActionKind::ElasticsearchExportRemove, "elasticsearch_export_remove",
               "Delete the files of elasticsearch_export of this run", Effect::Change, false, false,
               false, kElasticsearchExportRemoveParams},
    ActionSpec{ActionKind::ElasticsearchAdopt, "elasticsearch_adopt",
               "Make a part of a snapshot that somebody else has taken", Effect::Change, false,
               false, false, kElasticsearchAdoptParams},
    ActionSpec{ActionKind::Alien4CloudAdoptFiles, "alien4cloud_adopt_files",
               "Make a part of the files that the documented script has copied", Effect::Read,
               false, false, false, kAlien4CloudAdoptFilesParams},
    ActionSpec{ActionKind::Alien4CloudTransform, "alien4cloud_transform",
               "Bring exported documents of Alien4Cloud 1.1.0 to the form of 1.2.0", Effect::Change,
               false, false, false, kAlien4CloudTransformParams},
    ActionSpec{ActionKind::Alien4CloudPluginSwap, "alien4cloud_plugin_swap",
               "Put a plugin's new files in the place of the old ones", Effect::Change, false,
               false, false, kAlien4CloudPluginSwapParams},
    ActionSpec{ActionKind::Alien4CloudConnect, "alien4cloud_connect",
               "Set up Alien's orchestrators for 1.2.0, switch them on and wait for them",
               Effect::Change, false, false, false, kAlien4CloudConnectParams},
    ActionSpec{ActionKind::Alien4CloudCheck, "alien4cloud_check",
               "One condition of an Alien4Cloud installation", Effect::Read, true, true, false,
               kAlien4CloudCheckParams},
    ActionSpec{ActionKind::ToolchainFact, "toolchain_fact",
               "A fact: whose account, region or repositories these are", Effect::Read, false, true,
               false, kToolchainFactParams},
    ActionSpec{ActionKind::ToolchainSurvey, "toolchain_survey",
               "Read what toolchains are called and when they changed last", Effect::Read, false,
               true, false, kToolchainSurveyParams},
    ActionSpec{ActionKind::ToolchainCheck, "toolchain_check",
               "One condition of toolchains, their target or their repositories", Effect::Read,
               true, true, false, kToolchainCheckParams},
    ActionSpec{ActionKind::ToolchainSave, "toolchain_save",
               "Save a toolchain: what the console says of it, without secrets, and its template",
               Effect::Read, false, false, false, kToolchainSaveParams},
    ActionSpec{ActionKind::ToolchainPublish, "toolchain_publish",
               "Put a saved template into a temporary project, and read it back", Effect::Change,
               false, false, false, kToolchainPublishParams},
    ActionSpec{ActionKind::ToolchainCreate, "toolchain_create",
               "Have a copy made from a temporary project, never a second one", Effect::Change,
               false, false, false, kToolchainCreateParams},
    ActionSpec{ActionKind::ToolchainBuild, "toolchain_build",
               "Make a copy of Tekton pipelines by the public APIs, never a second one",
               Effect::Change, false, false, false, kToolchainBuildParams},
    ActionSpec{ActionKind::ToolchainCompare, "toolchain_compare",
               "Compare a copy with the template it was made from", Effect::Read, true, true, false,
               kToolchainCompareParams},
    ActionSpec{ActionKind::ToolchainLocate, "toolchain_locate",
               "Find the page of one of a copy's tools, for a person", Effect::Read, false, true,
               false, kToolchainLocateParams},
    ActionSpec{ActionKind::ToolchainSetSecret, "toolchain_set_secret",
               "Put a secret into its place in a copy, and see that it is set", Effect::Change,
               false, false, false, kToolchainSetSecretParams},
    ActionSpec{ActionKind::ToolchainTriggers, "toolchain_triggers",
               "Switch triggers that start pipelines off, or on again as they were", Effect::Change,
               false, false, false, kToolchainTriggersParams},
    ActionSpec{ActionKind::ToolchainProve, "toolchain_prove",
               "Run pipelines by their manual triggers until they succeed", Effect::Change, false,
               false, false, kToolchainProveParams},
    ActionSpec{ActionKind::ToolchainProjects, "toolchain_projects",
               "List the temporary projects that runs have left", Effect::Read, false, true, false,
               kToolchainProjectsParams},
    ActionSpec{ActionKind::ToolchainRevoke, "toolchain_revoke",
               "Revoke the token of the temporary project, and see that it is refused",
               Effect::Change, false, false, false, kToolchainRevokeParams},
    ActionSpec{ActionKind::ToolchainUnpublish, "toolchain_unpublish",
               "Delete the temporary project, and see that it is gone", Effect::Change, false,
               false, false, kToolchainUnpublishParams},
    ActionSpec{ActionKind::PointVerify, "point_verify", "Read every byte of a restore point",
               Effect::Read, false, false, true, kPointVerifyParams},
    ActionSpec{ActionKind::PointFiles, "point_files", "List the files in a restore point",
               Effect::Read, false, false, true, kPointFilesParams},
    ActionSpec{ActionKind::PointDiff, "point_diff", "Compare two restore points", Effect::Read,
               false, false, true, kPointDiffParams},
    ActionSpec{ActionKind::PointExtract, "point_extract", "Take files out of a restore point",
               Effect::Change, false, false, true, kPointExtractParams},
    ActionSpec{ActionKind::PointRemove, "point_remove", "Remove a restore point", Effect::Change,
               false, false, true, kPointParams},
    ActionSpec{ActionKind::TreeRemove, "tree_remove", "Delete a folder that a run has made",
               Effect::Change, false, false, true, kTreeRemoveParams},
    ActionSpec{ActionKind::PostgresDrop, "postgres_drop",
               "Drop a database that a run has made or kept aside", Effect::Change, false, false,
               true, kPostgresDropParams},
    ActionSpec{ActionKind::ElasticsearchForget, "elasticsearch_forget",
               "Delete a snapshot that a run has kept", Effect::Change, false, false, true,
               kElasticsearchForgetParams},
    ActionSpec{ActionKind::InventoryRebuild,
               "inventory_rebuild",
               "Read all stores and runs into the inventory again",
               Effect::Change,
               false,
               false,
               true,
               {}},
    ActionSpec{ActionKind::TreeAssess, "tree_assess",
               "Look for half-done work of earlier runs in and beside folders", Effect::Read, true,
               true, false, kTreeAssessParams},
};

} // namespace

std::span<const ActionSpec> actionTable()
{
    return kTable;
}

const ActionSpec &specOf(ActionKind kind)
{
    const ActionSpec &spec = kTable[size_t(kind)];
    Q_ASSERT(spec.kind == kind);
    return spec;
}

const ActionSpec *findAction(const QString &key)
{
    for (const ActionSpec &spec : kTable) {
        if (key == QLatin1String(spec.key))
            return &spec;
    }
    return nullptr;
}

} // namespace lb
