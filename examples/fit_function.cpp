// Networks approximate functions: one hidden layer of 1, 2, 4 ... neurons learns a curve from 200 of its points. It prints the
// largest error of each width between the points, writes a report with the curves and with the neurons that the best sum is
// made of, and fails unless wider networks come closer and the widest is within 0.02 everywhere.
//
//     fit_function [--steps N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

Tensor curve(const Tensor& x) { return sin(3 * x) + 0.5 * cos(7 * x) * exp(-square(x)); }

struct Result {
    Index neurons;
    double largest_error;
    std::vector<double> losses, y;
};

nn::Sequential network(Index neurons) {
    nn::Sequential net(nn::Linear(1, neurons), nn::Tanh(), nn::Linear(neurons, 1));
    net.to(float64);
    // Steps at places all over the interval: w x + b is 0 at x = -b / w.
    auto& first = net.get<nn::Linear>(0);
    const Tensor w = nn::init::normal({neurons, 1}, 0, 3, {.dtype = float64});
    const Tensor places = nn::init::uniform({neurons}, -2, 2, {.dtype = float64});
    first.weight = w;
    first.bias = -reshape(w, {neurons}) * places;
    return net;
}

Result fit(Index neurons, const Settings& settings) {
    const Tensor x = reshape(arange(-2.0, 2.0, 0.02, {.dtype = float64}), {-1, 1}), t = curve(x);
    nn::Sequential net = network(neurons);
    nn::LBFGS lbfgs(net.parameters(), {.max_iter = 10, .line_search_fn = nn::LineSearch::strong_wolfe});
    Result r{neurons, 0, {}, {}};
    for (int step = 0; step < settings.rounds; ++step) {
        r.losses.push_back(lbfgs.step([&] {
            lbfgs.zero_grad();
            const Tensor loss = nn::mse_loss(net(x), t);
            loss.backward();
            return loss;
        }));
    }
    const Tensor between = x + 0.01; // points it has not seen
    const Tensor y = no_grad([&] { return net(between); });
    r.largest_error = max(abs(y - curve(between))).item();
    r.y = no_grad([&] { return net(x); }).to_vector();
    return r;
}

void write_report(const std::string& path, const std::vector<Result>& results) {
    const Tensor x = arange(-2.0, 2.0, 0.02, {.dtype = float64});
    const std::vector<double> places = x.to_vector();
    std::vector<plot::Series> fits{{"the curve", places, curve(x).to_vector()}}, losses;
    plot::Series errors{"", {}, {}};
    std::vector<std::vector<std::string>> rows;
    for (const Result& r : results) {
        const std::string name = std::to_string(r.neurons) + (r.neurons == 1 ? " neuron" : " neurons");
        if (r.neurons == 1 || r.neurons == 4 || r.neurons == 32) fits.push_back({name, places, r.y});
        losses.push_back({name, {}, r.losses});
        errors.x.push_back(static_cast<double>(r.neurons));
        errors.y.push_back(r.largest_error);
        char error[32];
        std::snprintf(error, sizeof error, "%.5f", r.largest_error);
        rows.push_back({name, std::to_string(3 * r.neurons + 1), error});
    }
    plot::Report report("Fitting a function",
                        "One hidden layer of tanh learns sin(3x) + cos(7x) exp(-x^2) / 2 from 200 points.");
    report.figure(
        plot::line_chart(
            fits, {.title = "The curve and what the networks make of it", .x_label = "x", .width = 720, .height = 400}),
        "One neuron is one step up or down; a sum of enough steps follows any curve.");
    report.table({"hidden layer", "parameters", "largest error"}, rows, "Between the points it learned from");
    report.figures(
        {{plot::line_chart({errors}, {.title = "Largest error by width", .x_label = "neurons", .log_y = true}),
          "More neurons, a closer fit: the theorem of universal approximation at work."},
         {plot::line_chart(losses,
                           {.title = "Loss", .x_label = "step", .y_label = "mean squared error", .log_y = true}),
          "L-BFGS, which sees all points at once."}});
    report.write(path);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    std::vector<Result> results;
    std::printf("%8s %14s\n", "neurons", "largest error");
    for (const Index neurons : {1, 2, 4, 8, 16, 32}) {
        results.push_back(fit(neurons, settings));
        std::printf("%8lld %14.5f\n", (long long)neurons, results.back().largest_error);
    }
    write_report(settings.report, results);
    std::printf("report: %s\n", settings.report.c_str());
    return proven(results[0].largest_error > 0.5 && results[5].largest_error < results[2].largest_error / 5 &&
                      results[5].largest_error < (settings.quick ? 0.1 : 0.02),
                  "wider networks come closer to the curve, and 32 neurons everywhere");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"fit_function", "Fits a curve by networks of growing width.", "--steps", "of L-BFGS", 20},
                       {100, 1, "fit_function.html"}, run);
}
