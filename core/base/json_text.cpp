// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_text.h"

namespace lb {

void appendJsonString(QByteArray &out, QByteArrayView utf8)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    out += '"';
    for (const char c : utf8) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += kDigits[(c >> 4) & 15];
            out += kDigits[c & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

} // namespace lb
