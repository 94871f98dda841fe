#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

// What functions under a transform take and give: a Tensor, or vectors, arrays, pairs and tuples of such.
namespace xg {

namespace tree {

inline void collect(const Tensor& t, std::vector<Tensor>& out) { out.push_back(t); }
template <class T>
void collect(const std::vector<T>& items, std::vector<Tensor>& out);
template <class T, std::size_t N>
void collect(const std::array<T, N>& items, std::vector<Tensor>& out);
template <class A, class B>
void collect(const std::pair<A, B>& items, std::vector<Tensor>& out);
template <class... T>
void collect(const std::tuple<T...>& items, std::vector<Tensor>& out);

template <class T>
void collect(const std::vector<T>& items, std::vector<Tensor>& out) {
    for (const T& item : items) collect(item, out);
}
template <class T, std::size_t N>
void collect(const std::array<T, N>& items, std::vector<Tensor>& out) {
    for (const T& item : items) collect(item, out);
}
template <class A, class B>
void collect(const std::pair<A, B>& items, std::vector<Tensor>& out) {
    collect(items.first, out);
    collect(items.second, out);
}
template <class... T>
void collect(const std::tuple<T...>& items, std::vector<Tensor>& out) {
    std::apply([&](const auto&... item) { (collect(item, out), ...); }, items);
}

/// The same structure with the tensors from `next` on in place of its own.
inline void replace(Tensor& t, const Tensor*& next) { t = *next++; }
template <class T>
void replace(std::vector<T>& items, const Tensor*& next);
template <class T, std::size_t N>
void replace(std::array<T, N>& items, const Tensor*& next);
template <class A, class B>
void replace(std::pair<A, B>& items, const Tensor*& next);
template <class... T>
void replace(std::tuple<T...>& items, const Tensor*& next);

template <class T>
void replace(std::vector<T>& items, const Tensor*& next) {
    for (T& item : items) replace(item, next);
}
template <class T, std::size_t N>
void replace(std::array<T, N>& items, const Tensor*& next) {
    for (T& item : items) replace(item, next);
}
template <class A, class B>
void replace(std::pair<A, B>& items, const Tensor*& next) {
    replace(items.first, next);
    replace(items.second, next);
}
template <class... T>
void replace(std::tuple<T...>& items, const Tensor*& next) {
    std::apply([&](auto&... item) { (replace(item, next), ...); }, items);
}

template <class T>
std::vector<Tensor> tensors_of(const T& tree) {
    std::vector<Tensor> out;
    collect(tree, out);
    return out;
}
template <class T>
T with_tensors(T tree, const std::vector<Tensor>& tensors) {
    const Tensor* next = tensors.data();
    replace(tree, next);
    return tree;
}

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// f(x), or f(a, b, ...) for a tuple of several arguments.
template <class F, class X>
decltype(auto) call(F& f, const X& x) {
    if constexpr (std::invocable<F&, const X&>) return f(x);
    else return std::apply(f, x);
}

} // namespace tree

/// A tensor, or vectors, arrays, pairs and tuples of tensors.
template <class T>
concept TensorTree = requires(const T& t, std::vector<Tensor>& out) {
    tree::collect(t, out);
};

namespace detail {
template <class F, class X>
constexpr bool callable() {
    if constexpr (std::invocable<F&, const X&>) return true;
    else if constexpr (tree::is_tuple<X>) return requires(F & f, const X& x) {
            std::apply(f, x);
        };
    else return false;
}
} // namespace detail

/// A function that a transform can run on `X`: of the whole, or of the elements of a tuple.
template <class F, class X>
concept FunctionOf = TensorTree<X> && detail::callable<F, X>();

} // namespace xg
