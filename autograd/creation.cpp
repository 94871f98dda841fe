#include <autograd/creation.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/creation_internal.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/foreign.hpp>
#include <autograd/kernels/strided.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {

Tensor detail::blank(const char* function, DType dtype, const Shape& shape, bool requires_grad) {
    if (requires_grad && !is_floating(dtype)) {
        fail<DTypeError>(
            "{}: requires_grad with dtype {}, and only floating point numbers have gradients\n"
            "  expected dtype float32 or float64",
            function, name_of(dtype));
    }
    return unwritten(function, dtype, shape);
}

Tensor detail::finished(Tensor t, bool requires_grad) {
    if (requires_grad) t.requires_grad(true);
    return t;
}

namespace {

using detail::blank;
using detail::finished;

// int64 holds the doubles in [-2^63, 2^63); the conversion of any other is undefined in C++.
void check_fits(const char* function, double number, DType dtype) {
    if (dtype == int64 && !(number >= -0x1p63 && number < 0x1p63)) {
        fail<ValueError>(
            "{}: {} does not fit into int64\n  expected a number from -2^63 up to 2^63, or a floating dtype", function,
            number);
    }
}

template <class T>
T converted(const char* function, Number number) {
    if (number.kind() == Number::Kind::floating) check_fits(function, number.as<double>(), dtype_of<T>);
    return number.as<T>();
}

Tensor filled(const char* function, const Shape& shape, Number value, DType dtype, const TensorOptions& options) {
    Tensor out = blank(function, dtype, shape, options.requires_grad);
    kernels::dispatch(dtype, [&]<class T>() {
        std::fill_n(static_cast<T*>(out.data()), out.numel(), converted<T>(function, value));
    });
    return finished(std::move(out), options.requires_grad);
}

Tensor filled_like(const char* function, const Tensor& like, Number value, const TensorOptions& options) {
    require_defined(function, like);
    return filled(function, like.shape(), value, options.dtype.value_or(like.dtype()), options);
}

} // namespace

Tensor zeros(const Shape& shape, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled("zeros", shape, 0, options.dtype.value_or(float32), options);
}
Tensor ones(const Shape& shape, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled("ones", shape, 1, options.dtype.value_or(float32), options);
}
Tensor full(const Shape& shape, Number value, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled("full", shape, value, options.dtype.value_or(float32), options);
}
Tensor zeros_like(const Tensor& like, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled_like("zeros_like", like, 0, options);
}
Tensor ones_like(const Tensor& like, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled_like("ones_like", like, 1, options);
}
Tensor full_like(const Tensor& like, Number value, TensorOptions options, Site site) {
    const CallSite here(site);
    return filled_like("full_like", like, value, options);
}

Tensor eye(Index n, TensorOptions options, Site site) { return eye(n, n, options, site); }
Tensor eye(Index rows, Index columns, TensorOptions options, Site site) {
    const CallSite here(site);
    const DType dtype = options.dtype.value_or(float32);
    Tensor out = blank("eye", dtype, Shape(rows, columns), options.requires_grad);
    kernels::dispatch(dtype, [&]<class T>() {
        T* numbers = static_cast<T*>(out.data());
        std::fill_n(numbers, out.numel(), T(0));
        for (Index i = 0; i < std::min(rows, columns); ++i) numbers[i * columns + i] = T(1);
    });
    return finished(std::move(out), options.requires_grad);
}

// Sequences ------------------------------------------------------------------------------------------------------------

namespace {

bool is_whole(Number n) { return n.kind() != Number::Kind::floating; }

// The ends of a range apart, as an unsigned number, because the difference may not fit into a signed one.
Index count_integers(std::int64_t begin, std::int64_t end, std::int64_t step) {
    if (step > 0 ? begin >= end : begin <= end) return 0;
    const auto a = static_cast<std::uint64_t>(begin), b = static_cast<std::uint64_t>(end),
               s = static_cast<std::uint64_t>(step);
    const std::uint64_t distance = step > 0 ? b - a : a - b, stride = step > 0 ? s : -s;
    return static_cast<Index>(std::min<std::uint64_t>((distance - 1) / stride + 1, INT64_MAX));
}

Index count_fractions(double begin, double end, double step) {
    const double count = std::ceil((end - begin) / step); // NumPy's rule: rounding may let `end` itself in
    return count > 0 ? static_cast<Index>(std::min(count, 0x1p62)) : 0;
}

Tensor range(Number begin, Number end, Number step, const TensorOptions& options) {
    const bool whole = is_whole(begin) && is_whole(end) && is_whole(step);
    const DType dtype = options.dtype.value_or(whole ? int64 : float32);
    const double from = begin.as<double>(), to = end.as<double>(), by = step.as<double>();
    if (!std::isfinite(from) || !std::isfinite(to) || !std::isfinite(by) || by == 0) {
        fail<ValueError>(
            "arange: begin, end and step are {}, {} and {}\n  expected finite numbers and a step that is not 0", from,
            to, by);
    }
    if (dtype == boolean) {
        fail<DTypeError>("arange: dtype boolean does not hold a sequence\n  expected int64, float32 or float64");
    }
    if (dtype == int64 && !whole) {
        fail<DTypeError>(
            "arange: begin, end and step are {}, {} and {} and the dtype is int64\n"
            "  expected integers such as arange(0, 5), or to(int64) of the fractions",
            from, to, by);
    }
    const Index count =
        whole ? count_integers(begin.as<Index>(), end.as<Index>(), step.as<Index>()) : count_fractions(from, to, by);
    Tensor out = blank("arange", dtype, Shape(count), options.requires_grad);
    kernels::dispatch_number(dtype, [&]<class T>() {
        T* numbers = static_cast<T*>(out.data());
        if (whole) {
            // Unsigned, because i steps may be more than the largest integer though their end is not.
            const auto first = begin.as<std::uint64_t>(), stride = step.as<std::uint64_t>();
            for (Index i = 0; i < count; ++i) {
                numbers[i] = static_cast<T>(static_cast<Index>(first + static_cast<std::uint64_t>(i) * stride));
            }
        } else {
            for (Index i = 0; i < count; ++i) numbers[i] = static_cast<T>(from + static_cast<double>(i) * by);
        }
    });
    return finished(std::move(out), options.requires_grad);
}

} // namespace

