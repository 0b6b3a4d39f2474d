// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/config/yaml_document.h"

namespace lb {

/// Collects what is to be said about one document.
class Findings
{
public:
    explicit Findings(QString file) : m_file(std::move(file)) {}

    void error(YamlPlace place, const QString &message, const QString &advice = {});
    void warning(YamlPlace place, const QString &message, const QString &advice = {});
    void add(const Error &error, YamlPlace place);
    void add(std::vector<Diagnostic> diagnostics);
    bool hasErrors() const;
    /// All findings by line and column; equal ones once.
    std::vector<Diagnostic> take();

private:
    QString m_file;
    std::vector<Diagnostic> m_list;
};

/// “did you mean “X”?”, or nothing.
QString didYouMean(const QString &word, const QStringList &candidates);

} // namespace lb
