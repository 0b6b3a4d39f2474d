// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/data_value.h"

#include <QRandomGenerator>

/// Values that are hard to write: the same ones for the same seed.
class RandomData
{
public:
    explicit RandomData(quint32 seed) : m_random(seed) {}

    lb::DataValue value(int depth = 0)
    {
        const int kind = below(depth == 0 ? 2 : depth > 4 ? 7 : 10);
        if (depth == 0 || kind > 6)
            return kind % 2 == 0 ? list(depth) : map(depth);
        if (kind == 0)
            return {};
        if (kind == 1)
            return lb::DataValue::ofBoolean(below(2) == 0);
        if (kind == 2)
            return number();
        return lb::DataValue::ofText(text());
    }

    QString text()
    {
        static const QList<const char *> words{"",
                                               " ",
                                               "true",
                                               "Yes",
                                               "no",
                                               "off",
                                               "n",
                                               "null",
                                               "~",
                                               "0.0.1",
                                               "1e3",
                                               "0x1f",
                                               "0o17",
                                               "017",
                                               "1_000",
                                               "2026-01-05",
                                               "12:30:45",
                                               "<<",
                                               "=",
                                               ".inf",
                                               "-",
                                               "- a",
                                               "? b",
                                               ": c",
                                               "a: b",
                                               "a #b",
                                               "#c",
                                               "*alias",
                                               "&mark",
                                               "!tag",
                                               "|",
                                               ">",
                                               "'",
                                               "\"",
                                               "%",
                                               "@at",
                                               "`tick",
                                               "{a}",
                                               "[b]",
                                               "---",
                                               "...",
                                               "--- x",
                                               "${NAME}",
                                               "$text",
                                               "{{name}}",
                                               "a:",
                                               ":a",
                                               "a,b",
                                               "C:\\x",
                                               "it's",
                                               "\tTab",
                                               "tab\there",
                                               "end ",
                                               "\n",
                                               "a\n",
                                               "a\n\n",
                                               "a\nb",
                                               "a\n\nb\n",
                                               "a \nb",
                                               "\na",
                                               " a\nb",
                                               "a\n\tb",
                                               "a\n  b\n",
                                               "a\r\nb",
                                               "é",
                                               "日本",
                                               "😀",
                                               "#!/bin/sh\necho \"$A\"\n\nexit 0\n",
                                               "a\n---\nb\n",
                                               "a\n# b\n",
                                               "a\n...",
                                               "a\n\t\nb",
                                               "key: |\n  x\n",
                                               "a\n\n\n",
                                               "a? b",
                                               "don't: x",
                                               "%YAML 1.1",
                                               "a\n%b\n",
                                               "Null",
                                               "TRUE"};
        if (below(3) != 0)
            return QString::fromUtf8(words[below(int(words.size()))]);
        QString text;
        static const QList<uint> odd{0x00,   0x01,   0x07,   0x1b,   0x7f,   0x85,   0x9b,    0xa0,
                                     0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff, 0xfffd, 0x1f600, '\n',
                                     '\t',   ' ',    '\r',   ':',    '#',    '"',    '\''};
        for (int size = below(24); size > 0; --size) {
            const char32_t c = below(4) == 0 ? odd[below(int(odd.size()))] : 0x20 + below(0x5f);
            text += QString::fromUcs4(&c, 1);
        }
        return below(40) == 0 ? text + QString(1500, QLatin1Char('k')) : text;
    }

private:
    int below(int bound) { return int(m_random.bounded(bound)); }

    lb::DataValue number()
    {
        static const QList<const char *> numbers{
            "0",     "-1",      "42",     "9007199254740993",    "0.5",
            "-0.25", "1.5e+10", "2.5E-3", "12345678901234567890"};
        lb::DataValue value;
        value.kind = lb::DataValue::Kind::Number;
        value.text = QString::fromLatin1(numbers[below(int(numbers.size()))]);
        return value;
    }

    lb::DataValue list(int depth)
    {
        lb::DataValue list = lb::DataValue::ofList();
        for (int size = below(5); size > 0; --size)
            list.items.push_back(value(depth + 1));
        return list;
    }

    lb::DataValue map(int depth)
    {
        lb::DataValue map = lb::DataValue::ofMap();
        for (int size = below(6); size > 0; --size)
            map.set(text(), value(depth + 1));
        return map;
    }

    QRandomGenerator m_random;
};
