#pragma once
#include <functional>
#include <vector>

#include <autograd/ops/samples.hpp>

// References of samples, written out entry by entry or line by line in plain loops.
namespace xg {

using Position = std::vector<Index>;

/// Reads a tensor's numbers by position.
class Reader {
public:
    explicit Reader(const Tensor& x) : values_(x.to_vector<double>()), shape_(x.shape()) {}
    double operator()(const Position& at) const;
    const Shape& shape() const { return shape_; }

private:
    std::vector<double> values_;
    Shape shape_;
};

/// The float64 tensor whose entry at each position is f(position).
Tensor tabulate(const Shape& shape, const std::function<double(const Position&)>& f);

using Line = std::vector<double>;
using LineFunction = std::function<Line(const Line&)>;

/// x with every line along `axis` replaced by f(line), which may have another length.
Tensor by_line(const Tensor& x, Index axis, const LineFunction& f);
/// x without `axis`, of which every line has become the number f(line).
Tensor by_line_reduced(const Tensor& x, Index axis, const std::function<double(const Line&)>& f);

using AxisCall = std::function<Tensor(const Operand&, Index axis)>;
using AxisReference = std::function<Tensor(const Tensor&, Index axis)>;
using Maker = Tensor (*)(const Shape&, int seed);

Tensor spread_numbers(const Shape& shape, int seed);

/// Eighteen samples of an operation along one axis: first, middle and last axes, sizes 1 and 0. An operation that
/// needs an entry on each line leaves those out that have none.
std::vector<Sample> axis_samples(const AxisCall& call, const AxisReference& reference, Maker make = spread_numbers,
                                 bool empty_lines = true);
/// Samples of a reduction of several axes: `f` makes one number of the entries that are reduced together. A reduction
/// that needs an entry leaves those out that have none.
using AxesCall = Tensor (*)(const Operand&, const Axes&, bool keepdims);
std::vector<Sample> axes_samples(AxesCall call, const std::function<double(const Line&)>& f,
                                 Maker make = spread_numbers, bool of_nothing = true, DType result = DType::float64);
std::vector<Misuse> axes_misuse(AxesCall call);
/// What an operation along one axis refuses.
std::vector<Misuse> axis_misuse(Tensor (*call)(const Operand&, Index axis));

/// Samples of a function of three arguments, elementwise: every kind of broadcast.
std::vector<Sample> ternary_samples(double (*f)(double, double, double),
                                    Tensor (*call)(const Operand&, const Operand&, const Operand&));

/// Samples of one input: its shape, the call and the entry at a position of the result.
struct Tabulated {
    Shape from;
    std::function<Tensor(const Tensor&)> call;
    Shape to;
    std::function<double(const Reader&, const Position&)> entry;
    const char* note = "";
};
std::vector<Sample> tabulated_samples(const std::vector<Tabulated>& cases, Maker make = spread_numbers);

} // namespace xg
