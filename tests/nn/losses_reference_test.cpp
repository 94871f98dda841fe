// Losses and their gradients against those in losses.json, which write_losses.py has from PyTorch and from papers.
#include <autograd/autograd.hpp>
#include <nn/losses.hpp>

#include <cmath>

#include "nn/says.hpp"
#include "nn/stored.hpp"

using namespace xg;
using nlohmann::json;
using test::message_of;
using test::Numbers;

namespace {

void collect(const json& nested, Numbers& numbers, bool& integers) {
    if (nested.is_array()) {
        for (const json& part : nested) collect(part, numbers, integers);
        return;
    }
    numbers.push_back(nested.get<double>());
    integers = integers && nested.is_number_integer();
}

// Nested lists as a tensor: int64 if there are no fractions, else float64.
Tensor tensor_of(const json& nested) {
    Shape shape;
    for (const json* level = &nested; level->is_array(); level = &level->front()) {
        shape.push_back(static_cast<Index>(level->size()));
    }
    Numbers numbers;
    bool integers = true;
    collect(nested, numbers, integers);
    const Tensor t = from_vector(numbers, shape);
    return integers ? t.to(int64) : t;
}

using Operands = std::vector<Tensor>;
using Loss = std::function<Tensor(const Operands&, Reduction)>;

const Tensor class_weight = from_vector(Numbers{0.5, 2.0, 1.25});

const std::map<std::string, Loss>& losses() {
    static const Tensor& w = class_weight;
    using O = const Operands&;
    using R = Reduction;
    static const std::map<std::string, Loss> all{
        {"cross_entropy", [](O x, R r) { return cross_entropy(x[0], x[1], {.reduction = r}); }},
        {"cross_entropy ignored", [](O x, R r) { return cross_entropy(x[0], x[1], {.reduction = r}); }},
        {"cross_entropy all",
         [](O x, R r) { return cross_entropy(x[0], x[1], {.weight = w, .reduction = r, .label_smoothing = 0.2}); }},
        {"cross_entropy probabilities",
         [](O x, R r) { return cross_entropy(x[0], x[1], {.weight = w, .reduction = r, .label_smoothing = 0.2}); }},
        {"cross_entropy images", [](O x, R r) { return cross_entropy(x[0], x[1], {.weight = w, .reduction = r}); }},
        {"nll_loss", [](O x, R r) { return nll_loss(x[0], x[1], {.weight = w, .reduction = r}); }},
        {"mse_loss", [](O x, R r) { return mse_loss(x[0], x[1], {.reduction = r}); }},
        {"l1_loss", [](O x, R r) { return l1_loss(x[0], x[1], {.reduction = r}); }},
        {"huber_loss", [](O x, R r) { return huber_loss(x[0], x[1], {.reduction = r, .delta = 0.7}); }},
        {"smooth_l1_loss", [](O x, R r) { return smooth_l1_loss(x[0], x[1], {.reduction = r, .beta = 0.7}); }},
        {"binary_cross_entropy",
         [](O x, R r) { return binary_cross_entropy(x[0], x[1], {.weight = w, .reduction = r}); }},
        {"binary_cross_entropy_with_logits",
         [](O x, R r) {
             return binary_cross_entropy_with_logits(x[0], x[1], {.weight = w, .reduction = r, .pos_weight = w * 3});
         }},
        {"kl_div", [](O x, R r) { return kl_div(x[0], x[1], {.reduction = r}); }},
        {"kl_div log", [](O x, R r) { return kl_div(x[0], x[1], {.reduction = r, .log_target = true}); }},
        {"hinge_embedding_loss",
         [](O x, R r) { return hinge_embedding_loss(x[0], x[1], {.margin = 0.6, .reduction = r}); }},
        {"soft_margin_loss", [](O x, R r) { return soft_margin_loss(x[0], x[1], {.reduction = r}); }},
        {"poisson_nll_loss",
         [](O x, R r) {
             return poisson_nll_loss(x[0], x[1], {.log_input = false, .full = true, .eps = 0.1, .reduction = r});
         }},
        {"poisson_nll_loss log", [](O x, R r) { return poisson_nll_loss(x[0], x[1], {.reduction = r}); }},
        {"gaussian_nll_loss",
         [](O x, R r) { return gaussian_nll_loss(x[0], x[1], x[2], {.full = true, .reduction = r}); }},
        {"margin_ranking_loss",
         [](O x, R r) { return margin_ranking_loss(x[0], x[1], x[2], {.margin = 0.3, .reduction = r}); }},
        {"cosine_embedding_loss",
         [](O x, R r) { return cosine_embedding_loss(x[0], x[1], x[2], {.margin = -0.5, .reduction = r}); }},
        {"triplet_margin_loss",
         [](O x, R r) { return triplet_margin_loss(x[0], x[1], x[2], {.margin = 2, .swap = true, .reduction = r}); }},
        {"triplet_margin_loss p",
         [](O x, R r) { return triplet_margin_loss(x[0], x[1], x[2], {.p = 3, .reduction = r}); }},
        {"multi_margin_loss", [](O x, R r) { return multi_margin_loss(x[0], x[1], {.weight = w, .reduction = r}); }},
        {"multi_margin_loss squared",
         [](O x, R r) { return multi_margin_loss(x[0], x[1], {.p = 2, .margin = 0.5, .reduction = r}); }},
        {"multilabel_margin_loss", [](O x, R r) { return multilabel_margin_loss(x[0], x[1], {.reduction = r}); }},
        {"multilabel_soft_margin_loss",
         [](O x, R r) { return multilabel_soft_margin_loss(x[0], x[1], {.weight = w, .reduction = r}); }},
        {"ctc_loss", [](O x, R r) { return ctc_loss(log_softmax(x[0], 2), x[1], x[2], x[3], {.reduction = r}); }},
        {"focal_loss", [](O x, R r) { return focal_loss(x[0], x[1], {.reduction = r}); }},
        {"dice_loss", [](O x, R r) { return dice_loss(x[0], x[1], {.reduction = r}); }}};
    return all;
}

double distance(const Numbers& a, const Numbers& b) {
    if (a.size() != b.size()) return HUGE_VAL;
    double worst = 0, scale = 1e-300;
    for (std::size_t i = 0; i < a.size(); ++i) {
        worst = std::max(worst, std::abs(a[i] - b[i]));
        scale = std::max(scale, std::abs(b[i]));
    }
    return worst / scale;
}

Tensor labels(std::vector<Index> numbers) { return from_vector(numbers); }

} // namespace

