// What holds for every module of the registry, whatever it computes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "nn/registry/entry.hpp"

using namespace xg;
using namespace xg::test;

namespace {

using Module = std::unique_ptr<nn::Module>;

/// Runs a law on every instance. A law that throws is that instance's failure, not the run's end.
template <class Law>
void for_each_instance(Law law) {
    for (const ModuleEntry& entry : module_entries()) {
        for (const Instance& it : entry.instances) {
            CAPTURE(it.code);
            try {
                manual_seed(1);
                law(it);
            } catch (const std::exception& e) { FAIL_CHECK(it.code << " threw " << e.what()); }
        }
    }
}

Module waved(const Instance& it) {
    Module m = it.make();
    fill_with_waves(*m);
    return m;
}

/// One with running numbers that have moved, in evaluation.
Module used(const Instance& it) {
    Module m = waved(it);
    it.call(*m, it.inputs);
    m->eval();
    return m;
}

Tensors copies(const Tensors& inputs) {
    Tensors all;
    for (const Tensor& x : inputs) all.push_back(x.detach().clone());
    return all;
}

bool is_held(const Instance& it, std::size_t i) {
    return !is_floating(it.inputs[i].dtype()) || std::count(it.options.held.begin(), it.options.held.end(), i) > 0;
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    const auto x = a.to_vector(), y = b.to_vector();
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::max(worst, std::abs(x[i] - y[i]) / std::max(1.0, std::abs(y[i])));
    return worst;
}

bool same_bits(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && a.to_vector() == b.to_vector();
}

std::vector<std::vector<double>> numbers_of(const nn::NamedTensors& list) {
    std::vector<std::vector<double>> all;
    for (const auto& item : list) all.push_back(item.second.to_vector());
    return all;
}

/// The buffers of a module, to be put back: a call in training moves them.
class Buffers {
public:
    explicit Buffers(const nn::Module& m) {
        for (const auto& item : m.named_buffers()) all_.emplace_back(item.second, item.second.clone());
    }
    void restore() const {
        const NoGrad quiet;
        for (auto [buffer, numbers] : all_) buffer.assign(numbers);
    }

private:
    std::vector<std::pair<Tensor, Tensor>> all_;
};

/// d(sum of y times a wave) / d(each entry of x) beside central differences.
void check_gradient(const Instance& it, nn::Module& m, const Tensors& inputs, Tensor x, const std::string& name) {
    constexpr double step = 1e-5;
    const Buffers buffers(m);
    const auto loss = [&] {
        manual_seed(7); // dropout draws the same
        buffers.restore();
        const NoGrad guard;
        const Tensor y = it.call(m, inputs);
        return sum(y * wave(y.shape(), 3)).item();
    };
    REQUIRE_MESSAGE(x.has_grad(), name << " got no gradient");
    const std::vector<double> gradient = x.grad().to_vector();
    auto* numbers = static_cast<double*>(x.data());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const double before = numbers[i];
        numbers[i] = before + step;
        const double above = loss();
        numbers[i] = before - step;
        const double slope = (above - loss()) / (2 * step);
        numbers[i] = before;
        CHECK_MESSAGE(std::abs(slope - gradient[i]) <= 1e-7 * std::max(1.0, std::abs(slope)),
                      fmt::format("{}: d/d{}[{}] is {}, differences say {}", it.code, name, i, gradient[i], slope));
    }
}

void check_gradients(const Instance& it, bool training) {
    const Module m = waved(it);
    for (int i = 0; i < it.options.calls_to_settle; ++i) it.call(*m, it.inputs);
    if (!training) {
        it.call(*m, it.inputs);
        m->eval();
    }
    Tensors inputs = copies(it.inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!is_held(it, i)) inputs[i].requires_grad(true);
    }
    manual_seed(7);
    const Tensor y = it.call(*m, inputs);
    REQUIRE(y.dtype() == float64);
    y.backward(wave(y.shape(), 3));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!is_held(it, i)) check_gradient(it, *m, inputs, inputs[i], fmt::format("input {}", i));
    }
    for (const auto& [name, p] : m->named_parameters()) check_gradient(it, *m, inputs, p, name);
}

