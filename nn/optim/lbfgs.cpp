#include <nn/optim/lbfgs.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/parameter.hpp>
#include <nn/numbers_internal.hpp>
#include <nn/optim/update_internal.hpp>
#include <nn/optim/value_list_internal.hpp>
#include <nn/optim/wolfe_internal.hpp>

namespace xg::nn {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }
double largest(const Numbers& a) {
    double most = 0;
    for (const double x : a) most = std::isnan(x) ? x : std::max(most, std::abs(x));
    return most;
}
/// x + length d
Numbers along(const Numbers& x, double length, const Numbers& d) {
    Numbers y(x.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i] + length * d[i];
    return y;
}
Numbers times(double factor, Numbers x) {
    for (double& v : x) v *= factor;
    return x;
}

} // namespace

LBFGS::LBFGS(Parameters parameters, LBFGSOptions options, Site site)
    : Optimizer("LBFGS", {}, std::move(parameters), options.lr, site), options_(options) {
    const CallSite here(site);
    require(options.max_iter >= 1, "max_iter", options.max_iter, "1 or more");
    require(options.max_eval.value_or(1) >= 1, "max_eval", options.max_eval.value_or(1), "1 or more");
    require(options.history_size >= 1, "history_size", options.history_size, "1 or more");
    require(is_size(options.tolerance_grad), "tolerance_grad", options.tolerance_grad, "a finite number, 0 or more");
    require(is_size(options.tolerance_change), "tolerance_change", options.tolerance_change,
            "a finite number, 0 or more");
}

void LBFGS::step(Site site) {
    const CallSite here(site);
    fail<StateError>(
        "LBFGS: a step needs the loss as a function, which it evaluates several times\n"
        "  expected lbfgs.step([&] {{ lbfgs.zero_grad(); ...; loss.backward(); return loss; }})");
}

// Parameters side by side -----------------------------------------------------------------------------------------------

std::size_t LBFGS::size() const {
    std::size_t count = 0;
    for (const Slot& slot : slots()) count += static_cast<std::size_t>(slot.parameter.numel());
    return count;
}

Numbers LBFGS::numbers() const {
    Numbers all;
    all.reserve(size());
    for (const Slot& slot : slots()) {
        if (slot.values.empty()) {
            const Numbers own = slot.parameter.to_vector();
            all.insert(all.end(), own.begin(), own.end());
        }
        for (const Value& v : slot.values) all.push_back(v.value());
    }
    return all;
}

void LBFGS::set_numbers(const Numbers& x) {
    const double* from = x.data();
    for (Slot& slot : slots()) {
        for (Value& v : slot.values) v.set_value(*from++);
        if (!slot.values.empty()) continue;
        void* to = mutable_data(slot.parameter);
        const Index n = slot.parameter.numel();
        if (slot.parameter.dtype() == float64) std::copy(from, from + n, static_cast<double*>(to));
        else std::transform(from, from + n, static_cast<float*>(to), [](double v) { return static_cast<float>(v); });
        from += n;
    }
}

// 0 for what has no gradient or is frozen: it stays where it is.
Numbers LBFGS::gradients() const {
    Numbers all;
    all.reserve(size());
    for (std::size_t i = 0; i < slots().size(); ++i) {
        const Tensor g = gradient_of(i);
        const Numbers own =
            g.defined() ? g.to_vector() : Numbers(static_cast<std::size_t>(slots()[i].parameter.numel()));
        all.insert(all.end(), own.begin(), own.end());
    }
    return all;
}

// The algorithm -----------------------------------------------------------------------------------------------------------

double LBFGS::run(const std::function<double()>& loss, Site site) {
    const CallSite here(site);
    const Numbers before = numbers();
    Memory memory = memory_; // pairs are shared
    try {
        const double first = iterate(loss, memory);
        memory_ = std::move(memory);
        return first;
    } catch (...) {
        set_numbers(before);
        throw;
    }
}

void LBFGS::remember(Memory& m, const Numbers& gradient) const {
    Pair pair{times(m.length, m.direction), along(gradient, -1, m.gradient), 0};
    const double product = dot(pair.step, pair.change);
    if (!(product > 1e-10)) return; // no curvature to learn from
    if (m.pairs.size() == static_cast<std::size_t>(options_.history_size)) m.pairs.pop_front();
    pair.rho = 1 / product;
    m.scale = product / dot(pair.change, pair.change);
    m.pairs.push_back(std::make_shared<const Pair>(std::move(pair)));
}

// -H g by two loops over the pairs.
Numbers LBFGS::direction_of(const Memory& m, const Numbers& gradient) const {
    Numbers d = times(-1, gradient), weights(m.pairs.size());
    for (std::size_t i = m.pairs.size(); i-- > 0;) {
        weights[i] = dot(m.pairs[i]->step, d) * m.pairs[i]->rho;
        d = along(d, -weights[i], m.pairs[i]->change);
    }
    d = times(m.scale, std::move(d));
    for (std::size_t i = 0; i < m.pairs.size(); ++i) {
        const double back = dot(m.pairs[i]->change, d) * m.pairs[i]->rho;
        d = along(d, weights[i] - back, m.pairs[i]->step);
    }
    return d;
}

