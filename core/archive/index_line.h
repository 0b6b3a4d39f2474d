// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/archive/tree_index.h"

#include <optional>

namespace lb {

/// One frame of the archive, as its line in the index has it.
struct FrameInfo
{
    quint64 at = 0;         ///< where it begins in the part's file
    quint32 size = 0;       ///< compressed
    quint32 raw = 0;        ///< uncompressed
    Sha256::Bytes sha256{}; ///< of the compressed bytes
};

/// Where a run of lines stands in the index's own file.
struct IndexBlock
{
    quint64 at = 0;
    quint32 size = 0;
    bool ofFrames = false;  ///< lines of frames, else of entries
    QByteArray firstPath;   ///< of the first entry
    quint32 firstFrame = 0; ///< of the first frame
};

/// Lines end with a newline. Parsers take the line without it and return nothing for anything
/// that the writers here would not have written in format 1: an index is input from outside.
void addEntryLine(QByteArray &out, const IndexEntry &entry);
std::optional<IndexEntry> parseEntryLine(QByteArrayView line);
void addFrameLine(QByteArray &out, quint32 number, const FrameInfo &frame);
std::optional<std::pair<quint32, FrameInfo>> parseFrameLine(QByteArrayView line);
void addBlockLine(QByteArray &out, const IndexBlock &block);
std::optional<IndexBlock> parseBlockLine(QByteArrayView line);
void addTotalsLine(QByteArray &out, const IndexTotals &totals);
std::optional<IndexTotals> parseTotalsLine(QByteArrayView line);

/// The index's first line, without its newline.
inline constexpr char kIndexHead[] =
    R"({"format":1,"kind":"lifeboat-tree-index","order":"path, component by component"})";

} // namespace lb
