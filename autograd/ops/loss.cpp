#include <autograd/ops/loss.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/rows.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {
namespace {

double plain_reduce(const std::vector<double>& losses, Reduction r) {
    double total = 0;
    for (double l : losses) total += l;
    return r == Reduction::mean ? total / static_cast<double>(losses.size()) : total;
}

using PairLoss = Tensor (*)(const Operand&, const Operand&, LossOptions);

std::vector<Sample> pair_samples(PairLoss call, double factor) {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{}, Shape{4}, Shape{3, 2}, Shape{1}, Shape{2, 3, 1}, Shape{1, 4}, Shape{4, 1},
                               Shape{17}, Shape{2, 1, 3, 2}, Shape{1, 1}, Shape{3, 5}}) {
        for (const Reduction r : {Reduction::none, Reduction::mean, Reduction::sum}) {
            samples.push_back({.note = shape.str(),
                               .inputs = {spread_tensor(shape), spread_tensor(shape, -1, 2, 9)},
                               .call = [call, r](In in) { return call(in[0], in[1], {.reduction = r}); },
                               .reference =
                                   [factor, r](In in) {
                                       std::vector<double> y = in[0].to_vector(), t = in[1].to_vector();
                                       for (std::size_t i = 0; i < y.size(); ++i)
                                           y[i] = factor * (y[i] - t[i]) * (y[i] - t[i]);
                                       return r == Reduction::none ? from_vector(y, in[0].shape())
                                                                   : tensor(plain_reduce(y, r), {.dtype = float64});
                                   }});
        }
    }
    samples.push_back({.note = "nothing",
                       .inputs = {zeros({0}, {.dtype = float64}), zeros({0}, {.dtype = float64})},
                       .call = [call](In in) { return call(in[0], in[1], {.reduction = Reduction::sum}); },
                       .reference = [](In) { return zeros({}, {.dtype = float64}); }});
    return samples;
}

std::vector<Misuse> pair_misuse(PairLoss call) {
    return {{[call] {
                 call(zeros({3}), zeros({3, 1}), {});
             },
             "ShapeError", "never broadcast"},
            {[call] { call(Tensor(), zeros({3}), {}); }, "StateError", "undefined"}};
}

struct MseLoss {
    static constexpr OpDoc doc{.name = "mse_loss",
                               .formula = "(y - t)^2, averaged",
                               .derivative = "2 (y - t) / count",
                               .numpy = "mean((y - t)**2)",
                               .torch = "mse_loss",
                               .snippet = "mse_loss(tensor({1, 2}), tensor({0, 0}))  // 2.5"};
    static Tensor compose(const Operand& prediction, const Operand& target, LossOptions options) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        return reduced(square(y - t), options.reduction);
    }
    static std::vector<Sample> samples() { return pair_samples(mse_loss, 1.0); }
    static std::vector<Misuse> misuse() { return pair_misuse(mse_loss); }
};

struct HalfSquaredError {
    static constexpr OpDoc doc{.name = "half_squared_error",
                               .formula = "(y - t)^2 / 2, added up",
                               .derivative = "y - t",
                               .numpy = "sum((y - t)**2) / 2",
                               .torch = "mse_loss(reduction='sum') / 2",
                               .snippet = "half_squared_error(tensor({1, 2}), tensor({0, 0}))  // 2.5"};
    static Tensor compose(const Operand& prediction, const Operand& target, LossOptions options) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        return reduced(0.5 * square(y - t), options.reduction);
    }
    static std::vector<Sample> samples() { return pair_samples(half_squared_error, 0.5); }
    static std::vector<Misuse> misuse() { return pair_misuse(half_squared_error); }
};

// e^(x - max) of every row of logits, and its sum: softmax but for the division.
struct Exponentials {
    Tensor terms, totals;
    const char* logits = nullptr; // where those were: a node that is run again at other inputs has others
};

