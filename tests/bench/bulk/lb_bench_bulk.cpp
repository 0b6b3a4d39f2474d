// SPDX-License-Identifier: GPL-3.0-or-later
// How fast the pure parts of moving documents between two servers are, on one thread and without a
// server: pages of a scroll to exported lines, their transformation, bulk bodies, bulk answers.
// Prints one JSON line for each. lb_bench_bulk [DOCUMENTS [BYTES OF EACH]]: 200,000 of 600.
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/systems/alien4cloud/bulk_lines.h"
#include "core/systems/alien4cloud/document_transform.h"

#include <QCoreApplication>

#include <cstdio>

namespace {

using namespace lb;

constexpr int kPageSize = 500;

/// A topology with one node template, as every fourth document; else an archive that stays.
QByteArray source(int number, qsizetype bytes, bool topology)
{
    const QByteArray id = QByteArray::number(number);
    QByteArray text = R"({"id":"doc-)" + id + R"(","alienScore":1.0,"lastUpdateDate":14470000)" +
                      QByteArray::number(10'000 + number % 90'000) + R"(,"description":"Lamp \")" +
                      id +
                      R"(\" of the caf\u00e9","dependencies":[{"name":"tosca-normative-types",)"
                      R"("version":"1.0.0.wd03-SNAPSHOT"}],)";
    if (topology)
        text += R"("nodeTemplates":[{"key":"Lantern","value":{"type":"acme.nodes.Lantern",)"
                R"("properties":{"height":{"value":"1.0","definition":false}},)"
                R"("capabilities":{"host":{"type":"acme.capabilities.Host"}},)"
                R"("requirements":{"light":{"type":"acme.capabilities.Light"}},)"
                R"("relationships":{},"artifacts":{"wick":{"artifactRef":"wick.txt"}}}}],)";
    text += R"("text":")";
    while (text.size() + 2 < bytes)
        text += text.size() % 60 ? 'x' : ' ';
    return text + "\"}";
}

std::vector<QByteArray> makePages(int documents, qsizetype bytes)
{
    std::vector<QByteArray> pages;
    for (int begin = 0; begin < documents; begin += kPageSize) {
        QByteArray page = R"({"_scroll_id":"c2Nhbjs1OzE6dFpM","took":3,"timed_out":false,)"
                          R"("_shards":{"total":5,"successful":5,"failed":0},"hits":{"total":)" +
                          QByteArray::number(documents) + R"(,"max_score":0.0,"hits":[)";
        for (int i = begin; i < std::min(documents, begin + kPageSize); ++i) {
            const bool topology = i % 4 == 0;
            const QByteArray name = topology ? "topology" : "csar";
            page += (i == begin ? R"({"_index":")" : R"(,{"_index":")") + name + R"(","_type":")" +
                    name + R"(","_id":"doc-)" + QByteArray::number(i) +
                    R"(","_version":3,"_score":0.0,"_source":)" + source(i, bytes, topology) +
                    R"(,"fields":{"_routing":"r)" + QByteArray::number(i % 7) + R"("}})";
        }
        pages.push_back(page + "]}}");
    }
    return pages;
}

QByteArray makeAnswer(const BulkBody &body)
{
    QByteArray answer = R"({"took":30,"errors":false,"items":[)";
    for (qsizetype i = 0; i < body.documents(); ++i)
        answer += (i ? QByteArray(",") : QByteArray()) +
                  R"({"index":{"_index":"topology","_type":"topology","_id":"doc-)" +
                  QByteArray::number(i) + R"(","_version":1,"status":201}})";
    return answer + "]}";
}

/// Calls `work(line)` for each line; nothing when one fails.
template <class Work>
Result<void> eachLine(QByteArrayView lines, Work work)
{
    while (!lines.isEmpty()) {
        const qsizetype end = lines.indexOf('\n');
        TRY(work(lines.first(end)));
        lines = lines.sliced(end + 1);
    }
    return {};
}

class Stopwatch
{
public:
    void print(const char *what, qint64 documents, qint64 bytes) const
    {
        const double seconds = std::chrono::duration<double>(bootTime() - m_begin).count();
        std::printf(
            "%s\n",
            toJson({{QStringLiteral("work"), QLatin1String(what)},
                    {QStringLiteral("documents"), documents},
                    {QStringLiteral("seconds"), seconds},
                    {QStringLiteral("documents_per_second"), qint64(double(documents) / seconds)},
                    {QStringLiteral("mib_per_second"), qint64(double(bytes) / seconds / 1048576)}})
                .constData());
    }

private:
    std::chrono::nanoseconds m_begin = bootTime();
};

Result<void> run(int documents, qsizetype bytes)
{
    const std::vector<QByteArray> pages = makePages(documents, bytes);
    qint64 pageBytes = 0;
    for (const QByteArray &page : pages)
        pageBytes += page.size();

    // Each page's lines in a buffer of their own, as they go to a file.
    std::vector<QByteArray> exported;
    exported.reserve(pages.size());
    const Stopwatch exporting;
    for (const QByteArray &page : pages) {
        QByteArray lines;
        lines.reserve(page.size());
        TRY_VALUE(const ScrollPage read, readScrollPage(page, lines));
        TRY(read.check());
        exported.push_back(std::move(lines));
    }
    exporting.print("export: pages to lines", documents, pageBytes);

    std::vector<QByteArray> transformed;
    transformed.reserve(exported.size());
    qint64 lineBytes = 0;
    ExportTransformer transformer;
    const Stopwatch transforming;
    for (const QByteArray &lines : exported) {
        QByteArray out;
        out.reserve(lines.size() * 9 / 8);
        TRY(eachLine(lines, [&](QByteArrayView line) { return transformer.take(line, out); }));
        lineBytes += lines.size();
        transformed.push_back(std::move(out));
    }
    transforming.print("transform: lines to lines", documents, lineBytes);
    const TypeReport sum = transformer.report().sum();
    if (sum.failed > 0 || sum.read != documents || sum.changed != (documents + 3) / 4)
        return fail(ErrorCode::Internal, QStringLiteral("the transformation went wrong"));

    BulkBodies bodies(1);
    std::vector<QByteArray> answers;
    std::vector<qsizetype> counts;
    qint64 bodyBytes = 0;
    const auto send = [&](const BulkBody &body) {
        bodyBytes += body.bytes.size();
        counts.push_back(body.documents());
    };
    const Stopwatch filling;
    for (const QByteArray &lines : transformed) {
        TRY(eachLine(lines, [&](QByteArrayView line) -> Result<void> {
            const Result<void> added = bodies.add(line);
            while (const auto body = bodies.takeFull())
                send(*body);
            return added;
        }));
    }
    if (const auto body = bodies.takeRest())
        send(*body);
    filling.print("import: lines to bodies", documents, bodyBytes);

    qint64 answerBytes = 0;
    for (const qsizetype count : counts) {
        BulkBody body;
        body.begins.resize(std::size_t(count));
        answers.push_back(makeAnswer(body));
        answerBytes += answers.back().size();
    }
    const Stopwatch reading;
    for (std::size_t i = 0; i < answers.size(); ++i)
        TRY(readBulkAnswer(answers[i], counts[i]));
    reading.print("import: answers", documents, answerBytes);
    return {};
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const int documents = arguments.value(1, QStringLiteral("200000")).toInt();
    const int bytes = arguments.value(2, QStringLiteral("600")).toInt();
    const Result<void> done = run(documents, bytes);
    if (!done) {
        std::fprintf(stderr, "%s\n", qPrintable(done.error().sentence()));
        return 1;
    }
    return 0;
}
