// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The hidden modes `lifeboat-cli --practice MODE HOME`: `serve-elasticsearch` and `serve-alien`
/// are the lives of the simulators' processes; `start-alien` and `stop-alien` are what a practice
/// system has as commands; `new-alien` instead of `alien` is version 1.2.0. HOME is the practice
/// folder. Returns the exit status.
int practiceMain(int argc, char **argv);
