#pragma once
#include <autograd/tensor.hpp>

// Angles and distances of vectors. Gradients of norms are 0 where the norm is 0.
namespace xg {

struct CosineSimilarityOptions {
    Index axis = 1;
    double eps = 1e-8; ///< the least norm to divide by
};
/// a b / (|a| |b|) along an axis of the broadcast operands.
XGRAD_API Tensor cosine_similarity(const Operand& a, const Operand& b, CosineSimilarityOptions options = {});

struct PairwiseDistanceOptions {
    double p = 2;
    double eps = 1e-6; ///< added to a - b
    bool keepdims = false;
};
/// The p-norm of a - b + eps over the last axis of the broadcast operands.
XGRAD_API Tensor pairwise_distance(const Operand& a, const Operand& b, PairwiseDistanceOptions options = {});
/// The p-norms between every row of a and every row of b: (*, n, d) and (*, m, d) -> (*, n, m). ShapeError for other sizes,
/// ValueError unless p is above 0.
XGRAD_API Tensor cdist(const Operand& a, const Operand& b, double p = 2);
/// Those between the rows i < j of (n, d), in the order (0, 1), (0, 2), ... (1, 2) ...: (n (n - 1) / 2).
XGRAD_API Tensor pdist(const Operand& x, double p = 2);

} // namespace xg
