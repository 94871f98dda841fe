#pragma once
#include <concepts>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <autograd/dtype.hpp>
#include <autograd/export.hpp>
#include <autograd/small_vector.hpp>

namespace xg {

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// The sizes of the axes of a tensor: `Shape{}` is that of a scalar, `Shape{2, 3}` that of two rows and three columns.
class XGRAD_API Shape : public SmallVector<Index, 6> {
public:
    Shape() {}
    template <Integer... I>
    requires(sizeof...(I) > 0) Shape(I... sizes) { (push_back(static_cast<Index>(sizes)), ...); }
    Shape(std::span<const Index> sizes) { append(sizes.begin(), sizes.end()); }
    Shape(const std::vector<Index>& sizes) { append(sizes.begin(), sizes.end()); }

    int rank() const { return size(); }
    /// The number of elements: the product of the sizes, 1 for a scalar.
    Index numel() const {
        Index n = 1;
        for (const Index s : *this) n *= s;
        return n;
    }
    /// As NumPy writes it: "()", "(3,)", "(2, 3)".
    std::string str() const;
};
/// Steps between neighbours along each axis, in elements.
using Strides = Shape;

/// Axes of a reduction or a permutation, counted from the end when negative. `{}` is not a list of axes, so that it can
/// stand for options; `Axes::none()` is the list of no axes.
class XGRAD_API Axes : public SmallVector<Index, 6> {
public:
    static Axes none() {
        Axes axes(0);
        axes.pop_back();
        return axes;
    }
    template <Integer... I>
    requires(sizeof...(I) > 0) Axes(I... axes) { (push_back(static_cast<Index>(axes)), ...); }
    template <Integer I>
    Axes(const std::vector<I>& axes) {
        append(axes.begin(), axes.end());
    }
};

/// A named yes or no in an options struct. It is made from a `bool` alone, so that no number becomes an option.
struct Flag {
    bool value;
    template <std::same_as<bool> B>
    constexpr Flag(B b) : value(b) {}
    constexpr operator bool() const { return value; }
};

/// The shape NumPy's rule gives for operating on `a` and `b` together. ShapeError, naming `op`, if they do not fit.
XGRAD_API Shape broadcast(const char* op, const Shape& a, const Shape& b);
/// Row-major strides.
XGRAD_API Strides contiguous_strides(const Shape& shape);
/// `axis` counted from the front. IndexError, naming `op`, if a tensor of `rank` axes has no such axis.
XGRAD_API int normalize_axis(const char* op, Index axis, int rank);

} // namespace xg
