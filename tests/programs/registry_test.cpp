// Random programs of operations drawn from the registry, with shared parts, unused branches, detached values, views and
// changes in place: gradients and tangents are the numeric ones, or the change in place is refused.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <autograd/autograd.hpp>

#include "laws/law.hpp"
#include "support/compare.hpp"
#include "support/gradients.hpp"
#include "support/sanitized.hpp"

using namespace xg;
using test::Tensors;

namespace {

constexpr int programs = test::sanitized ? 150 : 2000;
constexpr std::uint64_t first_seed = 20240811;
constexpr int most_steps = 30;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : bits_(seed) {}
    int below(std::size_t n) { return static_cast<int>(bits_() % n); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::uint64_t seed() { return bits_(); }

private:
    std::mt19937_64 bits_;
};

enum class Kind { operation, mix, view, detach, change, unrecorded_change };

struct Step {
    Kind kind;
    int how = 0;
    std::vector<int> cells = {}; // that it reads; of a change the first is its target
    const OpEntry* op = nullptr;
    const Sample* sample = nullptr;
};

struct Cell {
    Tensor value;
    bool detached = false; // a constant to a difference, and never changed
};

// What a difference has to take for constants, in the order it is read: the first run keeps it, the others repeat it.
struct Constants {
    Tensors kept;
    std::size_t next = 0;
    bool repeats = false;

    Tensor operator()(const Tensor& t) {
        if (!repeats) kept.push_back(t.clone());
        return repeats ? kept[next++] : kept.back();
    }
};

// x's numbers, repeated or left out, in another shape.
Tensor fitted(const Tensor& x, const Shape& shape) {
    const Index n = x.numel(), count = shape.numel();
    std::vector<std::int64_t> at;
    for (Index k = 0; k < count; ++k) at.push_back((3 * k + 1) % n);
    return reshape(index_select(reshape(x, {n}), 0, from_vector(at)), shape);
}

// Near the sample's input, on the same side of 0: where the operation is smooth.
Tensor near(const Tensor& input, const Tensor& x) {
    if (!is_floating(input.dtype()) || input.numel() == 0) return input;
    const Tensor t = tanh(fitted(x, input.shape()));
    return input * (1.0 + 0.1 * t) + 0.01 * t;
}

Tensor view_of(const Tensor& x, int how) {
    const Index n = x.rank() == 0 ? 1 : x.shape()[0];
    switch (x.rank() == 0 ? 4 : how) {
        case 0: return select(x, 0, n - 1);
        case 1: return slice(x, 0, none, none, -1);
        case 2: return x.rank() > 1 ? transpose(x) : slice(x, 0, 0, (n + 1) / 2);
        case 3: return slice(x, -1, 0, none, 2);
        case 4: return unsqueeze(x, 0);
        case 5:
            return expand(unsqueeze(x, 0), [&] {
                Shape shape = x.shape();
                shape.insert(0, 2);
                return shape;
            }());
        default: return reshape(x, {x.numel()});
    }
}

void change(Tensor& target, const Tensor& x, int how) {
    switch (how) {
        case 0: target += x; break;
        case 1: target -= 0.5 * x; break;
        case 2: target *= 1.0 + 0.5 * x; break;
        case 3: target /= 2.0 + x; break;
        case 4: target.assign(x); break;
        default: target.fill(0.5); break;
    }
}

// The state of one run. It reads cells, never their tensors, so that constants stay constants.
struct Run {
    std::vector<Cell> cells;
    Constants& constants;
    bool plain; // no engine looks: detached values are constants of the first run

