// The layers of image networks, and the training of one, beside PyTorch's in float64.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "nn/modules/cnn_golden.hpp"
#include "nn/modules/waves.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

// As cnn_golden.py does it.
Numbers measured(nn::Module& module, const Shape& shape, bool positive) {
    Waves waves;
    module.visit_members(waves);
    Tensor x = wave(shape, 0);
    if (positive) x = abs(x) + 0.1;
    x = x.detach().requires_grad(true);
    const Tensor y = module(x);
    y.backward(wave(y.shape(), 3));
    Numbers all;
    append_digest(all, y);
    append_digest(all, x.grad());
    for (const Tensor& p : module.parameters()) append_digest(all, p.grad());
    for (const auto& [name, b] : module.named_buffers()) append_digest(all, b);
    return all;
}

void check_layer(const std::string& name, nn::Module&& module, const Shape& shape, bool positive = false) {
    const double worst = largest_difference(measured(module, shape, positive), stored_under(name, layer_golden));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

nn::Sequential small_net() {
    return nn::Sequential(nn::Conv2d(1, 4, 3), nn::BatchNorm2d(4), nn::ReLU(), nn::MaxPool2d(2), nn::Conv2d(4, 6, 3),
                          nn::ReLU(), nn::Flatten(), nn::Linear(24, 3));
}

} // namespace

TEST_CASE("convolution layers give PyTorch's values and gradients") {
    check_layer("Conv1d", nn::Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .groups = 2}), {2, 4, 9});
    check_layer("Conv2d", nn::Conv2d(3, 4, {3, 2}, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}}),
                {2, 3, 7, 6});
    check_layer("Conv2d same", nn::Conv2d(2, 3, {4, 3}, {.padding = "same", .bias = false}), {1, 2, 5, 6});
    check_layer("Conv2d reflect", nn::Conv2d(2, 3, 3, {.padding = 1, .padding_mode = PadMode::reflect}), {1, 2, 5, 4});
    check_layer("Conv3d", nn::Conv3d(2, 3, 2, {.padding = 1}), {1, 2, 3, 4, 3});
    check_layer("ConvTranspose1d",
                nn::ConvTranspose1d(4, 6, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2}), {2, 4, 5});
    check_layer("ConvTranspose2d", nn::ConvTranspose2d(3, 2, 3, {.stride = 2, .dilation = 2}), {2, 3, 3, 4});
    check_layer("ConvTranspose3d", nn::ConvTranspose3d(2, 3, 2, {.stride = 2}), {1, 2, 2, 3, 2});
}

TEST_CASE("pooling layers give PyTorch's values and gradients") {
    check_layer("MaxPool2d", nn::MaxPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true}), {2, 2, 8, 7});
    check_layer("AvgPool2d",
                nn::AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}),
                {2, 2, 8, 7});
    check_layer("LPPool2d", nn::LPPool2d(3, 2, {.stride = 1}), {1, 2, 5, 4}, /*positive=*/true);
    check_layer("AdaptiveAvgPool2d", nn::AdaptiveAvgPool2d({3, 2}), {1, 2, 7, 5});
    check_layer("AdaptiveMaxPool2d", nn::AdaptiveMaxPool2d({3, 2}), {1, 2, 7, 5});
}

TEST_CASE("layers that change the size of images give PyTorch's values and gradients") {
    const auto bicubic = InterpolateMode::bicubic;
    check_layer("Upsample bilinear", nn::Upsample({.scale_factor = {2, 1.5}, .mode = InterpolateMode::bilinear}),
                {1, 2, 4, 5});
    check_layer("Upsample bicubic", nn::Upsample({.size = {7, 3}, .mode = bicubic}), {1, 2, 4, 5});
    check_layer("Upsample aligned", nn::Upsample({.size = {7, 3}, .mode = bicubic, .align_corners = true}),
                {1, 2, 4, 5});
    check_layer("Upsample nearest", nn::Upsample({.size = 7}), {1, 2, 4});
    check_layer("PixelShuffle", nn::PixelShuffle(2), {1, 8, 2, 3});
    check_layer("Unfold", nn::Unfold({2, 3}, {.dilation = {2, 1}, .padding = 1, .stride = 2}), {2, 2, 6, 5});
    check_layer("Fold", nn::Fold({5, 6}, {2, 3}, {.padding = 1, .stride = 2}), {2, 12, 9});
}

