#pragma once
#include <initializer_list>
#include <optional>
#include <vector>

#include <autograd/random.hpp>
#include <autograd/tensor.hpp>

// Errors that all of these raise before they change or draw anything: ShapeError for a negative size, MemoryError for a
// shape that no memory holds, DTypeError for a gradient of integers or booleans, ValueError for a number that int64
// cannot hold.
namespace xg {

struct TensorOptions {
    std::optional<DType> dtype = {}; ///< the default is float32, or what the function says
    bool requires_grad = false;      ///< DTypeError unless the dtype is floating point
};

XGRAD_API Tensor zeros(const Shape& shape, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor ones(const Shape& shape, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor full(const Shape& shape, Number value, TensorOptions options = {}, Site site = Site::here());
/// The shape of `like`, and its dtype unless another is given.
XGRAD_API Tensor zeros_like(const Tensor& like, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor ones_like(const Tensor& like, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor full_like(const Tensor& like, Number value, TensorOptions options = {}, Site site = Site::here());

/// Ones on the main diagonal of an (n, n) or (rows, columns) matrix.
XGRAD_API Tensor eye(Index n, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor eye(Index rows, Index columns, TensorOptions options = {}, Site site = Site::here());
/// 0, 1, ... below `end`; or begin, begin + step, ... short of end. int64 from integers, float32 from fractions, of which
/// there are ceil((end - begin) / step), as in NumPy: rounding may let `end` in. ValueError for a step of 0 and for
/// numbers that are not finite; DTypeError for fractions as int64 and anything as boolean.
XGRAD_API Tensor arange(Number end, TensorOptions options = {}, Site site = Site::here());
XGRAD_API Tensor arange(Number begin, Number end, Number step = 1, TensorOptions options = {},
                        Site site = Site::here());
/// `count` equally spaced numbers from begin to end, both included exactly. ValueError for a negative count and for ends
/// that are not finite, DTypeError unless the dtype is floating point.
XGRAD_API Tensor linspace(double begin, double end, Index count, TensorOptions options = {}, Site site = Site::here());

/// A nested list of numbers: tensor({{1, 2}, {3, 4}}), tensor(2.5). ShapeError if it is ragged.
class Literal {
public:
    template <class T>
    requires std::is_arithmetic_v<T> Literal(T number) : number_(number) {}
    Literal(std::initializer_list<Literal> items) : items_(items), list_(true) {}

    bool is_list() const { return list_; }
    Number number() const { return number_; }
    const std::vector<Literal>& items() const { return items_; }

private:
    Number number_;
    std::vector<Literal> items_;
    bool list_ = false;
};
/// float32 unless another dtype is given.
XGRAD_API Tensor tensor(const Literal& literal, TensorOptions options = {}, Site site = Site::here());

/// The values in row-major order under `shape`; the vector's own element type unless another dtype is given.
/// ShapeError unless the count is right.
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape, TensorOptions options = {},
                   Site site = Site::here());
template <class T>
Tensor from_vector(const std::vector<T>& values) {
    return from_vector(values, Shape(static_cast<Index>(values.size())));
}

struct RandomOptions {
    std::optional<DType> dtype = {};
    bool requires_grad = false;
    Generator* generator = nullptr; ///< the calling thread's own when absent
};
// Which numbers a seed gives, and how far each call moves the generator: autograd/random.hpp.

/// Uniform in [0, 1). DTypeError, here and for normals, unless the dtype is floating point.
XGRAD_API Tensor rand(const Shape& shape, RandomOptions options = {}, Site site = Site::here());
/// Standard normal.
XGRAD_API Tensor randn(const Shape& shape, RandomOptions options = {}, Site site = Site::here());
/// Integers in [low, high), int64 unless a floating dtype is given. ValueError unless low < high.
XGRAD_API Tensor randint(Index low, Index high, const Shape& shape, RandomOptions options = {},
                         Site site = Site::here());
/// A random order of 0 ... n - 1, int64.
XGRAD_API Tensor randperm(Index n, RandomOptions options = {}, Site site = Site::here());
XGRAD_API Tensor rand_like(const Tensor& like, RandomOptions options = {}, Site site = Site::here());
XGRAD_API Tensor randn_like(const Tensor& like, RandomOptions options = {}, Site site = Site::here());

/// What every function above ends in: a tensor of its own, filled from `values` (row-major, `numel` of them).
template <Element T>
Tensor from_values(const T* values, Index count, const Shape& shape, TensorOptions options, Site site);
extern template XGRAD_API Tensor from_values(const bool*, Index, const Shape&, TensorOptions, Site);
extern template XGRAD_API Tensor from_values(const std::int64_t*, Index, const Shape&, TensorOptions, Site);
extern template XGRAD_API Tensor from_values(const float*, Index, const Shape&, TensorOptions, Site);
extern template XGRAD_API Tensor from_values(const double*, Index, const Shape&, TensorOptions, Site);

template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape, TensorOptions options, Site site) {
    const auto count = static_cast<Index>(values.size());
    if constexpr (Element<T> && !std::is_same_v<T, bool>) {
        return from_values(values.data(), count, shape, options, site);
    } else {
        using Wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
        const std::vector<Wide> wide(values.begin(), values.end());
        if (std::is_same_v<T, bool> && !options.dtype) options.dtype = boolean;
        return from_values(wide.data(), count, shape, options, site);
    }
}

} // namespace xg
