// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/systems/alien4cloud/vendor_files.h"

#include "core/systems/alien4cloud/installation.h"
#include "core/systems/alien4cloud/settings.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QMap>
#include <QRegularExpression>
#include <QVariant>

#include <algorithm>
#include <cmath>
#include <optional>

namespace lb {

namespace {

LB_TRANSLATE(VendorFiles)

constexpr int kTransportPort = 9300;
/// More than any cluster behind Alien4Cloud has; a hostile list must not cost hours.
constexpr qsizetype kMostNodes = 256;
constexpr qsizetype kLongestShown = 120;
/// Whole numbers above are not what was written any more.
constexpr double kLargestWhole = 1e15;

const QString kAlienFile = QStringLiteral("alien4cloud-config.yml");
const QString kUrl = QStringLiteral("elasticsearch_url");
const QString kAlienDir = QStringLiteral("alien_dir");
const QString kAlienUrl = QStringLiteral("alien_url");
const QString kConfigDir = QStringLiteral("config_dir");
const QString kSnapshotDir = QStringLiteral("snapshot_dir");

/// In the order in which they are believed: what Alien4Cloud itself runs with comes first.
enum class Kind
{
    Alien, ///< alien4cloud-config.yml
    Tool,  ///< admin-tool-config.yml
    Node   ///< elasticsearch.yml
};

const QMap<Kind, QStringList> &keysOf()
{
    static const QMap<Kind, QStringList> keys{
        {Kind::Alien,
         {QStringLiteral("directories.alien"), QStringLiteral("elasticSearch.clusterName"),
          QStringLiteral("alien_security.admin")}},
        {Kind::Tool,
         {QStringLiteral("elasticsearch.cluster_name"), QStringLiteral("elasticsearch.addresses"),
          QStringLiteral("alien4cloud.dir")}},
        {Kind::Node,
         {QStringLiteral("cluster.name"), QStringLiteral("path.repo"), QStringLiteral("http.port"),
          QStringLiteral("discovery.zen.ping.unicast.hosts")}}};
    return keys;
}

std::optional<Kind> kindOf(const QJsonValue &content)
{
    for (auto it = keysOf().begin(); it != keysOf().end(); ++it) {
        for (const QString &key : it.value()) {
            if (!settingAt(content, key).isUndefined())
                return it.key();
        }
    }
    return std::nullopt;
}

/// 0: none between 1 and 65535. Of `9200-9300` the first, which a single node takes.
int portOf(const QString &text)
{
    const int port = text.section(QLatin1Char('-'), 0, 0).toInt();
    return port > 0 && port <= 65535 ? port : 0;
}

/// A value as a remark may show it: not endless, and without what stands before an @.
QString shown(const QString &value)
{
    const qsizetype at = value.lastIndexOf(QLatin1Char('@'));
    const QString text = at < 0 ? value : QStringLiteral("…") + value.mid(at);
    return text.size() > kLongestShown ? text.left(kLongestShown) + QStringLiteral("…") : text;
}

/// The value of an input as one text; an order of nodes does not matter.
QString sortedText(const QJsonValue &value)
{
    QStringList texts = value.toVariant().toStringList();
    texts.sort();
    return texts.join(QStringLiteral(", "));
}

class Filler
{
public:
    Filler(const std::vector<VendorFile> &files, const QString &host);
    Result<FilledInputs> fill();

private:
    struct Known
    {
        Kind kind;
        VendorFile file;
    };

    void readAlien(const VendorFile &file);
    void readTool(const VendorFile &file);
    void readHttp(const VendorFile &node);
    void readNode(const VendorFile &node);
    void takeAlienUrl(const VendorFile &file);
    void takeNodes(const VendorFile &file, const QString &key);
    void takeDataFolder(const VendorFile &file, const QString &key);
    /// The folder that the file's program is installed in; empty: it is a copy, or from elsewhere.
    QString programFolder(const VendorFile &file) const;

    QStringList items(const VendorFile &file, const QString &key, const QString &input);
    QString text(const VendorFile &file, const QString &key, const QString &input);
    bool take(const QString &input, const QJsonValue &value, const VendorFile &file);
    void takeText(const QString &input, const VendorFile &file, const QString &key);
    void note(const QString &input, const VendorFile &file, const QString &text);
    void warn(const QString &input, const VendorFile &file, const QString &text);
    void warnNotFilled(const QString &input, const VendorFile &file, const QString &why);

