// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// From now on a thread that the system does not give ends this program with exit status 1 and a
/// sentence on standard error. Qt only warns, and what was to be done in the thread never comes:
/// its caller would wait for ever. A runner that ends is found interrupted, and goes on later.
void endWithoutThreads();

} // namespace lb
