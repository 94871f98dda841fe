// Groups of parameters, bounds on gradients, accumulation and averages.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>

#include "nn/numbers.hpp"
#include "nn/says.hpp"

using namespace xg;
using test::give_gradient;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;
using test::parameter;

TEST_CASE("each group of parameters has options of its own") {
    Tensor a = parameter({1}), b = parameter({1});
    nn::SGD sgd({a}, {.lr = 0.5});
    sgd.add_group({b}, {.lr = 0.25, .momentum = 0.5});
    for (int i = 0; i < 2; ++i) {
        give_gradient(a);
        give_gradient(b);
        sgd.step();
    }
    CHECK(a.item() == 0);
    CHECK(b.item() == 1 - 0.25 - 0.25 * 1.5);
    CHECK(sgd.group_count() == 2);
    CHECK(names_of(sgd.state_dict()) == Names{"lr", "1.lr", "0.step", "1.step", "1.momentum_buffer"});
}

TEST_CASE("a rate is set for all groups or for one") {
    Tensor a = parameter({1}), b = parameter({1});
    nn::Adam adam({a}, {.lr = 0.5});
    adam.add_group({b}, {.lr = 0.25});
    CHECK(adam.group_lr(1) == 0.25);
    adam.group_lr(1, 0.125);
    CHECK(adam.lr() == 0.5);
    adam.lr(0.75);
    CHECK(adam.group_lr(0) == 0.75);
    CHECK(adam.group_lr(1) == 0.75);
    CHECK_SAYS(message_of<IndexError>([&] { adam.group_lr(2); }), "there is no group 2");
    CHECK_SAYS(message_of<ValueError>([&] { adam.group_lr(1, -1); }), "lr is -1");
}

TEST_CASE("a group that is refused leaves the optimizer as it was") {
    Tensor a = parameter({1}), b = parameter({1});
    nn::SGD sgd({a}, {.lr = 0.5});
    CHECK_SAYS(message_of<StateError>([&] { sgd.add_group({b, a}, {}); }), "are the same tensor");
    CHECK_SAYS(message_of<ValueError>([&] { sgd.add_group({b}, {.lr = -1}); }), "lr is -1");
    CHECK_SAYS(message_of<ValueError>([&] { sgd.add_group(nn::Parameters(), {}); }), "there are no parameters");
    CHECK(sgd.group_count() == 1);
    CHECK(sgd.parameters().size() == 1);
    Value v = 1;
    sgd.add_group({v}, {.lr = 0.5});
    CHECK_SAYS(message_of<StateError>([&] { sgd.add_group({v}, {}); }), "are the same leaf");
}

TEST_CASE("options out of range are refused by name and value") {
    const Tensor w = parameter({1});
    const auto says = [](auto make, const char* words) { CHECK_SAYS(message_of<ValueError>(make), words); };
    says([&] { nn::AdamW({w}, {.lr = std::nan("")}); }, "AdamW: lr is nan");
    says([&] { nn::AdamW({w}, {.betas = {0.9, 1}}); }, "betas[1] is 1");
    says([&] { nn::NAdam({w}, {.momentum_decay = -1}); }, "momentum_decay is -1");
    says([&] { nn::RAdam({w}, {.betas = {-0.5, 0.9}}); }, "betas[0] is -0.5");
    says([&] { nn::Adamax({w}, {.eps = -1}); }, "eps is -1");
    says([&] { nn::Adadelta({w}, {.rho = 1.5}); }, "rho is 1.5");
    says([&] { nn::Adagrad({w}, {.lr_decay = -1}); }, "lr_decay is -1");
    says([&] { nn::RMSprop({w}, {.alpha = 2}); }, "alpha is 2");
    says([&] { nn::Rprop({w}, {.etas = {1.5, 2}}); }, "etas[0] is 1.5");
    says([&] { nn::Rprop({w}, {.step_sizes = {2, 1}}); }, "step_sizes[1] is 1");
    says([&] { nn::ASGD({w}, {.lambd = -1}); }, "lambd is -1");
    says([&] { nn::Lion({w}, {.betas = {1, 0.5}}); }, "betas[0] is 1");
    says([&] { nn::Muon({w}, {.ns_steps = 0}); }, "ns_steps is 0");
    says([&] { nn::LBFGS({w}, {.max_iter = 0}); }, "max_iter is 0");
    says([&] { nn::LBFGS({w}, {.history_size = 0}); }, "history_size is 0");
}

