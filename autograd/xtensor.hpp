#pragma once
#include <algorithm>
#include <concepts>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>

#include <autograd/foreign.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/tensor.hpp>

// Tensors and xtensor in one program. With this header
//   - every xtensor expression is accepted where a Tensor or an operand is: `Tensor t = 2.0 * a;`, `matmul(a, w)`,
//     `t + a`, `a * t`, `a == t`. It is evaluated once, when it is converted. Its value type decides the dtype: float is
//     float32, other floating types are float64, bool is boolean, integers are int64. A temporary xt::xarray or
//     xt::xtensor whose elements are of one of the four types hands over its memory; everything else is copied.
//   - `t.array<double>()` is the tensor as an xtensor expression. It looks at the tensor's numbers without a copy, keeps
//     them alive, and can be read only: a change behind the graph's back would make gradients wrong. `t.assign(a)` writes.
namespace xg {

namespace detail {

/// The element type that numbers of type V are stored as.
template <class V>
using ElementFor = std::conditional_t<std::is_same_v<V, bool>, bool,
                                      std::conditional_t<std::is_integral_v<V>, std::int64_t,
                                                         std::conditional_t<std::is_same_v<V, float>, float, double>>>;

/// The numbers of a tensor as a container that xtensor can adapt. It holds the tensor, so that a view of a temporary, such
/// as `w.grad().array<double>()`, is safe.
template <Element T>
class TensorBuffer {
public:
    using value_type = T;
    using reference = const T&;
    using const_reference = const T&;
    using pointer = const T*;
    using const_pointer = const T*;
    using iterator = const T*;
    using const_iterator = const T*;
    using reverse_iterator = std::reverse_iterator<const T*>;
    using const_reverse_iterator = reverse_iterator;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using allocator_type = std::allocator<T>;

    TensorBuffer(const Tensor& t, const T* data)
        : tensor_(t), data_(data), size_(static_cast<std::size_t>(t.numel())) {}

