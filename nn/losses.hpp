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
    Tensor forward(const Tensor& logits, const Tensor& targets) { return cross_entropy(logits, targets, options); }
    CrossEntropyOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API NLLLoss : Module {
    explicit NLLLoss(ClassLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& log_probabilities, const Tensor& targets) {
        return nll_loss(log_probabilities, targets, options);
    }
    ClassLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MSELoss : Module {
    explicit MSELoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return mse_loss(prediction, target, options); }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HalfSquaredError : Module {
    explicit HalfSquaredError(LossOptions o = {.reduction = Reduction::sum}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return half_squared_error(prediction, target, options);
    }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API L1Loss : Module {
    explicit L1Loss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return l1_loss(prediction, target, options); }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HuberLoss : Module {
    explicit HuberLoss(HuberOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return huber_loss(prediction, target, options); }
    HuberOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API SmoothL1Loss : Module {
    explicit SmoothL1Loss(SmoothL1Options o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return smooth_l1_loss(prediction, target, options);
    }
    SmoothL1Options options;
    XGRAD_MODULE()
};
struct XGRAD_API BCELoss : Module {
    explicit BCELoss(WeightedLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return binary_cross_entropy(prediction, target, options);
    }
    WeightedLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API BCEWithLogitsLoss : Module {
    explicit BCEWithLogitsLoss(BceWithLogitsOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return binary_cross_entropy_with_logits(prediction, target, options);
    }
    BceWithLogitsOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API KLDivLoss : Module {
    explicit KLDivLoss(KlDivOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return kl_div(prediction, target, options); }
    KlDivOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HingeLoss : Module {
    explicit HingeLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return hinge_loss(prediction, target, options); }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HingeEmbeddingLoss : Module {
    explicit HingeEmbeddingLoss(MarginOptions o = {.margin = 1}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return hinge_embedding_loss(prediction, target, options);
    }
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API SoftMarginLoss : Module {
    explicit SoftMarginLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return soft_margin_loss(prediction, target, options);
    }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API PoissonNLLLoss : Module {
    explicit PoissonNLLLoss(PoissonNllOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return poisson_nll_loss(prediction, target, options);
    }
    PoissonNllOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API GaussianNLLLoss : Module {
    explicit GaussianNLLLoss(GaussianNllOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target, const Tensor& variance) {
        return gaussian_nll_loss(prediction, target, variance, options);
    }
    GaussianNllOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API FocalLoss : Module {
    explicit FocalLoss(FocalOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return focal_loss(prediction, target, options); }
    FocalOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API DiceLoss : Module {
    explicit DiceLoss(DiceOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) { return dice_loss(prediction, target, options); }
    DiceOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MarginRankingLoss : Module {
    explicit MarginRankingLoss(MarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& first, const Tensor& second, const Tensor& target) {
        return margin_ranking_loss(first, second, target, options);
    }
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API CosineEmbeddingLoss : Module {
    explicit CosineEmbeddingLoss(MarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& first, const Tensor& second, const Tensor& target) {
        return cosine_embedding_loss(first, second, target, options);
    }
    MarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API TripletMarginLoss : Module {
    explicit TripletMarginLoss(TripletMarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
        return triplet_margin_loss(anchor, positive, negative, options);
    }
    TripletMarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiMarginLoss : Module {
    explicit MultiMarginLoss(MultiMarginOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& targets) {
        return multi_margin_loss(prediction, targets, options);
    }
    MultiMarginOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiLabelMarginLoss : Module {
    explicit MultiLabelMarginLoss(LossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& targets) {
        return multilabel_margin_loss(prediction, targets, options);
    }
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MultiLabelSoftMarginLoss : Module {
    explicit MultiLabelSoftMarginLoss(WeightedLossOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& prediction, const Tensor& target) {
        return multilabel_soft_margin_loss(prediction, target, options);
    }
    WeightedLossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API CTCLoss : Module {
    explicit CTCLoss(CtcOptions o = {}) : options(std::move(o)) {}
    Tensor forward(const Tensor& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                   const Tensor& target_lengths) {
        return ctc_loss(log_probabilities, targets, input_lengths, target_lengths, options);
    }
    CtcOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
