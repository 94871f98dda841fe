// SGD, momentum and Adam side by side on one slider: the same start, the same loss, every number of every step.
//   build/release/examples/explore_training [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "support/explore.hpp"

using namespace xg;

namespace {

// y = v sigmoid(w x + b), fitted to three points: S1 to S4 of the course, again and again.
struct Curve {
    Value w = -0.5, b = 0.3, v = 0.2;
    Curve() { XGRAD_NAME(w, b, v); }
    std::vector<Value> parameters() const { return {w, b, v}; }
    Value loss() const {
        Value L = point(-1.0, 0.1) + point(0.0, 0.5) + point(1.0, 0.9);
        L.label("L");
        return L;
    }

private:
    Value point(double x, double t) const {
        const Value y = v * sigmoid(w * x + b);
        return square(y - t) / 2;
    }
};

} // namespace

int main(int argc, char** argv) {
    const int steps = argc > 1 && std::strcmp(argv[1], "--quick") == 0 ? 10 : 16;
    Curve a, b, c;
    nn::SGD sgd(a.parameters(), {.lr = 0.5}), momentum(b.parameters(), {.lr = 0.5, .momentum = 0.8});
    nn::Adam adam(c.parameters(), {.lr = 0.2});
    const TrainingRecord film = record({
        Training{.name = "SGD", .optimizer = sgd, .loss = [&] { return a.loss(); }, .steps = steps},
        Training{.name = "momentum", .optimizer = momentum, .loss = [&] { return b.loss(); }, .steps = steps},
        Training{.name = "Adam", .optimizer = adam, .loss = [&] { return c.loss(); }, .steps = steps},
    });
    std::cout << film.text();

    // The first step of plain SGD by hand: w <- w - eta dL/dw, and the record has that very number.
    bool right = true;
    const TrainingRecord::Run& run = film.runs()[0];
    for (std::size_t i = 0; i < run.parameters.size(); ++i) {
        const double by_hand = *run.parameters[i].at(0) - 0.5 * *run.gradients[i].at(0);
        right = right && *run.parameters[i].at(1) == by_hand;
        std::cout << run.parameters[i].name << ": " << *run.parameters[i].at(0) << " - 0.5 * "
                  << *run.gradients[i].at(0) << " = " << *run.parameters[i].at(1) << "\n";
    }
    for (const TrainingRecord::Run& one : film.runs()) right = right && one.loss.back() < one.loss.front();
    // Any step can be walked and checked.
    for (std::size_t k = 0; k < run.steps(); k += 5) right = right && film.at(k).check().pass();

    std::ofstream("explore_training.json") << film.json();
    film.html("explore_training.html");
    std::cout << (right ? "every step follows from its gradient\n" : "A STEP IS WRONG\n")
              << "trace: explore_training.json\n"
              << "page:  " << std::filesystem::absolute("explore_training.html").string() << "\n";
    return right ? 0 : 1;
}
