// SPDX-License-Identifier: GPL-3.0-or-later
// Documents out of a cluster into files, and into the form of Alien4Cloud 1.2.0 (sheet §4, §5.7).
#include "core/actions/document_files.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"

#include <QFileInfo>

namespace lb {

namespace {

LB_TRANSLATE(Actions)

constexpr qsizetype kWriteBytes = 1024 * 1024;

/// What can be had of each document of an index beside its source. A field that is not stored
/// would be looked for in the source.
Result<QString> storedFields(ElasticsearchJob &job, const QString &index)
{
    TRY_VALUE(const QByteArray body,
              job.ask("describe", tr("Cannot read how %1 is made").arg(index),
                      {{QStringLiteral("index"), index}}));
    TRY_VALUE(const QJsonObject answer, parseJsonObject(body, tr("the index %1").arg(index)));
    QStringList fields{kSource, QStringLiteral("_routing")};
    for (const QJsonValue type : answer.value(index)[QLatin1String("mappings")].toObject()) {
        for (const char *name : {"_parent", "_ttl", "_timestamp"}) {
            const QJsonValue setting = type[QLatin1String(name)];
            // Defaults of 1.7: a parent and a time to live are stored, a timestamp is not.
            const bool isStored =
                name == QByteArrayView("_parent")
                    ? setting.isObject()
                    : setting[QLatin1String("enabled")].toBool() &&
                          setting[QLatin1String("store")].toBool(name == QByteArrayView("_ttl"));
            if (isStored && !fields.contains(QLatin1String(name)))
                fields << QString::fromLatin1(name);
        }
    }
    return fields.join(QLatin1Char(','));
}

} // namespace

Result<CallOutcome> exportIndices(ElasticsearchJob &job)
{
    const ElasticsearchCall &call = job.call;
    TRY_VALUE(const QByteArray root,
              job.ask("root", tr("Cannot read what answers at %1").arg(call.at.text())));
    TRY_VALUE(const ClusterRoot cluster, readClusterRoot(root));
    if (cluster.major() != 1)
        return fail(ErrorCode::Unsupported,
                    tr("Documents are exported from Elasticsearch 1.7 only, and this is %1")
                        .arg(cluster.version));
    TRY(makeFolders(documentsFolder(job, kExported)));
    TRY_VALUE(const QJsonObject counts, countDocuments(job, call.indices));
    qint64 total = 0;
    for (const QJsonValue count : counts)
        total += count.toInteger();
    DocumentCounter counter(job, total);
    QJsonObject list;
    for (const QString &index : call.indices) {
        const QString path = documentsFile(job, kExported, index);
        if (const auto before = job.onRecord("exported", index);
            before &&
            QFileInfo(path).size() ==
                before->value(QLatin1String("file"))[QLatin1String("bytes")].toInteger()) {
            const QJsonObject file = before->value(QLatin1String("file")).toObject();
            list.insert(index, file);
            counter.add(file.value(QLatin1String("documents")).toInteger(),
                        file.value(QLatin1String("bytes")).toInteger());
            continue;
        }
        LineFile file(path);
        TRY(file.open());
        const qint64 expected = counts.value(index).toInteger();
        TRY_VALUE(const QString fields, storedFields(job, index));
        TRY_VALUE(const qint64 documents,
                  readDocuments(job, index, fields,
                                [&](const QByteArray &lines, qint64 read) -> Result<void> {
                                    TRY(file.write(lines));
                                    counter.add(read, lines.size());
                                    return {};
                                }));
        if (documents > expected || (documents < expected && !expiringIndices().contains(index)))
            return fail(
                ErrorCode::Conflict,
                tr("%1 has %2 documents, and %3 came").arg(index).arg(expected).arg(documents), {},
                tr("Somebody writes to it: see that Alien is stopped, and resume"));
        TRY_VALUE(const QJsonObject told, file.commit(documents));
        list.insert(index, told);
        job.record("exported", {{QStringLiteral("index"), index}, {QStringLiteral("file"), told}});
    }
    TRY(writeList(job, kExported, list));
    CallOutcome outcome;
    outcome.outputs = {{QStringLiteral("documents"), counter.documents()},
                       {QStringLiteral("entries"), counter.documents()},
                       {QStringLiteral("bytes"), counter.bytes()}};
    return outcome;
}

Result<CallOutcome> transformExport(ElasticsearchJob &job)
{
    TRY_VALUE(const QJsonObject list, readList(job, kExported));
    TRY(makeFolders(documentsFolder(job, kTransformed)));
    DocumentCounter counter(job, documentsIn(list));
    ExportTransformer transformer;
    QJsonObject made;
    for (const QString &index : list.keys()) {
        LineFile file(documentsFile(job, kTransformed, index));
        TRY(file.open());
        QByteArray lines;
        qint64 documents = 0;
        const Result<void> isRead =
            readLines(documentsFile(job, kExported, index), list.value(index), job,
                      [&](const QByteArray &line) -> Result<void> {
                          const qsizetype before = lines.size();
                          TRY(transformer.take(line, lines));
                          if (lines.size() > before)
                              ++documents;
                          if (lines.size() < kWriteBytes)
                              return {};
                          TRY(file.write(lines));
                          counter.add(0, lines.size());
                          lines.truncate(0);
                          return {};
                      });
        TRY(isRead);
        TRY(file.write(lines));
        counter.add(documents, lines.size());
        TRY_VALUE(const QJsonObject told, file.commit(documents));
        made.insert(index, told);
    }
    const TransformReport report = transformer.report();
    const QStringList told = report.lines();
    for (const QString &line : told)
        job.log(line);
    const TypeReport sum = report.sum();
    if (!report.isClean()) {
        QStringList examples;
        for (const TypeReport &type : report.types) {
            for (const Error &example : type.examples)
                examples << example.sentence();
        }
        return fail(ErrorCode::Corrupt,
                    tr("%n document(s) cannot be brought to the form of Alien4Cloud 1.2.0", nullptr,
                       int(sum.failed)),
                    examples.mid(0, kExamples).join(QStringLiteral("; ")),
                    tr("Nothing was changed in the cluster. Correct or delete them in Alien, save "
                       "again, and begin anew; the step's log lists each type"));
    }
    if (sum.read != documentsIn(list))
        return fail(ErrorCode::Corrupt, tr("%1 documents were exported, and %2 were read")
                                            .arg(documentsIn(list))
                                            .arg(sum.read));
    TRY(writeList(job, kTransformed, made));
    CallOutcome outcome;
    outcome.outputs = {
        {QStringLiteral("report"), report.toJson()}, {QStringLiteral("documents"), sum.read},
        {QStringLiteral("changed"), sum.changed},    {QStringLiteral("entries"), sum.read},
        {QStringLiteral("bytes"), counter.bytes()},  {QStringLiteral("evidence"), told.last()}};
    QStringList unknown;
    for (const TypeReport &type : report.types) {
        if (type.rule == TransformRule::Unknown)
            unknown << type.index + QLatin1Char('/') + type.type;
    }
    if (!unknown.isEmpty())
        outcome.warnings << tr("Types that Alien4Cloud 1.1.0 does not have, left as they are: %1")
                                .arg(unknown.join(QStringLiteral(", ")));
    return outcome;
}

Result<CallOutcome> checkConverted(ElasticsearchJob &job)
{
    TRY_VALUE(const auto live, clusterIndices(job));
    const IndexSurvey survey = surveyIndices(live, {});
    TRY_VALUE(const QJsonObject exported, readList(job, kExported));
    qint64 documents = 0, unconverted = 0;
    QStringList examples, lost;
    const auto note = [&](const QString &text) {
        ++unconverted;
        if (examples.size() < kExamples)
            examples << text;
    };
    for (const QString &index : survey.open) {
        const auto look = [&](QByteArrayView line) -> Result<void> {
            TRY_VALUE(const ExportLine document, readExportLine(line));
            const QByteArray type = jsonText(document.type);
            const QByteArray id = jsonText(document.id);
            const QByteArray place = index.toUtf8();
            const DocumentName name{place, type, id};
            const auto change = findChange(name, document.source);
            if (!change)
                note(change.error().sentence());
            else if (change->changes())
                note(name.text());
            return {};
        };
        TRY_VALUE(const qint64 read,
                  readDocuments(job, index, kSource, [&](const QByteArray &lines, qint64) {
                      return eachLine(lines, look);
                  }));
        documents += read;
        const qint64 before = exported.value(index)[QLatin1String("documents")].toInteger(read);
        if (read > before || (read < before && !expiringIndices().contains(index)))
            lost << tr("%1 has %2 documents and had %3").arg(index).arg(read).arg(before);
    }
    for (const QString &index : exported.keys()) {
        if (!survey.open.contains(index))
            lost << tr("%1 is not there").arg(index);
    }
    if (!lost.isEmpty())
        return fail(ErrorCode::Corrupt, tr("Not every document is there"),
                    lost.join(QStringLiteral("; ")),
                    tr("Alien stays off. runs undo puts the old indices back"));
    if (unconverted > 0)
        return fail(ErrorCode::Corrupt,
                    tr("%n document(s) in a form that Alien4Cloud 1.2.0 cannot read", nullptr,
                       int(unconverted)),
                    examples.join(QStringLiteral("; ")),
                    tr("Alien stays off. runs undo puts the old indices back"));
    return holds(tr("%n document(s) read, all in the form of 1.2.0", nullptr, int(documents)));
}

Result<CallOutcome> checkSourceVersion(ElasticsearchJob &job)
{
    const QString where = job.call.at.text();
    TRY_VALUE(const QByteArray root, job.ask("root", tr("%1 does not answer").arg(where)));
    TRY_VALUE(const ClusterRoot cluster, readClusterRoot(root));
    if (!cluster.version.startsWith(QLatin1String("1.7.")))
        return fail(ErrorCode::Unsupported,
                    tr("%1 is Elasticsearch %2; 1.1 and 1.2 of Alien4Cloud use 1.7")
                        .arg(where, cluster.version),
                    {}, tr("Later versions cannot hold several types in one index"));
    TRY_VALUE(const auto live, clusterIndices(job));
    QStringList newer;
    for (const ClusterIndex &index : live) {
        if (alienIndices12().contains(index.name))
            newer << index.name;
    }
    if (!newer.isEmpty())
        return fail(ErrorCode::Conflict, tr("Alien4Cloud 1.2 has been started on these indices"),
                    tr("only 1.2 makes %1").arg(newer.join(QStringLiteral(", "))),
                    tr("A migration begins with 1.1.0. Restore its restore point, or delete what a "
                       "failed migration left"));
    return holds(tr("Elasticsearch %1, indices of Alien4Cloud 1.1").arg(cluster.version));
}

} // namespace lb
