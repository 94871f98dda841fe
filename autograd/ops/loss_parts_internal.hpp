#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/loss.hpp>

// What losses share: their checks, the reduction, and samples with references in plain loops.
namespace xg {

Tensor reduced(const Tensor& losses, Reduction reduction);

/// An operand that is defined.
Tensor loss_operand(const char* op, const Operand& x);
/// A target beside it, as floating numbers.
Tensor loss_target(const char* op, const Operand& target, const Tensor& beside);
/// ShapeError unless both shapes are the same; `what` and `other` name the arguments.
void require_same_shape(const char* op, const char* what, const Tensor& a, const char* other, const Tensor& b);
/// Both operands, defined, floating and of one shape.
std::pair<Tensor, Tensor> loss_pair(const char* op, const Operand& prediction, const Operand& target);
/// `losses` times a weight whose shape is broadcast to theirs; as they are without one.
Tensor weighted(const char* op, const Tensor& losses, const Tensor& weight);
/// ValueError for a number outside [low, high] or NaN, with its place. Values inside a transform are not looked at.
void require_between(const char* op, const char* what, const Tensor& t, double low, double high);
/// IndexError for a class outside 0 to classes - 1, unless it is `ignored`. Not inside a transform.
void require_classes(const char* op, const Tensor& targets, Index classes, Index ignored = -1);
void require_option(const char* op, bool in_range, const char* option, double value, const char* expected);

/// nll_loss and, from logarithms of softmax, cross_entropy with all its options: (N, classes, ...) or (classes).
Tensor class_losses(const char* op, const Tensor& log_probabilities, const Tensor& targets, const ClassLossOptions& o,
                    double smoothing);

// Samples -------------------------------------------------------------------------------------------------------------

using Plain = std::vector<double>;
inline std::size_t at(Index place) { return static_cast<std::size_t>(place); } // of a Plain
/// The single losses of a sample, from its operands in row-major order.
using PlainLosses = std::function<Plain(const std::vector<Plain>& operands, const std::vector<Shape>& shapes)>;
using LossCall = std::function<Tensor(In, Reduction)>;

/// One sample a list of operands, with none, mean and sum in turn. The losses have the shape of the first operand, or its
/// first `axes` ones.
std::vector<Sample> loss_samples(const std::vector<std::vector<Tensor>>& operands, const LossCall& call,
                                 const PlainLosses& losses, int axes = 99);
/// A dozen shapes for losses of entries, among them 0-d, empty ones and those with an axis of 1.
const std::vector<Shape>& entry_shapes();
/// For losses of rows (N, C): 12 shapes and an empty one.
const std::vector<Shape>& row_shapes();
/// The same without vectors of one number, whose cosines are constant.
const std::vector<Shape>& vector_shapes();
/// -1 or 1, int64.
Tensor sign_tensor(const Shape& shape, int seed);

} // namespace xg
