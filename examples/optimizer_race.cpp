// Races optimizers on one task: the same network from the same first weights learns two spirals, each optimizer at a rate
// that suits it. It prints how far each has come, writes a report with the curves, and fails unless momentum beats plain
// gradient descent, Adam beats both, and the best ones tell the spirals apart.
//
//     optimizer_race [--steps N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
#include "support/spirals.hpp"

using namespace xg;

namespace {

nn::Sequential network() {
    return nn::Sequential(nn::Linear(2, 32), nn::Tanh(), nn::Linear(32, 32), nn::Tanh(), nn::Linear(32, 2));
}

using Make = std::function<std::unique_ptr<nn::Optimizer>(const std::vector<Tensor>&)>;
struct Runner {
    std::string name;
    Make make;
};
template <class O, class Options>
Runner runner(std::string name, Options options) {
    return {std::move(name), [=](const std::vector<Tensor>& p) { return std::make_unique<O>(p, options); }};
}

std::vector<Runner> runners() {
    return {runner<nn::SGD>("SGD", nn::SGDOptions{.lr = 0.1}),
            runner<nn::SGD>("momentum", nn::SGDOptions{.lr = 0.1, .momentum = 0.9}),
            runner<nn::RMSprop>("RMSprop", nn::RMSpropOptions{.lr = 0.003}),
            runner<nn::Adam>("Adam", nn::AdamOptions{.lr = 0.01}),
            runner<nn::NAdam>("NAdam", nn::NAdamOptions{.lr = 0.01}),
            runner<nn::Lion>("Lion", nn::LionOptions{.lr = 0.001})};
}

struct Result {
    std::string name;
    std::vector<double> losses; // before each step, and at last
    double accuracy = 0;
    int solved = 0; // the first step at which 99 % are told apart; 0 if never
};

Result race(const Runner& r, const nn::Sequential& start, const nn::Batch& data, int steps) {
    nn::Sequential net = start;
    const auto optimizer = r.make(net.parameters());
    Result result{r.name, {}, 0, 0};
    for (int step = 0;; ++step) {
        optimizer->zero_grad();
        const Tensor logits = net(data.x);
        const Tensor loss = nn::cross_entropy(logits, data.y);
        result.losses.push_back(loss.item());
        result.accuracy = nn::accuracy(logits, data.y);
        if (result.solved == 0 && result.accuracy >= 0.99) result.solved = step;
        if (step == steps) return result;
        loss.backward();
        optimizer->step();
    }
}

void write_report(const std::string& path, const std::vector<Result>& results) {
    std::vector<plot::Series> curves;
    std::vector<std::vector<std::string>> rows;
    for (const Result& r : results) {
        plot::Series curve{r.name, {}, {}};
        for (std::size_t i = 0; i < r.losses.size(); i += 10) {
            curve.x.push_back(static_cast<double>(i));
            curve.y.push_back(r.losses[i]);
        }
        curves.push_back(std::move(curve));
        char loss[32], share[32];
        std::snprintf(loss, sizeof loss, "%.5f", r.losses.back());
        std::snprintf(share, sizeof share, "%.1f %%", 100 * r.accuracy);
        rows.push_back({r.name, loss, share, r.solved > 0 ? std::to_string(r.solved) : "-"});
    }
    plot::Report report("Optimizers race", "One network, the same first weights, two spirals to tell apart.");
    report.table({"optimizer", "last loss", "told apart", "step of 99 %"}, rows, "Where each one came");
    const plot::Svg drawn = plot::line_chart(curves, {.title = "Cross-entropy by step",
                                                      .x_label = "step",
                                                      .y_label = "loss",
                                                      .log_y = true,
                                                      .width = 720,
                                                      .height = 420});
    report.figure(drawn, "Whole batches, each optimizer at a rate that suits it. Lower is better.");
    plot::save_svg("optimizer_race.svg", drawn);
    report.write(path);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const nn::Batch data = spirals(100);
    const nn::Sequential start = network();
    std::printf("%-10s %10s %12s %14s\n", "optimizer", "loss", "told apart", "step of 99 %");
    std::vector<Result> results;
    for (const Runner& r : runners()) {
        results.push_back(race(r, start, data, settings.rounds));
        const Result& done = results.back();
        std::printf("%-10s %10.5f %10.1f %% %14s\n", done.name.c_str(), done.losses.back(), 100 * done.accuracy,
                    done.solved > 0 ? std::to_string(done.solved).c_str() : "-");
    }
    write_report(settings.report, results);
    std::printf("report: %s\n", settings.report.c_str());
    const auto loss_of = [&](const char* name) {
        for (const Result& r : results) {
            if (r.name == name) return r.losses.back();
        }
        return HUGE_VAL;
    };
    const bool in_order = loss_of("Adam") < loss_of("momentum") && loss_of("momentum") < loss_of("SGD");
    if (in_order && loss_of("Adam") < 0.3) return 0;
    std::fprintf(stderr, "optimizer_race: the optimizers did not come in as expected\n");
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"optimizer_race", "Races optimizers on two spirals.", "--steps", "of each optimizer", 500},
                       {1500, 3, "optimizer_race.html"}, run);
}
