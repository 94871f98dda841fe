// A small AlexNet: five convolutions with relu, normalization over channels, overlapping pooling, and three linear layers with
// dropout, as in the network that won ImageNet in 2012, on drawn colour images of 32 by 32 pixels. It prints what each layer
// costs and how well it tells eight shapes apart, writes a report, and fails below 95 % of held-out images.
//
//     alexnet_small [--epochs N] [--seed N] [--report FILE] [--quick]
//
// Source: Krizhevsky, Sutskever and Hinton, NIPS 2012.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

constexpr Index side = 32;
const std::array<const char*, 8> names{"disc", "ring", "square", "frame", "triangle", "cross", "stripes", "checks"};

/// Whether the point (u, v) of a shape's own square [-1, 1]^2 belongs to it.
bool inside(int shape, double u, double v) {
    const double r = std::hypot(u, v), most = std::max(std::abs(u), std::abs(v));
    switch (shape) {
        case 0: return r < 1;
        case 1: return r < 1 && r > 0.6;
        case 2: return most < 0.9;
        case 3: return most < 0.9 && most > 0.55;
        case 4: return v < 0.8 && v > -0.8 && std::abs(u) < (v + 0.8) / 1.6;
        case 5: return most < 1 && std::min(std::abs(u), std::abs(v)) < 0.28;
        case 6: return most < 1 && std::fmod(v + 2, 0.66) < 0.33;
        default: return most < 1 && (std::fmod(u + 2, 1.0) < 0.5) != (std::fmod(v + 2, 1.0) < 0.5);
    }
}

/// Each shape in a colour of its own choice on another, turned, moved, of any size, with noise.
nn::Batch drawn(Index count) {
    std::vector<float> pixels(static_cast<std::size_t>(count * 3 * side * side));
    std::vector<std::int64_t> shapes;
    const auto draws = rand({count, 10}).to_vector();
    for (Index n = 0; n < count; ++n) {
        const double* d = &draws[static_cast<std::size_t>(n * 10)];
        const int shape = static_cast<int>(n % 8);
        shapes.push_back(shape);
        const double turn = 0.5 * (d[0] - 0.5), size = 8 + 5 * d[1], x0 = 16 + 6 * (d[2] - 0.5),
                     y0 = 16 + 6 * (d[3] - 0.5);
        for (Index y = 0; y < side; ++y) {
            for (Index x = 0; x < side; ++x) {
                const double dx = (static_cast<double>(x) - x0) / size, dy = (static_cast<double>(y) - y0) / size;
                const bool on =
                    inside(shape, std::cos(turn) * dx + std::sin(turn) * dy, std::cos(turn) * dy - std::sin(turn) * dx);
                for (Index c = 0; c < 3; ++c) {
                    const double back = 0.5 * d[4 + c], front = 0.5 + 0.5 * d[7 + c];
                    pixels[static_cast<std::size_t>(((n * 3 + c) * side + y) * side + x)] =
                        static_cast<float>(on ? front : back);
                }
            }
        }
    }
    const Tensor images = from_vector(pixels, {count, 3, side, side});
    return {images + 0.08 * randn_like(images) - 0.5, from_vector(shapes)};
}

nn::Sequential alexnet() {
    const nn::LocalResponseNormLayerOptions norm{.alpha = 1e-4, .beta = 0.75, .k = 2};
    return nn::Sequential(nn::Conv2d(3, 24, 5, {.padding = 2}), nn::ReLU(), nn::LocalResponseNorm(5, norm),
                          nn::MaxPool2d(3, {.stride = 2}), // (24, 15, 15)
                          nn::Conv2d(24, 48, 3, {.padding = 1}), nn::ReLU(), nn::LocalResponseNorm(5, norm),
                          nn::MaxPool2d(3, {.stride = 2}), // (48, 7, 7)
                          nn::Conv2d(48, 64, 3, {.padding = 1}), nn::ReLU(), nn::Conv2d(64, 64, 3, {.padding = 1}),
                          nn::ReLU(), nn::Conv2d(64, 48, 3, {.padding = 1}), nn::ReLU(),
                          nn::MaxPool2d(3, {.stride = 2}), // (48, 3, 3)
                          nn::Flatten(), nn::Dropout(0.3), nn::Linear(432, 128), nn::ReLU(), nn::Dropout(0.3),
                          nn::Linear(128, 64), nn::ReLU(), nn::Linear(64, 8));
}

