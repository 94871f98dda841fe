#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> dropout_entries() {
    return {
        {.name = "Dropout",
         .formula = "x / (1 - p) with probability 1 - p, else 0; x in evaluation",
         .shapes = "(*) -> (*)",
         .snippet = "nn::Dropout drop(0.2);\ndrop.eval();\nstd::cout << drop(ones({2})).numel() << \"\\n\";",
         .prints = "2",
         .instances = {instance(MAKE(nn::Dropout(0.4)), {wave({4, 5})}, {.torch = "Dropout(0.4)", .differs = true})}},
        {.name = "Dropout1d",
         .formula = "whole channels of x / (1 - p) or of 0; x in evaluation",
         .shapes = "(N, C, L) or (C, L) -> the same",
         .snippet = "nn::Dropout1d drop(0.2);\ndrop.eval();\nstd::cout << drop(ones({1, 2, 1})).numel() << \"\\n\";",
         .prints = "2",
         .instances = {instance(MAKE(nn::Dropout1d(0.4)), {wave({4, 3, 2})},
                                {.torch = "Dropout1d(0.4)", .differs = true})}},
        {.name = "Dropout2d",
         .formula = "whole channels of x / (1 - p) or of 0; x in evaluation",
         .shapes = "(N, C, H, W) or (C, H, W) -> the same",
         .snippet = "nn::Dropout2d drop(0.2);\ndrop.eval();\nstd::cout << drop(ones({1, 2, 1, 1})).numel() << \"\\n\";",
         .prints = "2",
         .instances = {instance(MAKE(nn::Dropout2d(0.4)), {wave({4, 3, 2, 2})},
                                {.torch = "Dropout2d(0.4)", .differs = true})}},
        {.name = "Dropout3d",
         .formula = "whole channels of x / (1 - p) or of 0; x in evaluation",
         .shapes = "(N, C, D, H, W) or (C, D, H, W) -> the same",
         .snippet =
             "nn::Dropout3d drop(0.2);\ndrop.eval();\nstd::cout << drop(ones({1, 2, 1, 1, 1})).numel() << \"\\n\";",
         .prints = "2",
         .instances = {instance(MAKE(nn::Dropout3d(0.4)), {wave({4, 3, 2, 1, 2})},
                                {.torch = "Dropout3d(0.4)", .differs = true})}},
        {.name = "AlphaDropout",
         .formula = "a x + b with probability 1 - p, else a s + b, s the least value of selu; x in evaluation",
         .shapes = "(*) -> (*)",
         .snippet = "nn::AlphaDropout drop(0.2);\ndrop.eval();\nstd::cout << drop(ones({2})).numel() << \"\\n\";",
         .prints = "2",
         .instances = {instance(MAKE(nn::AlphaDropout(0.4)), {wave({4, 5})},
                                {.torch = "AlphaDropout(0.4)", .differs = true})}},
    };
}

} // namespace xg::test
