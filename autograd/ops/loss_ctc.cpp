#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {
namespace {

// The logarithm of what cannot be: far below every sum, and finite, so that differences of two of them are numbers.
constexpr double impossible = -1e30;

using Numbers = std::vector<std::int64_t>;

struct Ctc {
    Index steps, examples, classes, longest; // T, N, C, S
    Numbers labels, input_lengths, target_lengths;
};

Numbers int_numbers(const char* what, const Tensor& t, const Shape& expected) {
    require_defined("ctc_loss", t);
    if (t.dtype() != DType::int64) {
        fail<DTypeError>("ctc_loss: the {} have dtype {}\n  expected int64", what, name_of(t.dtype()));
    }
    if (!(t.shape() == expected)) {
        fail<ShapeError>("ctc_loss: the {} have shape {}\n  expected {}", what, t.shape().str(), expected.str());
    }
    if (t.impl()->level != 0) {
        fail<StateError>("ctc_loss: the {} are values of a running transform\n  expected plain numbers", what);
    }
    return t.to_vector<std::int64_t>();
}

void require_lengths(const char* what, const Numbers& lengths, Index most) {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (lengths[i] >= 0 && lengths[i] <= most) continue;
        fail<ValueError>("ctc_loss: {} {} is {}\n  expected 0 to {}", what, i, lengths[i], most);
    }
}

// Targets one behind the other, (sum of the lengths), as rows.
Tensor in_rows(const Tensor& targets, const Tensor& target_lengths, Index examples) {
    if (targets.rank() != 1) return targets;
    const Numbers lengths = int_numbers("target_lengths", target_lengths, {examples});
    require_lengths("target length", lengths, targets.shape(0));
    Index total = 0, longest = 0;
    for (const Index length : lengths) {
        total += length;
        longest = std::max(longest, length);
    }
    const Numbers all = int_numbers("targets", targets, {total});
    Numbers rows;
    auto from = all.begin();
    for (const Index length : lengths) {
        rows.insert(rows.end(), from, from + length);
        rows.resize(rows.size() + static_cast<std::size_t>(longest - length), 0);
        from += length;
    }
    return from_vector(rows, {examples, longest});
}

Ctc checked(const Tensor& x, const Tensor& given, const Tensor& input_lengths, const Tensor& target_lengths,
            Index blank) {
    if (x.rank() != 3) {
        fail<ShapeError>("ctc_loss: the log_probabilities have shape {}\n  expected (steps, N, classes)",
                         x.shape().str());
    }
    require_defined("ctc_loss", given);
    const Index examples = x.shape(1);
    const Tensor targets = in_rows(given, target_lengths, examples);
    const Index longest = targets.rank() == 2 ? targets.shape(1) : 0;
    Ctc c{x.shape(0),
          examples,
          x.shape(2),
          longest,
          int_numbers("targets", targets, {examples, longest}),
          int_numbers("input_lengths", input_lengths, {examples}),
          int_numbers("target_lengths", target_lengths, {examples})};
    require_lengths("input length", c.input_lengths, c.steps);
    require_lengths("target length", c.target_lengths, c.longest);
    if (blank < 0 || blank >= c.classes) {
        fail<ValueError>("ctc_loss: blank is {}\n  expected a class, 0 to {}", blank, c.classes - 1);
    }
    for (Index n = 0; n < c.examples; ++n) {
        for (Index s = 0; s < c.target_lengths[static_cast<std::size_t>(n)]; ++s) {
            const std::int64_t label = c.labels[static_cast<std::size_t>(n * c.longest + s)];
            if (label >= 0 && label < c.classes && label != blank) continue;
            fail<IndexError>(
                "ctc_loss: label {} of example {} is {}\n  expected a class from 0 to {} that is not the blank, {}", s,
                n, label, c.classes - 1, blank);
        }
    }
    return c;
}

// The labels with blanks before, between and after them, for all examples, (N, 2 S + 1), and what is known of each place.
struct Extended {
    Tensor labels; // int64; blanks behind the end
    Tensor skips;  // boolean: the place two before may be the last one, over a blank between different labels
    Tensor ends;   // boolean: the last two places of each example
};
Extended extended(const Ctc& c, Index blank) {
    const Index width = 2 * c.longest + 1;
    const auto size = static_cast<std::size_t>(c.examples * width);
    Numbers labels(size, blank), skips(size, 0), ends(size, 0);
    for (Index n = 0; n < c.examples; ++n) {
        const Index length = c.target_lengths[static_cast<std::size_t>(n)];
        const std::int64_t* own = c.labels.data() + n * c.longest;
        for (Index s = 0; s < length; ++s) {
            const auto place = static_cast<std::size_t>(n * width + 2 * s + 1);
            labels[place] = own[s];
            skips[place] = s > 0 && own[s] != own[s - 1];
        }
        ends[static_cast<std::size_t>(n * width + 2 * length)] = 1;
        if (length > 0) ends[static_cast<std::size_t>(n * width + 2 * length - 1)] = 1;
    }
    const Shape shape{c.examples, width};
    return {from_vector(labels, shape), from_vector(skips, shape).to(boolean), from_vector(ends, shape).to(boolean)};
}