// One loss a row, without forming the quotient of softmax: logsumexp(x) - x[target].
struct CrossEntropy {
    struct Attrs {
        std::shared_ptr<Exponentials> kept; // from forward to the first backward, which makes them the gradient
    };
    static constexpr int arity = 2;
    static constexpr unsigned differentiable = 0b01;
    static constexpr DTypes dtypes = floats;
    static constexpr OpDoc doc{
        .name = "cross_entropy",
        .formula = "-log softmax(logits)[target], averaged; of probabilities t: -sum(t log softmax(logits))",
        .derivative = "(softmax(logits) - onehot(target)) / N",
        .edges = "finite for finite logits; the mean of nothing is NaN",
        .torch = "cross_entropy",
        .onnx = "SoftmaxCrossEntropyLoss",
        .snippet = "cross_entropy(tensor({{0, 0}}), from_vector(std::vector{1}))  // 0.6931472"};
    static constexpr Saves saves{.inputs = 0b11};
    static Shape shape(In x, const Attrs&) { return x[1].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&);
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        if (s.is_plain(g)) return {slope(exponentials_of(s.in[0], a), s.in[1], g), {}};
        const Tensor column = unsqueeze(g, 1), picks = unsqueeze(s.in[1], 1);
        return {softmax(s.in[0], 1) * column - scatter_zeros(column, 1, picks, s.in[0].shape()), {}};
    }
    static Exponentials exponentials_of(const Tensor& logits, const Attrs& a);
    static Tensor slope(const Exponentials& e, const Tensor& targets, const Tensor& g);
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        return sum(softmax(s.in[0], 1) * t[0], 1) - squeeze(gather(t[0], 1, unsqueeze(s.in[1], 1)), 1);
    }
    static Tensor batch(In x, unsigned batched, const Attrs&) {
        const Index examples = ((batched & 1) != 0 ? x[0] : x[1]).shape(0), rows = x[1].shape(-1),
                    classes = x[0].shape(-1);
        const Tensor logits = expand(x[0], {examples, rows, classes}), targets = expand(x[1], {examples, rows});
        const Tensor losses =
            apply<CrossEntropy>(CallSite::current(),
                                {reshape(logits, {examples * rows, classes}), reshape(targets, {examples * rows})}, {});
        return reshape(losses, {examples, rows});
    }
    static void check_shapes(const Tensor& logits, const Tensor& targets);
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto classes = [](std::vector<std::int64_t> t) { return from_vector(t); };
        return {{[=] {
                     cross_entropy(zeros({2, 3}), classes({0, 3}));
                 },
                 "IndexError", "class 3"},
                {[=] {
                     cross_entropy(zeros({2, 3}), classes({0, -1}));
                 },
                 "IndexError", "class -1"},
                {[=] {
                     cross_entropy(zeros({2, 3}), classes({0}));
                 },
                 "ShapeError", "(1,)"},
                {[=] { cross_entropy(zeros({}), classes({0})); }, "ShapeError", "logits"},
                {[=] {
                     cross_entropy(zeros({2, 0}), classes({0, 0}));
                 },
                 "ShapeError", "no classes"},
                {[=] {
                     cross_entropy(zeros({2, 3}), zeros({2}));
                 },
                 "DTypeError", "int64"},
                {[=] {
                     cross_entropy(zeros({2, 3}), Tensor());
                 },
                 "StateError", "undefined"}};
    }
};

void check_classes(const Strided& targets, Index classes) {
    for (Index i = 0; i < targets.shape[0]; ++i) {
        const Index t = targets.as<Index>()[i * targets.strides[0]];
        if (t >= 0 && t < classes) continue;
        fail<IndexError>(
            "cross_entropy: target {} is class {}, and the logits have {} classes\n"
            "  expected classes from 0 to {}",
            i, t, classes, classes - 1);
    }
}

template <class F>
void for_rows(Index rows, Index classes, const F& f) {
    const Index grain = std::max<Index>(1, kernels::elementwise_grain / 4 / std::max<Index>(1, classes));
    kernels::parallel_ranges(rows, grain, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) f(i);
    });
}

Exponentials room_for(const Strided& logits) {
    return {make_result(logits.dtype, logits.shape), make_result(logits.dtype, {logits.shape[0]}), logits.data};
}

// The largest entry and the sum of exponentials of row i; the terms are kept where there is room.
template <class T>
std::pair<T, T> largest_and_total(const Strided& logits, Index i, const Exponentials& kept) {
    const Index classes = logits.shape[1], step = logits.strides[1];
    const T* row = logits.as<T>() + i * logits.strides[0];
    T* terms = kept.terms.defined() ? strided(kept.terms).as<T>() + i * classes : nullptr;
    const auto extremes = kernels::extremes_of(row, step, classes);
    const T total = kernels::exponentials(row, step, classes, extremes, terms, 1);
    if (terms) strided(kept.totals).as<T>()[i] = total;
    return {extremes.largest, total};
}

