#include <nn/losses.hpp>

namespace xg::nn {

Tensor CrossEntropyLoss::forward(const Tensor& logits, const Tensor& targets) {
    return cross_entropy(logits, targets, options);
}
Tensor NLLLoss::forward(const Tensor& log_probabilities, const Tensor& targets) {
    return nll_loss(log_probabilities, targets, options);
}
Tensor MSELoss::forward(const Tensor& prediction, const Tensor& target) {
    return mse_loss(prediction, target, options);
}
Tensor HalfSquaredError::forward(const Tensor& prediction, const Tensor& target) {
    return half_squared_error(prediction, target, options);
}
Tensor L1Loss::forward(const Tensor& prediction, const Tensor& target) { return l1_loss(prediction, target, options); }
Tensor HuberLoss::forward(const Tensor& prediction, const Tensor& target) {
    return huber_loss(prediction, target, options);
}
Tensor SmoothL1Loss::forward(const Tensor& prediction, const Tensor& target) {
    return smooth_l1_loss(prediction, target, options);
}
Tensor BCELoss::forward(const Tensor& prediction, const Tensor& target) {
    return binary_cross_entropy(prediction, target, options);
}
Tensor BCEWithLogitsLoss::forward(const Tensor& prediction, const Tensor& target) {
    return binary_cross_entropy_with_logits(prediction, target, options);
}
Tensor KLDivLoss::forward(const Tensor& prediction, const Tensor& target) {
    return kl_div(prediction, target, options);
}
Tensor HingeLoss::forward(const Tensor& prediction, const Tensor& target) {
    return hinge_loss(prediction, target, options);
}
Tensor HingeEmbeddingLoss::forward(const Tensor& prediction, const Tensor& target) {
    return hinge_embedding_loss(prediction, target, options);
}
Tensor SoftMarginLoss::forward(const Tensor& prediction, const Tensor& target) {
    return soft_margin_loss(prediction, target, options);
}
Tensor PoissonNLLLoss::forward(const Tensor& prediction, const Tensor& target) {
    return poisson_nll_loss(prediction, target, options);
}
Tensor GaussianNLLLoss::forward(const Tensor& prediction, const Tensor& target, const Tensor& variance) {
    return gaussian_nll_loss(prediction, target, variance, options);
}
Tensor FocalLoss::forward(const Tensor& prediction, const Tensor& target) {
    return focal_loss(prediction, target, options);
}
Tensor DiceLoss::forward(const Tensor& prediction, const Tensor& target) {
    return dice_loss(prediction, target, options);
}
Tensor MarginRankingLoss::forward(const Tensor& first, const Tensor& second, const Tensor& target) {
    return margin_ranking_loss(first, second, target, options);
}
Tensor CosineEmbeddingLoss::forward(const Tensor& first, const Tensor& second, const Tensor& target) {
    return cosine_embedding_loss(first, second, target, options);
}
Tensor TripletMarginLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
    return triplet_margin_loss(anchor, positive, negative, options);
}
Tensor MultiMarginLoss::forward(const Tensor& prediction, const Tensor& targets) {
    return multi_margin_loss(prediction, targets, options);
}
Tensor MultiLabelMarginLoss::forward(const Tensor& prediction, const Tensor& targets) {
    return multilabel_margin_loss(prediction, targets, options);
}
Tensor MultiLabelSoftMarginLoss::forward(const Tensor& prediction, const Tensor& target) {
    return multilabel_soft_margin_loss(prediction, target, options);
}
Tensor CTCLoss::forward(const Tensor& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                        const Tensor& target_lengths) {
    return ctc_loss(log_probabilities, targets, input_lengths, target_lengths, options);
}

} // namespace xg::nn