// Every place's value from `by` places before.
Tensor shifted(const Tensor& alpha, Index by) {
    const Index width = alpha.shape(1);
    if (width <= by) return full_like(alpha, impossible);
    const Tensor head = full({alpha.shape(0), by}, impossible, {.dtype = alpha.dtype()});
    return concat({head, slice(alpha, 1, 0, width - by)}, 1);
}

// log sum exp of three, of which the largest is above `impossible` or none counts.
Tensor sum_of_ways(const Tensor& stay, const Tensor& step, const Tensor& skip) {
    return logaddexp(logaddexp(stay, step), skip);
}

struct CtcLoss {
    static constexpr OpDoc doc{
        .name = "ctc_loss",
        .formula =
            "-log of the sum over alignments of the product of their probabilities; mean: over the target lengths, too",
        .derivative = "the formula's own, through the forward recurrence",
        .edges = "infinite without an alignment, or 0 with zero_infinity, and no gradient then",
        .torch = "ctc_loss",
        .snippet =
            "ctc_loss(full({2, 1, 2}, -0.6931472), tensor({{1}}, {.dtype = int64}), tensor({2}, {.dtype = int64}), "
            "tensor({1}, {.dtype = int64}))  // 0.2876821"};
    static Tensor compose(const Operand& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                          const Tensor& target_lengths, const CtcOptions& o) {
        const Tensor x = loss_operand(doc.name, log_probabilities);
        const Ctc c = checked(x, targets, input_lengths, target_lengths, o.blank);
        const Extended e = extended(c, o.blank);
        const Tensor never = full(e.labels.shape(), impossible, {.dtype = x.dtype()});
        // Before the first step only the place before the first blank is certain.
        const Index width = 2 * c.longest + 1;
        Tensor alpha, final_alpha = never;
        for (Index t = 0; t < c.steps; ++t) {
            const Tensor emitted = gather(select(x, 0, t), 1, e.labels);
            if (t == 0) {
                const Tensor first = arange(width) < 2;
                alpha = where(expand(first, e.labels.shape()), emitted, never);
            } else {
                alpha = sum_of_ways(alpha, shifted(alpha, 1), where(e.skips, shifted(alpha, 2), never)) + emitted;
            }
            Numbers last;
            for (const std::int64_t length : c.input_lengths) last.push_back(length == t + 1);
            final_alpha = where(from_vector(last, {c.examples, 1}).to(boolean), alpha, final_alpha);
        }
        const Tensor losses = -logsumexp(where(e.ends, final_alpha, never), 1);
        return finished(losses, c, o);
    }
    // Of no steps only the empty target comes out, for certain.
    static Tensor finished(Tensor losses, const Ctc& c, const CtcOptions& o) {
        Numbers certain;
        std::vector<double> lengths;
        for (std::size_t n = 0; n < c.input_lengths.size(); ++n) {
            certain.push_back(c.input_lengths[n] == 0 && c.target_lengths[n] == 0);
            lengths.push_back(static_cast<double>(std::max<std::int64_t>(1, c.target_lengths[n])));
        }
        losses = where(from_vector(certain, {c.examples}).to(boolean), zeros_like(losses), losses);
        const Tensor none = losses > -impossible / 2;
        losses = where(none, full_like(losses, o.zero_infinity ? 0.0 : HUGE_VAL), losses);
        if (o.reduction != Reduction::mean) return reduced(losses, o.reduction);
        return mean(losses / from_vector(lengths, {c.examples}, {.dtype = losses.dtype()}));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto lengths = [](Index n) { return from_vector(Numbers{n}); };
        return {{[=] {
                     ctc_loss(zeros({2, 3}), tensor({{1}}, {.dtype = int64}), lengths(2), lengths(1));
                 },
                 "ShapeError", "(steps, N, classes)"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), tensor({{3}}, {.dtype = int64}), lengths(2), lengths(1));
                 },
                 "IndexError", "is 3"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), tensor({{0}}, {.dtype = int64}), lengths(2), lengths(1));
                 },
                 "IndexError", "not the blank"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), tensor({{1}}, {.dtype = int64}), lengths(3), lengths(1));
                 },
                 "ValueError", "input length 0 is 3"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), tensor({{1}}, {.dtype = int64}), lengths(2), lengths(2));
                 },
                 "ValueError", "target length 0 is 2"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), tensor({{1}}, {.dtype = int64}), lengths(2), lengths(1), {.blank = 5});
                 },
                 "ValueError", "blank is 5"},
                {[=] {
                     ctc_loss(zeros({2, 1, 3}), zeros({1, 1}), lengths(2), lengths(1));
                 },
                 "DTypeError", "int64"},
                {[=] { ctc_loss(Tensor(), tensor({{1}}, {.dtype = int64}), lengths(2), lengths(1)); }, "StateError",
                 "undefined"}};
    }
};

