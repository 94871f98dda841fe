// Random programs that go from Values to tensors and back, against the same programs on Values alone; long chains of
// crossings and memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/engine/tape.hpp>

#include "autograd/value/tiny_segments.hpp"
#include "support/resources.hpp"
#include "support/sanitized.hpp"

using namespace xg;
using test::on_small_stack;
using test::resident_bytes;
using test::sanitized;
using test::TinySegments;

namespace {

// Every variable exists twice: mixed, and as Values alone.
class Program {
public:
    explicit Program(unsigned seed) : random_(seed) {
        for (int i = 0; i < 4; ++i) {
            const double x = number();
            leaves_.push_back({Value(x), Value(x)});
            scalars_.push_back(leaves_.back());
        }
        for (int i = 0; i < 3; ++i) {
            Array w{zeros({3}, {.dtype = float64}), {}};
            for (Index k = 0; k < 3; ++k) {
                const double x = number();
                static_cast<double*>(w.mixed.data())[k] = x;
                w.pure.emplace_back(x);
            }
            w.mixed.requires_grad(true);
            tensor_leaves_.push_back(w);
            arrays_.push_back(w);
        }
    }

    /// The number of wrong values and gradients.
    int run(int steps) {
        for (int i = 0; i < steps; ++i) {
            step();
            if (below(200) == 0) detail::Tape::mine().sweep();
            if (below(60) == 0) backward_from_value();
            if (below(60) == 0) backward_from_tensor();
            if (below(100) == 0) grad_of_value();
            if (below(100) == 0) grad_of_tensor();
        }
        return wrong_;
    }

private:
    struct Scalar {
        Value mixed, pure;
    };
    struct Array {
        Tensor mixed;
        std::vector<Value> pure;
    };

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    double number() { return std::uniform_real_distribution<double>(-1.5, 1.5)(random_); }
    Scalar& scalar() { return scalars_[below(scalars_.size())]; }
    Array& array() { return arrays_[below(arrays_.size())]; }
    void compare(double got, double expected) {
        if (!(std::abs(got - expected) <= 1e-9 * std::max(1.0, std::abs(expected)))) ++wrong_;
    }

    void put(Value mixed, Value pure) {
        compare(mixed.value(), pure.value());
        if (scalars_.size() < 25 && below(2) == 0) scalars_.push_back({std::move(mixed), std::move(pure)});
        else scalar() = {std::move(mixed), std::move(pure)};
    }
    void put(Tensor mixed, std::vector<Value> pure) {
        const std::vector<double> numbers = mixed.to_vector();
        for (std::size_t i = 0; i < pure.size(); ++i) compare(numbers[i], pure[i].value());
        if (arrays_.size() < 12 && below(2) == 0) arrays_.push_back({std::move(mixed), std::move(pure)});
        else array() = {std::move(mixed), std::move(pure)};
    }
    template <class F>
    static std::vector<Value> each(const std::vector<Value>& x, F f) {
        std::vector<Value> out;
        for (const Value& v : x) out.push_back(f(v));
        return out;
    }

    void step() {
        switch (below(13)) {
            case 0: {
                const Scalar a = scalar(), b = scalar();
                return put(a.mixed * b.mixed, a.pure * b.pure);
            }
            case 1: {
                const Scalar a = scalar(), b = scalar(), c = scalar();
                return put(tanh(a.mixed * b.mixed - c.mixed), tanh(a.pure * b.pure - c.pure));
            }
            case 2: {
                const Scalar a = scalar();
                return put(sin(a.mixed) + 0.5, sin(a.pure) + 0.5);
            }
            case 3:
            case 4:
            case 5: { // stack
                std::vector<Value> mixed, pure;
                const std::size_t n = below(3) == 0 ? 1 + below(2) : 3;
                for (std::size_t i = 0; i < n; ++i) {
                    const Scalar a = scalar();
                    mixed.push_back(a.mixed), pure.push_back(a.pure);
                }
                return put(stack(mixed), pure);
            }
            case 6:
            case 7:
            case 8: { // value_at
                const Array a = array();
                const std::size_t at = below(a.pure.size());
                return put(a.mixed.value_at({static_cast<Index>(at)}), a.pure[at]);
            }
            case 9: {
                const Array a = array();
                return put(tanh(a.mixed), each(a.pure, [](const Value& v) { return tanh(v); }));
            }
            case 10: { // broadcasting
                const Array a = array(), b = array();
                if (a.pure.size() != b.pure.size() && a.pure.size() != 1) return;
                std::vector<Value> pure;
                for (std::size_t i = 0; i < b.pure.size(); ++i)
                    pure.push_back(tanh(a.pure[a.pure.size() == 1 ? 0 : i] * b.pure[i]));
                return put(tanh(a.mixed * b.mixed), pure);
            }
            case 11: { // every entry on every other
                const Array a = array();
                const Tensor all = unsqueeze(sum(a.mixed), 0);
                const Value sum_pure = sum(a.pure);
                return put(sin(a.mixed * all), each(a.pure, [&](const Value& v) { return sin(v * sum_pure); }));
            }
            default: { // forget
                if (scalars_.size() > 6)
                    scalars_.erase(scalars_.begin() + static_cast<long>(4 + below(scalars_.size() - 4)));
                if (arrays_.size() > 5)
                    arrays_.erase(arrays_.begin() + static_cast<long>(3 + below(arrays_.size() - 3)));
                if (below(20) == 0) { // nearly everything
                    scalars_.resize(4, scalars_[0]);
                    arrays_.resize(3);
                    for (std::size_t i = 0; i < 4; ++i) scalars_[i] = leaves_[i];
                    for (std::size_t i = 0; i < 3; ++i) arrays_[i] = tensor_leaves_[i];
                }
                return;
            }
        }
    }

