// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The whole life of a runner process (`lifeboat-cli --runner`): one order on standard input, one
/// greeting on standard output, then the run until it has ended. Returns the exit status (0; the
/// run's own end is in its journal).
int runnerMain(int argc, char **argv);
