// SPDX-License-Identifier: GPL-3.0-or-later
// What may go wrong with one request to Toolchain v2 or pipeline v2 (systems/ibm-toolchain.md §7):
// the same for every call, and only where a test aims at.
#include "core/practice/ibm_world.h"

#include <algorithm>
#include <iterator>

namespace lb::practice::ibm {

namespace {

bool isMeant(World &world, const Call &call)
{
    const Aim &aim = world.aim();
    if ((!aim.method.isEmpty() && call.request.method != aim.method) ||
        !call.request.target.contains(aim.path))
        return false;
    const int number = world.count(QStringLiteral("api"));
    return number > aim.skip && (aim.times == 0 || number <= aim.skip + aim.times);
}

tl::unexpected<Response> tooMany()
{
    auto refused = refuseApi(429, "too_many_requests", QStringLiteral("Too many requests"));
    refused.value().answer.headers << HeaderLines::value_type{"Retry-After", "1"};
    return refused;
}

} // namespace

Handled withApiFaults(World &world, const Call &call, Handled (*answer)(World &, const Call &))
{
    static const char *const names[] = {"api-401",   "api-429",  "api-500",        "api-html",
                                        "api-empty", "api-drip", "api-cut-before", "api-cut-after"};
    const auto has = [&](const char *fault) { return world.has(fault); };
    if (std::none_of(std::begin(names), std::end(names), has) || !isMeant(world, call))
        return answer(world, call);
    if (has("api-401"))
        return refuseApi(401, "unauthorized", QStringLiteral("The token is not valid"));
    if (has("api-429"))
        return tooMany();
    if (has("api-500"))
        return refuseApi(500, "internal_error", QStringLiteral("Something went wrong"));
    if (has("api-cut-before"))
        return Response{{}, Response::Way::Cut};
    // From here on it is done, and only what is said of it is wrong.
    TRY_VALUE(Response said, answer(world, call));
    if (has("api-html"))
        said = html("<h1>IBM Cloud</h1><p>Log in</p>");
    else if (has("api-empty"))
        said.answer.body.clear();
    else
        said.way = has("api-drip") ? Response::Way::Drip : Response::Way::Cut;
    return said;
}

} // namespace lb::practice::ibm