double LBFGS::iterate(const std::function<double()>& loss, Memory& m) {
    const LBFGSOptions& o = options_;
    const int most_evaluations = o.max_eval.value_or(o.max_iter * 5 / 4);
    const double first_loss = loss();
    double now = first_loss;
    Numbers gradient = gradients();
    int evaluations = 1;
    for (int i = 1; i <= o.max_iter && !(largest(gradient) <= o.tolerance_grad); ++i) {
        const bool very_first = ++m.iterations == 1;
        if (!very_first) remember(m, gradient);
        m.direction = very_first ? times(-1, gradient) : direction_of(m, gradient);
        m.gradient = gradient;
        m.length = lr();
        if (very_first) {
            double total = 0;
            for (const double g : gradient) total += std::abs(g);
            m.length *= std::min(1.0, 1 / total);
        }
        const double slope = dot(gradient, m.direction), before = now;
        if (slope > -o.tolerance_change) break;

        const Numbers x = numbers();
        const auto at = [&](double length) {
            set_numbers(along(x, length, m.direction));
            const double value = loss();
            Numbers g = gradients();
            const double g_along = dot(g, m.direction);
            return LinePoint{length, value, std::move(g), g_along};
        };
        if (o.line_search_fn == LineSearch::strong_wolfe) {
            const WolfeOptions wolfe{.tolerance_change = o.tolerance_change, .longest_entry = largest(m.direction)};
            const LinePoint best = strong_wolfe(at, {0, now, gradient, slope}, m.length, wolfe, evaluations);
            m.length = best.length;
            now = best.loss;
            gradient = best.gradient;
            set_numbers(along(x, m.length, m.direction));
        } else if (i == o.max_iter) { // nobody asks for the loss there
            set_numbers(along(x, m.length, m.direction));
        } else {
            const LinePoint next = at(m.length);
            ++evaluations;
            now = next.loss;
            gradient = next.gradient;
        }
        if (evaluations >= most_evaluations || std::abs(m.length) * largest(m.direction) <= o.tolerance_change) break;
        if (std::abs(now - before) < o.tolerance_change) break;
    }
    m.evaluations += evaluations;
    return first_loss;
}

// State -------------------------------------------------------------------------------------------------------------------

StateDict LBFGS::state_dict() const {
    const auto one = [](double x) { return full({}, x, {.dtype = float64}); };
    NamedTensors items{{"lr", one(lr())}};
    if (memory_.iterations == 0) return items;
    Numbers steps, changes;
    for (const auto& pair : memory_.pairs) {
        steps.insert(steps.end(), pair->step.begin(), pair->step.end());
        changes.insert(changes.end(), pair->change.begin(), pair->change.end());
    }
    const auto n = static_cast<Index>(size()), count = static_cast<Index>(memory_.pairs.size());
    items.emplace_back("iterations", full({}, memory_.iterations, {.dtype = int64}));
    items.emplace_back("evaluations", full({}, memory_.evaluations, {.dtype = int64}));
    items.emplace_back("length", one(memory_.length));
    items.emplace_back("scale", one(memory_.scale));
    items.emplace_back("direction", from_vector(memory_.direction));
    items.emplace_back("gradient", from_vector(memory_.gradient));
    items.emplace_back("steps", from_vector(steps, {count, n}));
    items.emplace_back("changes", from_vector(changes, {count, n}));
    return items;
}

void LBFGS::load_state_dict(const StateDict& state, Site site) {
    const CallSite here(site);
    const double rate = state.at("lr").item();
    require(is_size(rate), "lr", rate, "a finite number, 0 or more");
    Memory m;
    if (state.size() != 1) {
        const auto n = static_cast<Index>(size());
        const Index count = state.at("steps").rank() == 2 ? state.at("steps").shape(0) : -1;
        const auto list = [&](const char* name, const Shape& shape) {
            const Tensor& t = state.at(name);
            if (!(t.shape() == shape)) {
                fail<ShapeError>(
                    "LBFGS::load_state_dict: '{}' has shape {}\n  expected {} for {} numbers in the parameters", name,
                    t.shape().str(), shape.str(), n);
            }
            return t.to_vector();
        };
        const Numbers steps = list("steps", {std::max<Index>(0, count), n}), changes = list("changes", {count, n});
        m = {.iterations = state.at("iterations").item<std::int64_t>(),
             .evaluations = state.at("evaluations").item<std::int64_t>(),
             .length = state.at("length").item(),
             .scale = state.at("scale").item(),
             .direction = list("direction", {n}),
             .gradient = list("gradient", {n}),
             .pairs = {}};
        if (state.size() != 9) {
            fail<StateError>("LBFGS::load_state_dict: the state has {} entries\n  expected those of another LBFGS, 9",
                             state.size());
        }
        for (Index i = 0; i < count; ++i) {
            const auto row = [&](const Numbers& all) {
                return Numbers(all.begin() + i * n, all.begin() + (i + 1) * n);
            };
            Pair pair{row(steps), row(changes), 0};
            pair.rho = 1 / dot(pair.step, pair.change);
            m.pairs.push_back(std::make_shared<const Pair>(std::move(pair)));
        }
    }
    memory_ = std::move(m);
    lr(rate);
}

} // namespace xg::nn
