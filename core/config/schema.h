// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace lb {

/// JSON Schemas (draft 2020-12) of the files an admin edits, made from the tables that the readers
/// use. Indented, with a final newline: the bytes of resources/schemas/NAME.schema.json.
QByteArray runbookSchema();
QByteArray systemSchema();
QByteArray storesSchema();

} // namespace lb