TEST_CASE("normalization layers give PyTorch's values, gradients and running numbers") {
    check_layer("BatchNorm1d", nn::BatchNorm1d(4), {5, 4});
    check_layer("BatchNorm2d", nn::BatchNorm2d(3, {.momentum = 0.3}), {2, 3, 4, 5});
    check_layer("BatchNorm3d mean", nn::BatchNorm3d(2, {.momentum = none}), {2, 2, 3, 2, 2});
    check_layer("InstanceNorm2d", nn::InstanceNorm2d(3, {.affine = true}), {2, 3, 4, 5});
    check_layer("InstanceNorm2d tracked",
                nn::InstanceNorm2d(3, {.momentum = 0.3, .affine = true, .track_running_stats = true}), {2, 3, 4, 5});
    check_layer("LayerNorm", nn::LayerNorm({3, 4}), {2, 5, 3, 4});
    check_layer("GroupNorm", nn::GroupNorm(2, 6), {2, 6, 3, 2});
    check_layer("LocalResponseNorm", nn::LocalResponseNorm(3, {.alpha = 0.5, .k = 2}), {2, 5, 3, 2});
}

TEST_CASE("a hundred steps of a CNN with batch norm give PyTorch's losses, state and evaluation") {
    nn::Sequential net = small_net();
    Waves waves;
    net.visit_members(waves);
    const Tensor x = wave({6, 1, 10, 10}, 0), y = tensor({0, 1, 2, 0, 1, 2}, {.dtype = int64});
    nn::SGD sgd(net.parameters(), {.lr = 0.05, .momentum = 0.9});
    Numbers losses, state;
    for (int step = 0; step < 100; ++step) {
        sgd.zero_grad();
        const Tensor loss = nn::cross_entropy(net(x), y);
        loss.backward();
        sgd.step();
        losses.push_back(loss.item());
    }
    CHECK(largest_difference(losses, cnn_losses) < 1e-9);
    for (const auto& [name, t] : net.state_dict()) append_digest(state, t);
    CHECK(largest_difference(state, cnn_state) < 1e-9);
    net.eval();
    CHECK(largest_difference(net(x).to_vector(), cnn_evaluation) < 1e-9);
}

TEST_CASE("convolution layers start within PyTorch's bound of 1 over the root of the field") {
    manual_seed(1);
    const nn::Conv2d conv(4, 64, 5, {.groups = 2});
    const double bound = 1 / std::sqrt(2 * 25.0);
    CHECK(conv.weight.shape() == Shape{64, 2, 5, 5});
    for (const Tensor& p : {Tensor(conv.weight), Tensor(conv.bias)}) {
        const double largest = max(abs(p)).item();
        CHECK(largest <= bound);
        CHECK(largest > 0.9 * bound);
    }
    const nn::ConvTranspose2d back(4, 6, 3, {.groups = 2});
    CHECK(back.weight.shape() == Shape{4, 3, 3, 3});
    CHECK(back.bias.shape() == Shape{6});
}

