#pragma once
#include <functional>
#include <span>
#include <vector>

#include <autograd/engine/level.hpp>
#include <autograd/tensor.hpp>

// The gradient checker. A function of tensors is differentiated twice: by the engine (in reverse, forwards, and both
// nested) and by central differences, which know nothing of any rule. All of it works on float64.
//
//     const Function f = [](auto x) { return x[0] * tanh(x[1]); };
//     const std::vector<Tensor> x = {...}, u = ...;              // u: what the result is weighted with
//     for (i ...) CHECK(difference(gradients(f, x, u)[i], numeric_gradients(f, x, u)[i]).worst < 1e-7);
namespace xg::test {

using Tensors = std::vector<Tensor>;
using Function = std::function<Tensor(std::span<const Tensor>)>;

/// Whether a gradient with respect to `x` has a meaning: it has floating point numbers.
inline bool differentiable(const Tensor& x) { return is_floating(x.dtype()); }

/// The inputs as leaves that share their numbers and layout; those without a gradient as they are. `only` makes one
/// of them a leaf and the others constants.
Tensors leaves_of(std::span<const Tensor> x, int only = -1);

/// u^T J of `f` at `x` in reverse: one gradient an input, zeros where `f` does not depend on it, undefined where it
/// is not differentiable.
Tensors gradients(const Function& f, std::span<const Tensor> x, const Tensor& u);
/// The same by a pass that is recorded itself, which goes by other ways through the engine.
Tensors recorded_gradients(const Function& f, std::span<const Tensor> x, const Tensor& u);
/// The gradient by input `i` where the others are constants.
Tensor gradient_alone(const Function& f, std::span<const Tensor> x, const Tensor& u, int i);

/// The same by central differences of fourth order, entry by entry:
///     (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h  with  h = 1e-3 max(1, |x|)
/// The error is h^4 f'''''/30 of truncation and about 1e-13 |f| of rounding: 1e-7 is generous for a smooth function,
/// and any wrong factor, sign, axis or missing term is far above it.
Tensors numeric_gradients(const Function& f, std::span<const Tensor> x, const Tensor& u);

/// d/dt f(x + t v) at t = 0 by the same differences, along all differentiable inputs at once.
Tensor numeric_tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v);

/// One dual level, open as long as the object: forward differentiation along several inputs at once.
class Dual {
public:
    Dual() : level_(LevelKind::dual) {}
    /// x with tangent v; x as it is where it is not differentiable or v is undefined.
    Tensor wrap(const Tensor& x, const Tensor& v) const;
    Tensors wrap(std::span<const Tensor> x, std::span<const Tensor> v) const;
    Tensor primal(const Tensor& y) const;
    /// Undefined where no tangent arrived.
    Tensor tangent(const Tensor& y) const;

private:
    LevelScope level_;
};

/// J v of `f` at `x` forwards, along all differentiable inputs at once; zeros where no tangent arrives.
Tensor tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v);

// H v, where H is the second derivative of <u, f(x)>: one part an input. Reverse over reverse, forward over reverse,
// reverse over forward and central differences of `gradients`.
Tensors hessian_reverse_reverse(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v);
Tensors hessian_forward_reverse(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v);
Tensors hessian_reverse_forward(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v);
Tensors hessian_numeric(const Function& f, std::span<const Tensor> x, const Tensor& u, std::span<const Tensor> v);
/// d/ds d/dt f(x + t v + s w): forward over forward.
Tensor second_tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v,
                      std::span<const Tensor> w);

/// A tangent or direction for every differentiable input, the others undefined.
Tensors directions(std::span<const Tensor> x, std::uint64_t seed);

} // namespace xg::test