    void clear() {
        for (Scalar& leaf : leaves_) leaf.mixed.zero_grad(), leaf.pure.zero_grad();
        for (Array& leaf : tensor_leaves_) {
            leaf.mixed.zero_grad();
            for (Value& v : leaf.pure) v.zero_grad();
        }
    }
    void compare_leaves() {
        for (const Scalar& leaf : leaves_) compare(leaf.mixed.grad(), leaf.pure.grad());
        for (const Array& leaf : tensor_leaves_) {
            for (std::size_t i = 0; i < 3; ++i) {
                const double got = leaf.mixed.has_grad() ? leaf.mixed.grad().to_vector()[i] : 0;
                compare(got, leaf.pure[i].grad());
            }
        }
        clear();
    }
    void backward_from_value() {
        const Scalar y = scalar();
        y.mixed.backward(1.5, {.retain_graph = true});
        y.pure.backward(1.5);
        compare_leaves();
    }
    void backward_from_tensor() {
        const Array y = array();
        sum(y.mixed).backward({.retain_graph = true});
        sum(y.pure).backward();
        compare_leaves();
    }
    void grad_of_value() {
        const Scalar y = scalar();
        std::vector<Value> mixed, pure;
        for (const Scalar& leaf : leaves_) mixed.push_back(leaf.mixed), pure.push_back(leaf.pure);
        const Scalar x = scalar();
        mixed.push_back(x.mixed), pure.push_back(x.pure);
        const std::vector<Value> g = grad(y.mixed, mixed), ge = grad(y.pure, pure);
        // A pure variable may be an entry of arrays too, where its gradient is another one.
        for (std::size_t i = 0; i + 1 < g.size(); ++i) compare(g[i].value(), ge[i].value());
        const std::size_t i = below(leaves_.size());
        const std::vector<Value> h = grad(g[i], std::span(mixed).first(4)), he = grad(ge[i], std::span(pure).first(4));
        for (std::size_t k = 0; k < 4; ++k) compare(h[k].value(), he[k].value());
        g[i].backward(1.0, {.retain_graph = true}); // to leaves of both kinds
        ge[i].backward();
        compare_leaves();
    }
    void grad_of_tensor() {
        const Array y = array();
        std::vector<Tensor> mixed;
        std::vector<Value> pure;
        for (const Array& leaf : tensor_leaves_) {
            mixed.push_back(leaf.mixed);
            pure.insert(pure.end(), leaf.pure.begin(), leaf.pure.end());
        }
        const bool create = below(2) == 0;
        const Tensor total = sum(y.mixed * 1.0);
        if (!total.requires_grad()) return;
        const auto g = grad(total, mixed, {.create_graph = create, .retain_graph = true, .allow_unused = true});
        const std::vector<Value> ge = grad(sum(y.pure), pure);
        for (std::size_t i = 0; i < 9; ++i) {
            if (g[i / 3].defined()) compare(g[i / 3].to_vector()[i % 3], ge[i].value());
            else compare(0, ge[i].value());
        }
        if (!create || !g[0].defined() || !g[0].requires_grad()) return;
        sum(g[0]).backward({.retain_graph = true});
        (ge[0] + ge[1] + ge[2]).backward();
        compare_leaves();
    }