// By trying every path of classes: repeats melt, blanks vanish, and what is left must be the labels.
double plain_ctc(const double* x, Index steps, Index examples, Index classes, Index n, const Numbers& labels,
                 Index blank) {
    double total = 0;
    Index paths = 1;
    for (Index t = 0; t < steps; ++t) paths *= classes;
    for (Index path = 0; path < paths; ++path) {
        Numbers out;
        double logarithm = 0;
        Index rest = path, before = -1;
        for (Index t = 0; t < steps; ++t, rest /= classes) {
            const Index k = rest % classes;
            logarithm += x[(t * examples + n) * classes + k];
            if (k != before && k != blank) out.push_back(k);
            before = k;
        }
        if (out == labels) total += std::exp(logarithm);
    }
    return -std::log(total);
}

std::vector<Sample> CtcLoss::samples() {
    std::vector<Sample> all;
    // Steps, examples, classes, and how many labels a row may have
    const std::array<std::array<Index, 4>, 13> sizes{{{4, 2, 3, 2},
                                                      {3, 1, 4, 1},
                                                      {5, 2, 2, 2},
                                                      {1, 1, 2, 1},
                                                      {2, 3, 3, 1},
                                                      {4, 1, 4, 3},
                                                      {6, 1, 3, 2},
                                                      {3, 2, 5, 2},
                                                      {5, 1, 3, 3},
                                                      {2, 1, 6, 2},
                                                      {1, 4, 2, 1},
                                                      {4, 3, 2, 1},
                                                      {3, 0, 3, 2}}};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto [steps, examples, classes, longest] = sizes[i];
        Numbers labels, lengths;
        for (Index n = 0; n < examples; ++n) {
            // Repeats in one row need a blank between, so only where there are steps for it
            for (Index s = 0; s < longest; ++s)
                labels.push_back(steps >= 2 * longest ? 1 : 1 + (n + s) % (classes - 1));
            lengths.push_back(std::min<Index>(longest, steps >= 2 * longest ? longest : 1 + n % longest));
        }
        const auto r = examples == 0 ? Reduction::sum : static_cast<Reduction>(i % 3);
        const Tensor x = spread_tensor({steps, examples, classes}, -3, -0.2);
        const Tensor t = from_vector(labels, {examples, longest}), l = from_vector(lengths, {examples});
        const Tensor input = full({examples}, steps, {.dtype = int64});
        all.push_back(
            {.note = x.shape().str(),
             .inputs = {x},
             .call = [=](In in) { return ctc_loss(in[0], t, input, l, {.reduction = r}); },
             .reference =
                 [=, s = sizes[i]](In in) {
                     const auto numbers = in[0].to_vector();
                     std::vector<double> losses;
                     for (Index n = 0; n < s[1]; ++n) {
                         const auto begin = labels.begin() + n * s[3];
                         const auto length = lengths[static_cast<std::size_t>(n)];
                         losses.push_back(plain_ctc(numbers.data(), s[0], s[1], s[2], n, {begin, begin + length}, 0));
                         if (r == Reduction::mean) losses.back() /= static_cast<double>(length);
                     }
                     if (r == Reduction::none) return from_vector(losses);
                     double total = 0;
                     for (const double loss : losses) total += loss;
                     if (r == Reduction::mean) total /= static_cast<double>(s[1]);
                     return full({}, total, {.dtype = float64});
                 },
             .tolerance = 1e-11});
    }
    return all;
}

} // namespace

Tensor ctc_loss(const Operand& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, CtcOptions options) {
    return composed<CtcLoss>(log_probabilities, targets, input_lengths, target_lengths, options);
}

std::span<const OpEntry* const> ctc_loss_ops() {
    static constexpr std::array ops{&entry<CtcLoss>()};
    return ops;
}

} // namespace xg
