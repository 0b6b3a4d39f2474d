// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/vendor_files.h"

namespace lb {

/// Inputs of type alien4cloud out of alien4cloud-config.yml, admin-tool-config.yml and
/// elasticsearch.yml, told apart by their keys, whatever they are called. What is not there is not
/// guessed. Meaning of the keys: Alien4Cloud's documentation, “Advanced configuration” and “Backup,
/// restore and migrate data”; alien4cloud-dist (config, start script). BadInput when none of the
/// files is one of them.
VendorFiles alien4CloudFiles();

} // namespace lb
