#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct MuonOptions {
    double lr = 1e-3;
    double weight_decay = 0.1; ///< lambda, 0 or more: shrinks every parameter, whatever its gradient
    double momentum = 0.95;    ///< mu, in [0, 1)
    bool nesterov = true;      ///< look ahead along the mean
    int ns_steps = 5;          ///< 1 or more: steps of the iteration for orthogonal matrices
};

/// Momentum made orthogonal, for the matrices inside a network; embeddings, biases and the last layer belong to AdamW.
/// With gradient g of matrix w, (rows, columns):
///     m = mu m + (1 - mu) g
///     d = orthogonal(m), with Nesterov orthogonal(mu m + (1 - mu) g)
///     w = w - lr lambda w - lr sqrt(max(1, rows / columns)) d
/// where orthogonal(x) takes the singular values of x to near 1 (0.7 to 1.2): of the wide form of x / |x|, ns_steps times
///     x = a x + (b x x^T + c (x x^T)^2) x        (a, b, c) = (3.4445, -4.7750, 2.0315)
/// Remembers "momentum_buffer", m. ValueError for an option out of range; ShapeError for what is no matrix, Values too.
/// Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; as in PyTorch 2.9's torch.optim.Muon,
/// in the dtype of the parameter.
class XGRAD_API Muon : public OptimizerOf<Muon, MuonOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Muon";
    static std::vector<Moment> remembers(const MuonOptions& options);
    static void check(const MuonOptions& options);

protected:
    Tensor prepare(const Slot& slot, const Tensor& gradient) override;
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
