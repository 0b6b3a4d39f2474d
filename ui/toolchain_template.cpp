// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/toolchain_template.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"

#include <QDir>
#include <QFileInfo>
#include <QHash>

#define T(text) QT_TRANSLATE_NOOP("ToolchainTemplateView", text)

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplateView)

/// IBM Cloud takes far less (1 MB for all definitions); more than this is no template.
constexpr qint64 kLargestFile = 8 * 1024 * 1024;
constexpr qsizetype kMostEntries = 100'000;

Result<QStringList> readLines(const QString &path)
{
    TRY_VALUE(const QByteArray bytes, readWholeFile(path, kLargestFile));
    QStringList lines = QString::fromUtf8(bytes).split(QLatin1Char('\n'));
    if (lines.last().isEmpty())
        lines.removeLast();
    return lines;
}

/// A list from one of the part's documents; an empty one when an older save has no such file.
Result<QJsonArray> readList(const QString &folder, const QString &file, const QString &key)
{
    const QString path = folder + QLatin1Char('/') + file;
    if (!QFileInfo::exists(path))
        return QJsonArray();
    TRY_VALUE(const QByteArray bytes, readWholeFile(path, kLargestFile));
    TRY_VALUE(const QJsonObject document, parseJsonObject(bytes, file));
    TRY(checkFormat(document, 1, file));
    const QJsonArray list = document.value(key).toArray();
    if (list.size() > kMostEntries)
        return fail(ErrorCode::Corrupt, tr("%1 has too many entries").arg(file));
    return list;
}

QString text(const QJsonObject &object, const char *key)
{
    return object.value(QLatin1String(key)).toString();
}

TemplatePlace placeOf(const QJsonObject &object)
{
    return {text(object, "file"), text(object, "pointer"),
            object.value(QLatin1String("line")).toInt(),
            object.value(QLatin1String("source_line")).toInt()};
}

TemplateFinding::Severity severityOf(const QString &word)
{
    if (word == QLatin1String("error"))
        return TemplateFinding::Severity::Error;
    return word == QLatin1String("note") ? TemplateFinding::Severity::Note
                                         : TemplateFinding::Severity::Warning;
}

/// File of the template → its source's file in the part.
Result<QHash<QString, QString>> readSources(const QString &folder)
{
    QHash<QString, QString> sources;
    TRY_VALUE(const QJsonArray list,
              readList(folder, QStringLiteral("changes.json"), QStringLiteral("sources")));
    for (const QJsonValue &value : list) {
        const QJsonObject source = value.toObject();
        const QString path = text(source, "source");
        const QFileInfo file(folder + QLatin1Char('/') + path);
        // Only what lies in the part itself is its source.
        if (path.startsWith(QLatin1String("source/")) && QDir::cleanPath(path) == path &&
            file.isFile() && !file.isSymLink())
            sources.insert(text(source, "file"), file.filePath());
    }
    return sources;
}

Result<std::vector<TemplateFile>> readFiles(const QString &folder)
{
    TRY_VALUE(const auto sources, readSources(folder));
    const QDir root(folder + QStringLiteral("/template"));
    const QDir definitions(root.filePath(QStringLiteral(".bluemix")));
    const QDir::Filters plain = QDir::Files | QDir::Hidden | QDir::NoSymLinks;
    // What says how the others hang together comes first.
    QStringList paths;
    const QString first = QStringLiteral("toolchain.yml");
    for (const QString &name : definitions.entryList({QStringLiteral("*.yml")}, plain, QDir::Name))
        paths.insert(name == first ? 0 : paths.size(), QStringLiteral(".bluemix/") + name);
    for (const QString &name : root.entryList({QStringLiteral("README.md")}, plain))
        paths << name;
    std::vector<TemplateFile> files;
    for (const QString &path : paths) {
        TemplateFile file{path, {}, {}};
        TRY_VALUE(file.text, readLines(root.filePath(path)));
        if (sources.contains(path)) {
            TRY_VALUE(file.source, readLines(sources.value(path)));
        }
        files.push_back(std::move(file));
    }
    if (files.empty())
        return fail(ErrorCode::NotFound, tr("There is no template in this part"));
    return files;
}

} // namespace

Result<ToolchainTemplate> readToolchainTemplate(const QString &folder)
{
    ToolchainTemplate read;
    TRY_VALUE(read.files, readFiles(folder));
    TRY_VALUE(const QJsonArray changes,
              readList(folder, QStringLiteral("changes.json"), QStringLiteral("changes")));
    for (const QJsonValue &value : changes) {
        const QJsonObject change = value.toObject();
        const bool isSecret = change.value(QLatin1String("secret")).toBool();
        read.changes.push_back({placeOf(change), text(change, "rule"),
                                isSecret ? QString() : text(change, "before"),
                                text(change, "after"), isSecret});
    }
    TRY_VALUE(const QJsonArray findings,
              readList(folder, QStringLiteral("findings.json"), QStringLiteral("findings")));
    for (const QJsonValue &value : findings) {
        const QJsonObject finding = value.toObject();
        read.findings.push_back({placeOf(finding), severityOf(text(finding, "severity")),
                                 text(finding, "message"), text(finding, "remedy")});
    }
    return read;
}

QString templateRuleText(const QString &rule)
{
    static const QHash<QString, const char *> texts{
        {QStringLiteral("T10"), T("A definition moves into a file of its own")},
        {QStringLiteral("T11"), T("The tools that a pipeline uses are listed anew")},
        {QStringLiteral("T12"), T("A secret of a tool is emptied; a restore puts it back")},
        {QStringLiteral("T13"), T("A value of which IBM Cloud shows asterisks only is left out")},
        {QStringLiteral("R1"), T("A repository is linked, in the target")},
        {QStringLiteral("R2"), T("A tool whose service has ended is left out")},
        {QStringLiteral("C1"), T("Web hooks are left out")},
        {QStringLiteral("C2"), T("A key that templates do not know is left out")},
        {QStringLiteral("C3"), T("A repository is named by its tool")},
        {QStringLiteral("C4"), T("A repository's address is left out")},
        {QStringLiteral("C5"), T("A trigger says which events it means")},
        {QStringLiteral("C6"),
         T("A stage's worker becomes the private worker's tool, or IBM's own")},
        {QStringLiteral("C7"),
         T("The pipeline's worker becomes the private worker's tool, or IBM's own")},
        {QStringLiteral("K1"), T("Properties get the name and the types that templates use")},
        {QStringLiteral("K2"), T("An input's repository is named by its tool")},
        {QStringLiteral("K3"), T("A trigger's repository is named by its tool")},
        {QStringLiteral("K4"),
         T("The pipeline's worker becomes the private worker's tool, or IBM's own")},
        {QStringLiteral("K8"), T("A name that holds in the source only is left out")},
        {QStringLiteral("P9"), T("A secure property is emptied; a restore puts it back")},
        {QStringLiteral("Q1"), T("Nothing of the copy starts by itself")}};
    const char *found = texts.value(rule);
    return found ? tr(found) : QString();
}

} // namespace lb
