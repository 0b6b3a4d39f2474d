// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answers.h"
#include "app/cli/verbs.h"
#include "core/base/json.h"

namespace lb::cli {

namespace {

LB_TRANSLATE(Cli)

QJsonObject diagnosticJson(const Diagnostic &diagnostic)
{
    return {{QStringLiteral("severity"), diagnostic.severity == Diagnostic::Severity::Error
                                             ? QStringLiteral("error")
                                             : QStringLiteral("warning")},
            {QStringLiteral("file"), diagnostic.file},
            {QStringLiteral("line"), diagnostic.line},
            {QStringLiteral("column"), diagnostic.column},
            {QStringLiteral("message"), diagnostic.message},
            {QStringLiteral("suggestion"), diagnostic.suggestion}};
}

QJsonArray diagnosticList(const std::vector<Diagnostic> &diagnostics)
{
    QJsonArray list;
    for (const Diagnostic &diagnostic : diagnostics)
        list.append(diagnosticJson(diagnostic));
    return list;
}

bool hasError(const std::vector<Diagnostic> &diagnostics)
{
    return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic &d) {
        return d.severity == Diagnostic::Severity::Error;
    });
}

void saySteps(const QString &title, const std::vector<StepSpec> &steps)
{
    if (steps.empty())
        return;
    say();
    Table table({{title}, {tr("EFFECT"), true}, {tr("WHAT")}});
    for (const StepSpec &step : steps)
        table.add({QStringLiteral("  ") + step.id, name(step.effect), step.title});
    table.print({});
}

} // namespace

int runbooksList(Session &session)
{
    const QString type = session.arguments.value("type");
    QJsonArray list;
    Table table({{tr("RUNBOOK"), true}, {tr("PURPOSE"), true}, {tr("TITLE")}, {tr("FROM")}});
    for (const RunbookInfo &book : session.service.runbooks()) {
        if (!type.isEmpty() && book.system != type)
            continue;
        list.append(QJsonObject{{QStringLiteral("id"), book.id},
                                {QStringLiteral("title"), book.title},
                                {QStringLiteral("system"), book.system},
                                {QStringLiteral("purpose"), name(book.purpose)},
                                {QStringLiteral("built_in"), book.builtIn},
                                {QStringLiteral("file"), book.file},
                                {QStringLiteral("diagnostics"), diagnosticList(book.diagnostics)}});
        const QString from = book.builtIn ? tr("built in") : book.file;
        table.add({book.id.isEmpty() ? tr("(broken)") : book.id, name(book.purpose), book.title,
                   hasError(book.diagnostics) ? tr("%1: has errors, see runbooks lint").arg(from)
                                              : from});
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("runbooks"), list}});
    else
        table.print(tr("No runbooks."));
    return kGood;
}

int runbooksShow(Session &session)
{
    const auto book = session.service.runbook(session.arguments.word(0));
    if (!book)
        return session.failed(book.error());
    if (session.arguments.has("print") && !session.json()) {
        sayRaw(book->text);
        return kGood;
    }
    if (session.json()) {
        QJsonArray inputs;
        for (const InputSpec &input : book->inputs)
            inputs.append(inputJson(input));
        QJsonArray steps;
        for (const auto *section : {&book->steps, &book->finallySteps}) {
            for (const StepSpec &step : *section)
                steps.append(QJsonObject{
                    {QStringLiteral("id"), step.id},
                    {QStringLiteral("title"), step.title},
                    {QStringLiteral("phase"), step.phase},
                    {QStringLiteral("action"), QString::fromLatin1(specOf(step.action.kind).key)},
                    {QStringLiteral("effect"), name(step.effect)},
                    {QStringLiteral("finally"), section == &book->finallySteps}});
        }
        sayJson({{QStringLiteral("format"), 1},
                 {QStringLiteral("id"), book->id},
                 {QStringLiteral("title"), book->title},
                 {QStringLiteral("system"), book->system},
                 {QStringLiteral("purpose"), name(book->purpose)},
                 {QStringLiteral("built_in"), book->builtIn},
                 {QStringLiteral("inputs"), inputs},
                 {QStringLiteral("steps"), steps},
                 {QStringLiteral("text"), QString::fromUtf8(book->text)}});
        return kGood;
    }
    say(tr("%1: %2").arg(book->id, book->title));
    if (!book->description.isEmpty())
        say(book->description);
    say(tr("for systems of type %1, purpose %2").arg(book->system, name(book->purpose)));
    if (!book->source.document.isEmpty())
        say(tr("after %1, %2").arg(book->source.document, book->source.section));
    for (const Deviation &deviation : book->deviations)
        say(tr("document: %1; we do: %2; why: %3")
                .arg(deviation.document, deviation.lifeboat, deviation.why));
    say();
    sayInputs(book->inputs);
    if (!book->checks.empty()) {
        say();
        Table checks({{tr("CHECKS")}, {tr("WHAT")}});
        for (const CheckSpec &check : book->checks)
            checks.add({QStringLiteral("  ") + check.id, check.title});
        checks.print({});
    }
    saySteps(tr("STEPS"), book->steps);
    saySteps(tr("FINALLY"), book->finallySteps);
    return kGood;
}

int runbooksCopy(Session &session)
{
    const QString file = absolutePath(session.arguments.word(1));
    if (const auto done = session.service.copyRunbook(session.arguments.word(0), file); !done)
        return session.failed(done.error());
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("file"), file}});
    else
        say(tr("%1 was written. Give it an id of its own, then: lifeboat-cli runbooks lint %1")
                .arg(file));
    return kGood;
}

int runbooksLint(Session &session)
{
    int status = kGood;
    QJsonArray list;
    for (const QString &file : session.arguments.words) {
        const auto diagnostics = session.service.lint(file);
        if (hasError(diagnostics))
            status = kWrongUse;
        for (const Diagnostic &diagnostic : diagnostics) {
            list.append(diagnosticJson(diagnostic));
            if (!session.json())
                say(diagnostic.text());
        }
        if (diagnostics.empty() && !session.json())
            say(tr("%1: good").arg(file));
    }
    if (session.json())
        sayJson({{QStringLiteral("format"), 1}, {QStringLiteral("diagnostics"), list}});
    return status;
}

int runbooksSchema(Session &session)
{
    sayRaw(session.service.runbookSchema());
    return kGood;
}

} // namespace lb::cli
