#pragma once
#include <functional>
#include <initializer_list>
#include <vector>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/tabulate.hpp>

// What the normalizations share.
namespace xg::norms {

void require_eps(const char* op, double eps);
/// The last axes as one row each, behind all others as rows: what layer_norm's rule works on.
struct Rows {
    Index count = 1, n = 1;
};
/// ShapeError unless x ends in `shape`.
Rows rows_of(const char* op, const Tensor& x, const Shape& shape);
void require_shape(const char* op, const char* what, const Tensor& t, const Shape& shape);
/// x of (N, channels, *), with so many axes at least.
void require_channels(const char* op, const Tensor& x, int least);
/// Each row brought to mean 0 and variance 1; the shape of x.
Tensor standardized_rows(const Tensor& x, const Rows& rows, double eps);
/// A number a channel, along axis 1 of `rank` axes.
Tensor along_channels(const Tensor& t, int rank);
/// y weight + bias, a number a channel each, or undefined.
Tensor weighted(const char* op, Tensor y, const Tensor& weight, const Tensor& bias);
/// Floating point that holds the numbers of all of them; undefined ones have none.
Tensor promoted(const Tensor& x, std::initializer_list<const Tensor*> others);
/// The product of the sizes behind the channels.
Index positions_of(const Shape& shape);

// Samples ------------------------------------------------------------------------------------------------------------------

/// x with every group of entries, named by key(position), standardized.
using Key = std::function<Index(const Position&)>;
Tensor standardized_by(const Tensor& x, double eps, const Key& key,
                       const std::function<double(const Position&, double)>& then);
/// y w + b of the inputs after the first, read where `at` says.
std::function<double(const Position&, double)> affine(In in, const std::function<Position(const Position&)>& at);
inline Position channel(const Position& p) { return {p[1]}; }
/// x, and `count` of weight and bias of that shape.
std::vector<Tensor> with_parameters(const Tensor& x, const Shape& shape, int count);
inline Tensor input(In in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }
/// (N, channels, *) with even channels.
std::span<const Shape> channel_shapes();
std::vector<Sample> layer_norm_samples();

} // namespace xg::norms
