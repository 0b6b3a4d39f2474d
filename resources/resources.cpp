// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/resources.h"

#include <QDir>

// The macro declares a function and so cannot stand inside a namespace.
static void registerResources()
{
    Q_INIT_RESOURCE(lb_resources);
}

namespace lb {

void initResources()
{
    registerResources();
}

} // namespace lb
