#include <autograd/transforms/value_transforms.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/debug/value_walk_internal.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/engine/tape_grad.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>

namespace xg {

using namespace detail;

namespace {

// Runs `f` on fresh leaves and forgets afterwards what it recorded.
template <class Body>
auto on_leaves(const std::vector<double>& x, Body body) {
    const Recording recording;
    Tape& tape = Tape::mine();
    const TapeMark mark = tape.mark();
    struct Rewind {
        Tape& tape;
        const TapeMark& mark;
        ~Rewind() { tape.rewind_to(mark); }
    } const rewind{tape, mark};
    const std::vector<Value> leaves(x.begin(), x.end());
    return body(std::span<const Value>(leaves));
}

std::vector<double> gradients_of(std::span<const Value> leaves) {
    std::vector<double> g;
    for (const Value& x : leaves) g.push_back(x.grad());
    return g;
}

constexpr std::size_t lanes = 8;

// Columns of d ys / d xs, `lanes` at once: to[i * n + j].
void forward_columns(std::span<const Value> ys, std::span<const Value> xs, double* to) {
    const std::size_t n = xs.size();
    for (std::size_t first = 0; first < n; first += lanes) {
        const std::size_t width = std::min(lanes, n - first);
        std::vector<double> directions(n * width, 0.0);
        for (std::size_t k = 0; k < width; ++k) directions[(first + k) * width + k] = 1;
        const auto t = forward_tangents(ys, xs, directions, width);
        for (std::size_t i = 0; i < ys.size(); ++i) {
            for (std::size_t k = 0; k < width; ++k) to[i * n + first + k] = t[i * width + k];
        }
    }
}

std::vector<Value> or_zero(std::vector<Value> gradients) {
    for (Value& g : gradients) {
        if (!g.defined()) g = Value(0.0);
    }
    return gradients;
}

} // namespace

std::vector<Value> grad(const Value& y, std::span<const Value> xs, Site site) {
    return or_zero(recorded_backward(y, xs, Value(1.0), site));
}

std::pair<double, std::vector<double>> value_and_grad(const ValueFunction& f, const std::vector<double>& x, Site site) {
    return on_leaves(x, [&](std::span<const Value> leaves) {
        const Value y = f(leaves);
        y.backward(1.0, site);
        return std::pair(y.value(), gradients_of(leaves));
    });
}
std::vector<double> grad(const ValueFunction& f, const std::vector<double>& x, Site site) {
    return value_and_grad(f, x, site).second;
}

Tensor jacobian(const std::function<std::vector<Value>(std::span<const Value>)>& f, const std::vector<double>& x,
                Site site) {
    return on_leaves(x, [&](std::span<const Value> leaves) {
        const std::vector<Value> y = f(leaves);
        const std::size_t m = y.size(), n = x.size();
        std::vector<double> rows(m * n, 0.0);
        if (n < m) {
            for (const Value& v : y) v.slot("jacobian", site);
            forward_columns(y, leaves, rows.data());
        } else {
            for (std::size_t i = 0; i < m; ++i) {
                for (const Value& leaf : leaves) leaf.slot()->grad = nothing_arrived;
                y[i].backward(1.0, site);
                for (std::size_t j = 0; j < n; ++j) rows[i * n + j] = leaves[j].grad();
            }
        }
        return from_vector(rows, Shape{static_cast<Index>(m), static_cast<Index>(n)});
    });
}

Tensor hessian(const ValueFunction& f, const std::vector<double>& x, Site site) {
    return on_leaves(x, [&](std::span<const Value> leaves) {
        const std::vector<Value> g = grad(f(leaves), leaves, site);
        const std::size_t n = x.size();
        std::vector<double> rows(n * n, 0.0);
        forward_columns(g, leaves, rows.data());
        return from_vector(rows, Shape{static_cast<Index>(n), static_cast<Index>(n)});
    });
}

std::vector<double> hvp(const ValueFunction& f, const std::vector<double>& x, const std::vector<double>& v, Site site) {
    if (v.size() != x.size()) {
        const CallSite here(site);
        fail<ShapeError>("hvp: x has {} numbers and v has {}\n  expected the same number", x.size(), v.size());
    }
    return on_leaves(x, [&](std::span<const Value> leaves) {
        const std::vector<Value> g = grad(f(leaves), leaves, site);
        return forward_tangents(g, leaves, v, 1);
    });
}

// Operations with a rule of their own -------------------------------------------------------------------------------------

namespace {

std::vector<Slot*> slots_of(const char* op, std::span<const Value> x, Site site) {
    std::vector<Slot*> slots;
    for (const Value& v : x) slots.push_back(ValueArg(v, site).slot(op));
    return slots;
}

Value record_operation(std::unique_ptr<ForeignSlot> operation, double y, Site site) {
    Tape& tape = Tape::mine();
    return tape.recording() ? Value(tape.record(std::move(operation), y, site)) : Value(y, site);
}

class CustomSlot : public ForeignOperation, public NumericFunction {
public:
    CustomSlot(std::shared_ptr<const CustomRule> rule, std::vector<Slot*> in)
        : rule_(std::move(rule)), in_(std::move(in)) {}
    const char* name() const override { return rule_->name.c_str(); }
    const std::vector<Slot*>& inputs() const override { return in_; }
    double value_at(const double* x) const override { return rule_->value(x); }
    void backward(const Slot& self) override {
        const auto slopes = slopes_at(self);
        for (std::size_t i = 0; i < in_.size(); ++i) add_to(in_[i], self.grad * slopes[i]);
    }
    std::vector<Value> cotangents(const Value& self, const Value& g) override {
        if (!rule_->recorded_slopes) {
            fail<GraphError>(
                "{}: its derivative takes numbers and not Values, so it has no second derivative\n"
                "  expected a generic one: [](auto x) {{ return ...; }}",
                name());
        }
        std::vector<Value> x, slopes;
        for (Slot* in : in_) x.push_back(handle(in)), slopes.emplace_back(0.0);
        rule_->recorded_slopes(x.data(), self, slopes.data());
        for (Value& slope : slopes) slope = g * slope;
        return slopes;
    }
    void tangent(const Slot& self, const std::vector<const double*>& tangents, double* out,
                 std::size_t width) override {
        const auto slopes = slopes_at(self);
        for (std::size_t i = 0; i < in_.size(); ++i) {
            for (std::size_t k = 0; tangents[i] && k < width; ++k) out[k] += slopes[i] * tangents[i][k];
        }
    }

private:
    std::vector<double> slopes_at(const Slot& self) const {
        std::vector<double> x, slopes(in_.size());
        for (const Slot* in : in_) x.push_back(in->data);
        rule_->slopes(x.data(), self.data, slopes.data());
        return slopes;
    }
    std::shared_ptr<const CustomRule> rule_;
    std::vector<Slot*> in_;
};

class CheckpointSlot : public ForeignOperation {
public:
    CheckpointSlot(ValueFunction f, std::vector<Slot*> in) : f_(std::move(f)), in_(std::move(in)) {}
    const char* name() const override { return "checkpoint"; }
    const std::vector<Slot*>& inputs() const override { return in_; }
    void backward(const Slot& self) override {
        std::vector<double> x;
        for (const Slot* in : in_) x.push_back(in->data);
        const double g = self.grad;
        on_leaves(x, [&](std::span<const Value> leaves) {
            const Value y = f_(leaves);
            y.backward(g);
            for (std::size_t i = 0; i < in_.size(); ++i) add_to(in_[i], leaves[i].grad());
            return 0;
        });
    }
    void tangent(const Slot&, const std::vector<const double*>& tangents, double* out, std::size_t width) override {
        std::vector<double> x, directions(in_.size() * width, 0.0);
        for (std::size_t i = 0; i < in_.size(); ++i) {
            x.push_back(in_[i]->data);
            if (tangents[i]) std::copy_n(tangents[i], width, directions.data() + i * width);
        }
        on_leaves(x, [&](std::span<const Value> leaves) {
            const Value y = f_(leaves);
            const auto t = forward_tangents({&y, 1}, leaves, directions, width);
            for (std::size_t k = 0; k < width; ++k) out[k] += t[k];
            return 0;
        });
    }
    // One input may depend on another, so each gets a node of its own here.
    std::vector<Value> cotangents(const Value&, const Value& g) override {
        std::vector<Value> x;
        for (Slot* in : in_) x.push_back(handle(in) + 0.0);
        return recorded_backward(f_(x), x, g, {});
    }

private:
    ValueFunction f_;
    std::vector<Slot*> in_;
};

} // namespace

Value apply_custom(std::shared_ptr<const CustomRule> rule, std::span<const Value> x, Site site) {
    auto in = slots_of(rule->name.c_str(), x, site);
    std::vector<double> numbers;
    for (const Slot* s : in) numbers.push_back(s->data);
    const double y = rule->value(numbers.data());
    return record_operation(std::make_unique<CustomSlot>(std::move(rule), std::move(in)), y, site);
}

Value checkpoint(ValueFunction f, std::span<const Value> x, Site site) {
    auto in = slots_of("checkpoint", x, site);
    const double y = no_grad([&] { return f(x).value(site); });
    return record_operation(std::make_unique<CheckpointSlot>(std::move(f), std::move(in)), y, site);
}

} // namespace xg
