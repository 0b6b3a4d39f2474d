// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// The whole life of the guard process (`lifeboat-cli --guard FD`). To be called first in main(),
/// before any Qt object exists; uses POSIX only. Starts the runner's local programs, reaps every
/// descendant (it is their subreaper), and ends them all when the runner's end of the socket
/// closes, except those of steps that are declared to start a daemon. Returns the exit status.
int guardMain(int socketFd);

} // namespace lb