TEST_CASE("every loss and its gradient are those of PyTorch or of the paper, for every reduction") {
    for (const auto& [key, stored] : test::stored<json>("nn/losses.json")) {
        const std::string name = key;
        CAPTURE(name);
        Operands operands;
        for (const json& operand : stored.at("operands")) operands.push_back(tensor_of(operand));
        for (const auto& [how, reduction] :
             {std::pair{"none", Reduction::none}, {"mean", Reduction::mean}, {"sum", Reduction::sum}}) {
            const std::string word = how;
            CAPTURE(word);
            operands[0] = operands[0].detach().clone();
            operands[0].requires_grad(true);
            const Tensor loss = losses().at(name)(operands, reduction);
            CHECK(distance(loss.to_vector(), stored.at(word).at(0).get<Numbers>()) < 1e-12);
            sum(reshape(loss, {-1}) * arange(1.0, static_cast<double>(loss.numel()) + 0.5, 1.0)).backward();
            // The gradients of the papers' losses are numeric differences
            const bool numeric = name == "focal_loss" || name == "dice_loss";
            CHECK(distance(operands[0].grad().to_vector(), stored.at(word).at(1).get<Numbers>()) <
                  (numeric ? 1e-8 : 1e-11));
        }
    }
}

TEST_CASE("cross_entropy and nll_loss take one example, and refuse weights and targets that do not fit") {
    const Tensor x = from_vector(Numbers{0.5, -1, 2});
    CHECK(cross_entropy(x, tensor(2, {.dtype = int64}), {.weight = class_weight}).item() ==
          doctest::Approx(cross_entropy(x, tensor(2, {.dtype = int64})).item()));
    CHECK(nll_loss(x, tensor(1, {.dtype = int64})).item() == 1);
    CHECK_SAYS(message_of<ShapeError>([&] {
                   cross_entropy(zeros({2, 3}), labels({0, 1}), {.weight = ones({2})});
               }),
               "expected one for each of the 3 classes");
    CHECK_SAYS(message_of<ValueError>([&] {
                   cross_entropy(zeros({2, 3}), labels({0, 1}), {.label_smoothing = 2});
               }),
               "label_smoothing is 2");
    CHECK_SAYS(message_of<ValueError>([&] { cross_entropy(zeros({1, 2}), tensor({{0.5, 1.5}})); }), "is 1.5");
    CHECK_SAYS(message_of<ShapeError>([&] {
                   cross_entropy(zeros({2, 3, 4}), zeros({2, 3}, {.dtype = int64}));
               }),
               "expected targets of shape (2, 4)");
    CHECK_SAYS(message_of<IndexError>([&] { cross_entropy(zeros({2, 3}), labels({-100, 3})); }), "class 3");
}