    std::vector<Known> m_files;
    QString m_host;
    QString m_scheme = QStringLiteral("http");
    int m_httpPort = 9200;
    FilledInputs m_filled;
    QMap<QString, QString> m_origins; ///< input → file
};

Filler::Filler(const std::vector<VendorFile> &files, const QString &host) : m_host(host)
{
    for (const VendorFile &file : files) {
        if (const auto kind = kindOf(file.content))
            m_files.push_back({*kind, file});
        else
            warn({}, file, tr("The file holds no setting that is known; nothing was taken."));
    }
    std::stable_sort(m_files.begin(), m_files.end(),
                     [](const Known &a, const Known &b) { return a.kind < b.kind; });
}

Result<FilledInputs> Filler::fill()
{
    QStringList unknown;
    for (const Remark &remark : m_filled.remarks)
        unknown << remark.file;
    if (m_files.empty())
        return fail(ErrorCode::BadInput,
                    tr("These files hold no setting of Alien4Cloud or Elasticsearch"),
                    unknown.join(QStringLiteral(", ")),
                    tr("They can be %1, whatever they are called here")
                        .arg(alien4CloudFiles().names.join(QStringLiteral(", "))));
    for (const auto &[kind, file] : m_files) {
        if (kind == Kind::Node)
            readHttp(file);
    }
    for (const auto &[kind, file] : m_files) {
        switch (kind) {
        case Kind::Alien:
            readAlien(file);
            break;
        case Kind::Tool:
            readTool(file);
            break;
        case Kind::Node:
            readNode(file);
            break;
        }
    }
    std::stable_partition(m_filled.remarks.begin(), m_filled.remarks.end(),
                          [](const Remark &remark) { return remark.isWarning; });
    return m_filled;
}

void Filler::note(const QString &input, const VendorFile &file, const QString &text)
{
    m_filled.remarks.push_back({false, text, input, file.path});
}

void Filler::warn(const QString &input, const VendorFile &file, const QString &text)
{
    m_filled.remarks.push_back({true, text, input, file.path});
}

void Filler::warnNotFilled(const QString &input, const VendorFile &file, const QString &why)
{
    warn(input, file, tr("%1 was not filled: %2.").arg(input, why));
}

/// The texts under the key, where a text with commas is a list, too; none when they cannot be used,
/// which is said.
QStringList Filler::items(const VendorFile &file, const QString &key, const QString &input)
{
    const auto found = settingsAt(file.content, key);
    if (found.empty() || found.front().isNull())
        return {};
    QStringList texts;
    QString problem;
    const QJsonValue &first = found.front();
    const QJsonArray values = first.isArray() ? first.toArray() : QJsonArray{first};
    for (const QJsonValue value : values) {
        const double number = value.toDouble();
        const bool isWhole = std::floor(number) == number && std::abs(number) < kLargestWhole;
        // A plain 1.10 is 1.1 by now.
        if (!value.isString() && !(value.isDouble() && isWhole))
            problem = tr("%1 is neither a text nor a list of texts").arg(key);
        else
            texts << value.toVariant().toString().split(QLatin1Char(','));
    }
    if (std::any_of(found.begin(), found.end(), [&](const QJsonValue &o) { return o != first; }))
        problem = tr("%1 stands there twice with different values").arg(key);
    // `${user.home}`, `#{…}`: known to the vendor's program only, while it runs.
    const QString whole = texts.join(QLatin1Char(','));
    if (whole.contains(QLatin1String("${")) || whole.contains(QLatin1String("#{")))
        problem =
            tr("%1 is “%2”, which only the running program can fill in").arg(key, shown(whole));
    if (!problem.isEmpty()) {
        warnNotFilled(input, file, problem);
        return {};
    }
    for (QString &text : texts)
        text = text.trimmed();
    texts.removeAll(QString());
    return texts;
}

QString Filler::text(const VendorFile &file, const QString &key, const QString &input)
{
    const QStringList texts = items(file, key, input);
    if (texts.size() > 1)
        warnNotFilled(input, file, tr("%1 is a list instead of one value").arg(key));
    return texts.size() == 1 ? texts.first() : QString();
}

/// Keeps what was filled first and says where another file disagrees; true when it was the first.
bool Filler::take(const QString &input, const QJsonValue &value, const VendorFile &file)
{
    if (!m_filled.inputs.contains(input)) {
        m_filled.inputs.insert(input, value);
        m_origins.insert(input, file.path);
        return true;
    }
    const QString here = sortedText(value);
    const QString taken = sortedText(m_filled.inputs.value(input));
    if (here != taken)
        warn(input, file,
             tr("By this file %1 would be %2; %3, from %4, was taken.")
                 .arg(input, shown(here), shown(taken), m_origins.value(input)));
    return false;
}

void Filler::takeText(const QString &input, const VendorFile &file, const QString &key)
{
    if (const QString value = text(file, key, input); !value.isEmpty())
        take(input, value, file);
}

QString Filler::programFolder(const VendorFile &file) const
{
    const QFileInfo folder(QFileInfo(file.path).path());
    // The start script puts `config/` on the class path, counted from the program's folder.
    const bool isInstalled = m_host.isEmpty() && folder.fileName() == QLatin1String("config") &&
                             QFileInfo(file.path).fileName() == kAlienFile;
    return isInstalled ? folder.path() : QString();
}

void Filler::takeDataFolder(const VendorFile &file, const QString &key)
{
    const QString written = text(file, key, kAlienDir);
    if (written.isEmpty())
        return;
    const QString base = programFolder(file);
    if (written.startsWith(QLatin1Char('/')))
        take(kAlienDir, written, file);
    else if (base.isEmpty())
        warnNotFilled(kAlienDir, file,
                      tr("%1 is “%2”, which counts from the folder that Alien is started in")
                          .arg(key, shown(written)));
    else if (take(kAlienDir, base + QLatin1Char('/') + written, file))
        note(kAlienDir, file,
             tr("%1 is “%2”, which counts from %3, where Alien is started.")
                 .arg(key, shown(written), base));
}

void Filler::takeAlienUrl(const VendorFile &file)
{
    const QString port = text(file, QStringLiteral("server.port"), kAlienUrl);
    if (port.isEmpty())
        return;
    if (portOf(port) == 0)
        return warnNotFilled(kAlienUrl, file, tr("server.port “%1” is none").arg(shown(port)));
    for (const char *name : {"server.address", "server.context-path", "server.contextPath"}) {
        const QString key = QLatin1String(name);
        if (!settingAt(file.content, key).isUndefined())
            return warnNotFilled(kAlienUrl, file, tr("%1 stands there, so look yourself").arg(key));
    }
    bool isTls = false;
    for (const char *key : {"server.ssl.key-store", "server.ssl.keyStore"})
        isTls = isTls || !settingAt(file.content, QLatin1String(key)).isUndefined();
    // [USER@]HOST[:PORT]; an IPv6 address has brackets.
    static const QRegularExpression sshPort(QStringLiteral("(?<=[^:]):[0-9]{1,5}\\z"));
    QString host = m_host.section(QLatin1Char('@'), -1).remove(sshPort);
    if (host.isEmpty())
        host = QStringLiteral("localhost");
    const QString url = QStringLiteral("%1://%2:%3")
                            .arg(isTls ? QStringLiteral("https") : QStringLiteral("http"), host)
                            .arg(portOf(port));
    if (take(kAlienUrl, url, file))
        note(kAlienUrl, file,
             tr("%1 is %2, from server.port and the machine of Alien.").arg(kAlienUrl, url));
}

void Filler::readAlien(const VendorFile &file)
{
    const AlienConfig config = readAlienConfig(file.content);
    if (config.resetsData)
        warn(
            {}, file,
            tr("elasticSearch.resetData is true: Alien wipes its data at its next start. Set it to "
               "false before anything else."));
    const QString hosts = QStringLiteral("elasticSearch.hosts");
    if (config.isEmbedded)
        warn({}, file,
             tr("elasticSearch.client is false: Elasticsearch is embedded in Alien and stops with "
                "it, and a restore needs it while Alien is off. Move the data to a server of its "
                "own first."));
    else if (config.usesHosts)
        takeNodes(file, hosts);
    else if (!settingAt(file.content, hosts).isUndefined())
        note(kUrl, file,
             tr("%1 was not taken: Alien uses it only when client and transportClient are true.")
                 .arg(hosts));
    takeText(QStringLiteral("cluster_name"), file, QStringLiteral("elasticSearch.clusterName"));
    takeText(QStringLiteral("alien_user"), file, QStringLiteral("alien_security.admin.username"));
    takeAlienUrl(file);
    takeDataFolder(file, QStringLiteral("directories.alien"));
    const QString program = programFolder(file);
    if (program.isEmpty())
        note(kConfigDir, file,
             tr("%1 was not filled: this file is a copy, not config/%2 on the machine of Alien.")
                 .arg(kConfigDir, kAlienFile));
    else
        take(kConfigDir, program + QStringLiteral("/config"), file);
}

void Filler::readTool(const VendorFile &file)
{
    takeNodes(file, QStringLiteral("elasticsearch.addresses"));
    takeText(QStringLiteral("cluster_name"), file, QStringLiteral("elasticsearch.cluster_name"));
    takeDataFolder(file, QStringLiteral("alien4cloud.dir"));
    for (const char *name : {"backup.files_dir", "exporter.dir"}) {
        const QString key = QLatin1String(name);
        if (!settingAt(file.content, key).isUndefined())
            note({}, file, tr("%1 is not used: what Lifeboat saves is in its stores.").arg(key));
    }
}

/// How the nodes speak HTTP: before addresses are read.
void Filler::readHttp(const VendorFile &node)
{
    const QString port = text(node, QStringLiteral("http.port"), kUrl);
    if (portOf(port) != 0)
        m_httpPort = portOf(port);
    else if (!port.isEmpty())
        warn(kUrl, node, tr("http.port “%1” is none.").arg(shown(port)));
    for (const char *name :
         {"searchguard.ssl.http.enabled", "shield.http.ssl", "xpack.security.http.ssl.enabled"}) {
        const QString key = QLatin1String(name);
        if (!isYes(settingAt(node.content, key)))
            continue;
        m_scheme = QStringLiteral("https");
        note(kUrl, node,
             tr("%1 is true, so %2 begins with https. Give elasticsearch_ca when this machine does "
                "not know who signed the certificate.")
                 .arg(key, kUrl));
    }
}

void Filler::readNode(const VendorFile &node)
{
    // Not all nodes need stand there: only when nothing else names any.
    if (!m_filled.inputs.contains(kUrl))
        takeNodes(node, QStringLiteral("discovery.zen.ping.unicast.hosts"));
    takeText(QStringLiteral("cluster_name"), node, QStringLiteral("cluster.name"));
    const QString key = QStringLiteral("path.repo");
    const QStringList folders = items(node, key, kSnapshotDir);
    if (!folders.isEmpty() && take(kSnapshotDir, folders.first(), node) && folders.size() > 1)
        note(
            kSnapshotDir, node,
            tr("%1 names %n folders; the first was taken.", nullptr, int(folders.size())).arg(key));
}

/// The HTTP addresses of nodes whose transport addresses stand under the key, as `host`,
/// `host:port` or `host[first-last]`.
void Filler::takeNodes(const VendorFile &file, const QString &key)
{
    static const QRegularExpression form(
        QStringLiteral("\\A(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,252})"
                       "(?::([0-9]{1,5})|\\[([0-9]{1,5})(?:-[0-9]{1,5})?\\])?\\z"));
    static const QRegularExpression loopback(QStringLiteral("\\A(?:localhost|127\\.|\\[::1\\])"));
    const QStringList nodes = items(file, key, kUrl);
    if (nodes.size() > kMostNodes)
        return warnNotFilled(kUrl, file,
                             tr("%1 names more than %2 nodes").arg(key).arg(kMostNodes));
    QStringList urls;
    QStringList translated;
    bool isUsual = true;
    bool isLoopback = false;
    for (const QString &node : nodes) {
        const auto match = form.match(node);
        if (!match.hasMatch()) {
            warn(kUrl, file,
                 tr("“%1” in %2 was left out: it is not HOST:PORT.").arg(shown(node), key));
            continue;
        }
        const QString port = match.captured(2) + match.captured(3);
        const QString url =
            QStringLiteral("%1://%2:%3").arg(m_scheme, match.captured(1)).arg(m_httpPort);
        if (!urls.contains(url))
            urls << url;
        isUsual = isUsual &&
                  (port.isEmpty() || portOf(port) == kTransportPort || portOf(port) == m_httpPort);
        isLoopback = isLoopback || loopback.match(match.captured(1)).hasMatch();
        if (portOf(port) != m_httpPort)
            translated << node;
    }
    if (urls.isEmpty() || !take(kUrl, QJsonArray::fromStringList(urls), file))
        return;
    if (!translated.isEmpty()) {
        m_filled.remarks.push_back(
            {!isUsual,
             tr("%1 names %2, where Elasticsearch does not speak HTTP (%3 is the usual port of its "
                "own protocol). %4 has port %5 instead: change it where HTTP listens elsewhere.")
                 .arg(key, shown(translated.join(QStringLiteral(", "))))
                 .arg(kTransportPort)
                 .arg(kUrl)
                 .arg(m_httpPort),
             kUrl, file.path});
    }
    if (isLoopback && !m_host.isEmpty())
        warn(kUrl, file,
             tr("An address in %1 means the machine of the file, which is %2 and not this one: "
                "change %3.")
                 .arg(key, m_host, kUrl));
}

} // namespace

VendorFiles alien4CloudFiles()
{
    return {
        {kAlienFile, QStringLiteral("admin-tool-config.yml"), QStringLiteral("elasticsearch.yml")},
        [](const std::vector<VendorFile> &files, const QString &host) {
            return Filler(files, host).fill();
        }};
}

} // namespace lb
