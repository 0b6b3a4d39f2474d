// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/reference.h"

#include "core/base/text.h"
#include "core/model/restore_point.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(Reference)

const QString kLiteralBraces = QStringLiteral("'{{'");

QStringList roots()
{
    return {QStringLiteral("inputs"), QStringLiteral("discovered"), QStringLiteral("steps"),
            QStringLiteral("item"),   QStringLiteral("system"),     QStringLiteral("hostname"),
            QStringLiteral("run"),    QStringLiteral("point")};
}

tl::unexpected<Error> refuse(const QString &text, const QString &why, const QString &advice = {})
{
    return fail(ErrorCode::BadInput, tr("“{{ %1 }}” %2").arg(text, why), {}, advice);
}

} // namespace

Result<Reference> parseReference(const QString &written)
{
    static const QRegularExpression namePattern(QStringLiteral("\\A[A-Za-z0-9_][A-Za-z0-9_-]*\\z"));
    Reference reference;
    reference.text = written.trimmed();
    const QString &text = reference.text;
    QStringList words = text.split(QLatin1Char('.'));
    for (const QString &word : words) {
        if (!namePattern.match(word).hasMatch())
            return refuse(text, tr("is not a reference"),
                          tr("Write names with dots between them, such as inputs.host"));
    }
    const QString root = words.takeFirst();
    using Root = Reference::Root;
    const auto named = [&](Root kind, const QString &shape) -> Result<Reference> {
        if (words.isEmpty())
            return refuse(text, tr("does not say which one"), tr("Write %1").arg(shape));
        reference.root = kind;
        reference.name = words.takeFirst();
        reference.path = words;
        return reference;
    };
    const auto alone = [&](Root kind) -> Result<Reference> {
        if (!words.isEmpty())
            return refuse(text, tr("goes on after a plain value"), tr("Write %1").arg(root));
        reference.root = kind;
        return reference;
    };
    if (root == QLatin1String("inputs"))
        return named(Root::Input, QStringLiteral("inputs.NAME"));
    if (root == QLatin1String("discovered"))
        return named(Root::Discovered, QStringLiteral("discovered.NAME"));
    if (root == QLatin1String("steps")) {
        const QString shape = QStringLiteral("steps.ID.outputs.NAME");
        TRY_VALUE(Reference output, named(Root::StepOutput, shape));
        if (output.path.size() < 2 || output.path.first() != QLatin1String("outputs"))
            return refuse(text, tr("is not an output of a step"), tr("Write %1").arg(shape));
        output.path.removeFirst();
        return output;
    }
    if (root == QLatin1String("item")) {
        reference.root = Root::Item;
        reference.path = words;
        return reference;
    }
    if (root == QLatin1String("system"))
        return alone(Root::System);
    if (root == QLatin1String("hostname"))
        return alone(Root::HostName);
    if (root == QLatin1String("run"))
        return alone(Root::Run);
    if (root == QLatin1String("point")) {
        static const QHash<QString, QString> lists{
            {QStringLiteral("parts"), {}},
            {QStringLiteral("trees"), QString::fromLatin1(kTreePart)},
            {QStringLiteral("databases"), QString::fromLatin1(kPostgresPart)},
            {QStringLiteral("roles"), QString::fromLatin1(kGlobalsPart)},
            {QStringLiteral("snapshots"), QString::fromLatin1(kElasticsearchPart)},
            {QStringLiteral("toolchains"), QString::fromLatin1(kToolchainPart)},
            {QStringLiteral("slots_by_api"), QString::fromLatin1(kSlotsByApi)},
            {QStringLiteral("slots_by_hand"), QString::fromLatin1(kSlotsByHand)},
            {QStringLiteral("classic_pipelines"), QString::fromLatin1(kClassicPipelines)}};
        if (words.size() == 1 && lists.contains(words.first())) {
            reference.root = Root::PointParts;
            reference.name = lists.value(words.first());
            return reference;
        }
        return alone(Root::Point);
    }
    const QString close = nearest(root, roots());
    return refuse(text, tr("is not a reference"),
                  close.isEmpty()
                      ? tr("It must begin with one of %1").arg(roots().join(QStringLiteral(", ")))
                      : tr("Did you mean “%1”?").arg(close));
}

QJsonValue atPath(QJsonValue value, const QStringList &path)
{
    for (const QString &word : path) {
        if (value.isArray()) {
            bool ok = false;
            const uint index = word.toUInt(&ok);
            value = ok && qsizetype(index) < value.toArray().size()
                        ? value.toArray().at(qsizetype(index))
                        : QJsonValue(QJsonValue::Undefined);
        } else {
            value = value.toObject().value(word);
        }
    }
    return value;
}

Result<std::vector<TextPiece>> splitReferences(const QString &text)
{
    std::vector<TextPiece> pieces;
    QString fixed;
    qsizetype at = 0;
    while (true) {
        const qsizetype open = text.indexOf(QLatin1String("{{"), at);
        if (open < 0)
            break;
        const qsizetype inside = open + 2;
        // The literal's own braces must not be taken for the beginning of another reference.
        const qsizetype close = text.indexOf(QLatin1String("}}"), inside);
        if (close < 0)
            return fail(ErrorCode::BadInput, tr("“{{” without “}}”"), {},
                        tr("Write {{ %1 }} for two literal braces").arg(kLiteralBraces));
        const QString name = text.mid(inside, close - inside).trimmed();
        fixed += text.mid(at, open - at);
        at = close + 2;
        if (name == kLiteralBraces) {
            fixed += QLatin1String("{{");
            continue;
        }
        TRY_VALUE(Reference reference, parseReference(name));
        if (!fixed.isEmpty())
            pieces.emplace_back(std::exchange(fixed, QString()));
        pieces.emplace_back(std::move(reference));
    }
    fixed += text.mid(at);
    if (!fixed.isEmpty())
        pieces.emplace_back(std::move(fixed));
    return pieces;
}

std::optional<Reference> wholeReference(const QString &text)
{
    const auto pieces = splitReferences(text.trimmed());
    if (!pieces || pieces->size() != 1)
        return std::nullopt;
    if (const auto *reference = std::get_if<Reference>(&pieces->front()))
        return *reference;
    return std::nullopt;
}

} // namespace lb
