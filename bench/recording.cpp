// What a recording costs beside the plain steps, as ratios: record(training), steps whose lines are traced, and explain(loss)
// in every step.
//   build/release/bench/bench_recording
// Plain and recorded steps alternate in short pieces, and the medians of the ratios of their processor time are printed,
// so that what else the machine does weighs on both sides.
#include <ctime>

#include <autograd/autograd.hpp>
#include <explorer/explorer.hpp>
#include <explorer/training.hpp>
#include <nn/nn.hpp>

#include "timing.hpp"

using namespace xg;

namespace {

std::vector<std::pair<std::string, double>> ratios;

template <class F>
double seconds(F&& f) {
    const auto now = [] {
        timespec t{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    const double begin = now();
    f();
    return now() - begin;
}

template <class Plain, class Recorded>
void compare(const std::string& name, Plain&& plain, Recorded&& recorded) {
    constexpr int pieces = 21;
    std::vector<double> found;
    plain(), recorded();
    for (int i = 0; i < pieces; ++i) {
        const double before = seconds(plain), with = seconds(recorded), after = seconds(plain);
        found.push_back(2 * with / (before + after));
    }
    std::nth_element(found.begin(), found.begin() + pieces / 2, found.end());
    ratios.emplace_back(name, found[pieces / 2]);
}

template <class Loss>
void train(nn::Optimizer& optimizer, int steps, const Loss& loss) {
    for (int i = 0; i < steps; ++i) {
        optimizer.zero_grad();
        loss().backward();
        optimizer.step();
    }
}

template <class Loss>
void training(const std::string& name, nn::Optimizer& optimizer, int steps, const Loss& loss) {
    compare(
        "record " + name, [&] { train(optimizer, steps, loss); },
        [&] { record({.optimizer = optimizer, .loss = loss, .steps = steps}); });
}

/// While lines of source and the paths of modules are written down.
template <class Loss>
void lines(const std::string& name, nn::Optimizer& optimizer, int steps, const Loss& loss) {
    compare(
        "lines " + name, [&] { train(optimizer, steps, loss); },
        [&] {
            const TraceLines traced;
            const TraceTensors kept;
            train(optimizer, steps, loss);
        });
}

template <class Loss>
void explanation(const std::string& name, nn::Optimizer& optimizer, int steps, const Loss& loss) {
    const auto explained = [&] {
        auto l = loss();
        explain(l);
        return l;
    };
    compare(
        "explain " + name, [&] { train(optimizer, steps, loss); }, [&] { train(optimizer, steps, explained); });
}

void values(const std::string& name, int steps) {
    manual_seed(3);
    nn::MLP net(2, {16, 16, 1}, {.activation = nn::Activation::tanh});
    const auto loss = [&] {
        const Value y = net({0.5, -0.25});
        return square(y - 0.5);
    };
    nn::SGD sgd(net.parameters(), {.lr = 1e-4}), momentum(net.parameters(), {.lr = 1e-4, .momentum = 0.9});
    nn::Adam adam(net.parameters(), {.lr = 1e-4});
    training(name + ", SGD", sgd, steps, loss);
    training(name + ", momentum", momentum, steps, loss);
    training(name + ", Adam", adam, steps, loss);
    lines(name + ", SGD", sgd, steps, loss);
    explanation(name + ", SGD", sgd, steps / 20, loss);
}

void small_values(int steps) {
    Value w = 0.8, b = 0.1, v = 1.5;
    XGRAD_NAME(w, b, v);
    const auto loss = [&] { return square(v * sigmoid(w * 1.5 + b) - 0.2) / 2; };
    nn::SGD sgd({w, b, v}, {.lr = 1e-4});
    nn::Adam adam({w, b, v}, {.lr = 1e-4});
    training("neuron of Values, SGD", sgd, steps, loss);
    training("neuron of Values, Adam", adam, steps, loss);
    explanation("neuron of Values, SGD", sgd, steps / 20, loss);
}

/// A product of matrices among a hundred Values.
void mixed(const std::string& name, int steps) {
    manual_seed(3);
    const Tensor w = randn({16, 16}, {.dtype = float64, .requires_grad = true});
    nn::MLP net(4, {8, 1});
    const std::vector<Value> in(16, Value(0.1));
    const auto loss = [&] {
        const Tensor h = tanh(matmul(w, stack(in)));
        const Value y = net({h.value_at({0}), h.value_at({1}), h.value_at({2}), h.value_at({3})});
        return square(y - 0.5);
    };
    nn::SGD sgd({w}, {.lr = 1e-4});
    training(name + ", SGD", sgd, steps, loss);
}

void tensors(const std::string& name, Index in, std::initializer_list<Index> sizes, Index batch, int steps) {
    manual_seed(3);
    const std::vector<Index> n(sizes);
    const auto train = [&](auto& net, auto&& loss) {
        nn::SGD sgd(net.parameters(), {.lr = 1e-4}), momentum(net.parameters(), {.lr = 1e-4, .momentum = 0.9});
        nn::Adam adam(net.parameters(), {.lr = 1e-4});
        training(name + ", SGD", sgd, steps, loss);
        training(name + ", momentum", momentum, steps, loss);
        training(name + ", Adam", adam, steps, loss);
        lines(name + ", SGD", sgd, steps, loss);
        explanation(name + ", SGD", sgd, std::max(1, steps / 20), loss);
    };
    const Tensor x = randn({batch, in});
    if (n.size() == 3) {
        nn::Sequential net(nn::Linear(in, n[0]), nn::Tanh(), nn::Linear(n[0], n[1]), nn::Tanh(),
                           nn::Linear(n[1], n[2]));
        const Tensor t = randn({batch, n[2]});
        train(net, [&] { return nn::mse_loss(net(x), t); });
    } else {
        nn::Sequential net(nn::Linear(in, n[0]), nn::ReLU(), nn::Linear(n[0], n[1]));
        const Tensor t = randint(0, n[1], {batch});
        train(net, [&] { return nn::cross_entropy(net(x), t); });
    }
}

} // namespace

int main() {
    small_values(2000);
    values("2-16-16-1 of Values, 40 steps", 40);
    values("2-16-16-1 of Values, 100 steps", 100);
    mixed("both kinds, 1000 steps", 1000);
    tensors("2-16-16-1 batch 32, 100 steps", 2, {16, 16, 1}, 32, 100);
    tensors("784-128-10 batch 32", 784, {128, 10}, 32, 30);
    bench::print(ratios);
}