    Tensor read(int i) {
        const Cell& c = cells[static_cast<std::size_t>(i)];
        return c.detached && plain ? constants(c.value) : c.value;
    }
    void push(Tensor t, bool detached = false) {
        if (!is_floating(t.dtype())) t = t.to(float64);
        cells.push_back({std::move(t), detached});
    }
    Tensor result(const Step& s) {
        Tensors in;
        for (std::size_t i = 0; i < s.sample->inputs.size(); ++i)
            in.push_back(near(s.sample->inputs[i], read(s.cells[i])));
        return s.sample->call(in);
    }
    void step(const Step& s) {
        const auto cell = [&](std::size_t k) -> Cell& { return cells[static_cast<std::size_t>(s.cells[k])]; };
        switch (s.kind) {
            case Kind::operation: return push(result(s));
            case Kind::mix: {
                const Tensor a = read(s.cells[0]), b = read(s.cells[1]);
                return push(0.7 * a + tanh(fitted(b, a.shape())) * 0.6);
            }
            case Kind::view: return push(view_of(cell(0).value, s.how), cell(0).detached);
            case Kind::detach: return push(cell(0).value.detach(), true);
            case Kind::change: {
                const Tensor x = tanh(fitted(read(s.cells[1]), cell(0).value.shape()));
                return change(cell(0).value, x, s.how);
            }
            case Kind::unrecorded_change: {
                Tensor x = fitted(read(s.cells[1]), cell(0).value.shape()).detach();
                if (plain) x = constants(x);
                return no_grad([&] { cell(0).value += x; });
            }
        }
    }
};

// Whether the numbers around where the step runs have a slope: two differences agree.
bool is_smooth(Run& at, const Step& s, Dice& dice) {
    Tensors in, v;
    for (std::size_t i = 0; i < s.sample->inputs.size(); ++i) {
        in.push_back(near(s.sample->inputs[i], at.read(s.cells[i])));
        v.push_back(is_floating(in[i].dtype()) ? test::random_like(in[i], dice.seed()) : Tensor());
    }
    const auto f = [&](double t) {
        Tensors x = in;
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (v[i].defined()) x[i] = x[i] + t * v[i];
        }
        return s.sample->call(x).to(float64);
    };
    const Tensor middle = f(0), wide = (f(4e-3) - f(-4e-3)) / 8e-3, narrow = (f(1e-3) - f(-1e-3)) / 2e-3;
    const double size = test::largest(wide) + test::largest(middle);
    for (const Tensor& t : {middle, wide, narrow}) {
        for (const double x : t.to_vector<double>()) {
            if (!(std::abs(x) < 1e3)) return false;
        }
    }
    return test::largest(wide - narrow) <= 1e-3 * size;
}

struct Program {
    std::uint64_t seed;
    std::vector<Step> steps = {};
    std::vector<int> ends = {}; // the cells that the result is made of; the others are unused branches
    Tensors inputs = {};

    explicit Program(std::uint64_t number) : seed(number) {
        Dice dice(seed);
        inputs = {test::random_like(zeros({2, 3}, {.dtype = float64}), dice.seed()),
                  test::random_like(zeros({3}, {.dtype = float64}), dice.seed())};
        Constants constants;
        Run run = start(inputs, constants, /*plain=*/true);
        const int count = 3 + dice.below(most_steps - 2);
        const bool changes = dice.one_in(2); // half of the programs change nothing in place
        while (static_cast<int>(steps.size()) < count) {
            const Step s = draw(run, dice, changes);
            try {
                if (s.kind == Kind::operation && !is_smooth(run, s, dice)) continue;
                run.step(s);
            } catch (const Error&) { continue; } // an operation without meaning there, an expanded target
            steps.push_back(s);
        }
        for (int i = 0; i < static_cast<int>(run.cells.size()); ++i) {
            if (dice.one_in(2) || i + 2 >= static_cast<int>(run.cells.size())) ends.push_back(i);
        }
    }

    Run start(std::span<const Tensor> x, Constants& constants, bool plain) const {
        Run run{{}, constants, plain};
        for (const Tensor& t : x) {
            run.cells.push_back({plain ? t.clone() : t}); // a change must not reach whoever calls
            run.cells.push_back({run.cells.back().value * 1.5});
        }
        return run;
    }

