// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/template_text.h"

#include <QJsonArray>
#include <QJsonObject>

namespace lb {

namespace {

LB_TRANSLATE(Plan)

} // namespace

void TemplateText::append(QString text)
{
    if (text.isEmpty())
        return;
    if (!m_pieces.empty()) {
        if (auto *last = std::get_if<QString>(&m_pieces.back())) {
            *last += text;
            return;
        }
    }
    m_pieces.emplace_back(std::move(text));
}

void TemplateText::append(const TemplateText &other)
{
    for (const Piece &piece : other.m_pieces) {
        if (const auto *text = std::get_if<QString>(&piece))
            append(*text);
        else
            append(std::get<Slot>(piece));
    }
}

bool TemplateText::hasSlots() const
{
    return !slotList().empty();
}

std::vector<Slot> TemplateText::slotList() const
{
    std::vector<Slot> found;
    for (const Piece &piece : m_pieces) {
        if (const auto *slot = std::get_if<Slot>(&piece))
            found.push_back(*slot);
    }
    return found;
}

QString TemplateText::display() const
{
    QString text;
    for (const Piece &piece : m_pieces) {
        if (const auto *slot = std::get_if<Slot>(&piece))
            text += QStringLiteral("‹%1›").arg(slot->path);
        else
            text += std::get<QString>(piece);
    }
    return text;
}

QString TemplateText::literal() const
{
    QString text;
    for (const Piece &piece : m_pieces) {
        if (const auto *fixed = std::get_if<QString>(&piece))
            text += *fixed;
    }
    return text;
}

Result<QString> TemplateText::fill(const Lookup &lookup) const
{
    QString text;
    for (const Piece &piece : m_pieces) {
        if (const auto *fixed = std::get_if<QString>(&piece)) {
            text += *fixed;
            continue;
        }
        const Slot &slot = std::get<Slot>(piece);
        TRY_VALUE(const QString value, lookup(slot));
        if (value.contains(QChar(u'\0')))
            return fail(ErrorCode::BadInput, tr("The value of ‹%1› holds a NUL").arg(slot.path));
        if (!slot.allowsLines && (value.contains(u'\n') || value.contains(u'\r')))
            return fail(ErrorCode::BadInput,
                        tr("The value of ‹%1› holds a line break").arg(slot.path));
        if (!slot.allowsLines && text.isEmpty() && value.startsWith(u'-'))
            return fail(ErrorCode::BadInput,
                        tr("The value of ‹%1› begins with “-” and could be taken for an option")
                            .arg(slot.path));
        text += value;
    }
    return text;
}

QJsonValue TemplateText::toJson() const
{
    if (!hasSlots())
        return literal();
    QJsonArray pieces;
    for (const Piece &piece : m_pieces) {
        if (const auto *slot = std::get_if<Slot>(&piece)) {
            QJsonObject object{{QStringLiteral("slot"), slot->path}};
            if (slot->allowsLines)
                object.insert(QStringLiteral("lines"), true);
            pieces.append(object);
        } else {
            pieces.append(std::get<QString>(piece));
        }
    }
    return QJsonObject{{QStringLiteral("text"), pieces}};
}

TemplateText TemplateText::fromJson(const QJsonValue &value)
{
    if (!value.isObject())
        return TemplateText(value.toString());
    TemplateText text;
    for (const QJsonValue piece : value.toObject().value(QLatin1String("text")).toArray()) {
        if (piece.isObject())
            text.append(Slot{piece[QLatin1String("slot")].toString(),
                             piece[QLatin1String("lines")].toBool()});
        else
            text.append(piece.toString());
    }
    return text;
}

TemplateText inPoint(const QString &option, const QString &file)
{
    TemplateText path(option);
    path.append(Slot{QStringLiteral("point_folder")});
    path.append(QLatin1Char('/') + file);
    return path;
}

bool isTemplateJson(const QJsonValue &value)
{
    const QJsonObject object = value.toObject();
    return object.size() == 1 && object.value(QLatin1String("text")).isArray();
}

} // namespace lb
