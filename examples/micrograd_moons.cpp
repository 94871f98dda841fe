// micrograd's demo: a network of Values, 2 - 16 - 16 - 1, learns to tell two moons apart by the hinge loss and a penalty
// on the size of its weights. It prints loss and accuracy as it learns, draws the decision boundary, and fails unless
// every point ends on its own side.
//
//     micrograd_moons [--steps N] [--points N] [--seed N] [--svg FILE] [--quick]
//
// Source: A. Karpathy, micrograd, demo.ipynb; the moons are those of scikit-learn's make_moons(noise = 0.1).
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "support/plot.hpp"

using namespace xg;

namespace {

struct Settings {
    int steps = 100;
    int points = 100;
    std::uint64_t seed = 1337;
    std::string svg = "micrograd_moons.svg";
};

struct Point {
    std::vector<double> at; // (x, y)
    double side;            // +1 for the upper moon, -1 for the lower one
};

// Two half circles, each point shaken by a normal distribution.
std::vector<Point> two_moons(int count, double noise) {
    const std::vector<double> shakes = randn({count, 2}, {.dtype = float64}).to_vector();
    std::vector<Point> points;
    const int each = count / 2;
    for (int i = 0; i < count; ++i) {
        const bool upper = i < each;
        const int of_moon = upper ? each : count - each;
        const double angle = std::numbers::pi * (upper ? i : i - each) / std::max(of_moon - 1, 1);
        const double x = upper ? std::cos(angle) : 1 - std::cos(angle);
        const double y = upper ? std::sin(angle) : 0.5 - std::sin(angle);
        const auto shake = static_cast<std::size_t>(2 * i);
        points.push_back({{x + noise * shakes[shake], y + noise * shakes[shake + 1]}, upper ? 1.0 : -1.0});
    }
    return points;
}

struct Outcome {
    Value loss;
    double accuracy;
};

// The mean of max(0, 1 - side score), which is 0 for points that are right by a margin of 1, plus alpha |w|^2.
Outcome evaluate(const nn::MLP& mlp, const std::vector<Value>& weights, const std::vector<Point>& points) {
    constexpr double alpha = 1e-4;
    std::vector<Value> losses;
    int right = 0;
    for (const Point& p : points) {
        const Value score = mlp(p.at);
        losses.push_back(relu(1 - p.side * score));
        if ((score > 0) == (p.side > 0)) ++right;
    }
    return {mean(losses) + alpha * dot(weights, weights), right / static_cast<double>(points.size())};
}

plot::Svg picture(const nn::MLP& mlp, const std::vector<Point>& points, double accuracy) {
    plot::Field field{.x_low = -1.6, .x_high = 2.6, .y_low = -1.2, .y_high = 1.7};
    no_grad([&] {
        field.fill([&](double x, double y) {
            const Value score = mlp({x, y});
            return sigmoid(-2 * score).value(); // 0 is the upper moon's side
        });
    });
    plot::Series upper{.name = "upper moon"}, lower{.name = "lower moon"};
    for (const Point& p : points) {
        plot::Series& moon = p.side > 0 ? upper : lower;
        moon.x.push_back(p.at[0]);
        moon.y.push_back(p.at[1]);
    }
    char title[64];
    std::snprintf(title, sizeof title, "Two moons, %.0f %% told apart", 100 * accuracy);
    return plot::scatter_chart({upper, lower}, {.title = title, .field = field, .width = 560, .height = 420});
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const std::vector<Point> points = two_moons(settings.points, 0.1);
    nn::MLP mlp(2, {16, 16, 1}, {.activation = nn::Activation::relu});
    const std::vector<Value> weights = mlp.parameters();
    std::printf("an MLP of Values, 2 - 16 - 16 - 1, with %zu parameters, and %zu points\n", weights.size(),
                points.size());

    nn::SGD sgd(weights);
    const auto start = std::chrono::steady_clock::now();
    for (int step = 0; step < settings.steps; ++step) {
        sgd.zero_grad();
        const Outcome now = evaluate(mlp, weights, points);
        now.loss.backward();
        sgd.lr(1.0 - 0.9 * step / settings.steps); // micrograd's schedule
        sgd.step();
        if (step % 10 == 0) {
            std::printf("step %3d  loss %.4f  accuracy %5.1f %%\n", step, now.loss.value(), 100 * now.accuracy);
        }
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    const Outcome end = evaluate(mlp, weights, points);
    std::printf("at last   loss %.4f  accuracy %5.1f %%\n", end.loss.value(), 100 * end.accuracy);
    std::printf("%.2f ms a step: forward, backward and update\n", time.count() / settings.steps);
    plot::save_svg(settings.svg, picture(mlp, points, end.accuracy));
    std::printf("decision boundary: %s\n", settings.svg.c_str());
    if (end.accuracy == 1) return 0;
    std::fprintf(stderr, "micrograd_moons: some points are on the wrong side\n");
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Trains micrograd's network of scalars on two moons.");
    app.add_option("--steps", settings.steps, "of gradient descent")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    app.add_option("--points", settings.points, "of both moons")->check(CLI::Range(2, 100000))->capture_default_str();
    app.add_option("--seed", settings.seed, "of the points and the first weights")->capture_default_str();
    app.add_option("--svg", settings.svg, "the picture to write")->capture_default_str();
    bool quick = false;
    app.add_flag("--quick", quick, "as all examples have; this one is always quick");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "micrograd_moons: %s\n", e.what());
        return 1;
    }
}
