// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/journal/journal_format.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"

#include <QJsonDocument>

#include <charconv>
#include <memory>
#include <string_view>

namespace lb {

namespace {

LB_TRANSLATE(Journal)

constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::string_view kHash = ",\"sha256\":\"";
constexpr qsizetype kHexSize = 64;
// `,"prev":"…"` and `,"sha256":"…"}`, which end every line.
constexpr qsizetype kPrevSize = qsizetype(kPrev.size()) + kHexSize + 1;
constexpr qsizetype kHashSize = qsizetype(kHash.size()) + kHexSize + 2;

QByteArray quoted(const QString &text)
{
    const QByteArray list = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return list.mid(1, list.size() - 2);
}

std::string_view toStd(QByteArrayView view)
{
    return {view.data(), size_t(view.size())};
}

/// Reads the head of a line that sealLine() wrote, key by key; `ok` is false from the first
/// surprise on. Twice as fast as building a QJsonObject of all and taking the keys out again.
class HeadReader
{
public:
    explicit HeadReader(std::string_view text) : m_text(text) {}

    bool key(std::string_view word)
    {
        const size_t size = word.size() + 3;
        if (m_text.size() < size + 1 || m_text[0] != '"' || m_text.substr(1, word.size()) != word ||
            m_text[word.size() + 1] != '"' || m_text[word.size() + 2] != ':')
            return false;
        m_text.remove_prefix(size);
        return true;
    }

    quint64 number()
    {
        quint64 value = 0;
        const auto [end, error] =
            std::from_chars(m_text.data(), m_text.data() + m_text.size(), value);
        ok = ok && error == std::errc{};
        m_text.remove_prefix(size_t(end - m_text.data()));
        comma();
        return value;
    }

    /// A string without escapes.
    std::string_view string()
    {
        const size_t end =
            m_text.empty() || m_text[0] != '"' ? std::string_view::npos : m_text.find('"', 1);
        if (end == std::string_view::npos ||
            m_text.substr(0, end).find('\\') != std::string_view::npos) {
            ok = false;
            return {};
        }
        const std::string_view value = m_text.substr(1, end - 1);
        m_text.remove_prefix(end + 1);
        comma();
        return value;
    }

