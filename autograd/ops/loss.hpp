#pragma once
#include <autograd/tensor.hpp>

// Losses. Shapes that differ are refused, never broadcast. `reduction` says what becomes of the single losses.
namespace xg {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" // g++ takes a scoped enumerator for a hider of xg::none
enum class Reduction : std::uint8_t { none, mean, sum };
#pragma GCC diagnostic pop
struct LossOptions {
    Reduction reduction = Reduction::mean;
};

/// -log softmax(logits)[target]: logits (N, classes) and int64 targets (N), or logits (classes) and one target.
/// IndexError for a class out of range. The mean of nothing is NaN.
XGRAD_API Tensor cross_entropy(const Operand& logits, const Tensor& targets, LossOptions options = {});
/// (y - t)^2.
XGRAD_API Tensor mse_loss(const Operand& prediction, const Operand& target, LossOptions options = {});
/// (y - t)^2 / 2, the course's loss S3; added up over all entries unless said otherwise.
XGRAD_API Tensor half_squared_error(const Operand& prediction, const Operand& target,
                                    LossOptions options = {.reduction = Reduction::sum});

} // namespace xg