Tensors first_examples(const Instance& it) {
    Tensors all;
    for (const Tensor& x : it.inputs) all.push_back(slice(x, it.options.batch_axis, 0, 1));
    return all;
}

} // namespace

TEST_CASE("modules: gradients of inputs and parameters are the slopes of the result, in training and evaluation") {
    for_each_instance([](const Instance& it) {
        check_gradients(it, /*training=*/true);
        check_gradients(it, /*training=*/false);
    });
}

TEST_CASE("modules: a state makes another instance give the same bits") {
    for_each_instance([](const Instance& it) {
        const Module a = used(it);
        const Tensor y = it.call(*a, it.inputs);
        manual_seed(2);
        const Module b = waved(it);
        for (Tensor p : b->parameters()) no_grad([&] { p.fill(0.25); });
        b->load_state_dict(a->state_dict());
        b->eval();
        CHECK(same_bits(it.call(*b, it.inputs), y));
        CHECK(a->state_dict().size() == a->named_parameters().size() + a->named_buffers().size());
    });
}

TEST_CASE("modules: a file makes another instance give the same bits") {
    const std::string path = (std::filesystem::temp_directory_path() / "xgrad_module_laws.safetensors").string();
    for_each_instance([&](const Instance& it) {
        const Module a = used(it);
        nn::save(*a, path);
        const Module b = waved(it);
        for (Tensor p : b->parameters()) no_grad([&] { p.fill(0.25); });
        nn::load(*b, path);
        b->eval();
        CHECK(same_bits(it.call(*b, it.inputs), it.call(*a, it.inputs)));
    });
    std::filesystem::remove(path);
}

TEST_CASE("modules: a clone gives the same bits and keeps its numbers when the original changes") {
    for_each_instance([](const Instance& it) {
        const Module a = used(it);
        const Tensor y = it.call(*a, it.inputs);
        const Module b = it.clone(*a);
        CHECK(same_bits(it.call(*b, it.inputs), y));
        CHECK(b->class_name() == a->class_name());
        for (Tensor p : a->parameters()) no_grad([&] { p.fill(0.25); });
        for (const auto& item : a->named_buffers()) no_grad([&] { Tensor(item.second).fill(1); });
        CHECK(same_bits(it.call(*b, it.inputs), y));
    });
}

TEST_CASE("modules: train and eval reach every part, and evaluation draws nothing and changes nothing") {
    for_each_instance([](const Instance& it) {
        const Module m = used(it);
        for (const auto& item : m->named_modules()) CHECK_FALSE(item.second->is_training());
        const auto buffers = numbers_of(m->named_buffers());
        manual_seed(3);
        const Tensor first = it.call(*m, it.inputs);
        manual_seed(4);
        CHECK(same_bits(it.call(*m, it.inputs), first));
        CHECK(numbers_of(m->named_buffers()) == buffers);
        m->train();
        for (const auto& item : m->named_modules()) CHECK(item.second->is_training());
        CHECK(same_bits(it.call(*m, it.inputs), first) != it.options.differs);
    });
}

TEST_CASE("modules: an example alone gives its part of the batch, and trains alone") {
    for_each_instance([](const Instance& it) {
        if (it.options.single) {
            const Module m = waved(it);
            const Tensor y = it.call(*m, first_examples(it));
            const auto numbers = y.to_vector();
            CHECK(std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v); }));
            if (y.requires_grad()) y.backward(wave(y.shape(), 3));
        }
        if (!it.options.whole) {
            const Module m = used(it);
            const Tensor y = it.call(*m, it.inputs);
            CHECK(largest_difference(it.call(*m, first_examples(it)), slice(y, it.options.batch_axis, 0, 1)) < 1e-12);
        }
    });
}

TEST_CASE("modules: float32 gives float32, near the numbers of float64") {
    for_each_instance([](const Instance& it) {
        const Module wide = used(it);
        const Module m = it.make();
        m->load_state_dict(wide->state_dict());
        m->eval();
        Tensors inputs = copies(it.inputs);
        for (Tensor& x : inputs)
            if (is_floating(x.dtype())) x = x.to(float32);
        const Tensor y = it.call(*m, inputs);
        CHECK(y.dtype() == float32);
        CHECK(largest_difference(y.to(float64), it.call(*wide, it.inputs)) < 1e-4);
    });
}
