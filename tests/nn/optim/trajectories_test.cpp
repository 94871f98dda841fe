// The paths of all optimizers against those in trajectories.json, which write_trajectories.py has from PyTorch.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <functional>
#include <memory>

#include "nn/optim/reference.hpp"
#include "nn/says.hpp"
#include "nn/stored.hpp"

using namespace xg;
using test::Numbers;
using test::start;

namespace {

using Kept = std::vector<Numbers>; // after the second step and the last
using Make = std::function<std::unique_ptr<nn::Optimizer>(nn::Parameters)>;
using Paths = std::map<std::string, Kept>;

const Paths& stored_paths() {
    static const Paths paths = test::stored<Kept>("nn/optim/trajectories.json");
    return paths;
}

template <class O, class Options>
Make make(const Options& options) {
    return [options](nn::Parameters p) { return std::make_unique<O>(std::move(p), options); };
}

const std::map<std::string, Make>& elementwise() {
    static const std::map<std::string, Make> all{
        {"sgd", make<nn::SGD>(nn::SGDOptions{.lr = 0.1})},
        {"sgd all", make<nn::SGD>(nn::SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.1})},
        {"sgd nesterov",
         make<nn::SGD>(nn::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true})},
        {"adam", make<nn::Adam>(nn::AdamOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"adam amsgrad", make<nn::Adam>(nn::AdamOptions{.lr = 0.1, .betas = {0.5, 0.7}, .amsgrad = true})},
        {"adamw", make<nn::AdamW>(nn::AdamWOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"adamw amsgrad", make<nn::AdamW>(nn::AdamWOptions{.lr = 0.1, .betas = {0.5, 0.7}, .amsgrad = true})},
        {"nadam", make<nn::NAdam>(nn::NAdamOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"radam", make<nn::RAdam>(nn::RAdamOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"adamax", make<nn::Adamax>(nn::AdamaxOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"adadelta", make<nn::Adadelta>(nn::AdadeltaOptions{.lr = 0.5, .rho = 0.8, .weight_decay = 0.1})},
        {"adagrad", make<nn::Adagrad>(nn::AdagradOptions{
                        .lr = 0.1, .lr_decay = 0.05, .weight_decay = 0.1, .initial_accumulator_value = 0.2})},
        {"rmsprop", make<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.1, .weight_decay = 0.1})},
        {"rmsprop momentum", make<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.1, .alpha = 0.8, .momentum = 0.9})},
        {"rmsprop centered",
         make<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.01, .alpha = 0.8, .eps = 0.1, .centered = true})},
        {"rmsprop all",
         make<nn::RMSprop>(nn::RMSpropOptions{
             .lr = 0.01, .alpha = 0.8, .eps = 0.1, .weight_decay = 0.1, .momentum = 0.9, .centered = true})},
        {"rprop", make<nn::Rprop>(nn::RpropOptions{.lr = 0.1})},
        {"rprop bounds", make<nn::Rprop>(nn::RpropOptions{.lr = 0.1, .etas = {0.6, 1.5}, .step_sizes = {0.05, 0.3}})},
        {"asgd", make<nn::ASGD>(nn::ASGDOptions{.lr = 0.1, .lambd = 0.01, .alpha = 0.6, .t0 = 3, .weight_decay = 0.1})},
        {"lion", make<nn::Lion>(nn::LionOptions{.lr = 0.1})},
        {"lion decay", make<nn::Lion>(nn::LionOptions{.lr = 0.1, .betas = {0.5, 0.7}, .weight_decay = 0.1})}};
    return all;
}
const std::map<std::string, std::pair<Shape, Make>>& of_matrices() {
    static const std::map<std::string, std::pair<Shape, Make>> all{
        {"muon", {{3, 5}, make<nn::Muon>(nn::MuonOptions{.lr = 0.1})}},
        {"muon tall",
         {{5, 2}, make<nn::Muon>(nn::MuonOptions{.lr = 0.1, .weight_decay = 0, .momentum = 0.8, .nesterov = false})}}};
    return all;
}

