// SPDX-License-Identifier: GPL-3.0-or-later
// Answers and pipelines of an IBM Cloud that may be anybody: read, stripped of secrets and made
// into a template. What is written reads back equal, and the template is the same without secrets.
#include "core/systems/ibm_toolchain/answers.h"
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template.h"
#include "core/systems/ibm_toolchain/toolchain_answer.h"
#include "tests/fuzz/fuzz.h"

#include <QDir>
#include <QFile>

using namespace lb;

namespace {

const QByteArray kAnswer = R"({"toolchain":{"name":"t","services":[
    {"service_id":"hostedgit","toolchain_binding":{"name":"web"},"parameters":{"repo_url":"https://g.test/a/web.git"}},
    {"service_id":"private_worker","parameters":{"name":"pool"}},
    {"service_id":"pipeline","instance_id":"p1","parameters":{}},
    {"service_id":"pipeline","instance_id":"p2","parameters":{"type":"tekton"}}]}})";

void mustReadBack(const DataValue &value)
{
    const QByteArray yaml = writeYamlData(value);
    // Aliases that were written out may make it larger than what is read.
    const auto again = readYamlData(yaml, QStringLiteral("again"));
    mustHold(yaml.size() > 1'000'000 || (again && *again == value),
             "what is written as YAML reads back equal", yaml);
    const auto json = readJsonData(writeJsonData(value), QStringLiteral("again"));
    mustHold(json.has_value(), "what is written as JSON is JSON", writeJsonData(value));
}

QByteArray everything(const Template &made)
{
    QByteArray all = writeJsonData(secretSlotsData(made.secretSlots));
    for (const Template::File &file : made.files)
        all += file.path.toUtf8() + '\n' + file.bytes;
    return all;
}

void makeTemplate(const ToolchainExport &source, bool quiet)
{
    TemplateOptions options;
    options.quiet = quiet;
    const auto made = writeTemplate(source, options);
    if (!made)
        return;
    ToolchainExport stripped = source;
    stripped.answer = withoutSecrets(source.answer).value;
    for (auto &[instance, pipeline] : stripped.pipelines)
        pipeline = pipelineWithoutSecrets(pipeline).value;
    const auto same = writeTemplate(stripped, options);
    mustHold(same && everything(*same) == everything(*made),
             "the template is the same without secrets", everything(*made));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    const bool quiet = size % 2 == 0;
    if (const auto answer = readJsonData(text, QStringLiteral("it"))) {
        mustReadBack(*answer);
        ToolchainExport source;
        source.answer = *answer;
        makeTemplate(source, quiet);
        (void)readToolPage(*answer);
        (void)readTriggers(*answer);
    }
    if (const auto pipeline = readYamlData(text, QStringLiteral("it"))) {
        mustReadBack(*pipeline);
        ToolchainExport source;
        source.answer = *readJsonData(kAnswer, QStringLiteral("it"));
        source.pipelines[QStringLiteral("p1")] = *pipeline;
        source.pipelines[QStringLiteral("p2")] = *pipeline;
        makeTemplate(source, quiet);
    }
    (void)serviceErrorText(text);
    (void)readIamToken(text, QDateTime());
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    FuzzSeeds seeds;
    const QDir cases(QStringLiteral(LB_SOURCE "/tests/core/systems/ibm_toolchain/cases"));
    for (const QString &one : cases.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        const QDir folder(cases.filePath(one));
        for (const QString &name : folder.entryList(QDir::Files, QDir::Name)) {
            QFile file(folder.filePath(name));
            if (file.open(QIODevice::ReadOnly))
                seeds.inputs.push_back(file.readAll());
        }
    }
    seeds.inputs.push_back("a: &a [*a]\n");
    seeds.inputs.push_back("a: &a {b: c}\nd: {<<: [*a, *a]}\n");
    seeds.words = {"&a ",
                   "*a",
                   "<<: ",
                   "!!str ",
                   "? ",
                   "|+\n  ",
                   ">-\n  ",
                   "\t",
                   "\"",
                   "'",
                   "\\u2028",
                   "\xc2\x85",
                   "\xef\xbb\xbf",
                   "null",
                   "0o17",
                   ".inf",
                   "1e400",
                   "2026-01-05",
                   "type: secure",
                   "value: x",
                   "\"services\":",
                   "\"parameters\":{",
                   "\"configuration\":",
                   "\"api_token\":",
                   "\"****\"",
                   "https://a:b@c/",
                   "${web}",
                   "{{x}}",
                   "- {type: git, url: ",
                   "secret: {",
                   "\n",
                   ": ",
                   "- ",
                   "[",
                   "]",
                   "{",
                   "}",
                   "yes",
                   "~"};
    return seeds;
}
