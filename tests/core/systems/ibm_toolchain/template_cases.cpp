// SPDX-License-Identifier: GPL-3.0-or-later
#include "template_cases.h"

#include <QDir>
#include <QFile>

using namespace lb;

namespace {

QStringList lines(const QByteArray &text)
{
    QStringList lines = QString::fromUtf8(text).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    lines.sort();
    return lines;
}

TemplateOptions readOptions(const DataValue &given)
{
    const auto isYes = [&](const char *key) {
        const DataValue *value = given.get(QString::fromLatin1(key));
        return value && value->boolean;
    };
    TemplateOptions options;
    options.targetRegion = given.textOf(QStringLiteral("targetRegion"));
    options.nameSuffix = given.textOf(QStringLiteral("nameSuffix"));
    options.linkRepositories = isYes("linkRepositories");
    options.quiet = isYes("quiet");
    options.dropEndedServices = isYes("dropEndedServices");
    if (const DataValue *map = given.get(QStringLiteral("repositoryMap"))) {
        for (const DataValue::Member &member : map->members)
            options.repositoryMap.emplace_back(member.key, member.value.text);
    }
    return options;
}

QString severityWord(Template::Finding::Severity severity)
{
    using Severity = Template::Finding::Severity;
    return severity == Severity::Error     ? QStringLiteral("error")
           : severity == Severity::Warning ? QStringLiteral("warning")
                                           : QStringLiteral("note");
}

QString baseName(const QString &path)
{
    return path.section(QLatin1Char('/'), -1);
}

QStringList findingLines(const Template &written)
{
    QStringList lines;
    for (const Template::Finding &finding : written.findings)
        lines << QStringLiteral("%1 %2 %3 %4")
                     .arg(severityWord(finding.severity), finding.code, baseName(finding.file),
                          finding.pointer);
    lines.sort();
    return lines;
}

QStringList slotLines(const Template &written)
{
    QStringList lines;
    for (const Template::SecretSlot &slot : written.secretSlots) {
        QString line =
            QStringLiteral("%1 %2 %3 %4")
                .arg(slot.id, secretSlotKindName(slot.kind), baseName(slot.file), slot.pointer);
        if (!slot.reference.isEmpty())
            line += QStringLiteral(" -> ") + slot.reference;
        if (!slot.isNeeded)
            line += QStringLiteral(" (not needed)");
        lines << line;
    }
    lines.sort();
    return lines;
}

QStringList removedLines(const Template &written)
{
    QStringList lines;
    for (const Template::RemovedTrigger &removed : written.removed)
        lines << QStringLiteral("%1 [%2] %3 %4%5")
                     .arg(removed.service, removed.stage)
                     .arg(removed.position)
                     .arg(QString::fromUtf8(writeJsonData(removed.trigger)).trimmed(),
                          removed.isLeftOut ? QString() : QStringLiteral(" (off)"));
    lines.sort();
    return lines;
}

QStringList lineDifferences(const QString &what, const QStringList &expected, const QStringList &is)
{
    QStringList different;
    for (const QString &line : expected) {
        if (!is.contains(line))
            different << QStringLiteral("%1: missing: %2").arg(what, line);
    }
    for (const QString &line : is) {
        if (!expected.contains(line))
            different << QStringLiteral("%1: unexpected: %2").arg(what, line);
    }
    if (different.isEmpty() && expected != is)
        different << QStringLiteral("%1: not as often as expected").arg(what);
    return different;
}

QString json(const DataValue *value)
{
    return value ? QString::fromUtf8(writeJsonData(*value)) : QStringLiteral("nothing");
}

} // namespace

QByteArray readTestFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QStringList templateCaseNames()
{
    return QDir(QStringLiteral(LB_TEST_DATA "/cases")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
}

TemplateCase readTemplateCase(const QString &name)
{
    TemplateCase one;
    one.folder = QStringLiteral(LB_TEST_DATA "/cases/%1/").arg(name);
    const auto answer = readJsonData(readTestFile(one.folder + QStringLiteral("toolchain.json")),
                                     QStringLiteral("toolchain.json"));
    if (!answer) {
        one.problem = answer.error().sentence();
        return one;
    }
    one.source.answer = *answer;
    one.source.url = QStringLiteral("https://cloud.ibm.com/devops/toolchains/"
                                    "11111111-2222-4333-8444-555555555555?env_id=ibm:yp:us-south");
    one.source.time = QDateTime(QDate(2026, 2, 1), QTime(8, 30, 5), Qt::UTC);
    for (const QString &file : QDir(one.folder).entryList({QStringLiteral("*.yml")})) {
        const auto pipeline = readYamlData(readTestFile(one.folder + file), file);
        if (!pipeline)
            one.problem = pipeline.error().sentence();
        else
            one.source.pipelines[file.chopped(4)] = *pipeline;
    }
    const QByteArray options = readTestFile(one.folder + QStringLiteral("options.json"));
    if (!options.isEmpty())
        one.options = readOptions(*readJsonData(options, QStringLiteral("options.json")));
    return one;
}

QStringList differences(const DataValue &expected, const DataValue &is, const QString &pointer)
{
    if (expected == is)
        return {};
    QStringList different;
    if (expected.isMap() && is.isMap()) {
        for (const DataValue::Member &member : expected.members) {
            const QString place = pointer + QLatin1Char('/') + member.key;
            if (const DataValue *other = is.get(member.key))
                different += differences(member.value, *other, place);
            else
                different +=
                    QStringLiteral("%1: expected %2, is missing").arg(place, json(&member.value));
        }
        for (const DataValue::Member &member : is.members) {
            if (!expected.get(member.key))
                different += QStringLiteral("%1/%2: not expected: %3")
                                 .arg(pointer, member.key, json(&member.value));
        }
        return different;
    }
    if (expected.isList() && is.isList() && expected.items.size() == is.items.size()) {
        for (std::size_t i = 0; i < expected.items.size(); ++i)
            different += differences(expected.items[i], is.items[i],
                                     pointer + QLatin1Char('/') + QString::number(i));
        return different;
    }
    return {QStringLiteral("%1: expected %2, is %3").arg(pointer, json(&expected), json(&is))};
}

QStringList differences(const TemplateCase &one, const Template &written)
{
    QStringList different;
    const QDir expected(one.folder + QStringLiteral("expected"));
    const auto at = [&](const char *file) {
        return lines(readTestFile(expected.filePath(QString::fromLatin1(file))));
    };
    const QStringList files = expected.entryList({QStringLiteral("*.yml")});
    for (const QString &file : files) {
        const Template::File *is = written.file(QStringLiteral(".bluemix/") + file);
        const auto tree = readYamlData(readTestFile(expected.filePath(file)), file);
        if (!is || !tree) {
            different << file + (is ? QStringLiteral(": ") + tree.error().sentence()
                                    : QStringLiteral(": is not written"));
            continue;
        }
        const auto again = readYamlData(is->bytes, file);
        const QStringList found =
            again ? differences(*tree, *again) : QStringList(again.error().sentence());
        for (const QString &line : found)
            different << file + line;
    }
    for (const Template::File &file : written.files) {
        if (file.path != QLatin1String("README.md") && !files.contains(baseName(file.path)))
            different << file.path + QStringLiteral(": not expected");
    }
    different +=
        lineDifferences(QStringLiteral("findings"), at("findings.txt"), findingLines(written));
    different += lineDifferences(QStringLiteral("slots"), at("slots.txt"), slotLines(written));
    different +=
        lineDifferences(QStringLiteral("removed"), at("removed.txt"), removedLines(written));
    return different;
}