Tensor parameter(const Shape& shape, DType dtype) {
    Numbers numbers(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = start[i % start.size()];
    return from_vector(numbers, shape, {.dtype = dtype, .requires_grad = true});
}

// How far the path of an optimizer is from the stored one.
double distance(const std::string& name, const Make& make_it, const Shape& shape, DType dtype) {
    Tensor w = parameter(shape, dtype);
    const auto optimizer = make_it(std::vector{w});
    const auto path = test::path([&] { optimizer->step(); }, w, 12);
    return test::distance({path[1], path[11]}, stored_paths().at(name));
}

Tensor rosenbrock(const Tensor& x, const Tensor& y) { return square(1 - x) + 100 * square(y - square(x)); }

} // namespace

TEST_CASE("every optimizer takes the path of PyTorch's") {
    for (const auto& [key, make_it] : elementwise()) {
        const std::string name = key;
        CAPTURE(name);
        CHECK(distance(name, make_it, {7}, float64) < 1e-12);
        // Steps of 0.05 bring a parameter to 0 but for rounding, where signs differ
        if (name != "rprop bounds") CHECK(distance(name, make_it, {7}, float32) < 2e-4);
    }
}

TEST_CASE("Muon takes the path of its paper") {
    for (const auto& [key, shape_and_make] : of_matrices()) {
        const std::string name = key;
        CAPTURE(name);
        CHECK(distance(name, shape_and_make.second, shape_and_make.first, float64) < 1e-12);
        CHECK(distance(name, shape_and_make.second, shape_and_make.first, float32) < 2e-4);
    }
}

TEST_CASE("every stored path belongs to an optimizer") {
    for (const auto& [key, path] : stored_paths()) {
        const std::string name = key;
        CAPTURE(name);
        CHECK((elementwise().contains(name) || of_matrices().contains(name) || name.starts_with("lbfgs")));
    }
}

TEST_CASE("LBFGS takes the path of PyTorch's, with a fixed step and with the line search") {
    for (const std::string name : {"lbfgs", "lbfgs wolfe"}) {
        CAPTURE(name);
        const nn::LBFGSOptions options =
            name == "lbfgs"
                ? nn::LBFGSOptions{.lr = 1e-3, .max_iter = 6}
                : nn::LBFGSOptions{.max_iter = 4, .history_size = 3, .line_search_fn = nn::LineSearch::strong_wolfe};
        Tensor w = from_vector(Numbers{-1.2, 1}, {2}, {.requires_grad = true});
        nn::LBFGS lbfgs({w}, options);
        Kept path;
        for (int i = 0; i < 5; ++i) {
            lbfgs.step([&] {
                lbfgs.zero_grad();
                const Tensor loss = rosenbrock(w[0], w[1]);
                loss.backward();
                return loss;
            });
            path.push_back(w.to_vector());
        }
        CHECK(test::distance(path, stored_paths().at(name)) < 1e-9);
    }
}

TEST_CASE("every optimizer moves Values like a tensor of their numbers, to the last bit") {
    for (const auto& [key, make_it] : elementwise()) {
        const std::string name = key;
        CAPTURE(name);
        Tensor w = parameter({7}, float64);
        const auto of_tensor = make_it(std::vector{w});
        const auto expected = test::path([&] { of_tensor->step(); }, w, 12);
        std::vector<Value> values(start.begin(), start.end());
        const auto of_values = make_it(values);
        for (int t = 1; t <= 12; ++t) {
            for (std::size_t i = 0; i < values.size(); ++i) values[i].set_grad(test::gradient(values[i].value(), t, i));
            of_values->step();
            Numbers now;
            for (const Value& v : values) now.push_back(v.value());
            CHECK(now == expected[static_cast<std::size_t>(t - 1)]);
        }
    }
}

TEST_CASE("every optimizer resumes from its saved state to the last bit") {
    for (const auto& [key, make_it] : elementwise()) {
        const std::string name = key;
        CAPTURE(name);
        Tensor w = parameter({7}, float64);
        const auto first = make_it(std::vector{w});
        test::path([&] { first->step(); }, w, 4);
        const nn::StateDict state = first->state_dict();
        Tensor copy = from_vector(w.to_vector(), {7}, {.requires_grad = true});
        const auto second = make_it(std::vector{copy});
        second->load_state_dict(state);
        const auto expected = test::path([&] { first->step(); }, w, 4);
        CHECK(test::path([&] { second->step(); }, copy, 4) == expected);
    }
}
