#pragma once
#include <functional>
#include <vector>

#include <autograd/ops/entry.hpp>

// Makers of samples: deterministic, asymmetric inputs of many shapes with references that use none of our kernels.
namespace xg {

/// `count` numbers spread over (low, high) without pattern, none within 0.05 of `kink`.
std::vector<double> spread(Index count, double low, double high, double kink = 1e300, int seed = 0);
/// A float64 tensor of them.
Tensor spread_tensor(const Shape& shape, double low = -2, double high = 2, int seed = 0);
/// The same, all different and far from ties: for max, sort and their kind.
Tensor distinct_tensor(const Shape& shape, int seed = 0);
Tensor index_tensor(const Shape& shape, Index size, int seed = 0);

/// The usual sample: all defaults.
inline Sample sample(std::string note, std::vector<Tensor> inputs, std::function<Tensor(In)> call,
                     std::function<Tensor(In)> reference) {
    return {.note = std::move(note),
            .inputs = std::move(inputs),
            .call = std::move(call),
            .reference = std::move(reference)};
}

struct Sampling {
    double low = -2, high = 2;
    std::vector<double> tails = {}; ///< far arguments at which the value must still be right
};
/// Samples of a function of one argument over a dozen shapes; `reference` is the scalar function.
std::vector<Sample> unary_samples(const OpDoc& doc, double (*reference)(double), Tensor (*call)(const Operand&),
                                  const Sampling& sampling = {});
/// Of two arguments: equal shapes, broadcasts of every kind, numbers on either side. `second` bounds the second one.
std::vector<Sample> binary_samples(const OpDoc& doc, double (*reference)(double, double),
                                   Tensor (*call)(const Operand&, const Operand&), const Sampling& first = {},
                                   const Sampling& second = {});

/// The point of a kink, with the slope that the convention gives it.
Sample kink_sample(Tensor (*call)(const Operand&), double at, double value, double slope);
/// Operands of which some are equal, with the share of the first there; elsewhere the larger (or smaller) takes all.
Sample tie_sample(Tensor (*call)(const Operand&, const Operand&), bool larger);

/// The misuse every operation of two operands refuses.
std::vector<Misuse> binary_misuse(Tensor (*call)(const Operand&, const Operand&));
std::vector<Misuse> unary_misuse(Tensor (*call)(const Operand&));

} // namespace xg