    std::string_view rest() const { return m_text; }
    bool ok = true;

private:
    void comma()
    {
        if (m_text.empty())
            return;
        ok = ok && m_text[0] == ',';
        m_text.remove_prefix(1);
    }
    std::string_view m_text;
};

/// 2026-11-21T03:04:05.678Z; invalid for anything else.
QDateTime timeOf(std::string_view text)
{
    if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z')
        return {};
    const auto part = [&](size_t at, size_t size) {
        int value = -1;
        std::from_chars(text.data() + at, text.data() + at + size, value);
        return value;
    };
    return QDateTime(QDate(part(0, 4), part(5, 2), part(8, 2)),
                     QTime(part(11, 2), part(14, 2), part(17, 2), part(20, 3)), Qt::UTC);
}

QString fromUtf8(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

/// The event of a verified line. `body` is the line up to `,"prev"`.
Result<RunEvent> eventOf(QByteArrayView line, std::string_view body)
{
    HeadReader head(body.substr(1));
    if (head.key("format"))
        head.number();
    RunEvent event;
    std::optional<EventKind> kind;
    head.ok = head.key("seq");
    if (head.ok)
        event.seq = head.number();
    if (head.ok && head.key("time"))
        event.time = timeOf(head.string());
    if (head.ok && head.key("event"))
        kind = eventKindFromName(fromUtf8(head.string()));
    if (head.ok && head.key("step"))
        event.step = fromUtf8(head.string());
    if (head.ok && head.key("attempt"))
        event.attempt = int(head.number());
    if (!head.ok || !kind || !event.time.isValid()) {
        TRY_VALUE(const QJsonObject object, parseJsonObject(line, tr("The line")));
        return RunEvent::fromJson(object);
    }
    event.kind = *kind;
    if (!head.rest().empty()) {
        QByteArray data;
        data.reserve(qsizetype(head.rest().size()) + 2);
        data.append('{').append(head.rest().data(), qsizetype(head.rest().size())).append('}');
        TRY_VALUE(event.data, parseJsonObject(data, tr("The line")));
    }
    return event;
}

} // namespace

QByteArray journalOrigin()
{
    return QByteArray(kHexSize, '0');
}

SealedLine sealLine(const RunEvent &event, const QByteArray &prev)
{
    QJsonObject data = event.data;
    for (const char *key : {"format", "seq", "time", "event", "step", "attempt", "prev", "sha256"})
        data.remove(QLatin1String(key));
    SealedLine sealed;
    QByteArray &line = sealed.line;
    line.reserve(512);
    line += '{';
    if (prev == journalOrigin())
        line += "\"format\":" + QByteArray::number(kJournalFormat) + ',';
    line += "\"seq\":" + QByteArray::number(event.seq);
    line += ",\"time\":\"" + toJsonTime(event.time).toLatin1() + '"';
    line += ",\"event\":\"" + name(event.kind).toLatin1() + '"';
    if (!event.step.isEmpty())
        line += ",\"step\":" + quoted(event.step);
    if (event.attempt > 0)
        line += ",\"attempt\":" + QByteArray::number(event.attempt);
    if (!data.isEmpty()) {
        const QByteArray text = toJson(data);
        line += ',';
        line.append(text.constData() + 1, text.size() - 2);
    }
    line.append(kPrev.data(), kPrev.size()).append(prev).append('"');
    sealed.sha256 = Sha256::hex(line);
    line.append(kHash.data(), kHash.size()).append(sealed.sha256).append("\"}\n");
    return sealed;
}

JournalChain::JournalChain() : m_hash(std::make_unique<Sha256>()), m_head(journalOrigin()) {}
JournalChain::~JournalChain() = default;
JournalChain::JournalChain(JournalChain &&) noexcept = default;
JournalChain &JournalChain::operator=(JournalChain &&) noexcept = default;

Result<RunEvent> JournalChain::take(QByteArrayView line)
{
    const std::string_view text = toStd(line);
    constexpr std::string_view kFormat = "{\"format\":";
    if (m_seq == 0) {
        // Before the hash: a newer format may seal its lines in another way.
        int format = 0;
        if (text.starts_with(kFormat))
            std::from_chars(text.data() + kFormat.size(), text.data() + text.size(), format);
        if (format > kJournalFormat)
            TRY(checkFormat(QJsonObject{{QStringLiteral("format"), format}}, kJournalFormat,
                            tr("The journal")));
        if (format != kJournalFormat)
            return fail(ErrorCode::Corrupt, tr("it does not say which format it has"));
    }
    if (qsizetype(text.size()) < kPrevSize + kHashSize + 1 || !text.ends_with("\"}"))
        return fail(ErrorCode::Corrupt, tr("it does not end in its hash"));
    const std::string_view tail = text.substr(text.size() - size_t(kHashSize));
    const std::string_view sealed = text.substr(0, text.size() - size_t(kHashSize));
    const std::string_view prev = sealed.substr(sealed.size() - size_t(kPrevSize));
    if (!tail.starts_with(kHash) || !prev.starts_with(kPrev) || prev.back() != '"')
        return fail(ErrorCode::Corrupt, tr("it does not end in its hash"));
    m_hash->add(sealed.data(), sealed.size());
    const QByteArray hash = m_hash->finishHex();
    if (tail.substr(kHash.size(), size_t(kHexSize)) != toStd(hash))
        return fail(ErrorCode::Corrupt, tr("it does not match its hash"));
    if (prev.substr(kPrev.size(), size_t(kHexSize)) != toStd(m_head))
        return fail(ErrorCode::Corrupt, tr("it does not follow from the line before"));
    TRY_VALUE(RunEvent event, eventOf(line, sealed.substr(0, sealed.size() - size_t(kPrevSize))));
    if (event.seq != m_seq + 1)
        return fail(ErrorCode::Corrupt,
                    tr("its sequence number is %1 instead of %2").arg(event.seq).arg(m_seq + 1));
    m_head = hash;
    m_seq = event.seq;
    return event;
}

} // namespace lb