    const T* data() const { return data_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    const T* cbegin() const { return begin(); }
    const T* cend() const { return end(); }
    reverse_iterator rbegin() const { return reverse_iterator(end()); }
    reverse_iterator rend() const { return reverse_iterator(begin()); }
    reverse_iterator crbegin() const { return rbegin(); }
    reverse_iterator crend() const { return rend(); }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    void resize(std::size_t) {} // xtensor adapts the size to the shape, which is the tensor's
    // The position is a sum of steps, which may be negative.
    const T& operator[](std::size_t i) const { return data_[static_cast<std::ptrdiff_t>(i)]; }

private:
    Tensor tensor_;
    const T* data_;
    std::size_t size_;
};

} // namespace detail

/// What `Tensor::array` gives: an xtensor expression over the numbers of a tensor.
template <Element T>
using ArrayView = xt::xarray_adaptor<detail::TensorBuffer<T>, xt::layout_type::dynamic>;

template <class T>
requires xt::is_xexpression<T>::value struct IsArrayExpression<T> : std::true_type {
};

namespace detail {

template <class E>
struct IsContainer : std::false_type {};
template <class S, xt::layout_type L, class SC, class Tag>
struct IsContainer<xt::xarray_container<S, L, SC, Tag>> : std::true_type {};
template <class S, std::size_t N, xt::layout_type L, class Tag>
struct IsContainer<xt::xtensor_container<S, N, L, Tag>> : std::true_type {};

/// All but the base class, xt::xexpression<D>, as which generic functions take their arguments.
template <class E>
concept HasValueType = requires {
    typename E::value_type;
};

template <class S>
Shape to_shape(const S& sizes) {
    Shape shape;
    for (const auto size : sizes) shape.push_back(static_cast<Index>(size));
    return shape;
}

/// xtensor gives axes of size 1 the step 0, matrix routines want the one they would have among larger axes.
template <class C>
Strides to_strides(const C& container, const Shape& shape) {
    Strides strides = to_shape(container.strides());
    if (container.layout() == xt::layout_type::row_major) return contiguous_strides(shape);
    Index step = 1;
    for (int axis = 0; axis < shape.rank(); ++axis) { // column-major, or steps of the user's own
        if (shape[axis] == 1) strides[axis] = step;
        step = std::max(step, strides[axis] * shape[axis]);
    }
    return strides;
}

template <class E>
Tensor adopt_container(E&& container, Site site) {
    using T = typename E::value_type;
    const auto owner = std::make_shared<E>(std::move(container));
    const Shape shape = to_shape(owner->shape());
    return adopt(dtype_of<T>, shape, to_strides(*owner, shape), owner->data(), owner, site);
}

template <class E>
Tensor evaluate(const E& expression, Site site) {
    using T = ElementFor<typename E::value_type>;
    const CallSite here(site);
    Tensor out = unwritten("from_array", dtype_of<T>, to_shape(expression.shape()));
    if (out.numel() == 0) return out;
    const auto n = static_cast<std::size_t>(out.numel());
    const std::vector<std::size_t> shape(out.shape().begin(), out.shape().end());
    xt::noalias(xt::adapt(static_cast<T*>(out.data()), n, xt::no_ownership(), shape)) = expression;
    return out;
}

} // namespace detail

/// The numbers of an xtensor expression: what the conversion to Tensor does, by name.
template <ArrayExpression E>
Tensor from_array(E&& expression, Site site = Site::here()) {
    using Expression = std::remove_cvref_t<E>;
    if constexpr (!detail::HasValueType<Expression>) {
        return from_array(expression.derived_cast(), site);
    } else {
        using V = typename Expression::value_type;
        static_assert(std::is_arithmetic_v<V>, "a Tensor holds real numbers, integers and booleans");
        constexpr bool temporary = std::is_same_v<E, Expression>; // neither an lvalue nor const
        if constexpr (temporary && detail::IsContainer<Expression>::value && std::is_same_v<V, detail::ElementFor<V>>) {
            if (expression.size() > 0) return detail::adopt_container(std::forward<E>(expression), site);
        }
        return detail::evaluate(expression, site);
    }
}

template <ArrayExpression E>
Tensor::Tensor(E&& expression) : Tensor(from_array(std::forward<E>(expression), {})) {}

template <class T>
auto Tensor::array(Site site) const {
    static_assert(Element<T>, "elements are read as bool, std::int64_t, float or double");
    const T* first = static_cast<const T*>(detail::numbers_of(*this, dtype_of<T>, site));
    const auto convert = [](const Shape& from, auto to) {
        to.assign(from.begin(), from.end());
        return to;
    };
    using View = ArrayView<T>;
    const auto sizes = convert(shape(), typename View::shape_type());
    detail::TensorBuffer<T> buffer(*this, first);
    // A view that knows its layout is read in one loop.
    if (is_contiguous()) return View(std::move(buffer), sizes, xt::layout_type::row_major);
    return View(std::move(buffer), sizes, convert(strides(), typename View::strides_type()));
}

} // namespace xg

namespace xt {

// What xtensor copies a view into when it needs a container of its own.
template <class T>
struct temporary_container<xg::detail::TensorBuffer<T>> {
    using type = uvector<T>;
};

namespace detail {

// xtensor's functions and operators take anything beside an expression and treat what they do not know as a scalar. They
// leave the overload set where a Tensor is among the operands, and ours, which record a graph and know the caller's
// line, are the only ones left.
template <class F, class... E>
requires(std::derived_from<std::remove_cvref_t<E>, xg::Tensor> || ...) struct xfunction_type<F, E...> {
};

#if defined(__GNUC__) && !defined(__clang__)
// xtensor 0.24 tells g++ under C++17 alone that an expression of any number of axes becomes an xarray. Under C++20 it
// takes the capacity of the shape for the number of axes, and `xt::eval(a + b)` reads memory that is not there.
template <>
struct xtype_for_shape<dynamic_shape<std::size_t>> {
    template <class T, layout_type L>
    using type = xarray<T, L>;
};
#endif

} // namespace detail
} // namespace xt
