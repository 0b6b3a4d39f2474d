// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb::cli {

class Session;

/// One function a verb; each prints its answer and returns the exit status (design §7).
int systemsList(Session &session);
int systemsTypes(Session &session);
int systemsShow(Session &session);
int systemsAdd(Session &session);
int systemsSet(Session &session);
int systemsTest(Session &session);
int systemsPin(Session &session);
int systemsRemove(Session &session);
int storesList(Session &session);
int storesAdd(Session &session);
int storesTest(Session &session);
int storesRemove(Session &session);
int secretsList(Session &session);
int secretsSet(Session &session);
int secretsRemove(Session &session);
int secretsTest(Session &session);
int runbooksList(Session &session);
int runbooksShow(Session &session);
int runbooksCopy(Session &session);
int runbooksLint(Session &session);
int runbooksSchema(Session &session);
int assess(Session &session);
int check(Session &session);
int plan(Session &session);
int run(Session &session);
int runsList(Session &session);
int runsShow(Session &session);
int runsGo(Session &session);
int runsLog(Session &session);
int runsResume(Session &session);
int runsUndo(Session &session);
int runsPause(Session &session);
int runsCancel(Session &session);
int runsAnswer(Session &session);
int runsSecret(Session &session);
int runsVerify(Session &session);
int runsExport(Session &session);
int runsImport(Session &session);
int runsRemove(Session &session);
int obligationsList(Session &session);
int obligationsDischarge(Session &session);
int leasesList(Session &session);
int backupsList(Session &session);
int backupsShow(Session &session);
int backupsDiff(Session &session);
int backupsFiles(Session &session);
int backupsVerify(Session &session);
int backupsExtract(Session &session);
int backupsRemove(Session &session);
int practiceList(Session &session);
int practiceStart(Session &session);
int practiceDamage(Session &session);
int practiceRun(Session &session);
int practiceStop(Session &session);
int doctor(Session &session);
int report(Session &session);
int completion(Session &session);
int version(Session &session);

} // namespace lb::cli
