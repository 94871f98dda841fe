#pragma once
#include <cstdint>

#include <autograd/kernels/strided.hpp>

// softmax(scale q k^T + mask) v, without ever holding all scores: a block of queries at a time, and again in the backward
// pass. float32 or float64; the bits do not depend on the number of threads.
namespace xg::kernels {

/// Weights dropped at random, the rest divided by `keep`: weight number i, in row-major order, stays where number i of rand in
/// float64, from this seed and position on, is below `keep`. So a block can draw its own whenever it is worked on.
struct AttentionDropout {
    double keep = 1; ///< 1: none is dropped
    std::uint64_t seed = 0, position = 0;
};

/// q (..., queries, width), k (..., keys, width), v (..., keys, values), mask (..., queries, keys), all with the same leading
/// axes and dtype, each with steps of its own; no mask where its data is null.
struct AttentionInputs {
    Strided q, k, v, mask;
    double scale = 1;
    bool causal = false; ///< query i sees the keys 0 to i
    AttentionDropout dropout = {};
};

/// Bytes of working memory for either of the next.
std::size_t attention_room(const AttentionInputs& x);

/// y (..., queries, values), contiguous. A query that sees no key gets zeros.
void attention(const AttentionInputs& x, const Strided& y, char* room);

/// The gradients of q, k and v, contiguous, given g, that of y.
struct AttentionGradients {
    Strided q, k, v;
};
void attention_backward(const AttentionInputs& x, const Strided& g, const AttentionGradients& to, char* room);

} // namespace xg::kernels
