// The perceptron of 1957, and what it cannot do. Rosenblatt's rule, w <- w + t x for every mistake, finds a line between two
// clouds of points in no more mistakes than Novikoff's bound (R / margin)^2; on XOR it never ends. A network with one hidden
// layer and gradients, of 1986, learns XOR. It prints all three, writes a report, and fails unless they come out so.
//
//     perceptron_1957 [--epochs N] [--seed N] [--report FILE] [--quick]
//
// Sources: Rosenblatt, Psychological Review 1958; Novikoff, 1962; Minsky and Papert, 1969; Rumelhart et al., Nature 1986.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

struct Points {
    Tensor x;              // (N, 3): the last column is 1, so that the last weight is the threshold
    std::vector<double> t; // -1 or 1
};

Points with_ones(const Tensor& x, std::vector<double> t) {
    return {concat({x, ones({x.shape(0), 1}, {.dtype = float64})}, 1), std::move(t)};
}

/// Two clouds on both sides of a line.
Points clouds(Index each) {
    const Tensor a = 0.3 * randn({each, 2}, {.dtype = float64}) + tensor({1.0, 0.8}, {.dtype = float64});
    const Tensor b = 0.3 * randn({each, 2}, {.dtype = float64}) - tensor({0.8, 1.0}, {.dtype = float64});
    std::vector<double> t(static_cast<std::size_t>(2 * each), -1);
    std::fill(t.begin(), t.begin() + each, 1);
    return with_ones(concat({a, b}), t);
}

Points exclusive_or() {
    return with_ones(tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {.dtype = float64}), {-1, 1, 1, -1});
}

struct Learned {
    Tensor w;
    std::vector<double> mistakes; // of each epoch
    int corrections = 0;
};

/// No gradient anywhere: a step function has none. The rule moves the weights by the example itself.
Learned perceptron(const Points& p, int epochs) {
    Learned l{zeros({3}, {.dtype = float64}), {}};
    for (int epoch = 0; epoch < epochs; ++epoch) {
        int wrong = 0;
        for (std::size_t i = 0; i < p.t.size(); ++i) {
            const Tensor x = p.x[static_cast<Index>(i)];
            if (p.t[i] * inner(l.w, x).item() > 0) continue;
            l.w = l.w + p.t[i] * x;
            ++wrong;
        }
        l.corrections += wrong;
        l.mistakes.push_back(wrong);
        if (wrong == 0) break;
    }
    return l;
}

/// (R / margin)^2 with the margin of w: the bound on the mistakes of any run.
double novikoff(const Points& p, const Tensor& w) {
    double radius = 0, margin = HUGE_VAL;
    for (std::size_t i = 0; i < p.t.size(); ++i) {
        const Tensor x = p.x[static_cast<Index>(i)];
        radius = std::max(radius, norm(x).item());
        margin = std::min(margin, p.t[i] * inner(w, x).item() / norm(w).item());
    }
    return radius * radius / (margin * margin);
}

/// XOR by a hidden layer of four neurons and back-propagation.
std::pair<nn::Sequential, std::vector<double>> back_propagation(int steps) {
    const Tensor x = tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), t = tensor({{0}, {1}, {1}, {0}}).to(float32);
    nn::Sequential net(nn::Linear(2, 4), nn::Tanh(), nn::Linear(4, 1));
    nn::Adam adam(net.parameters(), {.lr = 0.05});
    std::vector<double> losses;
    for (int i = 0; i < steps; ++i) {
        adam.zero_grad();
        const Tensor loss = nn::binary_cross_entropy_with_logits(net(x.to(float32)), t);
        loss.backward();
        adam.step();
        losses.push_back(loss.item());
    }
    return {net, losses};
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const Points two = clouds(60);
    const Learned line = perceptron(two, settings.rounds);
    const double bound = novikoff(two, line.w);
    std::printf("two clouds: %d corrections in %zu epochs, Novikoff's bound is %.1f\n", line.corrections,
                line.mistakes.size(), bound);

    const Learned never = perceptron(exclusive_or(), settings.rounds);
    std::printf("XOR: still %.0f mistakes in epoch %zu\n", never.mistakes.back(), never.mistakes.size());

    auto [net, losses] = back_propagation(400);
    const auto y = no_grad([&] {
                       return sigmoid(net(tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}}).to(float32)));
                   }).to_vector();
    std::printf("XOR with a hidden layer: %.3f %.3f %.3f %.3f, loss %.5f\n", y[0], y[1], y[2], y[3], losses.back());

    char shown_bound[32];
    std::snprintf(shown_bound, sizeof shown_bound, "%.1f", bound);
    plot::Report report("The perceptron of 1957",
                        "Rosenblatt's rule, what it can learn, and what took a hidden layer.");
    report.cards({{"corrections", std::to_string(line.corrections), "for two clouds that a line parts"},
                  {"Novikoff's bound", shown_bound, "(R / margin)^2"},
                  {"XOR", std::to_string(static_cast<int>(never.mistakes.back())) + " mistakes",
                   "in the last epoch, and in any"}});
    report.figures(
        {{plot::line_chart({{.name = "two clouds", .y = line.mistakes}, {.name = "XOR", .y = never.mistakes}},
                           {.title = "Mistakes of the perceptron", .x_label = "epoch"}),
          "Where a line parts the points, the mistakes end. No line parts XOR, so they do not."},
         {plot::line_chart({{.name = "hidden layer", .y = losses}},
                           {.title = "XOR by back-propagation", .x_label = "step", .y_label = "loss", .log_y = true}),
          "Four tanh neurons and gradients learn it."}});
    report.write(settings.report);
    std::printf("report: %s\n", settings.report.c_str());
    const bool parted = line.mistakes.back() == 0 && line.corrections <= bound;
    const bool solved = y[0] < 0.1 && y[1] > 0.9 && y[2] > 0.9 && y[3] < 0.1;
    return proven(parted && never.mistakes.back() > 0 && solved,
                  "the perceptron parts the clouds within the bound, never learns XOR, and a hidden layer does");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"perceptron_1957", "The perceptron and what it cannot do.", "--epochs", "at most", 50},
                       {100, 1, "perceptron_1957.html"}, run);
}
