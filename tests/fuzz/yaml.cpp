// SPDX-License-Identifier: GPL-3.0-or-later
// Runbooks from anywhere: either the reader says what is wrong and where, or the runbook is whole.
#include "core/config/runbook_reader.h"
#include "core/config/yaml_document.h"
#include "tests/fuzz/fuzz.h"

#include <QDir>
#include <QFile>
#include <QJsonObject>

using namespace lb;

namespace {

void mustSayWhere(const std::vector<Diagnostic> &diagnostics, const QByteArray &text)
{
    const auto lines = int(text.count('\n')) + 1;
    for (const Diagnostic &diagnostic : diagnostics) {
        mustHold(diagnostic.line >= 1 && diagnostic.line <= lines && diagnostic.column >= 1,
                 "a finding names a place in the file", diagnostic.text().toUtf8());
        mustHold(!diagnostic.message.isEmpty(), "a finding says something");
    }
}

void mustReadBack(const YamlNode &root)
{
    std::vector<std::pair<QString, QJsonValue>> members;
    QJsonObject object;
    for (const YamlNode::Member &member : root.members) {
        members.emplace_back(member.key, member.value.toJson());
        object.insert(member.key, members.back().second);
    }
    const QByteArray written = toYaml(members);
    const YamlDocument again = parseYaml(written, QStringLiteral("again"));
    mustHold(!again.isUsable() || again.root.toJson().toObject() == object || members.empty(),
             "what is written reads back to equal values", written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    const YamlDocument document = parseYaml(text, QStringLiteral("fuzz.yaml"));
    mustSayWhere(document.diagnostics, text);
    if (document.isUsable() && document.root.isMap())
        mustReadBack(document.root);
    for (const bool builtIn : {false, true}) {
        const ReadRunbook read = readRunbook(text, QStringLiteral("fuzz.yaml"), builtIn);
        mustSayWhere(read.diagnostics, text);
        mustHold(!read.isUsable() || (document.isUsable() && !read.runbook.id.isEmpty()),
                 "a usable runbook has an id and stands in a sound document");
    }
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    FuzzSeeds seeds;
    for (const char *folder : {LB_SOURCE "/resources/runbooks", LB_SOURCE "/tests/core/config/good",
                               LB_SOURCE "/tests/core/config/broken"}) {
        const QDir dir(QString::fromUtf8(folder));
        const QStringList names =
            dir.entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name);
        for (const QString &name : names) {
            QFile file(dir.filePath(name));
            if (file.open(QIODevice::ReadOnly))
                seeds.inputs.push_back(file.readAll());
        }
    }
    seeds.inputs.push_back("a: &a [*a]\n");
    seeds.inputs.push_back("a: \"never ends\n");
    seeds.words = {"{{ inputs.x }}",
                   "{{",
                   "}}",
                   ": ",
                   "- ",
                   "\n  ",
                   "\n",
                   "&a ",
                   "*a",
                   "!tag ",
                   "!",
                   "\"",
                   "'",
                   "|\n  ",
                   ">-\n  ",
                   "[",
                   "]",
                   "{",
                   "}",
                   "? ",
                   "# ",
                   "---\n",
                   "...",
                   "%YAML ",
                   "\xef\xbb\xbf",
                   "\xff",
                   "<<: ",
                   "\t",
                   "steps:\n",
                   "run",
                   "when",
                   "for_each",
                   "secret",
                   "null",
                   "0600"};
    return seeds;
}
