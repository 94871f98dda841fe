#include <nn/losses.hpp>

namespace xg::nn {

Tensor CrossEntropyLoss::forward(const Tensor& logits, const Tensor& targets) {
    return cross_entropy(logits, targets, options);
}
Tensor MSELoss::forward(const Tensor& prediction, const Tensor& target) {
    return mse_loss(prediction, target, options);
}
Tensor HalfSquaredError::forward(const Tensor& prediction, const Tensor& target) {
    return half_squared_error(prediction, target, options);
}

} // namespace xg::nn
