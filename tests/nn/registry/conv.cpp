#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> conv_entries() {
    return {
        {.name = "Conv1d",
         .formula = "bias[o] + sum over c and k of weight[o, c, k] x[n, c, p stride + k dilation - padding]",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet = "nn::Conv1d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 6})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 4)",
         .instances = {instance(MAKE(nn::Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .groups = 2})), {wave({2, 4, 9})},
                                {.torch = "Conv1d(4, 6, 3, stride=2, padding=1, groups=2)"})}},
        {.name = "Conv2d",
         .formula = "bias[o] + sum over c and k of weight[o, c, k] x[n, c, p stride + k dilation - padding]",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet = "nn::Conv2d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 6, 6})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 4, 4)",
         .instances = {instance(
                           MAKE(nn::Conv2d(3, 4, {3, 2}, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}})),
                           {wave({2, 3, 7, 6})},
                           {.torch = "Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2))"}),
                       instance(
                           MAKE(nn::Conv2d(2, 3, 3, {.padding = 1, .bias = false, .padding_mode = PadMode::reflect})),
                           {wave({2, 2, 5, 4})},
                           {.torch = "Conv2d(2, 3, 3, padding=1, bias=False, padding_mode='reflect')"})}},
        {.name = "Conv3d",
         .formula = "bias[o] + sum over c and k of weight[o, c, k] x[n, c, p stride + k dilation - padding]",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet = "nn::Conv3d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 6, 6, 6})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 4, 4, 4)",
         .instances = {instance(MAKE(nn::Conv3d(2, 3, 2, {.padding = "same"})), {wave({2, 2, 3, 4, 3})},
                                {.torch = "Conv3d(2, 3, 2, padding='same')"})}},
        {.name = "ConvTranspose1d",
         .formula =
             "bias[o] + sum over c, k and p of weight[c, o, k] x[n, c, p], added at p stride + k dilation - padding",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet = "nn::ConvTranspose1d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 4})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 6)",
         .instances = {instance(
             MAKE(nn::ConvTranspose1d(4, 6, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2})),
             {wave({2, 4, 5})},
             {.torch = "ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)"})}},
        {.name = "ConvTranspose2d",
         .formula =
             "bias[o] + sum over c, k and p of weight[c, o, k] x[n, c, p], added at p stride + k dilation - padding",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet =
             "nn::ConvTranspose2d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 6, 6)",
         .instances = {instance(MAKE(nn::ConvTranspose2d(3, 2, 3, {.stride = 2, .dilation = 2})), {wave({2, 3, 3, 4})},
                                {.torch = "ConvTranspose2d(3, 2, 3, stride=2, dilation=2)"}),
                       instance(MAKE(nn::weight_norm(nn::ConvTranspose2d(3, 2, 2), "weight", {.axis = 1})),
                                {wave({2, 3, 3, 2})},
                                {.torch = "nn.utils.weight_norm(ConvTranspose2d(3, 2, 2), dim=1)"}),
                       instance(
                           MAKE(nn::spectral_norm(nn::ConvTranspose2d(3, 2, 2), "weight", {.n_power_iterations = 2})),
                           {wave({2, 3, 3, 2})},
                           {.torch = "nn.utils.spectral_norm(ConvTranspose2d(3, 2, 2), n_power_iterations=2)",
                            .differs = true,
                            .calls_to_settle = 200})}},
        {.name = "ConvTranspose3d",
         .formula =
             "bias[o] + sum over c, k and p of weight[c, o, k] x[n, c, p], added at p stride + k dilation - padding",
         .shapes = "(N, in_channels, *) -> (N, out_channels, *); the batch axis may be left out",
         .snippet =
             "nn::ConvTranspose3d conv(1, 2, 3);\nstd::cout << conv(ones({1, 1, 4, 4, 4})).shape().str() << \"\\n\";",
         .prints = "(1, 2, 6, 6, 6)",
         .instances = {instance(MAKE(nn::ConvTranspose3d(2, 3, 2, {.stride = 2})), {wave({2, 2, 2, 3, 2})},
                                {.torch = "ConvTranspose3d(2, 3, 2, stride=2)"})}},
    };
}

} // namespace xg::test
