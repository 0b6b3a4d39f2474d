// SPDX-License-Identifier: GPL-3.0-or-later
// Documents, pages and answers of an Elasticsearch that may be anybody: read as JSON, transformed
// by every rule, exported and put into bulk bodies. Nothing is lost, and twice is once.
#include "core/base/json_text.h"
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"
#include "tests/fuzz/fuzz.h"

#include <QFile>
#include <QJsonDocument>

using namespace lb;

namespace {

bool isValid(const QByteArray &text)
{
    JsonCursor cursor(text);
    JsonToken token = cursor.next();
    qsizetype last = 0;
    for (; token != JsonToken::Bad && token != JsonToken::End; token = cursor.next()) {
        mustHold(cursor.begin() >= last && cursor.end() > cursor.begin() &&
                     cursor.end() <= text.size() && cursor.depth() <= kMaximumJsonDepth,
                 "tokens follow one another", text);
        last = cursor.end();
        if (token == JsonToken::Key || token == JsonToken::String) {
            QByteArray written;
            appendJsonString(written, jsonText(cursor.raw()));
            mustHold(jsonTextIs(cursor.raw(), jsonText(written)), "a text is what it says",
                     cursor.raw().toByteArray());
        }
    }
    JsonCursor whole(text);
    mustHold((whole.skipValue() && whole.next() == JsonToken::End) == (token == JsonToken::End),
             "whole and token by token are the same", text);
    return token == JsonToken::End;
}

void transform(const QByteArray &text, bool valid)
{
    struct Kind
    {
        const char *index, *type;
    };
    for (const Kind &kind :
         {Kind{"toscaelement", "indexednodetype"}, Kind{"topology", "topology"},
          Kind{"deployedtopologies", "deploymenttopology"},
          Kind{"locationresourcetemplate", "locationresourcetemplate"},
          Kind{"topologytemplate", "topologytemplate"}, Kind{"alienaudit", "auditconfiguration"},
          Kind{"metapropconfiguration", "metapropconfiguration"}, Kind{"csar", "csar"}}) {
        const auto first = transformDocument({kind.index, kind.type, "id"}, text);
        if (!first)
            continue;
        mustHold(valid && isValid(first->source), "only JSON becomes JSON", first->source);
        mustHold(first->changed || first->source == text, "what stays is the same", text);
        const auto second = transformDocument({kind.index, kind.type, first->id}, first->source);
        mustHold(second && !second->changed && second->source == first->source, "twice is once",
                 first->source);
    }
}

void importLine(QByteArrayView line)
{
    BulkBodies bodies(1);
    if (!bodies.add(line))
        return;
    if (const auto body = bodies.takeRest())
        mustHold(body->bytes.count('\n') == 2 && body->bytes.endsWith('\n'),
                 "a document is one action and one source", body->bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    const bool valid = isValid(text);
    // Qt is laxer about escapes and stricter about numbers; it takes no lone value.
    if (valid && text.isValidUtf8() &&
        (text.trimmed().startsWith('{') || text.trimmed().startsWith('['))) {
        QJsonParseError error;
        QJsonDocument::fromJson(text, &error);
        mustHold(error.error == QJsonParseError::NoError ||
                     error.error == QJsonParseError::IllegalNumber,
                 "what is JSON here is JSON for Qt", error.errorString().toUtf8());
    }
    mustHold(!valid || jsonDifference(text, text).value() == std::nullopt, "a text equals itself",
             text);
    transform(text, valid);

    QByteArray lines;
    const auto page = readScrollPage(text, lines);
    mustHold(page || lines.isEmpty(), "a bad page leaves nothing", lines);
    mustHold(!page || (valid && lines.count('\n') == page->documents), "a line each", lines);
    for (const QByteArray &line : lines.split('\n')) {
        if (!line.isEmpty()) {
            mustHold(isValid(line) && readExportLine(line), "a line can be read", line);
            importLine(line);
        }
    }
    QByteArray firstLine = text;
    firstLine.truncate(text.indexOf('\n') < 0 ? text.size() : text.indexOf('\n'));
    importLine(firstLine);
    const auto answer = readBulkAnswer(text, 1);
    mustHold(!answer || (valid && answer->items == 1), "an answer is JSON");
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    FuzzSeeds seeds;
    QFile file(QStringLiteral(LB_SOURCE "/tests/core/systems/alien4cloud/documents.ndjson"));
    if (file.open(QIODevice::ReadOnly)) {
        for (const QByteArray &line : file.readAll().split('\n')) {
            if (line.isEmpty())
                continue;
            seeds.inputs.push_back(line);
            seeds.inputs.push_back(readExportLine(line)->source.toByteArray());
            seeds.inputs.push_back("{\"hits\":{\"total\":1,\"hits\":[" + line + "]}}");
        }
    }
    seeds.inputs.push_back(
        R"({"took":1,"errors":true,"items":[{"index":{"_id":"0","status":429,"error":"x"}}]})");
    seeds.words = {"\"requirements\":",
                   "\"capabilities\":{",
                   "\"artifacts\":",
                   "\"relationships\":",
                   "\"properties\":",
                   "\"nodeTemplates\":[",
                   "\"originalNodes\":",
                   "{\"key\":\"a\",\"value\":",
                   "\"topologyId\":1,",
                   "\"id\":",
                   "\"path\":",
                   "\"signature\":",
                   "\"default\":",
                   "\"_source\":{",
                   "\"fields\":{",
                   "\"_ttl\":-1",
                   "1e400",
                   "-0",
                   "\\ud83d",
                   "\\u0000",
                   "\\",
                   "\n",
                   "null",
                   "[[[[",
                   "{",
                   "}",
                   "]",
                   ",",
                   ":"};
    return seeds;
}