    std::mt19937 random_;
    std::vector<Scalar> leaves_, scalars_;
    std::vector<Array> tensor_leaves_, arrays_;
    int wrong_ = 0;
};

} // namespace

TEST_CASE("Bridge: random mixed programs have the values and gradients of their Values alone") {
    for (const std::size_t slots : {4, 23, 100'000}) {
        const TinySegments segments(slots);
        for (unsigned seed = 1; seed <= (sanitized ? 4u : 12u); ++seed) {
            CAPTURE(slots);
            CAPTURE(seed);
            const auto before = memory_stats().in_use;
            CHECK(Program(seed).run(sanitized ? 600 : 2500) == 0);
            detail::Tape::mine().sweep();
            CHECK(memory_stats().in_use == before); // no tensor is left
        }
    }
}

TEST_CASE("Bridge: a hundred thousand crossings need no stack, from either side") {
    const auto before = memory_stats().in_use;
    on_small_stack([] {
        constexpr int crossings = sanitized ? 10'000 : 100'000;
        const auto chain = [](Value x) {
            for (int i = 0; i < crossings; ++i) x = (stack({x}) * 0.99999).value_at({0}) + 1e-6;
            return x;
        };
        const double slope = std::pow(0.99999, crossings);
        {
            Value x = 1.0;
            const Value y = chain(x);
            y.backward();
            CHECK(std::abs(x.grad() / slope - 1) < 1e-9);
        }
        {
            Value x = 1.0;
            const Tensor y = stack({chain(x)});
            y.backward();
            CHECK(std::abs(x.grad() / slope - 1) < 1e-9);
        }
        {
            Value x = 1.0;
            const Value y = chain(x);
            const Value g = grad(y, {x})[0];
            CHECK(std::abs(g.value() / slope - 1) < 1e-9);
        }
        {
            Value x = 1.0;
            const Value unused = chain(x);
            Tensor t = stack({unused * x});
            { const Value last = t.value_at({0}); }
            t = {}; // the tensor is the last
        }
        {
            Tensor t; // Values die first
            {
                Value x = 1.0;
                t = stack({chain(x)});
            }
            t = {};
        }
    });
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("Bridge: memory stays flat over ten thousand mixed steps") {
    const Tensor w = full({4, 4}, 0.1, {.dtype = float64, .requires_grad = true});
    Value a = 0.5, kept = a * a;
    double warm = 0;
    const int steps = sanitized ? 500 : 10'000;
    for (int i = 0; i < steps; ++i) {
        std::vector<Value> x;
        for (int k = 0; k < 4; ++k) x.push_back(a * static_cast<double>(k));
        const Tensor h = tanh(matmul(w, stack(x)));
        Value y = 0.0;
        for (Index k = 0; k < 4; ++k) y += h.value_at({k}) * x[static_cast<std::size_t>(k)];
        const Tensor loss = square(stack({y, y + 1.0}));
        if (i % 3 == 0) sum(loss).backward();
        else (loss.value_at({0}) + y).backward();
        if (i % 7 == 0) kept = y; // one result lives on
        if (i == steps / 10) warm = resident_bytes();
    }
    if (!sanitized) CHECK(resident_bytes() <= warm + 1024 * 1024);
}

TEST_CASE("Bridge: a forgotten transform forgets its tensors") {
    const auto before = memory_stats().in_use;
    const std::size_t bytes = detail::Tape::mine().bytes();
    const auto f = [](std::span<const Value> x) {
        Value y = x[0];
        for (int i = 0; i < 30; ++i) y = sum(sin(stack({y, x[0] * y}))).value_at({});
        return y;
    };
    Value outside = 2.0, alive = outside * outside;
    for (int i = 0; i < (sanitized ? 20 : 1000); ++i) grad(f, {0.1 * i});
    CHECK(memory_stats().in_use == before);
    CHECK(detail::Tape::mine().bytes() <= bytes + (std::size_t{1} << 17));
    CHECK(alive.value() == 4);
    Tensor escaped;
    const auto leaking = [&](std::span<const Value> x) {
        escaped = stack({x[0] * 3.0, x[0]});
        return sum(square(escaped)).value_at({});
    };
    CHECK(grad(leaking, {2.0})[0] == 40);
    sum(escaped).backward(); // what it was made of is still there
    CHECK(escaped.to_vector() == std::vector{6.0, 2.0});
}