void CrossEntropy::forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
    const Strided &logits = x[0], &targets = x[1];
    check_classes(targets, logits.shape[1]);
    const Exponentials kept = a.kept ? * a.kept = room_for(logits) : Exponentials{};
    kernels::dispatch_number(y.dtype, [&]<class T>() {
        if constexpr (std::is_floating_point_v<T>) {
            const auto loss_of_row = [&](Index i) {
                const auto [largest, total] = largest_and_total<T>(logits, i, kept);
                const Index target = targets.as<Index>()[i * targets.strides[0]];
                const T picked = logits.as<T>()[i * logits.strides[0] + target * logits.strides[1]];
                y.as<T>()[i] = std::log(total) + (largest - picked);
            };
            for_rows(logits.shape[0], logits.shape[1], loss_of_row);
        }
    });
}

Exponentials CrossEntropy::exponentials_of(const Tensor& logits, const Attrs& a) {
    const Strided x = strided(logits);
    if (a.kept && a.kept->terms.defined() && a.kept->logits == x.data) return std::exchange(*a.kept, {});
    Exponentials e = room_for(x);
    kernels::dispatch_number(x.dtype, [&]<class T>() {
        if constexpr (std::is_floating_point_v<T>) {
            for_rows(x.shape[0], x.shape[1], [&](Index i) { largest_and_total<T>(x, i, e); });
        }
    });
    return e;
}

// The gradient of the logits in the place of the exponentials: g softmax(row), and g taken away at the target.
Tensor CrossEntropy::slope(const Exponentials& e, const Tensor& targets, const Tensor& g) {
    const Strided t = strided(targets), upstream = strided(g), y = strided(e.terms), totals = strided(e.totals);
    kernels::dispatch_number(y.dtype, [&]<class T>() {
        if constexpr (std::is_floating_point_v<T>) {
            const auto slope_of_row = [&](Index i) {
                const T factor = upstream.as<T>()[i * upstream.strides[0]];
                T* row = y.as<T>() + i * y.strides[0];
                kernels::scale(row, y.shape[1], factor / totals.as<T>()[i]);
                row[t.as<Index>()[i * t.strides[0]]] -= factor;
            };
            for_rows(y.shape[0], y.shape[1], slope_of_row);
        }
    });
    return e.terms;
}

void CrossEntropy::check_shapes(const Tensor& logits, const Tensor& targets) {
    require_defined("cross_entropy", logits);
    require_defined("cross_entropy", targets);
    if (logits.rank() < 1 || logits.rank() > 2) {
        fail<ShapeError>(
            "cross_entropy: the logits have shape {}\n"
            "  expected (N, classes), or (classes) for one example",
            logits.shape().str());
    }
    if (targets.dtype() != DType::int64) {
        fail<DTypeError>(
            "cross_entropy: the targets have dtype {}\n"
            "  expected int64 class indices; targets.to(int64) converts",
            name_of(targets.dtype()));
    }
    const Shape expected = logits.rank() == 1 ? Shape{} : Shape{logits.shape(0)};
    if (!(targets.shape() == expected)) {
        fail<ShapeError>(
            "cross_entropy: the logits have shape {} and the targets have shape {}\n"
            "  expected targets of shape {}, one class an example",
            logits.shape().str(), targets.shape().str(), expected.str());
    }
    if (logits.shape(-1) == 0 && targets.numel() > 0) {
        fail<ShapeError>("cross_entropy: logits of shape {} have no classes\n  expected at least one",
                         logits.shape().str());
    }
}

std::vector<Sample> CrossEntropy::samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{4, 3}, Shape{1, 5}, Shape{3, 1}, Shape{6}, Shape{5, 2}, Shape{1}, Shape{1, 1},
                               Shape{7, 4}, Shape{2, 9}, Shape{2}, Shape{6, 6}}) {
        for (const Reduction r : {Reduction::none, Reduction::mean, Reduction::sum}) {
            const Index classes = shape.back(), n = shape.rank() == 1 ? 1 : shape[0];
            samples.push_back(
                {.note = shape.str(),
                 .inputs = {spread_tensor(shape, -3, 3),
                            index_tensor(shape.rank() == 1 ? Shape{} : Shape{n}, classes, 1)},
                 .call = [r](In in) { return cross_entropy(in[0], in[1], {.reduction = r}); },
                 .reference =
                     [classes, n, r](In in) {
                         const auto x = in[0].to_vector();
                         const auto t = in[1].to_vector<std::int64_t>();
                         std::vector<double> losses;
                         for (Index i = 0; i < n; ++i) {
                             double total = 0;
                             for (Index c = 0; c < classes; ++c)
                                 total += std::exp(x[static_cast<std::size_t>(i * classes + c)]);
                             losses.push_back(
                                 std::log(total) -
                                 x[static_cast<std::size_t>(i * classes + t[static_cast<std::size_t>(i)])]);
                         }
                         if (r == Reduction::none) return from_vector(losses, in[1].shape());
                         return tensor(plain_reduce(losses, r), {.dtype = float64});
                     },
                 .tolerance = 1e-11});
        }
    }
    samples.push_back({.note = "nothing",
                       .inputs = {zeros({0, 3}, {.dtype = float64}), zeros({0}, {.dtype = int64})},
                       .call = [](In in) { return cross_entropy(in[0], in[1], {.reduction = Reduction::sum}); },
                       .reference = [](In) { return zeros({}, {.dtype = float64}); }});
    return samples;
}

