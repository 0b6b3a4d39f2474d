// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/advice.h"

namespace lb {

namespace {

LB_TRANSLATE(Advice)

} // namespace

QString Advice::sentences() const
{
    return tr("%1. %2.", "%1 what the matter is, %2 what to do").arg(text, remedy);
}

} // namespace lb
