// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <span>
#include <vector>

namespace lb::cli {

class Session;

/// What can stand in a place of the command line; completion asks for the values.
enum class Words
{
    None,
    File,
    System,
    SystemType,
    Store,
    Runbook,
    Run,
    Obligation,
    Step,
    Point,
    PracticeType,
    PracticeFault,
    Shell,
    Answer,
    Target,
};

struct OptionSpec
{
    const char *name;  ///< without the two hyphens
    const char *value; ///< placeholder; nullptr: a flag
    const char *help;  ///< for translate("Cli", …)
    bool repeat = false;
    Words words = Words::None;
};

struct ArgumentSpec
{
    const char *name;
    bool optional = false;
    bool repeat = false;
    Words words = Words::None;
};

struct Example
{
    const char *command; ///< without the program's name
    const char *what;
};

/// One verb: parser, help, completion and dispatch all read this.
struct VerbSpec
{
    const char *name; ///< `run`, or group and verb: `runs show`
    const char *summary;
    const char *details; ///< paragraphs separated by empty lines; may be empty
    std::vector<ArgumentSpec> arguments;
    std::vector<OptionSpec> options;
    std::vector<Example> examples;
    int (*handler)(Session &);
};

const std::vector<VerbSpec> &verbTable();
/// Nothing for what is no verb.
const VerbSpec *findVerb(const QString &name);
/// First words that take a second: systems, runs…
QStringList verbGroups();

} // namespace lb::cli
