#include <autograd/ops/loss_parts_internal.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {

Tensor reduced(const Tensor& losses, Reduction reduction) {
    switch (reduction) {
        case Reduction::mean: return mean(losses);
        case Reduction::sum: return sum(losses);
        default: return losses;
    }
}

Tensor loss_operand(const char* op, const Operand& x) {
    const Tensor t = as_tensor(x);
    require_defined(op, t);
    return is_floating(t.dtype()) ? t : t.to(float32);
}
Tensor loss_target(const char* op, const Operand& target, const Tensor& beside) {
    const Tensor t = as_tensor(target, beside.dtype());
    require_defined(op, t);
    return is_floating(t.dtype()) ? t : t.to(beside.dtype());
}
void require_same_shape(const char* op, const char* what, const Tensor& a, const char* other, const Tensor& b) {
    if (a.shape() == b.shape()) return;
    fail<ShapeError>(
        "{}: the {} has shape {} and the {} has shape {}\n  expected the same shape; losses never broadcast", op, what,
        a.shape().str(), other, b.shape().str());
}
std::pair<Tensor, Tensor> loss_pair(const char* op, const Operand& prediction, const Operand& target) {
    Tensor y = loss_operand(op, prediction), t = loss_target(op, target, y);
    require_same_shape(op, "prediction", y, "target", t);
    if (y.dtype() != t.dtype()) { // functions of one operand are computed as exactly as the result is
        y = y.to(float64);
        t = t.to(float64);
    }
    return {y, t};
}

Tensor weighted(const char* op, const Tensor& losses, const Tensor& weight) {
    if (!weight.defined()) return losses;
    const int missing = losses.rank() - weight.rank();
    bool fits = missing >= 0;
    for (int i = 0; fits && i < weight.rank(); ++i) {
        fits = weight.shape()[i] == 1 || weight.shape()[i] == losses.shape()[i + missing];
    }
    if (!fits) {
        fail<ShapeError>(
            "{}: the weight has shape {} and the losses have shape {}\n  expected a weight that broadcasts to them", op,
            weight.shape().str(), losses.shape().str());
    }
    return losses * weight.to(losses.dtype());
}

void require_between(const char* op, const char* what, const Tensor& t, double low, double high) {
    if (t.impl()->level != 0) return;
    const std::vector<double> numbers = t.detach().to_vector();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] >= low && numbers[i] <= high) continue;
        fail<ValueError>("{}: entry {} of the {} is {}\n  expected {} to {}", op, i, what, numbers[i], low, high);
    }
}

void require_classes(const char* op, const Tensor& targets, Index classes, Index ignored) {
    if (targets.dtype() != DType::int64) {
        fail<DTypeError>("{}: the targets have dtype {}\n  expected int64 class indices; targets.to(int64) converts",
                         op, name_of(targets.dtype()));
    }
    if (targets.impl()->level != 0) return;
    const auto numbers = targets.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] == ignored || (numbers[i] >= 0 && numbers[i] < classes)) continue;
        fail<IndexError>("{}: target {} is class {}, and there are {} classes\n  expected classes from 0 to {}", op, i,
                         numbers[i], classes, classes - 1);
    }
}

void require_option(const char* op, bool in_range, const char* option, double value, const char* expected) {
    if (!in_range) fail<ValueError>("{}: {} is {}\n  expected {}", op, option, value, expected);
}

// Samples -------------------------------------------------------------------------------------------------------------

std::vector<Sample> loss_samples(const std::vector<std::vector<Tensor>>& operands, const LossCall& call,
                                 const PlainLosses& losses, int axes) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const Shape& first = operands[i][0].shape();
        const auto r = operands[i][0].numel() == 0 ? Reduction::sum : static_cast<Reduction>(i % 3);
        const auto reference = [losses, axes, r](In in) {
            std::vector<Plain> numbers;
            std::vector<Shape> shapes;
            for (const Tensor& x : in) {
                numbers.push_back(x.to_vector());
                shapes.push_back(x.shape());
            }
            const Plain single = losses(numbers, shapes);
            if (r == Reduction::none) {
                Shape shape;
                for (int a = 0; a < std::min(axes, shapes[0].rank()); ++a) shape.push_back(shapes[0][a]);
                return from_vector(single, shape);
            }
            double total = 0;
            for (const double l : single) total += l;
            if (r == Reduction::mean) total /= static_cast<double>(single.size());
            return full({}, total, {.dtype = float64});
        };
        samples.push_back({.note = first.str(),
                           .inputs = operands[i],
                           .call = [call, r](In in) { return call(in, r); },
                           .reference = reference,
                           .tolerance = 1e-11});
    }
    return samples;
}

const std::vector<Shape>& entry_shapes() {
    static const std::vector<Shape> shapes{Shape{},     Shape{4},    Shape{3, 2}, Shape{1},          Shape{2, 3, 1},
                                           Shape{1, 4}, Shape{4, 1}, Shape{17},   Shape{2, 1, 3, 2}, Shape{1, 1},
                                           Shape{3, 5}, Shape{2, 2}, Shape{0}};
    return shapes;
}
const std::vector<Shape>& row_shapes() {
    static const std::vector<Shape> shapes{Shape{4, 3}, Shape{1, 5}, Shape{3, 1}, Shape{5, 2}, Shape{7, 4},
                                           Shape{2, 9}, Shape{6, 6}, Shape{1, 1}, Shape{2, 3}, Shape{3, 4},
                                           Shape{1, 2}, Shape{8, 2}, Shape{0, 3}};
    return shapes;
}
const std::vector<Shape>& vector_shapes() {
    static const std::vector<Shape> shapes{Shape{4, 3}, Shape{1, 5}, Shape{3, 2}, Shape{5, 2}, Shape{7, 4},
                                           Shape{2, 9}, Shape{6, 6}, Shape{2, 4}, Shape{2, 3}, Shape{3, 4},
                                           Shape{1, 3}, Shape{8, 2}, Shape{0, 3}};
    return shapes;
}
Tensor sign_tensor(const Shape& shape, int seed) { return 2 * index_tensor(shape, 2, seed) - 1; }

} // namespace xg
