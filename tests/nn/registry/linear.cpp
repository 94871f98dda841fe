#include "nn/registry/families.hpp"

namespace xg::test {

std::vector<ModuleEntry> linear_entries() {
    return {
        {.name = "Linear",
         .formula = "x W^T + b",
         .shapes = "(*, in_features) -> (*, out_features)",
         .snippet = "nn::Linear net(4, 3);\nstd::cout << net(ones({2, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 3)",
         .instances = {instance(MAKE(nn::Linear(4, 3)), {wave({5, 4})}, {.torch = "Linear(4, 3)"}),
                       instance(MAKE(nn::Linear(4, 3, {.bias = false})), {wave({2, 5, 4})},
                                {.torch = "Linear(4, 3, bias=False)"})}},
        {.name = "Flatten",
         .formula = "all axes but the first in one",
         .shapes = "(N, *) -> (N, product of *)",
         .snippet = "nn::Flatten flat;\nstd::cout << flat(ones({2, 3, 4})).shape().str() << \"\\n\";",
         .prints = "(2, 12)",
         .instances = {instance(MAKE(nn::Flatten()), {wave({2, 3, 4})}, {.torch = "Flatten()"})}},
    };
}

} // namespace xg::test
