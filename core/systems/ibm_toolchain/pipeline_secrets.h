// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/systems/ibm_toolchain/data_value.h"

#include <functional>

namespace lb {

/// A secret in the exported definition of a pipeline: a secure property of the pipeline, of a stage
/// or of a trigger, or what a generic trigger's callers must know.
struct PipelineSecret
{
    enum class Holder
    {
        Pipeline,
        Stage,
        Trigger,
        TriggerSecret
    };

    Holder kind = Holder::Pipeline;
    QString scope;     ///< the name of the stage or trigger
    QString name;      ///< of the property; "secret" of a trigger's own
    QString pointer;   ///< of the holder, in the definition
    DataValue *holder; ///< the map that has, or should have, the member `value`
};

/// In the order of the document.
void forEachPipelineSecret(DataValue &pipeline,
                           const std::function<void(const PipelineSecret &)> &found);

} // namespace lb
