// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// For a process that outlives its terminal: a descriptor (signalfd) from which TERM is read in the
/// event loop, so that it ends at a safe point; HUP, INT and PIPE end nothing any more. Before
/// there is a second thread.
int terminationSignals();

} // namespace lb