Tensor arange(Number end, TensorOptions options, Site site) {
    const CallSite here(site);
    return range(0, end, 1, options);
}
Tensor arange(Number begin, Number end, Number step, TensorOptions options, Site site) {
    const CallSite here(site);
    return range(begin, end, step, options);
}

Tensor linspace(double begin, double end, Index count, TensorOptions options, Site site) {
    const CallSite here(site);
    const DType dtype = options.dtype.value_or(float32);
    if (count < 0) fail<ValueError>("linspace: count is {}\n  expected 0 or more", count);
    if (!std::isfinite(begin) || !std::isfinite(end)) {
        fail<ValueError>("linspace: begin and end are {} and {}\n  expected finite numbers", begin, end);
    }
    if (!is_floating(dtype)) {
        fail<DTypeError>("linspace: dtype {} has no fractions\n  expected float32 or float64; arange makes integers",
                         name_of(dtype));
    }
    Tensor out = blank("linspace", dtype, Shape(count), options.requires_grad);
    kernels::dispatch_number(dtype, [&]<class T>() {
        T* numbers = static_cast<T*>(out.data());
        const double gaps = static_cast<double>(std::max<Index>(count - 1, 1)), span = end - begin;
        const double gap = std::isfinite(span) ? span / gaps : end / gaps - begin / gaps;
        for (Index i = 0; i < count; ++i) numbers[i] = static_cast<T>(begin + static_cast<double>(i) * gap);
        if (count > 1) numbers[count - 1] = static_cast<T>(end);
    });
    return finished(std::move(out), options.requires_grad);
}

// From values ----------------------------------------------------------------------------------------------------------

namespace {

// The shape of a nested list, read off its first items.
Shape shape_of(const Literal& literal) {
    Shape shape;
    for (const Literal* at = &literal; at->is_list(); at = &at->items().front()) {
        shape.push_back(static_cast<Index>(at->items().size()));
        if (at->items().empty()) break;
    }
    return shape;
}

std::string described(const Literal& literal) {
    if (!literal.is_list()) return fmt::format("the number {}", literal.number().as<double>());
    return fmt::format("a list of {}", literal.items().size());
}

// Calls f(number) in row-major order, or reports the first place that does not have `shape`; `place` leads to `literal`.
template <class F>
void walk(const Literal& literal, const Shape& shape, std::string place, int axis, const F& f) {
    const bool list = axis < shape.rank();
    if (literal.is_list() != list || (list && static_cast<Index>(literal.items().size()) != shape[axis])) {
        const std::string wanted = list ? fmt::format("a list of {}", shape[axis]) : std::string("a number");
        fail<ShapeError>(
            "tensor: the nested list is ragged.\n  item {} is {}, the first of its depth is {}\n"
            "  expected lists of equal length at every depth",
            place, described(literal), wanted);
    }
    if (!list) return f(literal.number());
    for (std::size_t i = 0; i < literal.items().size(); ++i) {
        walk(literal.items()[i], shape, fmt::format("{}[{}]", place, i), axis + 1, f);
    }
}

} // namespace

Tensor tensor(const Literal& literal, TensorOptions options, Site site) {
    const CallSite here(site);
    const Shape shape = shape_of(literal);
    std::vector<Number> numbers;
    walk(literal, shape, "", 0, [&](Number n) { numbers.push_back(n); });
    const DType dtype = options.dtype.value_or(float32);
    Tensor out = blank("tensor", dtype, shape, options.requires_grad);
    kernels::dispatch(dtype, [&]<class T>() {
        std::transform(numbers.begin(), numbers.end(), static_cast<T*>(out.data()),
                       [](Number n) { return converted<T>("tensor", n); });
    });
    return finished(std::move(out), options.requires_grad);
}

template <Element T>
Tensor from_values(const T* values, Index count, const Shape& shape, TensorOptions options, Site site) {
    const CallSite here(site);
    const DType dtype = options.dtype.value_or(dtype_of<T>);
    if (const Index needed = detail::checked_numel("from_vector", dtype, shape); needed != count) {
        fail<ShapeError>("from_vector: {} values were given for shape {}, which has {}\n  expected as many as it has",
                         count, shape.str(), needed);
    }
    Tensor out = blank("from_vector", dtype, shape, options.requires_grad);
    if constexpr (std::is_floating_point_v<T>) {
        if (dtype == int64) std::for_each_n(values, count, [](T v) { check_fits("from_vector", v, int64); });
    }
    const Strides strides = contiguous_strides(shape);
    auto* bytes = reinterpret_cast<char*>(const_cast<T*>(values)); // read only
    kernels::copy({bytes, dtype_of<T>, shape, strides}, {static_cast<char*>(out.data()), dtype, shape, strides});
    return finished(std::move(out), options.requires_grad);
}
template XGRAD_API Tensor from_values(const bool*, Index, const Shape&, TensorOptions, Site);
template XGRAD_API Tensor from_values(const std::int64_t*, Index, const Shape&, TensorOptions, Site);
template XGRAD_API Tensor from_values(const float*, Index, const Shape&, TensorOptions, Site);
template XGRAD_API Tensor from_values(const double*, Index, const Shape&, TensorOptions, Site);

} // namespace xg
