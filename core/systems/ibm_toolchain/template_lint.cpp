// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/ibm_toolchain/secret_names.h"
#include "core/systems/ibm_toolchain/template_rules.h"

#include <QRegularExpression>

namespace lb {

namespace {

LB_TRANSLATE(ToolchainTemplate)

using Severity = Template::Finding::Severity;

/// Calls `found(text, pointer, key)` for every text in a value; the key of an item is its list's.
template <class Found>
void forEachText(const DataValue &value, const QString &pointer, const QString &key,
                 const Found &found)
{
    if (value.isText())
        found(value.text, pointer, key);
    for (std::size_t i = 0; i < value.items.size(); ++i)
        forEachText(value.items[i], pointer + QLatin1Char('/') + QString::number(i), key, found);
    for (const DataValue::Member &member : value.members)
        forEachText(member.value, pointer + QLatin1Char('/') + pointerStep(member.key), member.key,
                    found);
}

void findSecretText(const QString &pointer, TemplateNotes &notes)
{
    notes.find("secret_text", Severity::Warning, pointer,
               tr("This has the look of a secret, and would be published as it is"),
               tr("Make it a secure property, and change the secret"));
}

/// Nothing, a variable, an address or a reference in place of a secret.
bool isHarmlessText(const QString &text)
{
    return text.isEmpty() || text.contains(QLatin1Char('$')) || isSecretReference(text) ||
           text.startsWith(QLatin1String("http"));
}

/// A text property whose name says that it is a secret: anybody can read it.
void lintTextProperties(const DataValue &properties, const QString &pointer, TemplateNotes &notes)
{
    for (std::size_t i = 0; i < properties.items.size(); ++i) {
        const DataValue &property = properties.items[i];
        const QString value = property.textOf(QStringLiteral("value"));
        const bool isText = property.textOf(QStringLiteral("type"))
                                .startsWith(QLatin1String("text"), Qt::CaseInsensitive);
        // What looks like a secret by itself is found where all texts are looked at.
        const bool isHarmless = isHarmlessText(value) || looksSecret(value);
        if (isText && !isHarmless && isSecretName(property.textOf(QStringLiteral("name"))))
            findSecretText(QStringLiteral("%1/%2/value").arg(pointer).arg(i), notes);
    }
}

void lintAllProperties(const DataValue &definition, TemplateNotes &notes)
{
    const QString key = QStringLiteral("properties");
    if (const DataValue *properties = definition.get(key))
        lintTextProperties(*properties, QLatin1Char('/') + key, notes);
    for (const char *name : {"stages", "triggers"}) {
        const QString list = QString::fromLatin1(name);
        const DataValue *owners = definition.get(list);
        for (std::size_t i = 0; owners && i < owners->items.size(); ++i) {
            if (const DataValue *properties = owners->items[i].get(key))
                lintTextProperties(*properties,
                                   QStringLiteral("/%1/%2/%3").arg(list).arg(i).arg(key), notes);
        }
    }
}

/// Whether the writer put the variable there itself.
bool isOwnVariable(const QString &text, const QString &name, const QString &key)
{
    return text == QStringLiteral("${%1}").arg(name) &&
           (key == QLatin1String("service") || key == QLatin1String("worker") ||
            key == QLatin1String("private_worker"));
}

} // namespace

void lintPipeline(const DataValue &definition, const QStringList &environment, TemplateNotes &notes)
{
    static const QRegularExpression insights(
        QStringLiteral("\\b(?:ibmcloud|bluemix|bx|ic)\\s+doi\\b"));
    forEachText(
        definition, {}, {}, [&](const QString &text, const QString &at, const QString &key) {
            if (insights.match(text).hasMatch())
                notes.find("insights_call", Severity::Warning, at,
                           tr("This calls DevOps Insights, which ended on 31 August 2026"),
                           tr("Remove the “ibmcloud doi” lines: they fail"));
            if (looksSecret(text) || (isSecretName(key) && !isHarmlessText(text)))
                findSecretText(at, notes);
            for (const QString &name : environment) {
                if (text.contains(QStringLiteral("${%1}").arg(name)) &&
                    !isOwnVariable(text, name, key))
                    notes.find(
                        "variable_collision", Severity::Warning, at,
                        tr("${%1} is the name of a tool too; IBM Cloud replaces it here").arg(name),
                        tr("Rename the variable or the tool"));
            }
        });
    lintAllProperties(definition, notes);
}

void lintToolchainText(const DataValue &value, const QString &pointer, TemplateNotes &notes)
{
    forEachText(value, pointer, {}, [&](const QString &text, const QString &at, const QString &) {
        if (text.contains(QLatin1String("{{")) || text.startsWith(QLatin1Char('$')))
            notes.find(
                "template_expression", Severity::Warning, at,
                tr("IBM Cloud evaluates this text as an expression; it may not come through"),
                tr("Look at the value in the copy"));
        if (looksSecret(text))
            findSecretText(at, notes);
    });
}

} // namespace lb
