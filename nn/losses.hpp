#pragma once
#include <autograd/ops/loss.hpp>
#include <nn/module.hpp>

// The losses of autograd/ops/loss, where people look for them, and as modules: `nn::MSELoss loss; loss(net(x), y)`.
namespace xg::nn {

using xg::cross_entropy;
using xg::half_squared_error;
using xg::mse_loss;

struct XGRAD_API CrossEntropyLoss : Module {
    explicit CrossEntropyLoss(LossOptions o = {}) : options(o) {}
    Tensor forward(const Tensor& logits, const Tensor& targets);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API MSELoss : Module {
    explicit MSELoss(LossOptions o = {}) : options(o) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API HalfSquaredError : Module {
    explicit HalfSquaredError(LossOptions o = {.reduction = Reduction::sum}) : options(o) {}
    Tensor forward(const Tensor& prediction, const Tensor& target);
    LossOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
