#pragma once
#include <autograd/ops/loss.hpp>
#include <nn/module.hpp>

// The losses of autograd/ops/loss, where people look for them, and as modules: `nn::MSELoss loss; loss(net(x), y)`.
namespace xg::nn {

using xg::binary_cross_entropy;
using xg::binary_cross_entropy_with_logits;
using xg::cosine_embedding_loss;
using xg::cross_entropy;
using xg::ctc_loss;
using xg::dice_loss;
using xg::focal_loss;
using xg::gaussian_nll_loss;
using xg::half_squared_error;
using xg::hinge_embedding_loss;
using xg::hinge_loss;
using xg::huber_loss;
using xg::kl_div;
using xg::l1_loss;
using xg::margin_ranking_loss;
using xg::mse_loss;
using xg::multi_margin_loss;
using xg::multilabel_margin_loss;
using xg::multilabel_soft_margin_loss;
using xg::nll_loss;
using xg::poisson_nll_loss;
using xg::smooth_l1_loss;
using xg::soft_margin_loss;
using xg::triplet_margin_loss;

struct XGRAD_API CrossEntropyLoss : Module {
    explicit CrossEntropyLoss(CrossEntropyOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& logits, const Tensor& targets);
    CrossEntropyOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API NLLLoss : Module {
    explicit NLLLoss(ClassLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& log_probabilities, const Tensor& targets);
    ClassLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MSELoss : Module {
    explicit MSELoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HalfSquaredError : Module {
    explicit HalfSquaredError(LossOptions o = {.reduction = Reduction::sum}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API L1Loss : Module {
    explicit L1Loss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HuberLoss : Module {
    explicit HuberLoss(HuberOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    HuberOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API SmoothL1Loss : Module {
    explicit SmoothL1Loss(SmoothL1Options o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    SmoothL1Options options;
    XGRAD_MODULE()
};
struct XGRAD_API BCELoss : Module {
    explicit BCELoss(WeightedLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    WeightedLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API BCEWithLogitsLoss : Module {
    explicit BCEWithLogitsLoss(BceWithLogitsOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    BceWithLogitsOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API KLDivLoss : Module {
    explicit KLDivLoss(KlDivOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    KlDivOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HingeLoss : Module {
    explicit HingeLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HingeEmbeddingLoss : Module {
    explicit HingeEmbeddingLoss(MarginOptions o = {.margin = 1}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API SoftMarginLoss : Module {
    explicit SoftMarginLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API PoissonNLLLoss : Module {
    explicit PoissonNLLLoss(PoissonNllOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    PoissonNllOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API GaussianNLLLoss : Module {
    explicit GaussianNLLLoss(GaussianNllOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target, const Tensor& variance);
    GaussianNllOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API FocalLoss : Module {
    explicit FocalLoss(FocalOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    FocalOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API DiceLoss : Module {
    explicit DiceLoss(DiceOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    DiceOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MarginRankingLoss : Module {
    explicit MarginRankingLoss(MarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& first, const Tensor& second, const Tensor& target);
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API CosineEmbeddingLoss : Module {
    explicit CosineEmbeddingLoss(MarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& first, const Tensor& second, const Tensor& target);
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API TripletMarginLoss : Module {
    explicit TripletMarginLoss(TripletMarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);
    TripletMarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiMarginLoss : Module {
    explicit MultiMarginLoss(MultiMarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& targets);
    MultiMarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiLabelMarginLoss : Module {
    explicit MultiLabelMarginLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& targets);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiLabelSoftMarginLoss : Module {
    explicit MultiLabelSoftMarginLoss(WeightedLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    WeightedLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API CTCLoss : Module {
    explicit CTCLoss(CtcOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                   const Tensor& target_lengths);
    CtcOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
