#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> norm_entries() {
    return {
        {.name = "BatchNorm1d",
         .formula = "(x - mean) / sqrt(variance + eps) weight + bias, over all axes but the channels; in evaluation "
                    "with the running numbers",
         .shapes = "(N, C) or (N, C, L) -> the same",
         .snippet = "nn::BatchNorm1d norm(3);\nstd::cout << norm(ones({2, 3})).shape().str() << \"\\n\";",
         .prints = "(2, 3)",
         .instances = {instance(MAKE(nn::BatchNorm1d(4, {.momentum = 0.3})), {wave({5, 4})},
                                {.torch = "BatchNorm1d(4, momentum=0.3)", .differs = true, .single = false})}},
        {.name = "BatchNorm2d",
         .formula = "(x - mean) / sqrt(variance + eps) weight + bias, over all axes but the channels; in evaluation "
                    "with the running numbers",
         .shapes = "(N, C, H, W) -> the same",
         .snippet = "nn::BatchNorm2d norm(3);\nstd::cout << norm(ones({2, 3, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4, 4)",
         .instances = {instance(MAKE(nn::BatchNorm2d(3, {.momentum = 0.3})), {wave({3, 3, 2, 4})},
                                {.torch = "BatchNorm2d(3, momentum=0.3)", .differs = true}),
                       instance(MAKE(nn::BatchNorm2d(3, {.affine = false, .track_running_stats = false})),
                                {wave({3, 3, 2, 4})},
                                {.torch = "BatchNorm2d(3, affine=False, track_running_stats=False)", .whole = true})}},
        {.name = "BatchNorm3d",
         .formula = "(x - mean) / sqrt(variance + eps) weight + bias, over all axes but the channels; in evaluation "
                    "with the running numbers",
         .shapes = "(N, C, D, H, W) -> the same",
         .snippet = "nn::BatchNorm3d norm(3);\nstd::cout << norm(ones({2, 3, 4, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4, 4, 4)",
         .instances = {instance(MAKE(nn::BatchNorm3d(2, {.momentum = 0.3})), {wave({2, 2, 3, 2, 2})},
                                {.torch = "BatchNorm3d(2, momentum=0.3)", .differs = true})}},
        {.name = "InstanceNorm1d",
         .formula =
             "(x - mean) / sqrt(variance + eps) weight + bias, over the axes of space of each example and channel",
         .shapes = "(N, C, *) or (C, *) -> the same",
         .snippet = "nn::InstanceNorm1d norm(3);\nstd::cout << norm(ones({2, 3, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4)",
         .instances = {instance(MAKE(nn::InstanceNorm1d(3, {.affine = true})), {wave({2, 3, 5})},
                                {.torch = "InstanceNorm1d(3, affine=True)"}),
                       instance(
                           MAKE(nn::InstanceNorm1d(3, {.momentum = 0.3, .track_running_stats = true})),
                           {wave({2, 3, 5})},
                           {.torch = "InstanceNorm1d(3, momentum=0.3, track_running_stats=True)", .differs = true}),
                       instance(MAKE(nn::InstanceNorm1d(3)), {wave({2, 3, 5})}, {.torch = "InstanceNorm1d(3)"})}},
        {.name = "InstanceNorm2d",
         .formula =
             "(x - mean) / sqrt(variance + eps) weight + bias, over the axes of space of each example and channel",
         .shapes = "(N, C, *) or (C, *) -> the same",
         .snippet = "nn::InstanceNorm2d norm(3);\nstd::cout << norm(ones({2, 3, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4, 4)",
         .instances = {instance(MAKE(nn::InstanceNorm2d(3, {.affine = true})), {wave({2, 3, 4, 5})},
                                {.torch = "InstanceNorm2d(3, affine=True)"})}},
        {.name = "InstanceNorm3d",
         .formula =
             "(x - mean) / sqrt(variance + eps) weight + bias, over the axes of space of each example and channel",
         .shapes = "(N, C, *) or (C, *) -> the same",
         .snippet = "nn::InstanceNorm3d norm(3);\nstd::cout << norm(ones({2, 3, 4, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4, 4, 4)",
         .instances = {instance(MAKE(nn::InstanceNorm3d(3, {.affine = true})), {wave({2, 3, 2, 3, 2})},
                                {.torch = "InstanceNorm3d(3, affine=True)"})}},
        {.name = "LayerNorm",
         .formula = "(x - mean) / sqrt(variance + eps) weight + bias, over the last axes",
         .shapes = "(*, *normalized_shape) -> the same",
         .snippet = "nn::LayerNorm norm({3, 4});\nstd::cout << norm(ones({2, 3, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4)",
         .instances = {instance(MAKE(nn::LayerNorm({3, 4})), {wave({2, 5, 3, 4})}, {.torch = "LayerNorm((3, 4))"}),
                       instance(MAKE(nn::LayerNorm(4, {.elementwise_affine = false})), {wave({2, 4})},
                                {.torch = "LayerNorm(4, elementwise_affine=False)"})}},
        {.name = "RMSNorm",
         .formula = "x / sqrt(mean of x^2 + eps) weight, over the last axes",
         .shapes = "(*, *normalized_shape) -> the same",
         .snippet = "nn::RMSNorm norm(4);\nstd::cout << norm(ones({2, 3, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4)",
         .instances = {instance(MAKE(nn::RMSNorm(4)), {wave({2, 3, 4})})}},
        {.name = "GroupNorm",
         .formula =
             "(x - mean) / sqrt(variance + eps) weight + bias, over the channels of a group and the axes of space",
         .shapes = "(N, C, *) -> the same",
         .snippet = "nn::GroupNorm norm(2, 6);\nstd::cout << norm(ones({2, 6, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 6, 4)",
         .instances = {instance(MAKE(nn::GroupNorm(2, 6)), {wave({2, 6, 3, 2})}, {.torch = "GroupNorm(2, 6)"})}},
        {.name = "LocalResponseNorm",
         .formula = "x / (k + alpha times the mean of x^2 over `size` channels around)^beta",
         .shapes = "(N, C, *) -> the same",
         .snippet = "nn::LocalResponseNorm norm(3);\nstd::cout << norm(ones({2, 6, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 6, 4)",
         .instances = {instance(MAKE(nn::LocalResponseNorm(3, {.alpha = 0.5, .k = 2})), {wave({2, 5, 3, 2})},
                                {.torch = "LocalResponseNorm(3, alpha=0.5, k=2)"})}},
    };
}

} // namespace xg::test