TEST_CASE("layers have PyTorch's names in their state") {
    CHECK(test::names_of(nn::BatchNorm2d(3).state_dict()) ==
          test::Names{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
    CHECK(test::names_of(nn::BatchNorm1d(3, {.affine = false, .track_running_stats = false}).state_dict()).empty());
    CHECK(test::names_of(nn::Conv2d(1, 2, 3).state_dict()) == test::Names{"weight", "bias"});
    CHECK(test::names_of(nn::LayerNorm(3, {.elementwise_affine = false}).state_dict()).empty());
    CHECK(test::names_of(nn::RMSNorm(3).state_dict()) == test::Names{"weight"});
}

TEST_CASE("dropout layers drop in training and pass everything in evaluation") {
    manual_seed(5);
    nn::Dropout drop(0.25);
    const Tensor x = ones({4000});
    const Numbers y = drop(x).to_vector();
    const auto zeros_of = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    CHECK(std::abs(zeros_of / 4000 - 0.25) < 0.03); // four standard deviations
    CHECK(*std::max_element(y.begin(), y.end()) == doctest::Approx(1 / 0.75));
    nn::Dropout2d channels(0.5);
    const Numbers sums = sum(channels(ones({50, 4, 3, 3})), {2, 3}).to_vector();
    CHECK(std::all_of(sums.begin(), sums.end(), [](double s) { return s == 0 || s == 18; }));
    drop.eval();
    CHECK(drop(x).to_vector() == x.to_vector());
}

TEST_CASE("MaxUnpool2d puts back what MaxPool2d took") {
    const Tensor x = wave({1, 2, 4, 4}, 0);
    const Tensor at = max_pool_indices(x, {2, 2});
    nn::MaxUnpool2d back(2);
    const Tensor y = back(nn::MaxPool2d(2)(x), at);
    CHECK(y.shape() == x.shape());
    CHECK(sum(y).item() == doctest::Approx(sum(max_pool2d(x, 2)).item()));
    CHECK(max_pool2d(abs(y), 2).to_vector() == abs(max_pool2d(x, 2)).to_vector());
}

TEST_CASE("padding layers take PyTorch's order, the last axis first") {
    const Tensor x = tensor({{{1, 2}, {3, 4}}});
    CHECK(nn::ZeroPad2d({1, 0, 0, 1})(x).to_vector() == Numbers{0, 1, 2, 0, 3, 4, 0, 0, 0});
    CHECK(nn::ConstantPad1d(1, 7)(tensor({5})).to_vector() == Numbers{7, 5, 7});
    CHECK(nn::ReflectionPad1d({1, 0})(tensor({5, 6})).to_vector() == Numbers{6, 5, 6});
    CHECK(nn::ReplicationPad1d(1)(tensor({5, 6})).to_vector() == Numbers{5, 5, 6, 6});
    CHECK(nn::CircularPad1d(1)(tensor({5, 6})).to_vector() == Numbers{6, 5, 6, 5});
}

TEST_CASE("layers refuse what cannot be and say why") {
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(3, 4, 3, {.groups = 2}); }),
               "2 groups for 3 channels that come in");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(0, 4, 3); }), "the channels are 0 and 4");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(1, 4, 0); }), "the kernel is (0,)");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(1, 4, {3, 3, 3}); }), "one an axis of space");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(1, 4, 3, {.stride = 0}); }), "stride is (0,)");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(1, 4, 3, {.stride = {1, 2, 3}}); }), "one number or 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv1d(1, 4, 3, {.padding = -1}); }), "padding is (-1,)");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv3d(1, 4, 3, {.dilation = {1, 0, 1}}); }), "dilation is (1, 0, 1)");
    CHECK_SAYS(message_of<ValueError>([] { nn::Conv2d(1, 4, 3, {.padding = "sama"}); }), "padding is \"sama\"");
    CHECK_SAYS(message_of<ValueError>([] {
                   nn::Conv2d(1, 4, 3, {.stride = {1, 2}, .padding = "same"});
               }),
               "\"same\" with a stride of 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::ConvTranspose2d(1, 4, 3, {.stride = 0}); }), "stride is (0,)");
    CHECK_SAYS(message_of<ValueError>([] { nn::ConvTranspose2d(1, 4, 3, {.dilation = 0}); }), "dilation is (0,)");
    CHECK_SAYS(message_of<ValueError>([] {
                   nn::ConvTranspose2d(1, 4, 3, {.stride = 2, .output_padding = {1, 2}});
               }),
               "output_padding is (1, 2) with stride (2,)");
    CHECK_SAYS(message_of<ValueError>([] { nn::LayerNorm(4, {.eps = -1}); }), "LayerNorm: eps is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::RMSNorm(4, {.eps = -1}); }), "RMSNorm: eps is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::GroupNorm(2, 4, {.eps = std::nan("")}); }), "GroupNorm: eps is nan");
    CHECK_SAYS(message_of<ValueError>([] { nn::BatchNorm2d(4, {.eps = -1}); }), "BatchNorm2d: eps is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::BatchNorm2d(4, {.momentum = 2}); }), "momentum is 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::InstanceNorm1d(3, {.eps = -1}); }), "InstanceNorm1d: eps is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::GroupNorm(3, 4); }), "3 groups for 4 channels");
    CHECK_SAYS(message_of<ValueError>([] { nn::BatchNorm1d(-1); }), "the size is (-1,)");
    CHECK_SAYS(message_of<ShapeError>([] { nn::BatchNorm2d(3)(zeros({2, 3})); }), "expected 4 axes");
    CHECK_SAYS(message_of<ValueError>([] { nn::BatchNorm1d(3)(zeros({1, 3})); }), "one number a channel");
    CHECK_SAYS(message_of<ShapeError>([] { nn::InstanceNorm1d(3)(zeros({2, 4, 5})); }), "expected (N, 3, *)");
    CHECK_SAYS(message_of<ValueError>([] { nn::InstanceNorm1d(3, {.momentum = 2}); }), "momentum is 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::Dropout(1.5); }), "p is 1.5");
    CHECK_SAYS(message_of<ValueError>([] { nn::ZeroPad2d({1, 2, 3}); }), "two an axis");
    CHECK_SAYS(message_of<ShapeError>([] { nn::Conv2d(1, 4, 5)(zeros({1, 1, 3, 3})); }), "larger than x");
    nn::BatchNorm1d norm(3);
    const Numbers before = norm.running_mean.to_vector();
    message_of<ValueError>([&] { norm(ones({1, 3})); });
    CHECK(norm.running_mean.to_vector() == before);
    CHECK(norm.num_batches_tracked.item() == 0);
}

TEST_CASE("norms take one size in braces, which is no copy") {
    const nn::LayerNorm one({9}), two({3, 4}, {.eps = 1e-3});
    CHECK(one.weight.shape() == Shape{9});
    CHECK(two.weight.shape() == Shape{3, 4});
    CHECK(two.eps == 1e-3);
    CHECK(nn::RMSNorm({9}).weight.shape() == Shape{9});
    CHECK(nn::RMSNorm{9}.weight.shape() == Shape{9});
}
