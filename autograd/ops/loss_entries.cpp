#include <array>
#include <cmath>
#include <numbers>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/exponential.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/special.hpp>

// Losses of one prediction and one target an entry, as formulas of operations.
namespace xg {
namespace {

using MakeTensor = Tensor (*)(const Shape&);

// Samples with each of the options; `plain` is the loss of one entry.
template <class Options>
std::vector<Sample> option_samples(std::initializer_list<Options> all, Tensor (*loss)(In, const Options&),
                                   double (*plain)(double, double, const Options&), MakeTensor y, MakeTensor t) {
    std::vector<std::vector<Tensor>> operands;
    for (const Shape& shape : entry_shapes()) operands.push_back({y(shape), t(shape)});
    std::vector<Sample> samples;
    for (const Options& chosen : all) {
        const auto call = [=](In in, Reduction r) {
            Options o = chosen;
            o.reduction = r;
            return loss(in, o);
        };
        const auto reference = [=](const std::vector<Plain>& x, const std::vector<Shape>&) {
            Plain losses;
            for (std::size_t i = 0; i < x[0].size(); ++i) losses.push_back(plain(x[0][i], x[1][i], chosen));
            return losses;
        };
        for (Sample& s : loss_samples(operands, call, reference)) samples.push_back(std::move(s));
    }
    return samples;
}

std::vector<Misuse> pair_misuse(void (*call)(const Tensor&, const Tensor&)) {
    return {{[call] {
                 call(zeros({3}), zeros({3, 1}));
             },
             "ShapeError", "never broadcast"},
            {[call] { call(Tensor(), zeros({3})); }, "StateError", "undefined"}};
}

// log y, -100 where it is less, and there without a slope instead of with an infinite one.
Tensor bounded_log(const Tensor& y) {
    const Tensor inside = y > 0.0;
    return where(inside, maximum(log(where(inside, y, ones_like(y))), -100.0), full_like(y, -100.0));
}

struct L1Loss {
    static constexpr OpDoc doc{.name = "l1_loss",
                               .formula = "|y - t|, averaged",
                               .derivative = "sign(y - t) / count",
                               .ties = "0 at y = t",
                               .numpy = "mean(abs(y - t))",
                               .torch = "l1_loss",
                               .snippet = "l1_loss(tensor({1, 2}), tensor({0, 0}))  // 1.5"};
    static Tensor compose(const Operand& prediction, const Operand& target, const LossOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        return reduced(abs(y - t), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<LossOptions>(
            {{}}, [](In in, const LossOptions& o) { return l1_loss(in[0], in[1], o); },
            [](double y, double t, const LossOptions&) { return std::abs(y - t); },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, -1, 2, 9); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { l1_loss(y, t); });
        return all;
    }
};

struct HuberLoss {
    static constexpr OpDoc doc{
        .name = "huber_loss",
        .formula = "(y - t)^2 / 2 where |y - t| < delta, else delta (|y - t| - delta / 2), averaged",
        .derivative = "clamp(y - t, -delta, delta) / count",
        .torch = "huber_loss",
        .snippet = "huber_loss(tensor({1, 3}), tensor({0, 0}))  // 1.5"};
    static Tensor compose(const Operand& prediction, const Operand& target, const HuberOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        require_option(doc.name, std::isfinite(o.delta) && o.delta > 0, "delta", o.delta, "a finite number above 0");
        const Tensor d = abs(y - t);
        const Tensor losses = where(d < o.delta, 0.5 * square(d), o.delta * (d - 0.5 * o.delta));
        return reduced(losses, o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<HuberOptions>(
            {{}, {.delta = 0.3}}, [](In in, const HuberOptions& o) { return huber_loss(in[0], in[1], o); },
            [](double y, double t, const HuberOptions& o) {
                const double d = std::abs(y - t);
                return d < o.delta ? d * d / 2 : o.delta * (d - o.delta / 2);
            },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, -1, 2, 9); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { huber_loss(y, t); });
        all.push_back({[] { huber_loss(zeros({1}), zeros({1}), {.delta = 0}); }, "ValueError", "delta is 0"});
        return all;
    }
};

struct SmoothL1Loss {
    static constexpr OpDoc doc{
        .name = "smooth_l1_loss",
        .formula = "(y - t)^2 / (2 beta) where |y - t| < beta, else |y - t| - beta / 2, averaged",
        .derivative = "clamp((y - t) / beta, -1, 1) / count",
        .edges = "beta = 0 is l1_loss",
        .torch = "smooth_l1_loss",
        .snippet = "smooth_l1_loss(tensor({1, 3}), tensor({0, 0}))  // 1.5"};
    static Tensor compose(const Operand& prediction, const Operand& target, const SmoothL1Options& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        require_option(doc.name, std::isfinite(o.beta) && o.beta >= 0, "beta", o.beta, "a finite number, 0 or more");
        const Tensor d = abs(y - t);
        if (o.beta == 0) return reduced(d, o.reduction);
        return reduced(where(d < o.beta, square(d) * (0.5 / o.beta), d - 0.5 * o.beta), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<SmoothL1Options>(
            {{}, {.beta = 0.3}, {.beta = 0}},
            [](In in, const SmoothL1Options& o) { return smooth_l1_loss(in[0], in[1], o); },
            [](double y, double t, const SmoothL1Options& o) {
                const double d = std::abs(y - t);
                return d < o.beta ? d * d / (2 * o.beta) : d - o.beta / 2;
            },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, -1, 2, 9); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { smooth_l1_loss(y, t); });
        all.push_back({[] { smooth_l1_loss(zeros({1}), zeros({1}), {.beta = -1}); }, "ValueError", "beta is -1"});
        return all;
    }
};

struct BinaryCrossEntropy {
    static constexpr OpDoc doc{.name = "binary_cross_entropy",
                               .formula = "-(t log y + (1 - t) log(1 - y)), averaged",
                               .derivative = "(y - t) / (y (1 - y)) / count",
                               .edges = "logarithms end at -100, where their slope is 0",
                               .torch = "binary_cross_entropy",
                               .snippet = "binary_cross_entropy(tensor({0.5}), tensor({1.0}))  // 0.6931472"};
    static Tensor compose(const Operand& prediction, const Operand& target, const WeightedLossOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        require_between(doc.name, "prediction", y, 0, 1);
        require_between(doc.name, "target", t, 0, 1);
        const Tensor losses = -(t * bounded_log(y) + (1 - t) * bounded_log(1 - y));
        return reduced(weighted(doc.name, losses, o.weight), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<WeightedLossOptions>(
            {{}}, [](In in, const WeightedLossOptions& o) { return binary_cross_entropy(in[0], in[1], o); },
            [](double y, double t, const WeightedLossOptions&) {
                return -(t * std::log(y) + (1 - t) * std::log1p(-y));
            },
            [](const Shape& shape) { return spread_tensor(shape, 0.15, 0.85); },
            [](const Shape& shape) { return spread_tensor(shape, 0.15, 0.85, 3); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { binary_cross_entropy(y, t); });
        all.push_back({[] { binary_cross_entropy(full({2}, 1.5), zeros({2})); }, "ValueError",
                       "entry 0 of the prediction is 1.5"});
        all.push_back(
            {[] { binary_cross_entropy(zeros({2}), full({2}, -1.0)); }, "ValueError", "entry 0 of the target is -1"});
        all.push_back(
            {[] { binary_cross_entropy(zeros({2}), zeros({2}), {.weight = ones({3})}); }, "ShapeError", "weight"});
        return all;
    }
};

struct BinaryCrossEntropyWithLogits {
    static constexpr OpDoc doc{
        .name = "binary_cross_entropy_with_logits",
        .formula = "pos_weight t softplus(-x) + (1 - t) softplus(x), averaged: binary_cross_entropy(sigmoid(x), t)",
        .derivative = "(sigmoid(x) - t) / count",
        .edges = "finite for finite logits",
        .torch = "binary_cross_entropy_with_logits",
        .onnx = "",
        .snippet = "binary_cross_entropy_with_logits(tensor({0.0}), tensor({1.0}))  // 0.6931472"};
    static Tensor compose(const Operand& prediction, const Operand& target, const BceWithLogitsOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        require_between(doc.name, "target", t, 0, 1);
        // Both terms keep their digits in the tails; max(x, 0) - x t + log1p(e^-|x|) has a difference there.
        const Tensor losses = weighted(doc.name, t * softplus(-y), o.pos_weight) + (1 - t) * softplus(y);
        return reduced(weighted(doc.name, losses, o.weight), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<BceWithLogitsOptions>(
            {{}},
            [](In in, const BceWithLogitsOptions& o) { return binary_cross_entropy_with_logits(in[0], in[1], o); },
            [](double y, double t, const BceWithLogitsOptions&) {
                return t * std::log1p(std::exp(-y)) + (1 - t) * std::log1p(std::exp(y));
            },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, 0.05, 0.95, 3); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all =
            pair_misuse([](const Tensor& y, const Tensor& t) { binary_cross_entropy_with_logits(y, t); });
        all.push_back({[] { binary_cross_entropy_with_logits(zeros({2}), full({2}, 2.0)); }, "ValueError",
                       "entry 0 of the target is 2"});
        all.push_back({[] { binary_cross_entropy_with_logits(zeros({2}), zeros({2}), {.pos_weight = ones({3})}); },
                       "ShapeError", "weight"});
        return all;
    }
};

struct KlDiv {
    static constexpr OpDoc doc{.name = "kl_div",
                               .formula = "t (log t - y), averaged, for y the logarithm of probabilities",
                               .derivative = "-t / count",
                               .ties = "0 where t = 0",
                               .torch = "kl_div",
                               .snippet = "kl_div(tensor({-1.0}), tensor({1.0}))  // 1.0"};
    static Tensor compose(const Operand& prediction, const Operand& target, const KlDivOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        if (!o.log_target) require_between(doc.name, "target", t, 0, 1);
        const Tensor losses = o.log_target ? exp(t) * (t - y) : xlogy(t, t) - t * y;
        if (!o.batch_mean) return reduced(losses, o.reduction);
        if (y.rank() == 0)
            fail<ShapeError>(
                "kl_div: batch_mean is set and the prediction has shape ()\n  expected an axis of examples");
        return sum(losses) / static_cast<double>(y.shape(0));
    }
    static std::vector<Sample> samples() {
        return option_samples<KlDivOptions>(
            {{}, {.log_target = true}}, [](In in, const KlDivOptions& o) { return kl_div(in[0], in[1], o); },
            [](double y, double t, const KlDivOptions& o) {
                return o.log_target ? std::exp(t) * (t - y) : t * (std::log(t) - y);
            },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, 0.05, 0.95, 3); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { kl_div(y, t); });
        all.push_back({[] { kl_div(zeros({}), zeros({}), {.batch_mean = true}); }, "ShapeError", "axis of examples"});
        all.push_back({[] { kl_div(zeros({2}), tensor({0.5, -0.5})); }, "ValueError", "entry 1 of the target is -0.5"});
        return all;
    }
};

struct HingeLoss {
    static constexpr OpDoc doc{.name = "hinge_loss",
                               .formula = "max(0, 1 - t y), averaged, for t of -1 and 1",
                               .derivative = "-t / count where t y < 1, else 0",
                               .ties = "half the slope at t y = 1",
                               .numpy = "mean(maximum(0, 1 - t * y))",
                               .snippet = "hinge_loss(tensor({0.5, 2.0}), tensor({1, 1}))  // 0.25"};
    static Tensor compose(const Operand& prediction, const Operand& target, const LossOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        return reduced(maximum(1 - t * y, 0.0), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<LossOptions>(
            {{}}, [](In in, const LossOptions& o) { return hinge_loss(in[0], in[1], o); },
            [](double y, double t, const LossOptions&) { return std::max(0.0, 1 - t * y); },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return sign_tensor(shape, 5); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { hinge_loss(y, t); });
        return all;
    }
};

struct HingeEmbeddingLoss {
    static constexpr OpDoc doc{.name = "hinge_embedding_loss",
                               .formula = "y where t = 1, max(0, margin - y) where t = -1, averaged",
                               .derivative = "1, or -1 where y < margin, over count",
                               .edges = "a target that is neither counts as both, as in PyTorch",
                               .torch = "hinge_embedding_loss",
                               .snippet = "hinge_embedding_loss(tensor({2.0, 0.5}), tensor({1, -1}))  // 1.25"};
    static Tensor compose(const Operand& prediction, const Operand& target, const MarginOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        const Tensor zero = zeros_like(y);
        const Tensor losses =
            where(not_equal(t, 1.0), maximum(o.margin - y, 0.0), zero) + where(not_equal(t, -1.0), y, zero);
        return reduced(losses, o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<MarginOptions>(
            {{.margin = 1}, {.margin = 0.4}},
            [](In in, const MarginOptions& o) { return hinge_embedding_loss(in[0], in[1], o); },
            [](double y, double t, const MarginOptions& o) { return t == 1 ? y : std::max(0.0, o.margin - y); },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return sign_tensor(shape, 5); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { hinge_embedding_loss(y, t); });
        return all;
    }
};

struct SoftMarginLoss {
    static constexpr OpDoc doc{.name = "soft_margin_loss",
                               .formula = "log(1 + exp(-t y)), averaged, for t of -1 and 1",
                               .derivative = "-t sigmoid(-t y) / count",
                               .torch = "soft_margin_loss",
                               .snippet = "soft_margin_loss(tensor({0.0}), tensor({1}))  // 0.6931472"};
    static Tensor compose(const Operand& prediction, const Operand& target, const LossOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        return reduced(softplus(-(t * y)), o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<LossOptions>(
            {{}}, [](In in, const LossOptions& o) { return soft_margin_loss(in[0], in[1], o); },
            [](double y, double t, const LossOptions&) { return std::log1p(std::exp(-t * y)); },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return sign_tensor(shape, 5); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { soft_margin_loss(y, t); });
        return all;
    }
};

struct PoissonNllLoss {
    static constexpr OpDoc doc{.name = "poisson_nll_loss",
                               .formula =
                                   "exp(y) - t y, or y - t log(y + eps) without log_input, averaged; full adds t log t "
                                   "- t + log(2 pi t) / 2 where t > 1",
                               .derivative = "(exp(y) - t) / count",
                               .torch = "poisson_nll_loss",
                               .snippet = "poisson_nll_loss(tensor({0.0}), tensor({3.0}))  // 1.0"};
    static Tensor compose(const Operand& prediction, const Operand& target, const PoissonNllOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        Tensor losses = o.log_input ? exp(y) - t * y : y - t * log(y + o.eps);
        if (o.full) { // Stirling's approximation of log t!
            const Tensor large = t > 1.0, safe = where(large, t, ones_like(t));
            const Tensor stirling = safe * log(safe) - safe + 0.5 * log(2 * std::numbers::pi * safe);
            losses = losses + where(large, stirling, zeros_like(t));
        }
        return reduced(losses, o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<PoissonNllOptions>(
            {{}, {.log_input = false, .full = true}},
            [](In in, const PoissonNllOptions& o) { return poisson_nll_loss(in[0], in[1], o); },
            [](double y, double t, const PoissonNllOptions& o) {
                double l = o.log_input ? std::exp(y) - t * y : y - t * std::log(y + o.eps);
                if (o.full && t > 1) l += t * std::log(t) - t + 0.5 * std::log(2 * std::numbers::pi * t);
                return l;
            },
            [](const Shape& shape) { return spread_tensor(shape, 0.1, 2); },
            [](const Shape& shape) { return spread_tensor(shape, 0.2, 5, 9); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { poisson_nll_loss(y, t); });
        return all;
    }
};

struct FocalLoss {
    static constexpr OpDoc doc{.name = "focal_loss",
                               .formula =
                                   "a (1 - p)^gamma (-log p), averaged; p = sigmoid(x) and a = alpha where t = 1, 1 - "
                                   "sigmoid(x) and 1 - alpha where t = 0",
                               .derivative = "the formula's own",
                               .edges = "finite for finite logits; between 0 and 1 a target blends 1 - p and a",
                               .torch = "torchvision's sigmoid_focal_loss",
                               .snippet = "focal_loss(tensor({0.0}), tensor({1.0}))  // 0.0433217"};
    static Tensor compose(const Operand& prediction, const Operand& target, const FocalOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        require_option(doc.name, std::isfinite(o.gamma) && o.gamma >= 0, "gamma", o.gamma,
                       "a finite number, 0 or more");
        require_option(doc.name, !o.alpha || (*o.alpha >= 0 && *o.alpha <= 1), "alpha", o.alpha.value_or(0),
                       "0 to 1, or none");
        require_between(doc.name, "target", t, 0, 1);
        Tensor losses = t * softplus(-y) + (1 - t) * softplus(y);
        if (o.gamma != 0)
            losses = losses * pow(t * sigmoid(-y) + (1 - t) * sigmoid(y), o.gamma); // 1 - p without a difference
        if (o.alpha) losses = losses * (*o.alpha * t + (1 - *o.alpha) * (1 - t));
        return reduced(losses, o.reduction);
    }
    static std::vector<Sample> samples() {
        return option_samples<FocalOptions>(
            {{}, {.alpha = {}, .gamma = 1.5}}, [](In in, const FocalOptions& o) { return focal_loss(in[0], in[1], o); },
            [](double y, double t, const FocalOptions& o) {
                const double p = 1 / (1 + std::exp(-y)), miss = t * (1 - p) + (1 - t) * p;
                double l = -(t * std::log(p) + (1 - t) * std::log(1 - p)) * std::pow(miss, o.gamma);
                if (o.alpha) l *= *o.alpha * t + (1 - *o.alpha) * (1 - t);
                return l;
            },
            [](const Shape& shape) { return spread_tensor(shape); },
            [](const Shape& shape) { return spread_tensor(shape, 0.05, 0.95, 3); });
    }
    static std::vector<Misuse> misuse() {
        std::vector<Misuse> all = pair_misuse([](const Tensor& y, const Tensor& t) { focal_loss(y, t); });
        all.push_back({[] { focal_loss(zeros({1}), zeros({1}), {.gamma = -1}); }, "ValueError", "gamma is -1"});
        all.push_back({[] { focal_loss(zeros({1}), zeros({1}), {.alpha = 2}); }, "ValueError", "alpha is 2"});
        return all;
    }
};

} // namespace

Tensor l1_loss(const Operand& prediction, const Operand& target, LossOptions options) {
    return composed<L1Loss>(prediction, target, options);
}
Tensor huber_loss(const Operand& prediction, const Operand& target, HuberOptions options) {
    return composed<HuberLoss>(prediction, target, options);
}
Tensor smooth_l1_loss(const Operand& prediction, const Operand& target, SmoothL1Options options) {
    return composed<SmoothL1Loss>(prediction, target, options);
}
Tensor binary_cross_entropy(const Operand& prediction, const Operand& target, WeightedLossOptions options) {
    return composed<BinaryCrossEntropy>(prediction, target, options);
}
Tensor binary_cross_entropy_with_logits(const Operand& prediction, const Operand& target,
                                        BceWithLogitsOptions options) {
    return composed<BinaryCrossEntropyWithLogits>(prediction, target, options);
}
Tensor kl_div(const Operand& prediction, const Operand& target, KlDivOptions options) {
    return composed<KlDiv>(prediction, target, options);
}
Tensor hinge_loss(const Operand& prediction, const Operand& target, LossOptions options) {
    return composed<HingeLoss>(prediction, target, options);
}
Tensor hinge_embedding_loss(const Operand& prediction, const Operand& target, MarginOptions options) {
    return composed<HingeEmbeddingLoss>(prediction, target, options);
}
Tensor soft_margin_loss(const Operand& prediction, const Operand& target, LossOptions options) {
    return composed<SoftMarginLoss>(prediction, target, options);
}
Tensor poisson_nll_loss(const Operand& prediction, const Operand& target, PoissonNllOptions options) {
    return composed<PoissonNllLoss>(prediction, target, options);
}
Tensor focal_loss(const Operand& prediction, const Operand& target, FocalOptions options) {
    return composed<FocalLoss>(prediction, target, options);
}

std::span<const OpEntry* const> entry_loss_ops() {
    static constexpr std::array ops{&entry<L1Loss>(),
                                    &entry<HuberLoss>(),
                                    &entry<SmoothL1Loss>(),
                                    &entry<BinaryCrossEntropy>(),
                                    &entry<BinaryCrossEntropyWithLogits>(),
                                    &entry<KlDiv>(),
                                    &entry<HingeLoss>(),
                                    &entry<HingeEmbeddingLoss>(),
                                    &entry<SoftMarginLoss>(),
                                    &entry<PoissonNllLoss>(),
                                    &entry<FocalLoss>()};
    return ops;
}

} // namespace xg
