// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/lossless_json.h"

#include <QJsonObject>
#include <QStringList>

#include <map>
#include <set>

namespace lb {

/// What becomes of the documents of one type on the way from Alien4Cloud 1.1.0 to 1.2.0 (fact sheet
/// of Alien4Cloud, §4.1: the difference of both versions' sources; what the vendor's own tool does
/// is unconfirmed).
enum class TransformRule
{
    Unknown,   ///< a type that §1.3 does not list: passes as it is, and the report says so
    Unchanged, ///< only mappings, or fields that may be missing, differ
    Topology,  ///< node templates
    DeploymentTopology, ///< node templates and the original nodes
    LocationResource,   ///< the one node template of a location's resource
    ToscaType,          ///< `properties` becomes a list
    TopologyTemplate,   ///< loses `topologyId`
    AuditConfiguration, ///< the id `singleton`; `path` becomes `signature`
    MetaProperty,       ///< `default` becomes an object
};

/// `index` is the name that Alien4Cloud gives, without what a rehearsal puts before it.
TransformRule transformRule(QByteArrayView index, QByteArrayView type);

struct DocumentName
{
    QByteArrayView index, type, id;

    /// "csar/csar/ferry:1.0", safe to show.
    QString text() const;
};

/// What changes in one document; nothing when it is right already.
struct DocumentChange
{
    TextEdits edits;
    std::optional<QByteArray> id; ///< the new one

    bool changes() const { return !edits.isEmpty() || id; }
};

/// Finds what has to change in a document's source so that Alien4Cloud 1.2.0 can read it. Pure; the
/// change refers to `source`. Idempotent: what has the new form is left alone, byte for byte.
///
/// A map becomes a list of `{"key": …, "value": …}`: requirements, relationships, capabilities and
/// artifacts of each node template, artifacts of each relationship, properties of each TOSCA type.
/// The new deserializer takes only that form, so whatever is neither an object, a list of such
/// entries nor null there is an error. So is a source that is not one JSON object, and an audit
/// entry that has both names. Errors are Corrupt and name index, type, id and the place as a JSON
/// pointer.
///
/// Not confirmed by any source: what 1.2.0 wants in an audit entry's `signature` (its own entries
/// hold a Java method there, the old ones a URL path; the value is kept); whether 1.2.0 writes more
/// than `value` into a meta property's `default` (its reader needs no more; numbers and truth
/// values become the text that 1.1.0 read them as).
Result<DocumentChange> findChange(const DocumentName &name, QByteArrayView source);

struct TransformedDocument
{
    QByteArray source; ///< shares the given bytes when nothing changed in it
    QByteArray id;
    bool changed = false;
};
Result<TransformedDocument> transformDocument(const DocumentName &name, const QByteArray &source);

/// What a transformation, or a dry run of it, did to the documents of one type.
struct TypeReport
{
    QString index, type;
    TransformRule rule = TransformRule::Unknown;
    qint64 read = 0, changed = 0, unchanged = 0, failed = 0;
    std::vector<Error> examples; ///< of the failed ones, the first few

    QJsonObject toJson() const;
};

struct TransformReport
{
    std::vector<TypeReport> types; ///< by index and type

    TypeReport sum() const;
    bool isClean() const { return sum().failed == 0; }
    /// A line for each type, its examples and the sum, as a dry run shows them.
    QStringList lines() const;
    QJsonObject toJson() const;
};

/// Transforms exported documents (bulk_lines.h) one after the other and counts them.
class ExportTransformer
{
public:
    explicit ExportTransformer(std::size_t examples = 5) : m_examples(examples) {}

    /// Appends the transformed line with its newline to `out`. A document that cannot be
    /// transformed is left out, counted and kept as an example: the report decides whether the
    /// migration goes on. Corrupt when `line` is no exported document at all.
    Result<void> take(QByteArrayView line, QByteArray &out);
    TransformReport report() const;

private:
    struct Type
    {
        QByteArray index, type;       ///< as they are
        QByteArray rawIndex, rawType; ///< as a line has them
        TypeReport report;
    };
    Type &typeOf(QByteArrayView rawIndex, QByteArrayView rawType);
    void failed(TypeReport &report, const Error &error) const;

    std::size_t m_examples;
    std::map<std::pair<QByteArray, QByteArray>, Type> m_types;
    Type *m_last = nullptr;          ///< of the line before: they come index by index
    std::set<QByteArray> m_newNames; ///< of documents whose id the rule gives
};

} // namespace lb
