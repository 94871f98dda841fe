#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> image_entries() {
    return {
        {.name = "Upsample",
         .formula = "x read between its pixels, as interpolate does",
         .shapes = "(N, C, *) -> (N, C, *)",
         .snippet =
             "nn::Upsample up({.scale_factor = {2}});\nstd::cout << up(ones({1, 1, 2, 3})).shape().str() << \"\\n\";",
         .prints = "(1, 1, 4, 6)",
         .instances = {instance(MAKE(nn::Upsample({.scale_factor = {2, 1.5}, .mode = InterpolateMode::bilinear})),
                                {wave({2, 2, 4, 5})},
                                {.torch = "Upsample(scale_factor=(2, 1.5), mode='bilinear', align_corners=False)"}),
                       instance(MAKE(nn::Upsample({.size = 7})), {wave({2, 2, 4})}, {.torch = "Upsample(size=7)"})}},
        {.name = "PixelShuffle",
         .formula = "channels become the pixels of r x r blocks",
         .shapes = "(*, C r^2, H, W) -> (*, C, H r, W r)",
         .snippet = "nn::PixelShuffle shuffle(2);\nstd::cout << shuffle(ones({1, 4, 2, 3})).shape().str() << \"\\n\";",
         .prints = "(1, 1, 4, 6)",
         .instances = {instance(MAKE(nn::PixelShuffle(2)), {wave({2, 8, 2, 3})}, {.torch = "PixelShuffle(2)"})}},
        {.name = "PixelUnshuffle",
         .formula = "the pixels of r x r blocks become channels",
         .shapes = "(*, C, H r, W r) -> (*, C r^2, H, W)",
         .snippet = "nn::PixelUnshuffle back(2);\nstd::cout << back(ones({1, 1, 4, 6})).shape().str() << \"\\n\";",
         .prints = "(1, 4, 2, 3)",
         .instances = {instance(MAKE(nn::PixelUnshuffle(2)), {wave({2, 2, 4, 6})}, {.torch = "PixelUnshuffle(2)"})}},
        {.name = "Unfold",
         .formula = "the fields of a convolution as columns",
         .shapes = "(N, C, H, W) -> (N, C kernel, positions)",
         .snippet = "nn::Unfold columns({2, 2});\nstd::cout << columns(ones({1, 3, 4, 5})).shape().str() << \"\\n\";",
         .prints = "(1, 12, 12)",
         .instances = {instance(MAKE(nn::Unfold({2, 3}, {.dilation = {2, 1}, .padding = 1, .stride = 2})),
                                {wave({2, 2, 6, 5})},
                                {.torch = "Unfold((2, 3), dilation=(2, 1), padding=1, stride=2)"})}},
        {.name = "Fold",
         .formula = "columns, added up where they overlap",
         .shapes = "(N, C kernel, positions) -> (N, C, *output_size)",
         .snippet = "nn::Fold image({4, 5}, {2, 2});\nstd::cout << image(ones({1, 12, 12})).shape().str() << \"\\n\";",
         .prints = "(1, 3, 4, 5)",
         .instances = {instance(MAKE(nn::Fold({5, 6}, {2, 3}, {.padding = 1, .stride = 2})), {wave({2, 12, 9})},
                                {.torch = "Fold((5, 6), (2, 3), padding=1, stride=2)"})}},
        {.name = "CosineSimilarity",
         .formula = "a b / (|a| |b|) along an axis",
         .shapes = "two tensors that broadcast -> their shape without the axis",
         .snippet = "nn::CosineSimilarity cosine;\nstd::cout << cosine(tensor({{1.0, 0.0}}), tensor({{0.0, 2.0}})) << "
                    "\"\\n\";",
         .prints = "[0.]",
         .instances = {instance(MAKE(nn::CosineSimilarity()), {wave({3, 4}), wave({3, 4}, 2)},
                                {.torch = "CosineSimilarity()"})}},
        {.name = "PairwiseDistance",
         .formula = "(sum of |a - b + eps|^p)^(1/p) along the last axis",
         .shapes = "two tensors that broadcast -> their shape without the last axis",
         .snippet = "nn::PairwiseDistance distance({.eps = 0});\nstd::cout << distance(tensor({{3.0, 0.0}}), "
                    "tensor({{0.0, 4.0}})) << \"\\n\";",
         .prints = "[5.]",
         .instances = {instance(MAKE(nn::PairwiseDistance({.p = 3})), {wave({3, 4}), wave({3, 4}, 2)},
                                {.torch = "PairwiseDistance(p=3)"})}},
    };
}

} // namespace xg::test