TEST_CASE("the state of another optimizer is refused") {
    Tensor w = parameter({1, 2});
    nn::Adam adam({w});
    give_gradient(w);
    adam.step();
    CHECK_SAYS(message_of<StateError>([&] { nn::AdamW({w}, {.amsgrad = true}).load_state_dict(adam.state_dict()); }),
               "no '0.max_exp_avg_sq'");
    CHECK_SAYS(message_of<StateError>([&] { nn::SGD({w}).load_state_dict(adam.state_dict()); }),
               "expected the state of the same optimizer");
}

TEST_CASE("Muon refuses what is no matrix before anything moves") {
    Tensor m = from_vector(Numbers{1, 2, 3, 4}, {2, 2}, {.requires_grad = true}), w = parameter({1, 2});
    nn::Muon muon({m, w});
    give_gradient(m);
    give_gradient(w);
    CHECK_SAYS(message_of<ShapeError>([&] { muon.step(); }), "expected matrices");
    CHECK(m.to_vector() == Numbers{1, 2, 3, 4});
}

// LBFGS ---------------------------------------------------------------------------------------------------------------

TEST_CASE("LBFGS with the line search finds the minimum of Rosenbrock's function over Values") {
    Value x = -1.2, y = 1;
    nn::LBFGS lbfgs({x, y}, {.max_iter = 60, .line_search_fn = nn::LineSearch::strong_wolfe});
    const double before = lbfgs.step([&] {
        lbfgs.zero_grad();
        const Value loss = square(1 - x) + 100 * square(y - square(x));
        loss.backward();
        return loss;
    });
    CHECK(before == doctest::Approx(24.2));
    CHECK(std::abs(x.value() - 1) < 1e-4);
    CHECK(std::abs(y.value() - 1) < 1e-4);
}

TEST_CASE("LBFGS resumes from its saved state to the last bit") {
    const auto run = [](Tensor& w, nn::LBFGS& lbfgs, int steps) {
        for (int i = 0; i < steps; ++i) {
            lbfgs.step([&] {
                lbfgs.zero_grad();
                const Tensor loss = square(1 - w[0]) + 100 * square(w[1] - square(w[0]));
                loss.backward();
                return loss;
            });
        }
    };
    const nn::LBFGSOptions options{.max_iter = 3, .line_search_fn = nn::LineSearch::strong_wolfe};
    Tensor w = parameter({-1.2, 1});
    nn::LBFGS first({w}, options);
    run(w, first, 2);
    Tensor copy = parameter(w.to_vector());
    nn::LBFGS second({copy}, options);
    second.load_state_dict(first.state_dict());
    run(w, first, 3);
    run(copy, second, 3);
    CHECK(copy.to_vector() == w.to_vector());
    Tensor three = parameter({1, 2, 3});
    nn::LBFGS other({three});
    CHECK_SAYS(message_of<ShapeError>([&] { other.load_state_dict(first.state_dict()); }), "for 3 numbers");
}

TEST_CASE("a loss that throws leaves LBFGS and its parameters as they were") {
    Tensor w = parameter({-1.2, 1});
    nn::LBFGS lbfgs({w}, {.lr = 1e-3});
    int calls = 0;
    const auto loss = [&] {
        if (++calls == 3) throw std::runtime_error("the data is gone");
        lbfgs.zero_grad();
        const Tensor l = square(1 - w[0]) + 100 * square(w[1] - square(w[0]));
        l.backward();
        return l;
    };
    CHECK_THROWS_AS(lbfgs.step(loss), std::runtime_error);
    CHECK(w.to_vector() == Numbers{-1.2, 1});
    CHECK(names_of(lbfgs.state_dict()) == Names{"lr"});
}

TEST_CASE("a step of LBFGS without a function is refused") {
    Tensor w = parameter({1});
    nn::LBFGS lbfgs({w});
    CHECK_SAYS(message_of<StateError>([&] { lbfgs.step(); }), "lbfgs.step([&]");
}

// Gradients -----------------------------------------------------------------------------------------------------------

