// A GRU forecasts a noisy series of two waves. It learns from the first part and is measured on the rest, one step ahead beside
// two simple forecasts and the noise that nobody can foresee; then it runs on by itself, fed with its own answers.
//
//     time_series [--epochs N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

constexpr Index learned = 1200, measured = 300, ahead = 100;
constexpr double noise = 0.1;

double without_noise(double t) { return std::sin(t / 4) + 0.5 * std::sin(t / 1.3); }

Tensor draw_series() {
    std::vector<float> values;
    for (Index t = 0; t < learned + measured; ++t) values.push_back(static_cast<float>(without_noise(double(t))));
    return from_vector(values, {learned + measured}) + noise * randn(Shape{learned + measured});
}

struct Forecaster : nn::Module {
    nn::GRU memory{1, 32};
    nn::Linear out{32, 1};

    /// (steps, N, 1) -> the value after each step.
    Tensor forward(const Tensor& x) override { return out(memory(x)); }
    XGRAD_MODULE(memory, out)
};

// Pieces of 60 steps side by side, each with the values one step later.
std::vector<double> train(Forecaster& net, const Tensor& series, int epochs) {
    constexpr Index length = 60, pieces = (learned - 1) / length;
    const auto side_by_side = [&](Index begin) {
        return reshape(transpose(reshape(slice(series, 0, begin, begin + length * pieces), {pieces, length})),
                       {length, pieces, 1});
    };
    const Tensor x = side_by_side(0), y = side_by_side(1);
    nn::Adam adam(net.parameters(), {.lr = 1e-2});
    nn::CosineAnnealingLR schedule(adam, epochs);
    std::vector<double> losses;
    for (int epoch = 1; epoch <= epochs; ++epoch) {
        adam.zero_grad();
        const Tensor loss = nn::mse_loss(net(x), y);
        loss.backward();
        nn::clip_grad_norm(net.parameters(), 1.0);
        adam.step();
        schedule.step();
        losses.push_back(loss.item());
    }
    return losses;
}

struct Errors {
    double net, last_value, straight_on;
};
Errors one_step_errors(Forecaster& net, const Tensor& series) {
    const NoGrad guard;
    const Index n = learned + measured;
    const Tensor said = reshape(net(reshape(slice(series, 0, 0, n - 1), {n - 1, 1, 1})), {n - 1});
    const auto error = [&](const Tensor& forecast) { // of the values after the learned ones
        return mean(square(forecast - slice(series, 0, learned, n))).item();
    };
    const Tensor last = slice(series, 0, learned - 1, n - 1), before = slice(series, 0, learned - 2, n - 2);
    return {error(slice(said, 0, learned - 1, n - 1)), error(last), error(2 * last - before)};
}

// Reads the learned values, then goes on from its own answers.
std::vector<double> run_on(Forecaster& net, const Tensor& series) {
    const NoGrad guard;
    auto step = net.memory(reshape(slice(series, 0, 0, learned), {learned, 1, 1}));
    Tensor answer = net.out(slice(step, 0, -1, none));
    std::vector<double> answers{answer.item()};
    for (Index t = 1; t < ahead; ++t) {
        step = net.memory(answer, step.state);
        answer = net.out(step);
        answers.push_back(answer.item());
    }
    return answers;
}

void write_report(const std::vector<double>& losses, const Errors& errors, const std::vector<double>& answers,
                  const Tensor& series, const Settings& settings) {
    const auto text = [](double x) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.4f", x);
        return std::string(digits);
    };
    std::vector<double> truth;
    for (Index t = 0; t < ahead; ++t) truth.push_back(without_noise(double(learned + t)));
    plot::Report report("A forecast", "A GRU learns two waves from 1,200 noisy values.");
    report.cards({{"GRU", text(errors.net), "mean squared error one step ahead, on values never seen"},
                  {"straight on", text(errors.straight_on), "the last two values prolonged"},
                  {"the last value", text(errors.last_value), "said again"},
                  {"noise", text(noise * noise), "its variance, which nobody can foresee"}});
    report.heading("Learning")
        .figures(
            {{plot::line_chart({{.name = "training", .y = losses}},
                               {.title = "Loss", .x_label = "epoch", .y_label = "squared error", .log_y = true}),
              "The mean squared error of a step, towards the variance of the noise."},
             {plot::line_chart({{.name = "GRU", .y = answers},
                                {.name = "waves", .y = truth},
                                {.name = "measured", .y = slice(series, 0, learned, learned + ahead).to_vector()}},
                               {.title = "Running on by itself", .x_label = "step after the last value it has seen"}),
              "It is fed with its own answers, and keeps both waves."}});
    report.write(settings.report);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const Tensor series = draw_series();
    Forecaster net;
    const std::vector<double> losses = train(net, series, settings.rounds);
    const Errors errors = one_step_errors(net, series);
    const std::vector<double> answers = run_on(net, series);
    double drift = 0;
    for (Index t = 0; t < ahead; ++t)
        drift += std::pow(answers[std::size_t(t)] - without_noise(double(learned + t)), 2);
    write_report(losses, errors, answers, series, settings);
    std::printf("one step ahead, mean squared error on %lld values never seen:\n", (long long)measured);
    std::printf("  the last value again %.4f, straight on %.4f, GRU %.4f; the noise alone is %.4f\n", errors.last_value,
                errors.straight_on, errors.net, noise * noise);
    std::printf("%lld steps on by itself: mean squared distance from the waves %.4f, of their variance %.3f\n",
                (long long)ahead, drift / double(ahead), 0.5 + 0.125);
    std::printf("report: %s\n", settings.report.c_str());
    return proven(settings.quick || errors.net < errors.straight_on,
                  "the GRU foretells the next value better than a straight line");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"time_series", "Trains a GRU to forecast a series.", "--epochs", "through the series", 10},
                       {300, 4, "time_series.html"}, run);
}