    // Of the newest cells or of any, so that programs are deep and parts are shared.
    static int operand(const Run& run, Dice& dice, bool to_change = false) {
        const auto n = run.cells.size();
        for (;;) {
            const int i =
                dice.one_in(2) ? static_cast<int>(n) - 1 - dice.below(std::min<std::size_t>(n, 3)) : dice.below(n);
            const Cell& c = run.cells[static_cast<std::size_t>(i)];
            if (c.value.numel() > 0 && c.value.numel() < 200 && !(to_change && c.detached)) return i;
        }
    }
    static Step draw(const Run& run, Dice& dice, bool changes) {
        const auto one = [&](bool to_change = false) { return operand(run, dice, to_change); };
        const int what = dice.below(20);
        if (changes && what < 3) return {Kind::change, dice.below(6), {one(true), one()}};
        if (changes && what < 4) return {Kind::unrecorded_change, 0, {one(true), one()}};
        if (what < 7) return {Kind::view, dice.below(7), {one()}};
        if (what < 8) return {Kind::detach, 0, {one()}};
        if (what < 12) return {Kind::mix, 0, {one(), one()}};
        const auto& all = laws::subjects();
        for (;;) {
            const laws::Subject& subject = all[static_cast<std::size_t>(dice.below(all.size()))];
            const Sample& sample = subject.samples[static_cast<std::size_t>(dice.below(subject.samples.size()))];
            Index entries = 0;
            for (const Tensor& x : sample.inputs) entries = std::max(entries, x.numel());
            if (!sample.smooth || subject.op->sized_by_numbers || entries > 60) continue;
            Step s{Kind::operation, 0, {}, subject.op, &sample};
            for (std::size_t i = 0; i < sample.inputs.size(); ++i) s.cells.push_back(one());
            return s;
        }
    }

    /// The result. Changes in place that are refused are left out, here and in every run that is given `refused`.
    Tensor operator()(std::span<const Tensor> x, Constants& constants, bool plain,
                      std::set<std::size_t>& refused) const {
        Run run = start(x, constants, plain);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (refused.contains(i)) continue;
            const bool changes = steps[i].kind == Kind::change || steps[i].kind == Kind::unrecorded_change;
            try {
                run.step(steps[i]);
            } catch (const Error& e) {
                if (plain || !changes || (e.kind() != "GraphError" && e.kind() != "StateError")) throw;
                refused.insert(i);
            }
        }
        Tensor total = zeros({}, {.dtype = float64});
        for (const int i : ends) {
            const Tensor y = run.read(i);
            if (y.numel() > 0)
                total = total + mean(tanh(y) * test::random_like(y.detach(), seed + static_cast<std::uint64_t>(i)));
        }
        return total;
    }

    std::string str() const {
        const char* const names[] = {"", "mix", "view", "detach", "change", "unrecorded change"};
        std::string text = fmt::format("seed {}:", seed);
        for (const Step& s : steps) {
            text += fmt::format(" {}{}({})", s.op ? s.op->doc.name : names[static_cast<int>(s.kind)],
                                s.op ? "" : std::to_string(s.how), fmt::join(s.cells, ","));
            if (s.sample) text += fmt::format("[{}]", s.sample->note);
        }
        return text + fmt::format(" -> {}", fmt::join(ends, ","));
    }
};

// Fourth order differences by every entry, and how far those of half the step are from them.
struct Numeric {
    Tensors gradients;
    double uncertainty = 0, size = 0, value = 0;

    Numeric(const Program& program, std::set<std::size_t> refused) {
        Constants constants;
        value = program(program.inputs, constants, true, refused).item();
        constants.repeats = true;
        for (std::size_t i = 0; i < program.inputs.size(); ++i) {
            std::vector<double> slopes;
            const auto values = program.inputs[i].to_vector<double>();
            for (std::size_t k = 0; k < values.size(); ++k) {
                const auto at = [&](double t) {
                    auto moved = values;
                    moved[k] += t;
                    Tensors x = program.inputs;
                    x[i] = from_vector(moved, x[i].shape());
                    constants.next = 0;
                    return program(x, constants, true, refused).item();
                };
                const double h = 1e-3, two = at(2 * h) - at(-2 * h), one = at(h) - at(-h),
                             half = at(h / 2) - at(-h / 2);
                const double wide = (8 * one - two) / (12 * h), narrow = (8 * half - one) / (6 * h);
                slopes.push_back(narrow);
                uncertainty = std::max(uncertainty, std::abs(wide - narrow));
                size = std::max(size, std::abs(narrow));
            }
            gradients.push_back(from_vector(slopes, program.inputs[i].shape()));
        }
    }
    bool says_something() const { return uncertainty <= 1e-6 * (size + 1) && std::isfinite(value); }
    double tolerance() const { return 1e-8 * (size + 1) + 10 * uncertainty; }
};

