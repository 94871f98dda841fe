// A convolutional network reads handwritten digits of 8 by 8 pixels. It says how well it reads images it has never seen,
// and writes a report with what its filters have learned to look for and which pixels an answer hangs on.
//
//     digits_cnn [--epochs N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "support/digits.hpp"
#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

struct Net : nn::Module {
    nn::Conv2d first{1, 32, 3, {.padding = 1}}, second{32, 64, 3, {.padding = 1}}, third{64, 64, 3, {.padding = 1}};
    nn::BatchNorm2d norm1{32}, norm2{64}, norm3{64};
    nn::MaxPool2d pool{2};
    nn::Dropout drop{0.4};
    nn::Linear out{64 * 4 * 4, 10};

    Tensor forward(const Tensor& x) override {
        const Tensor strokes = relu(norm1(first(x)));            // (N, 32, 8, 8)
        const Tensor parts = pool(relu(norm2(second(strokes)))); // (N, 64, 4, 4)
        const Tensor shapes = relu(norm3(third(parts)));         // (N, 64, 4, 4)
        return out(drop(flatten(shapes, 1)));
    }
    XGRAD_MODULE(first, norm1, second, norm2, third, norm3, drop, out)
};

Tensor as_images(const Tensor& x) { return reshape(x, {-1, 1, 8, 8}); }

// Up to a pixel to any side and with noise, so that none is learned by heart.
Tensor disturbed(const Tensor& x) {
    const auto by = randint(0, 3, {2}).to_vector<Index>();
    const Tensor moved = narrow(narrow(pad(x, {{1, 1}, {1, 1}}), 2, by[0], 8), 3, by[1], 8);
    return moved + 0.1 * randn_like(x);
}

double held_out_accuracy(Net& net, const Digits& data) {
    net.eval();
    const double share = no_grad([&] { return nn::accuracy(net(as_images(data.x)), data.y); });
    net.train();
    return share;
}

struct History {
    std::vector<double> loss, accuracy;
};

History train(Net& net, const Digits& train_set, const Digits& held_out, const Settings& settings) {
    nn::Adam adam(net.parameters(), {.lr = 2e-3});
    nn::DataLoader batches(nn::TensorDataset{as_images(train_set.x), train_set.y},
                           {.batch_size = 32, .shuffle = true, .seed = settings.seed});
    History history;
    for (int epoch = 1; epoch <= settings.rounds; ++epoch) {
        if (epoch == settings.rounds * 2 / 3 || epoch == settings.rounds * 9 / 10) adam.lr(adam.lr() / 5);
        double total = 0;
        for (auto& batch : batches) {
            adam.zero_grad();
            const Tensor loss = nn::cross_entropy(net(disturbed(batch.x)), batch.y);
            loss.backward();
            adam.step();
            total += loss.item();
        }
        history.loss.push_back(total / static_cast<double>(batches.size()));
        history.accuracy.push_back(held_out_accuracy(net, held_out));
        if (epoch % 5 == 0 || epoch == settings.rounds) {
            std::printf("  epoch %2d/%d: loss %.4f, held out %.2f %%\n", epoch, settings.rounds, history.loss.back(),
                        100 * history.accuracy.back());
            std::fflush(stdout);
        }
    }
    return history;
}

// The report ------------------------------------------------------------------------------------------------------------

std::vector<plot::Image> filter_images(const Net& net) {
    std::vector<plot::Image> images;
    for (Index i = 0; i < net.first.weight.shape(0); ++i) {
        images.push_back({.pixels = select(net.first.weight, 0, i).to_vector(), .rows = 3, .columns = 3});
    }
    return images;
}

