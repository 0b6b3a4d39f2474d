// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCoreApplication;

namespace lb {

/// Makes "%n file(s)" read "1 file" and "2 files" while no translation is loaded. Install it before
/// any other translator: later ones are asked first. Owned by the application; GUI or main thread.
void installEnglishPlurals(QCoreApplication *application);

} // namespace lb
