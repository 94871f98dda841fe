// Races activations on one task: the same network learns two spirals, each time with another function behind its hidden
// layers. It prints how far each has come, draws the functions with the slopes that backward gives, writes a report, and fails
// unless the network without one stays near guessing and the others tell the spirals apart, sigmoid later than tanh.
//
//     activation_race [--steps N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cstdio>
#include <functional>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
#include "support/spirals.hpp"

using namespace xg;

namespace {

struct Runner {
    std::string name;
    std::function<Tensor(const Tensor&)> f;
    nn::init::Scheme scheme; // of the first weights
};

std::vector<Runner> runners() {
    using nn::init::Scheme;
    return {{"none", [](const Tensor& x) { return x; }, Scheme::xavier_uniform},
            {"sigmoid", [](const Tensor& x) { return sigmoid(x); }, Scheme::xavier_uniform},
            {"tanh", [](const Tensor& x) { return tanh(x); }, Scheme::xavier_uniform},
            {"relu", [](const Tensor& x) { return relu(x); }, Scheme::kaiming_uniform},
            {"silu", [](const Tensor& x) { return silu(x); }, Scheme::kaiming_uniform},
            {"gelu", [](const Tensor& x) { return gelu(x); }, Scheme::kaiming_uniform}};
}

struct Result {
    std::string name;
    std::vector<double> losses;
    double accuracy = 0;
    int solved = -1; // the first step at which 99 % are told apart
};

Result race(const Runner& r, const nn::Batch& data, const Settings& settings) {
    manual_seed(settings.seed);
    nn::Sequential net(nn::Linear(2, 32), r.f, nn::Linear(32, 32), r.f, nn::Linear(32, 2));
    for (Tensor p : net.parameters())
        if (p.rank() == 2) no_grad([&] { p.assign(nn::init::draw(r.scheme, p.shape())); });
    nn::Adam adam(net.parameters(), {.lr = 0.01});
    Result result{r.name, {}};
    for (int step = 0; step <= settings.rounds; ++step) {
        adam.zero_grad();
        const Tensor logits = net(data.x), loss = nn::cross_entropy(logits, data.y);
        result.losses.push_back(loss.item());
        result.accuracy = nn::accuracy(logits, data.y);
        if (result.solved < 0 && result.accuracy >= 0.99) result.solved = step;
        loss.backward();
        adam.step();
    }
    return result;
}

/// f over [-4, 4], or its slope as backward gives it.
plot::Series curve(const Runner& r, bool slope) {
    const Tensor x = arange(-4.0, 4.01, 0.05).requires_grad(true);
    const Tensor y = r.f(x);
    sum(y).backward();
    return {r.name, x.to_vector(), slope ? x.grad().to_vector() : y.to_vector()};
}

void write_report(const std::string& path, const std::vector<Result>& results) {
    std::vector<plot::Series> losses, functions, slopes;
    std::vector<std::vector<std::string>> rows;
    for (const Result& r : results) {
        losses.push_back({r.name, {}, {}});
        for (std::size_t i = 0; i < r.losses.size(); i += 5) {
            losses.back().x.push_back(static_cast<double>(i));
            losses.back().y.push_back(r.losses[i]);
        }
        char loss[32], share[32];
        std::snprintf(loss, sizeof loss, "%.5f", r.losses.back());
        std::snprintf(share, sizeof share, "%.1f %%", 100 * r.accuracy);
        rows.push_back({r.name, loss, share, r.solved < 0 ? "-" : std::to_string(r.solved)});
    }
    for (const Runner& r : runners()) {
        if (r.name == "none") continue;
        functions.push_back(curve(r, /*slope=*/false));
        slopes.push_back(curve(r, /*slope=*/true));
    }
    plot::Report report("Activations race", "One network, two spirals to tell apart, six activations.");
    report.table({"activation", "last loss", "told apart", "step of 99 %"}, rows, "Where each one came");
    report.figure(
        plot::line_chart(losses, {.title = "Cross-entropy by step",
                                  .x_label = "step",
                                  .y_label = "loss",
                                  .log_y = true,
                                  .width = 720,
                                  .height = 420}),
        "Without an activation three layers are one straight cut, and the loss stays. Sigmoid, whose slope is "
        "1/4 at most, begins late.");
    report.heading("The functions")
        .figures({{plot::line_chart(functions, {.title = "f(x)", .x_label = "x", .y_max = 4.0}),
                   "What each one makes of x."},
                  {plot::line_chart(slopes, {.title = "f'(x)", .x_label = "x"}),
                   "Its slope, which multiplies every gradient that passes. Far out sigmoid and tanh let nothing "
                   "through."}});
    report.write(path);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const nn::Batch data = spirals(100);
    std::vector<Result> results;
    std::printf("%-10s %10s %12s %14s\n", "activation", "loss", "told apart", "step of 99 %");
    for (const Runner& r : runners()) {
        results.push_back(race(r, data, settings));
        const Result& done = results.back();
        std::printf("%-10s %10.5f %10.1f %% %14s\n", done.name.c_str(), done.losses.back(), 100 * done.accuracy,
                    done.solved < 0 ? "-" : std::to_string(done.solved).c_str());
    }
    write_report(settings.report, results);
    std::printf("report: %s\n", settings.report.c_str());
    bool shown = results[0].accuracy < 0.8;
    for (std::size_t i = 2; i < results.size(); ++i)
        shown = shown && results[i].losses.back() < results[0].losses.back() / 2;
    const bool late = results[1].solved < 0 || results[1].solved > results[2].solved;
    return proven(shown && late, "a straight cut does not tell spirals apart, activations do, sigmoid later than tanh");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"activation_race", "Races activations on two spirals.", "--steps", "of each activation", 400},
                       {1000, 3, "activation_race.html"}, run);
}