// Beside each of the first image of every digit, how much each pixel moves the logit of the answer.
std::vector<plot::Image> saliency_images(Net& net, const Digits& data) {
    net.eval();
    const auto digits = data.y.to_vector<std::int64_t>();
    std::vector<plot::Image> images;
    for (std::int64_t digit = 0; digit < 10; ++digit) {
        const auto at = std::find(digits.begin(), digits.end(), digit) - digits.begin();
        Tensor x = as_images(data.x[at]).clone().detach().requires_grad(true);
        const Tensor logits = net(x);
        max(logits).backward();
        const Tensor slope = abs(x.grad());
        const std::string read = std::to_string(argmax(logits).item<int>());
        images.push_back({.pixels = x.detach().to_vector(), .rows = 8, .columns = 8, .caption = "read as " + read});
        images.push_back(
            {.pixels = (slope / max(slope)).to_vector(), .rows = 8, .columns = 8, .caption = "what counts"});
    }
    net.train();
    return images;
}

std::vector<plot::Image> misread_images(Net& net, const Digits& data) {
    net.eval();
    const auto read = argmax(no_grad([&] { return net(as_images(data.x)); }), 1).to_vector<std::int64_t>();
    net.train();
    const auto actual = data.y.to_vector<std::int64_t>();
    std::vector<plot::Image> images;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (read[i] == actual[i]) continue;
        images.push_back({.pixels = data.x[static_cast<Index>(i)].to_vector(),
                          .rows = 8,
                          .columns = 8,
                          .caption = std::to_string(actual[i]) + " read as " + std::to_string(read[i])});
    }
    return images;
}

void write_report(Net& net, const History& history, const Digits& held_out, const Settings& settings) {
    const std::vector<plot::Image> misread = misread_images(net, held_out);
    const Index count = held_out.y.numel(), right = count - static_cast<Index>(misread.size());
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.1f %%", 100 * history.accuracy.back());
    plot::Report report("Digits by convolution",
                        "Three convolutions with batch normalization learn to read handwritten digits "
                        "of 8 by 8 pixels.");
    report.cards({{"held-out accuracy", percent, std::to_string(right) + " of " + std::to_string(count) + " images"},
                  {"parameters", std::to_string(net.parameter_count()), "32, 64 and 64 filters of 3 by 3"},
                  {"epochs", std::to_string(settings.rounds), "Adam, batches of 32"}});
    report.heading("Learning")
        .figures({{plot::line_chart({{.name = "training", .y = history.loss}},
                                    {.title = "Loss", .x_label = "epoch", .y_label = "cross-entropy", .log_y = true}),
                   "The mean loss of each epoch, on images that are moved by up to a pixel and noisy."},
                  {plot::line_chart({{.name = "held out", .y = history.accuracy}},
                                    {.title = "Accuracy", .x_label = "epoch", .percent = true}),
                   "The share of held-out images that are read right."}});
    report.heading("What it looks at")
        .figures(
            {{plot::image_grid(filter_images(net), {.title = "Filters of the first layer", .columns = 8}),
              "Each filter answers to 3 by 3 pixels that look like it: edges, strokes and their ends."},
             {plot::image_grid(saliency_images(net, held_out),
                               {.title = "What an answer hangs on", .columns = 4, .low = 0.0, .high = 1.0}),
              "A held-out image of each digit, and beside it how much each pixel moves the logit of the answer: the "
              "size of its gradient."}});
    if (!misread.empty()) {
        report.heading("Mistakes")
            .figure(plot::image_grid(misread, {.title = "Misread digits"}),
                    "Every held-out image that the network misreads.");
    }
    report.write(settings.report);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const auto [train_set, held_out] = load_digits();
    Net net;
    std::printf("three convolutions, %lld parameters, %lld images to learn from and %lld held out\n",
                (long long)net.parameter_count(), (long long)train_set.y.numel(), (long long)held_out.y.numel());
    const History history = train(net, train_set, held_out, settings);
    write_report(net, history, held_out, settings);
    std::printf("held-out accuracy: %.2f %%\nreport: %s\n", 100 * history.accuracy.back(), settings.report.c_str());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"digits_cnn", "Trains a convolutional network on handwritten digits.", "--epochs",
                        "how often to go through the training images", 2},
                       {40, 7, "digits_cnn.html"}, run);
}
