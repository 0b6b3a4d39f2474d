// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in text that comes in pieces: no form of one comes out, whatever the borders of the
// pieces, and nothing else is changed.
#include "core/base/redactor.h"
#include "tests/fuzz/fuzz.h"

#include <QUrl>

using namespace lb;

namespace {

/// The ways in which programs print a value, each made by other code than the redactor's.
QList<QByteArray> formsOf(const QByteArray &value)
{
    QList<QByteArray> forms{value,
                            value.toHex(),
                            value.toHex().toUpper(),
                            QByteArray(value).replace("'", "'\\''"),
                            QByteArray(value).replace("'", "'\"'\"'"),
                            value.toPercentEncoding()};
    QByteArray json = value;
    json.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    forms << json << QByteArray(json).replace('/', "\\/");
    for (int offset = 0; offset < 3; ++offset) {
        for (const auto alphabet : {QByteArray::Base64Encoding, QByteArray::Base64UrlEncoding}) {
            // Between the characters that the bytes around it have a part in.
            const QByteArray coded = (QByteArray(offset, 'x') + value).toBase64(alphabet);
            const qsizetype from = (offset * 8 + 5) / 6;
            const qsizetype to = (offset + value.size()) * 8 / 6;
            forms << coded.mid(from, to - from);
        }
    }
    return forms;
}

struct Input
{
    std::vector<QByteArray> secrets;
    QByteArray text;
    QByteArray sizes; ///< of the pieces, again and again
};

/// Four lines-like fields between 0xff: secrets (between 0xfe), sizes, text. In the text 0xfd and
/// two bytes stand for a form of a secret.
Input inputOf(const QByteArray &bytes)
{
    const QList<QByteArray> fields = bytes.split('\xff');
    Input input;
    const QList<QByteArray> secrets = fields.value(0).split('\xfe');
    for (QByteArray secret : secrets.first(qMin<qsizetype>(secrets.size(), 4))) {
        while (secret.endsWith('\n') || secret.endsWith('\r'))
            secret.chop(1);
        if (secret.size() >= qsizetype(Redactor::kShortest) && secret.size() < 300)
            input.secrets.push_back(secret);
    }
    input.sizes = fields.value(1);
    const QByteArray text = fields.mid(2).join('\xff');
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != '\xfd' || i + 2 >= text.size() || input.secrets.empty()) {
            input.text += text[i];
            continue;
        }
        const QList<QByteArray> forms =
            formsOf(input.secrets[uchar(text[i + 1]) % input.secrets.size()]);
        input.text += forms[uchar(text[i + 2]) % forms.size()];
        i += 2;
    }
    return input;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Input input = inputOf(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    Redactor redactor;
    QList<QByteArray> forms;
    for (const QByteArray &secret : input.secrets) {
        // A mark in a secret, or the other way round, would make what comes out ambiguous.
        if (secret.contains('[') || QByteArray("[secret S]").contains(secret))
            return 0;
        mustHold(redactor
                     .add(QStringLiteral("S"),
                          SecretString(QByteArray(secret.constData(), secret.size())))
                     .has_value(),
                 "a value that is long enough is taken");
        for (const QByteArray &form : formsOf(secret)) {
            if (form.size() >= qsizetype(Redactor::kShortest))
                forms << form;
        }
    }
    const QByteArray whole = redactor.redacted(QByteArrayView(input.text));
    RedactorStream stream(redactor);
    QByteArray pieces;
    qsizetype turn = 0;
    for (qsizetype at = 0; at < input.text.size();) {
        const qsizetype wanted =
            input.sizes.isEmpty() ? 1 : uchar(input.sizes[turn++ % input.sizes.size()]) + 1;
        const QByteArray piece = input.text.mid(at, wanted);
        pieces += stream.push(piece);
        at += piece.size();
    }
    pieces += stream.finish();
    mustHold(pieces == whole, "the borders of the pieces change nothing", pieces + "\n" + whole);

    QByteArray plain = whole;
    plain.replace("[secret S]", "\x01[");
    for (const QByteArray &form : std::as_const(forms)) {
        mustHold(!plain.contains(form), "no form of a secret comes out", form + "\n" + plain);
        if (input.text.contains(form))
            mustHold(whole.contains("[secret S]"), "what was taken out is marked");
    }
    if (!whole.contains("[secret S]"))
        mustHold(whole == input.text, "harmless text stays byte for byte", whole);
    return 0;
}

FuzzSeeds fuzzSeeds()
{
    FuzzSeeds seeds;
    seeds.inputs = {
        QByteArray("hunter2 and more\xfe"
                   "can'ary \"K&7\"/<\xc3\xa4>\\+$x?9\xff\x01\x03\x40\xff"
                   "before \xfd\x01\x01 between \xfd\x01\x02\xfd\x02\x09 after"),
        QByteArray("line one of a key\nline two of it\nend\xff\xff text \xfd\x01\x01\xfd\x01\x08"),
        QByteArray("aaaaaa\xfe"
                   "aaabaaab\xff\x02\xff"
                   "aaaaaaaaabaaabaaab aaaaab aaaaaaaaaaaaaaa"),
        QByteArray("abcdef\xfe"
                   "cdefgh\xfe"
                   "efghij\xff\x04\xff"
                   "xabcdefghijx abcdefgh efghij"),
    };
    seeds.words = {"\xff",
                   "\xfe",
                   "\xfd\x01\x01",
                   "\xfd\x01\x08",
                   "\xfd\x02\x0a",
                   "\n",
                   "'",
                   "\"",
                   "\\",
                   "%",
                   "&",
                   "aaaaaa",
                   "[secret S]",
                   "=",
                   "+",
                   "/"};
    return seeds;
}
