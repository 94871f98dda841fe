#pragma once
#include <functional>
#include <optional>
#include <vector>

#include <autograd/kernels/resample.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/pooling.hpp>
#include <autograd/ops/tabulate.hpp>

// The windows of pooling, and samples over them. Means and sums are in mean_pool.cpp, the largest in max_pool.cpp.
namespace xg::pools {

using kernels::Windows;

// The windows along one axis: `count` of them, number i from i stride - padding on.
struct Row {
    Index size, kernel, stride, padding, dilation, count;

    Index first(Index i) const { return i * stride - padding; }
    Index field() const { return dilation * (kernel - 1) + 1; }
};

struct Geometry {
    std::vector<Row> rows;

    Geometry(const char* op, const Tensor& x, const Shape& kernel, const Shape& stride, const Shape& padding,
             const Shape& dilation, bool ceil_mode, int axes);
};

/// ShapeError unless x has as many axes of space, and one before them.
void require_space(const char* op, const Tensor& x, int axes);
/// Window i of `count` that lie evenly over n entries.
Windows::Window even_window(Index i, Index count, Index n);
/// How many of those there are along each axis.
Shape even_sizes(const char* op, const Tensor& x, const Shape& sizes, int axes);

// The rows of the registry ----------------------------------------------------------------------------------------------

/// What differs between the three operations of a kind, by axes of space.
struct ByAxes {
    const char *names[4], *snippets[4], *torch[4];
};
constexpr OpDoc doc_of(const ByAxes& texts, int axes, const char* formula, const char* derivative,
                       const char* ties = "", const char* onnx = "") {
    return {.name = texts.names[axes],
            .formula = formula,
            .derivative = derivative,
            .ties = ties,
            .torch = texts.torch[axes],
            .onnx = onnx,
            .snippet = texts.snippets[axes]};
}

// Samples ---------------------------------------------------------------------------------------------------------------

struct Case {
    Shape x; // lead, then three axes of which the first D count
    int lead;
    Shape kernel, stride = {}, padding = 0, dilation = 1;
    bool ceil_mode = false, count_include_pad = true;
    std::optional<double> divisor = {};
};
const std::vector<Case>& cases();

/// The entries of a window that are in x.
struct Seen {
    std::vector<double> values;
    Index window = 1; ///< its size with padding
};
double sum_of(const Seen& s);
double largest_of(const Seen& s);

using Entry = std::function<double(const Seen&)>;
/// One sample a case, but those with dilation unless `dilated`; `entry` gives the reference of each window.
std::vector<Sample> window_samples(int axes, bool dilated, bool padded, Maker make,
                                   const std::function<Tensor(const Tensor&, const Case&)>& call,
                                   const std::function<Entry(const Case&)>& entry);
std::vector<Sample> even_samples(int axes, Tensor (*call)(const Operand&, const Shape&), Maker make,
                                 double (*f)(const Seen&));
std::vector<Misuse> pool_misuse(int axes, Tensor (*call)(const Operand&, const Shape&, const MaxPoolOptions&));
std::vector<Misuse> even_misuse(int axes, Tensor (*call)(const Operand&, const Shape&));

} // namespace xg::pools
