// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/archive/tar_header.h"

#include <QtEndian>

#include <algorithm>
#include <cstring>

namespace lb {

namespace {

constexpr quint64 kMaxOctal7 = 07777777;
constexpr quint64 kMaxOctal11 = 077777777777;
constexpr qint64 kNanoseconds = 1000000000;

bool isAscii(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// "LENGTH key=value\n" where LENGTH counts itself.
void addRecord(QByteArray &records, QByteArrayView key, QByteArrayView value)
{
    const qsizetype rest = key.size() + value.size() + 3;
    qsizetype length = rest + 1;
    while (rest + QByteArray::number(length).size() != length)
        length = rest + QByteArray::number(length).size();
    records += QByteArray::number(length);
    records += ' ';
    records += key;
    records += '=';
    records += value;
    records += '\n';
}

/// The text form of a POSIX ACL with numeric ids, which is what tar programs exchange; empty when
/// the bytes are no ACL that the kernel would have given.
QByteArray aclText(QByteArrayView acl)
{
    constexpr qsizetype kHead = 4;
    constexpr qsizetype kEntry = 8;
    if (acl.size() < kHead || (acl.size() - kHead) % kEntry != 0 ||
        qFromLittleEndian<quint32>(acl.data()) != 2)
        return {};
    QByteArray text;
    for (qsizetype at = kHead; at < acl.size(); at += kEntry) {
        const auto tag = qFromLittleEndian<quint16>(acl.data() + at);
        const auto bits = qFromLittleEndian<quint16>(acl.data() + at + 2);
        const QByteArray id = QByteArray::number(qFromLittleEndian<quint32>(acl.data() + at + 4));
        switch (tag) {
        case 0x01:
            text += "user::";
            break;
        case 0x02:
            text += "user:" + id + ':';
            break;
        case 0x04:
            text += "group::";
            break;
        case 0x08:
            text += "group:" + id + ':';
            break;
        case 0x10:
            text += "mask::";
            break;
        case 0x20:
            text += "other::";
            break;
        default:
            return {};
        }
        text += (bits & 4) ? 'r' : '-';
        text += (bits & 2) ? 'w' : '-';
        text += (bits & 1) ? 'x' : '-';
        text += '\n';
    }
    return text;
}

QByteArray paxTime(qint64 ns)
{
    const quint64 magnitude = ns < 0 ? quint64(-(ns + 1)) + 1 : quint64(ns);
    QByteArray text = ns < 0 ? QByteArray("-") : QByteArray();
    text += QByteArray::number(magnitude / quint64(kNanoseconds));
    if (const quint64 fraction = magnitude % quint64(kNanoseconds))
        text += '.' + QByteArray::number(fraction).rightJustified(9, '0');
    return text;
}

void addXattrs(QByteArray &records, const IndexEntry &entry)
{
    for (const auto &[name, value] : entry.xattrs) {
        QByteArray acl;
        if (name == "system.posix_acl_access" || name == "system.posix_acl_default")
            acl = aclText(value);
        if (!acl.isEmpty()) {
            addRecord(records, name.endsWith("access") ? "SCHILY.acl.access" : "SCHILY.acl.default",
                      acl);
            continue;
        }
        // GNU tar writes a '=' in a name this way, because '=' ends the keyword.
        QByteArray keyword = name;
        keyword.replace('%', "%25").replace('=', "%3D");
        addRecord(records, "SCHILY.xattr." + keyword, value);
    }
}

QByteArray sparseMap(const IndexEntry &entry)
{
    std::vector<IndexEntry::Extent> extents = entry.extents;
    if (extents.empty() || extents.back().first + extents.back().second < entry.size)
        extents.emplace_back(entry.size, 0); // a hole at the end needs the end named
    QByteArray map = QByteArray::number(extents.size()) + '\n';
    for (const auto &[offset, length] : extents) {
        map += QByteArray::number(offset) + '\n';
        map += QByteArray::number(length) + '\n';
    }
    map += QByteArray(qsizetype(tarPadding(quint64(map.size()))), '\0');
    return map;
}

void putText(char *field, size_t size, QByteArrayView text)
{
    if (!text.isEmpty()) // an empty view may have no address, which memcpy must not be given
        std::memcpy(field, text.data(), std::min(size, size_t(text.size())));
}

void putOctal(char *field, int digits, quint64 value)
{
    for (int i = digits - 1; i >= 0; --i, value >>= 3)
        field[i] = char('0' + (value & 7));
}

struct UstarFields
{
    QByteArray name;
    QByteArray prefix;
    QByteArray target;
    char type = '0';
    quint64 mode = 0, uid = 0, gid = 0, size = 0, mtime = 0;
};

QByteArray ustarBlock(const UstarFields &f)
{
    QByteArray block(kTarBlock, '\0');
    char *b = block.data();
    putText(b, 100, f.name);
    putOctal(b + 100, 7, f.mode);
    putOctal(b + 108, 7, f.uid);
    putOctal(b + 116, 7, f.gid);
    putOctal(b + 124, 11, f.size);
    putOctal(b + 136, 11, f.mtime);
    std::memset(b + 148, ' ', 8);
    b[156] = f.type;
    putText(b + 157, 100, f.target);
    std::memcpy(b + 257, "ustar\00000", 8);
    putOctal(b + 329, 7, 0);
    putOctal(b + 337, 7, 0);
    putText(b + 345, 155, f.prefix);
    quint64 sum = 0;
    for (const char c : block)
        sum += static_cast<unsigned char>(c);
    putOctal(b + 148, 6, sum);
    b[154] = '\0';
    return block;
}

/// Splits a long name between the two ustar fields; false when no slash stands right.
bool fitName(const QByteArray &name, UstarFields &fields)
{
    if (name.size() <= 100) {
        fields.name = name;
        return true;
    }
    const qsizetype slash = name.indexOf('/', name.size() - 101);
    if (slash <= 0 || slash > 155 || slash + 1 >= name.size())
        return false;
    fields.prefix = name.first(slash);
    fields.name = name.sliced(slash + 1);
    return true;
}

} // namespace

QByteArray tarHeader(const IndexEntry &entry)
{
    // Every name begins with "./": then GNU tar, which sets a folder's times when it meets the
    // first name outside of it, leaves the root's to the very end.
    QByteArray name = entry.path == "." ? QByteArray("./") : "./" + entry.path;
    UstarFields fields;
    QByteArray target;
    QByteArray map;
    QByteArray records;
    switch (entry.type) {
    case EntryType::File:
        fields.type = '0';
        break;
    case EntryType::Folder:
        fields.type = '5';
        if (entry.path != ".")
            name += '/';
        break;
    case EntryType::Symlink:
        fields.type = '2';
        target = entry.target;
        break;
    case EntryType::HardLink:
        fields.type = '1';
        target = "./" + entry.target;
        break;
    }
    const bool isFile = entry.type == EntryType::File;
    if (isFile && entry.sparse)
        map = sparseMap(entry);
    fields.size = isFile ? entry.storedSize() + quint64(map.size()) : 0;

    bool longName = false;
    if (map.isEmpty()) {
        longName = !fitName(name, fields);
        if (longName)
            fields.name = name.right(100);
    } else {
        fields.name = "./GNUSparseFile.0/" + name.sliced(name.lastIndexOf('/') + 1).left(80);
    }
    const bool longTarget = target.size() > 100;
    fields.target = target.left(100);
    // Values of path records are UTF-8 by the standard; libarchive takes other bytes only after
    // this record. Names in the ustar fields are bytes anyway.
    if ((longName && !isAscii(name)) || (longTarget && !isAscii(target)) ||
        (!map.isEmpty() && !isAscii(name)))
        addRecord(records, "hdrcharset", "BINARY");
    if (longName)
        addRecord(records, "path", name);
    if (longTarget)
        addRecord(records, "linkpath", target);
    if (fields.size > kMaxOctal11)
        addRecord(records, "size", QByteArray::number(fields.size));
    if (entry.uid > kMaxOctal7)
        addRecord(records, "uid", QByteArray::number(entry.uid));
    if (entry.gid > kMaxOctal7)
        addRecord(records, "gid", QByteArray::number(entry.gid));
    fields.uid = entry.uid > kMaxOctal7 ? 0 : entry.uid;
    fields.gid = entry.gid > kMaxOctal7 ? 0 : entry.gid;
    const quint64 seconds = entry.mtimeNs < 0 ? 0 : quint64(entry.mtimeNs / kNanoseconds);
    fields.mtime = std::min(seconds, kMaxOctal11);
    if (entry.mtimeNs % kNanoseconds != 0 || entry.mtimeNs < 0)
        addRecord(records, "mtime", paxTime(entry.mtimeNs));
    if (!map.isEmpty()) {
        addRecord(records, "GNU.sparse.major", "1");
        addRecord(records, "GNU.sparse.minor", "0");
        addRecord(records, "GNU.sparse.name", name);
        addRecord(records, "GNU.sparse.realsize", QByteArray::number(entry.size));
    }
    if (entry.type != EntryType::HardLink)
        addXattrs(records, entry);
    fields.mode = entry.mode & 07777;
    if (fields.size > kMaxOctal11)
        fields.size = 0;

    QByteArray bytes;
    if (!records.isEmpty()) {
        UstarFields extended;
        extended.name = "./PaxHeaders/x";
        extended.type = 'x';
        extended.mode = 0644;
        extended.size = quint64(records.size());
        bytes += ustarBlock(extended);
        bytes += records;
        bytes += QByteArray(qsizetype(tarPadding(quint64(records.size()))), '\0');
    }
    bytes += ustarBlock(fields);
    bytes += map;
    return bytes;
}

} // namespace lb
