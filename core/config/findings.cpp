// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/findings.h"

#include "core/base/text.h"

#include <algorithm>

namespace lb {

namespace {

LB_TRANSLATE(Config)

} // namespace

void Findings::error(YamlPlace place, const QString &message, const QString &advice)
{
    m_list.push_back(
        {Diagnostic::Severity::Error, m_file, place.line, place.column, message, advice});
}

void Findings::warning(YamlPlace place, const QString &message, const QString &advice)
{
    m_list.push_back(
        {Diagnostic::Severity::Warning, m_file, place.line, place.column, message, advice});
}

void Findings::add(const Error &problem, YamlPlace place)
{
    error(place, problem.summary, problem.advice);
}

void Findings::add(std::vector<Diagnostic> diagnostics)
{
    for (Diagnostic &diagnostic : diagnostics)
        m_list.push_back(std::move(diagnostic));
}

bool Findings::hasErrors() const
{
    return lb::hasErrors(m_list);
}

std::vector<Diagnostic> Findings::take()
{
    std::stable_sort(m_list.begin(), m_list.end(), [](const Diagnostic &a, const Diagnostic &b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    const auto same = [](const Diagnostic &a, const Diagnostic &b) { return a.text() == b.text(); };
    m_list.erase(std::unique(m_list.begin(), m_list.end(), same), m_list.end());
    return std::move(m_list);
}

QString didYouMean(const QString &word, const QStringList &candidates)
{
    const QString close = nearest(word, candidates);
    return close.isEmpty() ? QString() : tr("Did you mean “%1”?").arg(close);
}

} // namespace lb
