// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/english_plurals.h"

#include <QCoreApplication>
#include <QTranslator>

namespace lb {

namespace {

/// Qt leaves a counted text as it stands in the source when no translation is loaded.
class EnglishPlurals : public QTranslator
{
public:
    using QTranslator::QTranslator;

    bool isEmpty() const override { return false; }
    QString translate(const char *, const char *sourceText, const char *, int n) const override
    {
        QString text = QString::fromUtf8(sourceText);
        const QString source = text;
        for (const QString &ending : {QStringLiteral("s"), QStringLiteral("es")})
            text.replace(QLatin1Char('(') + ending + QLatin1Char(')'), n == 1 ? QString() : ending);
        return n < 0 || text == source ? QString() : text;
    }
};

} // namespace

void installEnglishPlurals(QCoreApplication *application)
{
    QCoreApplication::installTranslator(new EnglishPlurals(application));
}

} // namespace lb