TEST_CASE("the mean over targets that are all ignored is NaN, as in PyTorch") {
    CHECK(std::isnan(cross_entropy(zeros({2, 3}), labels({-100, -100})).item()));
    CHECK(cross_entropy(zeros({2, 3}), labels({-100, -100}), {.reduction = Reduction::sum}).item() == 0);
}

TEST_CASE("binary cross-entropies stay finite and exact far out") {
    const Tensor far = tensor({-800.0, 800.0}, {.dtype = float64}), t = tensor({0.0, 1.0}, {.dtype = float64});
    CHECK(binary_cross_entropy_with_logits(far, 1 - t).item() == 800);
    const Tensor x = tensor({-50.0, 50.0}, {.dtype = float64});
    CHECK(binary_cross_entropy_with_logits(x, t).item() == doctest::Approx(std::exp(-50.0)).epsilon(1e-12));
    Tensor sure = tensor({0.0, 1.0}, {.dtype = float64, .requires_grad = true});
    const Tensor wrong = binary_cross_entropy(sure, 1 - t);
    CHECK(wrong.item() == 100); // PyTorch's bound of the logarithm
    wrong.backward();
    CHECK(sure.grad().to_vector() == Numbers{0, 0}); // beyond the bound there is no slope, instead of an infinite one
    CHECK(binary_cross_entropy(t, t).item() == 0);
}

TEST_CASE("ctc_loss is infinite where no alignment exists, or 0 without gradient if asked") {
    Tensor x = zeros({2, 1, 3}, {.dtype = float64, .requires_grad = true});
    const Tensor repeated = tensor({{1, 1}}, {.dtype = int64}), two = labels({2}); // 1, blank, 1 needs three steps
    CHECK(ctc_loss(log_softmax(x, 2), repeated, two, two, {.reduction = Reduction::sum}).item() == HUGE_VAL);
    const Tensor loss = ctc_loss(log_softmax(x, 2), repeated, two, two, {.zero_infinity = true});
    CHECK(loss.item() == 0);
    loss.backward();
    CHECK(x.grad().to_vector() == Numbers(6, 0.0));
}

TEST_CASE("ctc_loss takes targets one behind the other") {
    const Tensor x = log_softmax(randn({6, 3, 4}, {.dtype = float64}), 2), inputs = labels({6, 5, 6});
    const Tensor lengths = labels({2, 1, 3});
    const Tensor rows = tensor({{1, 2, 0}, {3, 0, 0}, {2, 2, 1}}, {.dtype = int64});
    const Tensor behind = labels({1, 2, 3, 2, 2, 1});
    CHECK(ctc_loss(x, behind, inputs, lengths, {.reduction = Reduction::none}).to_vector() ==
          ctc_loss(x, rows, inputs, lengths, {.reduction = Reduction::none}).to_vector());
    CHECK_SAYS(message_of<ShapeError>([&] { ctc_loss(x, labels({1, 2, 3, 2, 2}), inputs, lengths); }), "expected (6,)");
    CHECK_SAYS(message_of<ValueError>([&] {
                   ctc_loss(x, behind, inputs, labels({-2, 1, 3}));
               }),
               "target length 0 is -2");
}

TEST_CASE("ctc_loss of a long sequence matches the sum over alignments in closed form") {
    // Uniform probabilities over 2 classes, one label: runs of 1 inside T steps, T (T + 1) / 2 of 2^T.
    const Index steps = 200;
    const Tensor x = full({steps, 1, 2}, -std::log(2.0), {.dtype = float64});
    const double expected = steps * std::log(2.0) - std::log(steps * (steps + 1) / 2.0);
    CHECK(ctc_loss(x, tensor({{1}}, {.dtype = int64}), labels({steps}), labels({1})).item() ==
          doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("kl_div over the batch is the divergence") {
    const Tensor p = tensor({{0.25, 0.75}, {0.5, 0.5}}, {.dtype = float64}),
                 q = tensor({{0.5, 0.5}, {0.5, 0.5}}, {.dtype = float64});
    const double expected = (0.25 * std::log(0.5) + 0.75 * std::log(1.5)) / 2;
    CHECK(kl_div(log(q), p, {.batch_mean = true}).item() == doctest::Approx(expected));
}
