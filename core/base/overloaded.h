// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb {

/// Lambdas as one visitor: `std::visit(Overloaded{[](const A &) {…}, [](const B &) {…}}, value)`.
/// Without a branch for all, a new alternative breaks the build where it matters.
template <class... Handlers>
struct Overloaded : Handlers...
{
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

} // namespace lb
