// What first weights do to a deep network: ten layers of relu, started too small, too large, by Xavier and by He. It prints the
// spread of signals and gradients layer by layer before the first step, trains each network on handwritten digits, writes a
// report, and fails unless He keeps both within a factor of 4 through all layers and learns, and the bad starts do not.
//
//     initialisation [--steps N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>
#include <functional>

#include "support/digits.hpp"
#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

constexpr int depth = 10;
constexpr Index width = 128;

struct Start {
    std::string name;
    std::function<Tensor(const Shape&)> weight;
};
std::vector<Start> starts() {
    return {{"too small", [](const Shape& s) { return nn::init::normal(s, 0, 0.01); }},
            {"too large", [](const Shape& s) { return nn::init::normal(s, 0, 0.5); }},
            {"Xavier", [](const Shape& s) { return nn::init::xavier_normal(s); }},
            {"He", [](const Shape& s) { return nn::init::kaiming_normal(s); }}};
}

struct Net : nn::Module {
    std::vector<nn::Linear> hidden;
    nn::Linear out{width, 10};
    std::vector<Tensor> signals; // of the last call, for a look at them

    explicit Net(const Start& start) {
        for (int i = 0; i < depth; ++i) {
            hidden.emplace_back(i == 0 ? 64 : width, width);
            hidden.back().weight = start.weight(hidden.back().weight.shape());
            hidden.back().bias = nn::init::zeros({width});
        }
        out.weight = start.weight(out.weight.shape());
    }
    Tensor forward(const Tensor& x) override {
        signals.clear();
        Tensor y = x;
        for (nn::Linear& layer : hidden) signals.push_back(y = relu(layer(y)));
        return out(y);
    }
    XGRAD_MODULE(hidden, out)
};

struct Result {
    std::string name;
    std::vector<double> signals, gradients; // root mean squares, by layer
    std::vector<double> losses;
    double accuracy = 0;
};

double root_mean_square(const Tensor& x) { return std::sqrt(mean(square(x.detach().to(float64))).item()); }

Result train(const Start& start, const Digits& data, const Digits& held_out, const Settings& settings) {
    manual_seed(settings.seed);
    Net net(start);
    Result r{start.name, {}, {}, {}};
    nn::SGD sgd(net.parameters(), {.lr = 0.01, .momentum = 0.9});
    for (int step = 0; step < settings.rounds; ++step) {
        sgd.zero_grad();
        const Tensor rows = randint(0, data.y.numel(), {64});
        const Tensor loss = nn::cross_entropy(net(index_select(data.x, 0, rows)), index_select(data.y, 0, rows));
        if (step == 0)
            for (Tensor& s : net.signals) s.retain_grad();
        loss.backward();
        if (step == 0) {
            for (const Tensor& s : net.signals) {
                r.signals.push_back(root_mean_square(s));
                r.gradients.push_back(root_mean_square(s.grad()));
            }
        }
        r.losses.push_back(loss.item());
        sgd.step();
    }
    r.accuracy = no_grad([&] { return nn::accuracy(net(held_out.x), held_out.y); });
    return r;
}

void write_report(const std::string& path, const std::vector<Result>& results) {
    std::vector<plot::Series> signals, gradients, losses;
    std::vector<std::vector<std::string>> rows;
    for (const Result& r : results) {
        signals.push_back({r.name, {}, r.signals});
        gradients.push_back({r.name, {}, r.gradients});
        losses.push_back({r.name, {}, r.losses});
        char share[32], last[32];
        std::snprintf(share, sizeof share, "%.1f %%", 100 * r.accuracy);
        std::snprintf(last, sizeof last, "%.1e", r.signals.back());
        rows.push_back({r.name, last, share});
    }
    plot::Report report("First weights",
                        "Ten layers of 128 relu neurons that read digits, from four kinds of first weights.");
    report.table({"start", "signal behind the last layer", "held-out accuracy"}, rows, "Where each one came");
    report.heading("Before the first step")
        .figures(
            {{plot::line_chart(signals,
                               {.title = "Signals", .x_label = "layer", .y_label = "root mean square", .log_y = true}),
              "He's weights keep the spread; Xavier's halve its square at each relu; the others lose or blow it up."},
             {plot::line_chart(
                  gradients, {.title = "Gradients", .x_label = "layer", .y_label = "root mean square", .log_y = true}),
              "Gradients come from the last layer, so they vanish or explode towards the first."}});
    report.heading("Training")
        .figure(
            plot::line_chart(
                losses,
                {.title = "Loss by step", .x_label = "step", .y_label = "cross-entropy", .y_max = 4.0, .width = 720}),
            "Batches of 64, the same rate for all. 2.3 is guessing.");
    report.write(path);
}

int run(const Settings& settings) {
    const auto [data, held_out] = load_digits();
    std::vector<Result> results;
    std::printf("%-10s %14s %14s %12s %10s\n", "start", "last signal", "first gradient", "last loss", "held out");
    for (const Start& start : starts()) {
        results.push_back(train(start, data, held_out, settings));
        const Result& r = results.back();
        std::printf("%-10s %14.2e %14.2e %12.4f %8.1f %%\n", r.name.c_str(), r.signals.back(), r.gradients.front(),
                    r.losses.back(), 100 * r.accuracy);
    }
    write_report(settings.report, results);
    std::printf("report: %s\n", settings.report.c_str());
    const Result &small = results[0], &large = results[1], &he = results[3];
    const double kept = he.signals.back() / he.signals.front(), passed = he.gradients.front() / he.gradients.back();
    const bool even = kept > 0.25 && kept < 4 && passed > 0.25 && passed < 4;
    return proven(even && small.signals.back() < 1e-6 && large.signals.back() > 1e3 && small.accuracy < 0.3 &&
                      large.accuracy < 0.5 && he.accuracy > 0.85,
                  "He's weights keep signals and gradients even and learn; small ones vanish, large ones explode");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"initialisation", "Starts a deep network in four ways.", "--steps", "of each network", 150},
                       {600, 1, "initialisation.html"}, run);
}
