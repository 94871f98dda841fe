#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> linear_entries() {
    return {
        {.name = "Linear",
         .formula = "x W^T + b",
         .shapes = "(*, in_features) -> (*, out_features)",
         .snippet = "nn::Linear net(4, 3);\nstd::cout << net(ones({2, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3)",
         .instances =
             {instance(MAKE(nn::Linear(4, 3)), {wave({5, 4})}, {.torch = "Linear(4, 3)"}),
              instance(MAKE(nn::Linear(4, 3, {.bias = false})), {wave({2, 5, 4})},
                       {.torch = "Linear(4, 3, bias=False)"}),
              instance(MAKE(nn::weight_norm(nn::Linear(4, 3))), {wave({5, 4})},
                       {.torch = "nn.utils.weight_norm(Linear(4, 3))"}),
              instance(MAKE(nn::weight_norm(nn::Linear(4, 3), "weight", {.axis = none})), {wave({5, 4})},
                       {.torch = "nn.utils.weight_norm(Linear(4, 3), dim=None)"}),
              instance(MAKE(nn::spectral_norm(nn::Linear(4, 3))), {wave({5, 4})},
                       {.torch = "nn.utils.spectral_norm(Linear(4, 3))", .differs = true, .calls_to_settle = 300})}},
        {.name = "Bilinear",
         .formula = "y[o] = sum over i and j of a[i] weight[o, i, j] b[j] + bias[o]",
         .shapes = "(*, in1_features) and (*, in2_features) -> (*, out_features)",
         .snippet =
             "nn::Bilinear net(4, 3, 2);\nstd::cout << net(ones({5, 4}), ones({5, 3})).shape().str() << \"\\n\";",
         .prints = "(5, 2)",
         .instances = {instance(MAKE(nn::Bilinear(4, 3, 2)), {wave({5, 4}), wave({5, 3}, 2)},
                                {.torch = "Bilinear(4, 3, 2)"}),
                       instance(MAKE(nn::Bilinear(2, 3, 2, {.bias = false})), {wave({2, 5, 2}), wave({2, 5, 3}, 2)},
                                {.torch = "Bilinear(2, 3, 2, bias=False)"})}},
        {.name = "Flatten",
         .formula = "all axes but the first in one",
         .shapes = "(N, *) -> (N, product of *)",
         .snippet = "nn::Flatten flat;\nstd::cout << flat(ones({2, 3, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 12)",
         .instances = {instance(MAKE(nn::Flatten()), {wave({2, 3, 4})}, {.torch = "Flatten()"}),
                       instance(MAKE(nn::Flatten(1, 2)), {wave({2, 3, 4, 2})}, {.torch = "Flatten(1, 2)"})}},
        {.name = "Unflatten",
         .formula = "one axis as several",
         .shapes = "(N, product of sizes, *) -> (N, *sizes, *)",
         .snippet = "nn::Unflatten image(1, {3, 4});\nstd::cout << image(ones({2, 12})).shape().str() << \"\\n\";",
         .prints = "(2, 3, 4)",
         .instances = {instance(MAKE(nn::Unflatten(1, {3, 2})), {wave({2, 6, 4})}, {.torch = "Unflatten(1, (3, 2))"})}},
    };
}

} // namespace xg::test