// Whether a target is to be left out, as far as one can see: not inside a transform.
bool has_ignored(const Tensor& targets, Index ignored) {
    if (targets.dtype() != DType::int64 || targets.impl()->level != 0) return false;
    const auto classes = targets.to_vector<std::int64_t>();
    return std::find(classes.begin(), classes.end(), ignored) != classes.end();
}

// Targets are probabilities of the classes, of the shape of the logits.
Tensor of_probabilities(const Tensor& log_probabilities, const Tensor& targets, Index axis,
                        const CrossEntropyOptions& o) {
    require_between("cross_entropy", "targets", targets, 0, 1);
    const Tensor& x = log_probabilities;
    Tensor terms = x;
    if (o.weight.defined()) {
        if (!(o.weight.shape() == Shape{x.shape(axis)})) {
            fail<ShapeError>("cross_entropy: the weight has shape {}\n  expected one for each of the {} classes",
                             o.weight.shape().str(), x.shape(axis));
        }
        Shape column;
        for (int i = 0; i < x.rank(); ++i) column.push_back(i == axis ? x.shape(axis) : 1);
        terms = x * reshape(o.weight.to(x.dtype()), column);
    }
    Tensor shares = targets.to(x.dtype());
    if (o.label_smoothing > 0) {
        shares = (1 - o.label_smoothing) * shares + o.label_smoothing / static_cast<double>(x.shape(axis));
    }
    return reduced(-sum(terms * shares, axis), o.reduction);
}

} // namespace

Tensor cross_entropy(const Operand& logits, const Tensor& targets, CrossEntropyOptions options) {
    const CallSite here(logits.site());
    const CrossEntropyOptions& o = options;
    const Tensor x = as_tensor(logits);
    require_defined("cross_entropy", x);
    require_defined("cross_entropy", targets);
    require_option("cross_entropy", o.label_smoothing >= 0 && o.label_smoothing <= 1, "label_smoothing",
                   o.label_smoothing, "0 to 1");
    const Index axis = x.rank() == 1 ? 0 : 1;
    if (x.rank() > 0 && is_floating(targets.dtype()) && targets.shape() == x.shape()) {
        return of_probabilities(log_softmax(loss_operand("cross_entropy", x), axis), targets, axis, o);
    }
    if (x.rank() > 2 || o.weight.defined() || o.label_smoothing > 0 || has_ignored(targets, o.ignore_index)) {
        const ClassLossOptions of_classes{.weight = o.weight, .ignore_index = o.ignore_index, .reduction = o.reduction};
        return class_losses("cross_entropy", log_softmax(loss_operand("cross_entropy", x), axis), targets, of_classes,
                            o.label_smoothing);
    }
    CrossEntropy::check_shapes(x, targets);
    const bool single = x.rank() == 1;
    CrossEntropy::Attrs attrs;
    if (context().recording && x.impl()->node && x.impl()->level == 0) attrs.kept = std::make_shared<Exponentials>();
    const Tensor losses = apply<CrossEntropy>(
        logits.site(), {single ? unsqueeze(x, 0) : x, single ? unsqueeze(targets, 0) : targets}, attrs);
    return reduced(single ? squeeze(losses, 0) : losses, options.reduction);
}
Tensor mse_loss(const Operand& prediction, const Operand& target, LossOptions options) {
    return composed<MseLoss>(prediction, target, options);
}
Tensor half_squared_error(const Operand& prediction, const Operand& target, LossOptions options) {
    return composed<HalfSquaredError>(prediction, target, options);
}

std::span<const OpEntry* const> loss_ops() {
    static constexpr std::array ops{&entry<MseLoss>(), &entry<HalfSquaredError>(), &entry<CrossEntropy>()};
    return ops;
}

Tensor detail::cross_entropy_formula(In x, const void*) {
    const Tensor shifted = x[0] - max(x[0].detach(), 1, {.keepdims = true});
    return log(sum(exp(shifted), 1)) - squeeze(gather(shifted, 1, unsqueeze(x[1], 1)), 1);
}

} // namespace xg
