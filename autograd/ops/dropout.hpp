#pragma once
#include <autograd/random.hpp>
#include <autograd/tensor.hpp>

// Entries set to 0 at random, in training. An entry is kept where the number that rand gives in float64, in row-major order
// with the same generator, is below 1 - p. Under vmap examples draw as they do for rand.
// ValueError unless 0 <= p <= 1.
namespace xg {

struct DropoutOptions {
    double p = 0.5;                 ///< the share that is dropped
    bool training = true;           ///< x itself otherwise
    Generator* generator = nullptr; ///< the calling thread's own when absent
};
/// What is kept is divided by 1 - p, so that the mean stays. Source: Srivastava et al., JMLR 2014.
XGRAD_API Tensor dropout(const Operand& x, DropoutOptions options = {});
/// Whole channels are dropped: (N, C, *) or (C, *) with 1, 2 or 3 axes of space. Source: Tompson et al., CVPR 2015.
XGRAD_API Tensor dropout1d(const Operand& x, DropoutOptions options = {});
XGRAD_API Tensor dropout2d(const Operand& x, DropoutOptions options = {});
XGRAD_API Tensor dropout3d(const Operand& x, DropoutOptions options = {});
/// For selu: what is dropped becomes its least value, then all is scaled and shifted so that mean 0 and variance 1 stay.
/// All is 0 for p = 1. Source: Klambauer et al., NIPS 2017.
XGRAD_API Tensor alpha_dropout(const Operand& x, DropoutOptions options = {});

struct GumbelSoftmaxOptions {
    double tau = 1;    ///< the temperature; ValueError unless above 0
    bool hard = false; ///< one-hot in value, with the soft gradient
    Index axis = -1;
    Generator* generator = nullptr;
};
/// softmax((logits + gumbel) / tau): a draw from softmax(logits) with a gradient. Sources: Jang et al. and Maddison et al.,
/// ICLR 2017.
XGRAD_API Tensor gumbel_softmax(const Operand& logits, GumbelSoftmaxOptions options = {});
/// a sigmoid(b), a and b the halves of x along an axis. ShapeError for an odd size. Source: Dauphin et al., ICML 2017.
XGRAD_API Tensor glu(const Operand& x, Index axis = -1);

} // namespace xg
