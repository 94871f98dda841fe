#pragma once
#include <optional>

#include <autograd/tensor.hpp>

// Losses. Shapes that differ are refused, never broadcast. `reduction` says what becomes of the single losses. Options stand
// in PyTorch's order.
namespace xg {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" // g++ takes a scoped enumerator for a hider of xg::none
enum class Reduction : std::uint8_t { none, mean, sum };
#pragma GCC diagnostic pop
struct LossOptions {
    Reduction reduction = Reduction::mean;
};

/// `weight` broadcasts to the losses.
struct WeightedLossOptions {
    Tensor weight = {};
    Reduction reduction = Reduction::mean;
};
struct ClassLossOptions {
    Tensor weight = {};        ///< one for each class; a mean divides by the weights of the targets
    Index ignore_index = -100; ///< a target of this class adds nothing
    Reduction reduction = Reduction::mean;
};
struct CrossEntropyOptions {
    Tensor weight = {};        ///< one for each class; a mean over indices divides by the weights of the targets
    Index ignore_index = -100; ///< a target of this class adds nothing
    Reduction reduction = Reduction::mean;
    double label_smoothing = 0; ///< 0 to 1: the share of the target that is spread over all classes
};
struct HuberOptions {
    Reduction reduction = Reduction::mean;
    double delta = 1; ///< above 0: where the line begins
};
struct SmoothL1Options {
    Reduction reduction = Reduction::mean;
    double beta = 1; ///< 0 or more: where the line begins
};
struct BceWithLogitsOptions {
    Tensor weight = {};
    Reduction reduction = Reduction::mean;
    Tensor pos_weight = {}; ///< of the positive targets, one for each class: broadcasts to the losses
};
struct KlDivOptions {
    Reduction reduction = Reduction::mean;
    bool log_target = false; ///< the target is the logarithm of probabilities, too
    bool batch_mean =
        false; ///< the sum over the size of the first axis, which is the divergence; PyTorch's "batchmean"
};
struct MarginOptions {
    double margin = 0;
    Reduction reduction = Reduction::mean;
};
struct MultiMarginOptions {
    int p = 1; ///< 1 or 2
    double margin = 1;
    Tensor weight = {}; ///< one for each class
    Reduction reduction = Reduction::mean;
};
struct TripletMarginOptions {
    double margin = 1;
    double p = 2; ///< of the norm
    double eps = 1e-6;
    bool swap = false; ///< take the distance of positive and negative if that is smaller
    Reduction reduction = Reduction::mean;
};
struct PoissonNllOptions {
    bool log_input = true; ///< the prediction is the logarithm of the rate
    bool full = false;     ///< with Stirling's approximation of log t!
    double eps = 1e-8;     ///< keeps the logarithm of a rate of 0 finite
    Reduction reduction = Reduction::mean;
};
struct GaussianNllOptions {
    bool full = false; ///< with log(2 pi) / 2
    double eps = 1e-6; ///< the least variance
    Reduction reduction = Reduction::mean;
};
struct CtcOptions {
    Index blank = 0;                       ///< the class of no label
    Reduction reduction = Reduction::mean; ///< mean: of loss / target length
    bool zero_infinity = false;            ///< 0 in the place of the infinite loss of a target that is too long
};
struct FocalOptions {
    std::optional<double> alpha = 0.25; ///< 0 to 1: the weight of positive targets, 1 - alpha that of negative ones
    double gamma = 2;                   ///< 0 or more: how much less easy examples count
    Reduction reduction = Reduction::mean;
};
struct DiceOptions {
    double smooth = 1; ///< 0 or more: keeps the quotient of empty masks finite
    Reduction reduction = Reduction::mean;
};

/// -log softmax(logits)[target]: logits (N, classes, ...) and int64 targets (N, ...), or logits (classes) and one target;
/// or floating targets of the shape of the logits, probabilities of the classes. IndexError for a class out of range. The
/// mean of nothing is NaN.
XGRAD_API Tensor cross_entropy(const Operand& logits, const Tensor& targets, CrossEntropyOptions options = {});
/// -log_probabilities[target], for (N, classes, ...) and (N, ...), or (classes) and one target: cross_entropy of what
/// log_softmax gave. IndexError for a class out of range.
XGRAD_API Tensor nll_loss(const Operand& log_probabilities, const Tensor& targets, ClassLossOptions options = {});
/// (y - t)^2.
XGRAD_API Tensor mse_loss(const Operand& prediction, const Operand& target, LossOptions options = {});
/// (y - t)^2 / 2, the course's loss S3; added up over all entries unless said otherwise.
XGRAD_API Tensor half_squared_error(const Operand& prediction, const Operand& target,
                                    LossOptions options = {.reduction = Reduction::sum});
/// |y - t|.
XGRAD_API Tensor l1_loss(const Operand& prediction, const Operand& target, LossOptions options = {});
/// A parabola near 0, a line of slope delta beyond. Source: Huber, Ann. Math. Statist. 1964.
XGRAD_API Tensor huber_loss(const Operand& prediction, const Operand& target, HuberOptions options = {});
/// huber_loss over beta: a line of slope 1 beyond beta. Source: Girshick, ICCV 2015.
XGRAD_API Tensor smooth_l1_loss(const Operand& prediction, const Operand& target, SmoothL1Options options = {});
/// Of probabilities: ValueError for a prediction or target outside [0, 1].
XGRAD_API Tensor binary_cross_entropy(const Operand& prediction, const Operand& target,
                                      WeightedLossOptions options = {});
/// The same of logits, which is finite and keeps its digits far out. ValueError for a target outside [0, 1].
XGRAD_API Tensor binary_cross_entropy_with_logits(const Operand& prediction, const Operand& target,
                                                  BceWithLogitsOptions options = {});
/// Kullback and Leibler's divergence of the target from the prediction, which is the logarithm of probabilities.
/// ValueError for a target outside [0, 1], unless it is a logarithm, too.
XGRAD_API Tensor kl_div(const Operand& prediction, const Operand& target, KlDivOptions options = {});
/// Of targets -1 and 1, as in support vector machines.
XGRAD_API Tensor hinge_loss(const Operand& prediction, const Operand& target, LossOptions options = {});
/// Of distances: small where t = 1, beyond the margin where t = -1.
XGRAD_API Tensor hinge_embedding_loss(const Operand& prediction, const Operand& target,
                                      MarginOptions options = {.margin = 1});
/// Logistic loss of targets -1 and 1.
XGRAD_API Tensor soft_margin_loss(const Operand& prediction, const Operand& target, LossOptions options = {});
/// Of counts t of a Poisson distribution whose rate, or its logarithm, is predicted.
XGRAD_API Tensor poisson_nll_loss(const Operand& prediction, const Operand& target, PoissonNllOptions options = {});
/// Of numbers of a normal distribution whose mean and variance are predicted; the variance has the shape of the mean, or
/// 1 or nothing in the place of the last axis. ValueError for a negative variance.
XGRAD_API Tensor gaussian_nll_loss(const Operand& prediction, const Operand& target, const Operand& variance,
                                   GaussianNllOptions options = {});
/// Cross-entropy of logits that counts easy examples less. Source: Lin et al., ICCV 2017, formula 5, for every entry.
XGRAD_API Tensor focal_loss(const Operand& prediction, const Operand& target, FocalOptions options = {});
/// 1 - the overlap of predicted and true masks, probabilities (N, ...), of each of N examples. ValueError outside [0, 1].
/// Source: Sudre et al., DLMIA 2017; Milletari et al., 3DV 2016.
XGRAD_API Tensor dice_loss(const Operand& prediction, const Operand& target, DiceOptions options = {});
/// Says which of two is to be ranked higher: the first where t = 1, the second where t = -1.
XGRAD_API Tensor margin_ranking_loss(const Operand& first, const Operand& second, const Operand& target,
                                     MarginOptions options = {});
/// Of pairs (N, size) or (size): alike where t = 1, not where t = -1; targets (N) or one.
XGRAD_API Tensor cosine_embedding_loss(const Operand& first, const Operand& second, const Operand& target,
                                       MarginOptions options = {});
/// (N, size) each: the positive nearer to the anchor than the negative by the margin. Source: Balntas et al., BMVC 2016.
XGRAD_API Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                                     TripletMarginOptions options = {});
/// Hinge loss of scores (N, classes) and int64 classes (N). IndexError for a class out of range.
XGRAD_API Tensor multi_margin_loss(const Operand& prediction, const Tensor& targets, MultiMarginOptions options = {});
/// Of scores (N, classes) and int64 targets (N, classes): the classes of each row, ended by -1. IndexError for others.
XGRAD_API Tensor multilabel_margin_loss(const Operand& prediction, const Tensor& targets, LossOptions options = {});
/// Of logits (N, classes) and targets 0 or 1 for each class.
XGRAD_API Tensor multilabel_soft_margin_loss(const Operand& prediction, const Operand& target,
                                             WeightedLossOptions options = {});
/// Connectionist temporal classification: -log of the probability that the labels come out in order, with blanks and
/// repeats between. log_probabilities (T, N, classes) from log_softmax, int64 targets (N, S) of which each row counts as
/// far as its length, or (sum of the lengths) one behind the other, int64 lengths (N). ValueError for lengths beyond T or S; IndexError for a label that is blank or no
/// class; infinite where T is too short for the labels. Source: Graves et al., ICML 2006.
XGRAD_API Tensor ctc_loss(const Operand& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                          const Tensor& target_lengths, CtcOptions options = {});

} // namespace xg
