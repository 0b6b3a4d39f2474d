// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/verbs.h"
#include "core/archive/folder_pack.h"
#include "core/base/json.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

int sayFile(const Session &session, const QString &file)
{
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("file"), file}});
    else
        say(tr("%1 was written.").arg(file));
    return kGood;
}

} // namespace

int report(Session &session)
{
    const Arguments &given = session.arguments;
    const bool html = given.has("html");
    if (!html && !session.json())
        return session.failed(Error{ErrorCode::BadInput,
                                    tr("“report” needs --html or --json"),
                                    {},
                                    tr("usage: %1").arg(usageLine(*given.verb))});
    const RunId id(given.word(0));
    if (given.word(1) != QLatin1String("-")) {
        const QString file = absolutePath(given.word(1));
        const auto saved =
            session.service.saveReport(id, file, html ? ReportForm::Html : ReportForm::Json);
        return saved ? sayFile(session, file) : session.failed(saved.error());
    }
    if (html) {
        const auto page = session.service.reportHtml(id);
        if (!page)
            return session.failed(page.error());
        sayRaw(*page);
        return kGood;
    }
    const auto document = session.service.reportJson(id);
    if (!document)
        return session.failed(document.error());
    sayRaw(toJsonDocument(*document));
    return kGood;
}

int runsExport(Session &session)
{
    const QString file = absolutePath(session.arguments.word(1));
    const auto pack = [&file](const QString &folder, const QByteArray &top,
                              const std::vector<QByteArray> &paths) {
        return packFiles(folder, top, paths, file);
    };
    const auto done = session.service.exportRun(RunId(session.arguments.word(0)), file, pack);
    return done ? sayFile(session, file) : session.failed(done.error());
}

int runsImport(Session &session)
{
    const QString file = absolutePath(session.arguments.word(0));
    const auto unpack = [&file](const QString &into, const auto &fits) {
        UnpackLimits limits;
        limits.fits = fits;
        return unpackFiles(file, into, limits);
    };
    const auto run = session.service.importRun(file, unpack);
    if (!run)
        return session.failed(run.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("id"), run->value()}});
    else
        say(tr("Run %1 is here to look at: lifeboat-cli runs show %1").arg(run->value()));
    return kGood;
}

} // namespace lb::cli