struct Counts {
    int equal = 0, refused = 0, tangents = 0, changed = 0, unclear = 0;
};

void check_value(const Tensor& y, const Numeric& numeric) {
    CHECK(std::abs(y.item() - numeric.value) <= 1e-10 * (1 + std::abs(numeric.value)));
}

bool changes_in_place(const Step& s) { return s.kind == Kind::change || s.kind == Kind::unrecorded_change; }

// A change in place may reach the numbers of a leaf.
Tensors copies(const Tensors& x) {
    Tensors out;
    for (const Tensor& t : x) out.push_back(t.clone());
    return out;
}

void check_reverse(const Program& program, Counts& counts) {
    const Tensors leaves = test::leaves_of(copies(program.inputs));
    std::set<std::size_t> refused;
    Constants none_kept;
    const Tensor y = program(leaves, none_kept, false, refused);
    const Numeric numeric(program, refused);
    check_value(y, numeric);
    if (!numeric.says_something()) return void(++counts.unclear);
    if (y.requires_grad()) {
        try {
            y.backward();
        } catch (const GraphError&) { return void(++counts.refused); }
    }
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const Tensor g = leaves[i].has_grad() ? leaves[i].grad() : zeros(leaves[i].shape(), {.dtype = float64});
        const double miss = test::largest(g - numeric.gradients[i]);
        CHECK_MESSAGE(miss <= numeric.tolerance(),
                      "input " << i << ": " << to_string(g) << " instead of " << to_string(numeric.gradients[i]));
    }
    ++counts.equal;
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
        counts.changed += changes_in_place(program.steps[i]) && !refused.contains(i);
    }
}

void check_forward(const Program& program, Counts& counts) {
    const Tensors v = test::directions(program.inputs, program.seed);
    std::set<std::size_t> refused;
    Constants none_kept;
    double value = 0, along = 0;
    {
        const test::Dual dual;
        const Tensor y = program(dual.wrap(copies(program.inputs), v), none_kept, false, refused);
        const Tensor t = dual.tangent(y);
        value = dual.primal(y).item();
        along = t.defined() ? t.item() : 0;
    }
    const Numeric numeric(program, refused);
    CHECK(std::abs(value - numeric.value) <= 1e-10 * (1 + std::abs(numeric.value)));
    if (!numeric.says_something()) return;
    double expected = 0;
    for (std::size_t i = 0; i < v.size(); ++i) expected += test::inner(numeric.gradients[i], v[i]).value;
    CHECK(std::abs(along - expected) <= 9 * numeric.tolerance());
    ++counts.tangents;
}

} // namespace

TEST_CASE("programs of the registry: gradients and tangents are numeric ones, or a change in place is refused") {
    Counts counts;
    for (int i = 0; i < programs; ++i) {
        const Program program(first_seed + static_cast<std::uint64_t>(i));
        INFO(program.str());
        try {
            check_reverse(program, counts);
            if (i % 2 == 0) check_forward(program, counts);
        } catch (const std::exception& e) { FAIL_CHECK(e.what()); }
    }
    MESSAGE("seeds from " << first_seed << ": " << programs << " programs, " << counts.equal
                          << " with numeric gradients, " << counts.refused << " refused, " << counts.changed
                          << " changes in place carried out, " << counts.tangents << " tangents, " << counts.unclear
                          << " without clear differences");
    CHECK(counts.equal > programs * 7 / 10);
    CHECK(counts.changed > programs / 10);
    CHECK(counts.refused > programs / 50);
    CHECK(counts.unclear < programs / 20);
}