std::vector<plot::Image> filters(nn::Sequential& net) {
    std::vector<plot::Image> images;
    const Tensor w = mean(net.get<nn::Conv2d>(0).weight.detach(), 1);
    for (Index i = 0; i < w.shape(0); ++i) images.push_back({.pixels = w[i].to_vector(), .rows = 5, .columns = 5});
    return images;
}

std::vector<plot::Image> examples_of(const nn::Batch& data) {
    std::vector<plot::Image> images;
    for (Index i = 0; i < 16; ++i) {
        images.push_back({.pixels = mean(data.x[i], 0).to_vector(),
                          .rows = side,
                          .columns = side,
                          .caption = names[static_cast<std::size_t>(i % 8)]});
    }
    return images;
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const nn::Batch train = drawn(settings.quick ? 320 : 1600), held_out = drawn(settings.quick ? 80 : 400);
    nn::Sequential net = alexnet();
    std::cout << nn::summary(net, slice(train.x, 0, 0, 32)) << std::flush;

    nn::Adam adam(net.parameters(), {.lr = 1e-3});
    nn::DataLoader batches(nn::TensorDataset{train.x, train.y},
                           {.batch_size = 32, .shuffle = true, .seed = settings.seed});
    std::vector<double> losses, shares;
    for (int epoch = 1; epoch <= settings.rounds; ++epoch) {
        double total = 0;
        net.train();
        for (auto& batch : batches) {
            adam.zero_grad();
            const Tensor loss = nn::cross_entropy(net(batch.x), batch.y);
            loss.backward();
            adam.step();
            total += loss.item();
        }
        net.eval();
        losses.push_back(total / static_cast<double>(batches.size()));
        shares.push_back(no_grad([&] { return nn::accuracy(net(held_out.x), held_out.y); }));
        std::printf("  epoch %2d/%d: loss %.4f, held out %.1f %%\n", epoch, settings.rounds, losses.back(),
                    100 * shares.back());
        std::fflush(stdout);
    }

    const Tensor logits = no_grad([&] { return net(held_out.x); });
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.1f %%", 100 * shares.back());
    plot::Report report("A small AlexNet",
                        "Five convolutions and three linear layers tell eight drawn shapes apart, as those of 2012 did "
                        "a thousand kinds of photographs.");
    report.cards({{"held-out accuracy", percent, std::to_string(held_out.y.numel()) + " images"},
                  {"parameters", std::to_string(net.parameter_count()), "AlexNet has 61 million"}});
    report.heading("Learning")
        .figures({{plot::line_chart({{.name = "training", .y = losses}},
                                    {.title = "Loss", .x_label = "epoch", .y_label = "cross-entropy", .log_y = true}),
                   "The mean loss of each epoch."},
                  {plot::line_chart({{.name = "held out", .y = shares}},
                                    {.title = "Accuracy", .x_label = "epoch", .percent = true}),
                   "The share of held-out images that are told apart."}});
    report.heading("What it sees")
        .figures({{plot::image_grid(examples_of(train), {.title = "Images", .columns = 8}),
                   "Two of each shape, without their colours."},
                  {plot::image_grid(filters(net), {.title = "Filters of the first layer", .columns = 8}),
                   "Their mean over the colours: edges and spots."}});
    report.heading("Mistakes")
        .figure(plot::matrix_chart(
                    nn::confusion_matrix(logits, held_out.y, 8).to_vector(), 8, 8,
                    {.title = "Confusion", .row_title = "shape", .column_title = "taken for", .confusion = true}),
                "0 disc, 1 ring, 2 square, 3 frame, 4 triangle, 5 cross, 6 stripes, 7 checks.");
    report.write(settings.report);
    std::printf("held-out accuracy: %s\nreport: %s\n", percent, settings.report.c_str());
    if (settings.quick) return proven(losses.back() < losses.front(), "the loss falls");
    return proven(shares.back() >= 0.95, "a small AlexNet tells 95 % of the held-out images apart");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(
        argc, argv, {"alexnet_small", "Trains a small AlexNet on drawn shapes.", "--epochs", "through all images", 2},
        {12, 1, "alexnet_small.html"}, run);
}
