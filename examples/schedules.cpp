// What schedules do: gradient descent in small batches finds a line of least squares at a constant rate and by five schedules.
// It draws the rates, prints how far from the solution each one ends, writes a report, and fails unless rates that fall to
// nearly nothing end three times as near as a constant one, which the noise of the batches keeps away.
//
//     schedules [--steps N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

using Made = std::unique_ptr<nn::Schedule>;
struct Way {
    std::string name;
    std::function<Made(nn::Optimizer&, Index steps)> make;
};

std::vector<Way> ways() {
    return {
        {"constant",
         [](nn::Optimizer& o, Index) -> Made { return std::make_unique<nn::LambdaLR>(o, [](Index) { return 1; }); }},
        {"step",
         [](nn::Optimizer& o, Index n) -> Made {
             return std::make_unique<nn::StepLR>(o, n / 5, nn::StepLROptions{.gamma = 0.2});
         }},
        {"exponential",
         [](nn::Optimizer& o, Index n) -> Made {
             return std::make_unique<nn::ExponentialLR>(o, std::pow(0.01, 1.0 / static_cast<double>(n)));
         }},
        {"cosine", [](nn::Optimizer& o, Index n) -> Made { return std::make_unique<nn::CosineAnnealingLR>(o, n); }},
        {"warm restarts",
         [](nn::Optimizer& o, Index n) -> Made {
             return std::make_unique<nn::CosineAnnealingWarmRestarts>(o, n / 3 + 1);
         }},
        {"one cycle", [](nn::Optimizer& o, Index n) -> Made {
             return std::make_unique<nn::OneCycleLR>(o, 0.03, n + 1, nn::OneCycleLROptions{.cycle_momentum = false});
         }}};
}

struct Problem {
    Tensor x, y, solution;
};

/// 500 points of a plane in ten dimensions, with noise, and the weights of least squares.
Problem least_squares() {
    const Tensor x = randn({500, 10}, {.dtype = float64}), w = randn({10, 1}, {.dtype = float64});
    const Tensor y = matmul(x, w) + randn({500, 1}, {.dtype = float64});
    return {x, y, solve(matmul(transpose(x), x), matmul(transpose(x), y))};
}

struct Result {
    std::string name;
    std::vector<double> rates, distances;
    double last = 0; // the mean of the last 50 distances
};

Result train(const Way& way, const Problem& p, const Settings& settings) {
    manual_seed(settings.seed);
    Tensor w = zeros({10, 1}, {.dtype = float64, .requires_grad = true});
    nn::SGD sgd({w}, {.lr = 0.02, .momentum = 0.5});
    const Made schedule = way.make(sgd, settings.rounds);
    Result r{way.name, {}, {}};
    for (int step = 0; step < settings.rounds; ++step) {
        const Tensor rows = randint(0, 500, {8});
        sgd.zero_grad();
        nn::mse_loss(matmul(index_select(p.x, 0, rows), w), index_select(p.y, 0, rows)).backward();
        r.rates.push_back(schedule->lr());
        sgd.step();
        schedule->step();
        r.distances.push_back(norm(w.detach() - p.solution).item());
    }
    const std::size_t tail = std::min<std::size_t>(50, r.distances.size());
    for (std::size_t i = r.distances.size() - tail; i < r.distances.size(); ++i)
        r.last += r.distances[i] / static_cast<double>(tail);
    return r;
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const Problem problem = least_squares();
    std::vector<plot::Series> rates, distances;
    std::vector<std::vector<std::string>> rows;
    std::vector<Result> results;
    std::printf("%-14s %12s %12s\n", "schedule", "last rate", "distance");
    for (const Way& way : ways()) {
        results.push_back(train(way, problem, settings));
        const Result& r = results.back();
        std::printf("%-14s %12.2e %12.5f\n", r.name.c_str(), r.rates.back(), r.last);
        rates.push_back({r.name, {}, {}});
        for (std::size_t i = 0; i < r.rates.size(); i += 10) {
            rates.back().x.push_back(static_cast<double>(i));
            rates.back().y.push_back(r.rates[i]);
        }
        distances.push_back({r.name, {}, r.distances});
        char rate[32], distance[32];
        std::snprintf(rate, sizeof rate, "%.1e", r.rates.back());
        std::snprintf(distance, sizeof distance, "%.5f", r.last);
        rows.push_back({r.name, rate, distance});
    }
    plot::Report report("Schedules",
                        "Least squares by gradient descent in batches of 8, and six ways to choose the rate.");
    const plot::Svg drawn = plot::line_chart(
        rates, {.title = "Learning rate by step", .x_label = "step", .y_label = "rate", .width = 720, .height = 320});
    report.table({"schedule", "last rate", "distance"}, rows, "Where each one came: the mean of the last 50 distances");
    report.figure(drawn, "The rate that each schedule sets.");
    report.figure(
        plot::line_chart(distances, {.title = "Distance to the solution by step",
                                     .x_label = "step",
                                     .y_label = "|w - w*|",
                                     .log_y = true,
                                     .width = 720,
                                     .height = 420}),
        "At a constant rate the noise of small batches keeps the weights away; where the rate falls they settle.");
    report.write(settings.report);
    plot::save_svg("schedules.svg", drawn);
    std::printf("report: %s\n", settings.report.c_str());
    double falling = 0;
    for (const std::size_t i : {1, 2, 3, 5}) falling = std::max(falling, results[i].last);
    return proven(falling < results[0].last / (settings.quick ? 2 : 3),
                  "rates that fall end nearer than a constant one");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"schedules", "Compares schedules on least squares.", "--steps", "of each descent", 1000},
                       {2000, 3, "schedules.html"}, run);
}