TEST_CASE("clip_grad_norm scales all gradients by one factor and gives the norm they had") {
    Tensor a = parameter({0, 0}), b = parameter({0});
    Value v = 0;
    a.set_grad(from_vector(Numbers{1, -2}));
    b.set_grad(from_vector(Numbers{2}));
    v.set_grad(4);
    CHECK(nn::clip_grad_norm({{a, b}, {v}}, 10) == 5);
    CHECK(v.grad() == 4);
    CHECK(nn::clip_grad_norm({{a, b}, {v}}, 2.5) == 5);
    const double factor = 2.5 / (5 + 1e-6); // PyTorch's formula
    CHECK(a.grad().to_vector() == Numbers{factor, -2 * factor});
    CHECK(b.grad().item() == 2 * factor);
    CHECK(v.grad() == 4 * factor);
}

TEST_CASE("clip_grad_norm takes other norms and passes over what has no gradient") {
    Tensor a = parameter({0, 0}), b = parameter({0});
    a.set_grad(from_vector(Numbers{3, -4}));
    CHECK(nn::clip_grad_norm({a, b}, 100, {.norm_type = 1}) == 7);
    CHECK(nn::clip_grad_norm({a, b}, 100, {.norm_type = HUGE_VAL}) == 4);
    CHECK(nn::clip_grad_norm({b}, 1) == 0);
}

TEST_CASE("clip_grad_norm refuses bounds that are none, and NaN if asked") {
    Tensor a = parameter({0});
    give_gradient(a, std::nan(""));
    CHECK_SAYS(message_of<ValueError>([&] { nn::clip_grad_norm({a}, -1); }), "max_norm is -1");
    CHECK_SAYS(message_of<ValueError>([&] { nn::clip_grad_norm({a}, 1, {.norm_type = 0}); }), "norm_type is 0");
    CHECK_SAYS(message_of<ValueError>([&] { nn::clip_grad_norm({a}, 1, {.error_if_nonfinite = true}); }), "is nan");
    CHECK_SAYS(message_of<ValueError>([&] { nn::clip_grad_value({a}, std::nan("")); }), "clip_value is nan");
}

TEST_CASE("clip_grad_value moves every entry into the bounds") {
    Tensor a = parameter({0, 0, 0});
    Value v = 0;
    a.set_grad(from_vector(Numbers{3, -4, 0.5}));
    v.set_grad(-7);
    nn::clip_grad_value({{a}, {v}}, 2);
    CHECK(a.grad().to_vector() == Numbers{2, -2, 0.5});
    CHECK(v.grad() == -2);
}

TEST_CASE("gradients of parts of a batch add up to those of the whole") {
    manual_seed(4);
    nn::Linear whole(3, 2), parts = whole;
    const Tensor x = randn({8, 3}), t = randn({8, 2});
    mean(square(whole(x) - t)).backward();
    for (Index i = 0; i < 8; i += 2) {
        (mean(square(parts(slice(x, 0, i, i + 2)) - slice(t, 0, i, i + 2))) / 4).backward();
    }
    CHECK(max(abs(whole.weight.grad() - parts.weight.grad())).item() < 1e-6);
}

// Averages ------------------------------------------------------------------------------------------------------------

TEST_CASE("an averaged model has the mean of the weights at its updates") {
    nn::Linear net(2, 1);
    nn::AveragedModel average(net);
    for (const double w : {1.0, 2.0, 6.0}) {
        no_grad([&] { net.weight.fill(w); });
        average.update(net);
    }
    CHECK(average.n_averaged == 3);
    CHECK(average.model.weight.to_vector() == Numbers{3, 3});
    CHECK(net.weight.to_vector() == Numbers{6, 6});
    CHECK(average(ones({1, 2})).item() == doctest::Approx(6 + average.model.bias.item()));
}

TEST_CASE("an exponential average forgets by its decay") {
    nn::Linear net(1, 1);
    nn::AveragedModel average(net, {.decay = 0.75});
    for (const double w : {1.0, 3.0, 2.0}) {
        no_grad([&] { net.weight.fill(w); });
        average.update(net);
    }
    CHECK(average.model.weight.item() == 0.75 * (0.75 * 1 + 0.25 * 3) + 0.25 * 2);
    CHECK_SAYS(message_of<ValueError>([&] { nn::AveragedModel<nn::Linear>(net, {.decay = 1.5}); }), "decay is 1.5");
}
