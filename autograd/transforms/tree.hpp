#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

// What functions under a transform take and give: a Tensor, or vectors, arrays, pairs and tuples of such, or a plain
// struct (an aggregate of up to twelve members, all of them such).
namespace xg {

namespace tree {

// The members of a plain struct ------------------------------------------------------------------------------------------

struct Anything {
    template <class T>
    operator T() const;
};
template <class T, std::size_t... I>
constexpr bool takes_members(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), Anything())...}; };
}
template <class T, std::size_t N = 12>
constexpr std::size_t member_count() {
    if constexpr (N == 0) return 0;
    else if constexpr (takes_members<T>(std::make_index_sequence<N>())) return N;
    else return member_count<T, N - 1>();
}

/// f(member, member, ...) of a plain struct.
template <class T, class F>
decltype(auto) apply_to_members(T& s, F&& f) {
    constexpr std::size_t n = member_count<std::remove_const_t<T>>();
    static_assert(n >= 1 && n <= 12, "a struct of one to twelve tensors or lists of tensors");
    // clang-format off
    if constexpr (n == 1) { auto& [a] = s; return f(a); }
    else if constexpr (n == 2) { auto& [a, b] = s; return f(a, b); }
    else if constexpr (n == 3) { auto& [a, b, c] = s; return f(a, b, c); }
    else if constexpr (n == 4) { auto& [a, b, c, d] = s; return f(a, b, c, d); }
    else if constexpr (n == 5) { auto& [a, b, c, d, e] = s; return f(a, b, c, d, e); }
    else if constexpr (n == 6) { auto& [a, b, c, d, e, g] = s; return f(a, b, c, d, e, g); }
    else if constexpr (n == 7) { auto& [a, b, c, d, e, g, h] = s; return f(a, b, c, d, e, g, h); }
    else if constexpr (n == 8) { auto& [a, b, c, d, e, g, h, i] = s; return f(a, b, c, d, e, g, h, i); }
    else if constexpr (n == 9) { auto& [a, b, c, d, e, g, h, i, j] = s; return f(a, b, c, d, e, g, h, i, j); }
    else if constexpr (n == 10) { auto& [a, b, c, d, e, g, h, i, j, k] = s; return f(a, b, c, d, e, g, h, i, j, k); }
    else if constexpr (n == 11) { auto& [a, b, c, d, e, g, h, i, j, k, l] = s; return f(a, b, c, d, e, g, h, i, j, k, l); }
    else { auto& [a, b, c, d, e, g, h, i, j, k, l, m] = s; return f(a, b, c, d, e, g, h, i, j, k, l, m); }
    // clang-format on
}

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
concept Struct = std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_empty_v<T> && !is_array<T>;

// Flat lists -------------------------------------------------------------------------------------------------------------

inline void collect(const Tensor& t, std::vector<Tensor>& out) { out.push_back(t); }
template <class T>
void collect(const std::vector<T>& items, std::vector<Tensor>& out);
template <class T, std::size_t N>
void collect(const std::array<T, N>& items, std::vector<Tensor>& out);
template <class A, class B>
void collect(const std::pair<A, B>& items, std::vector<Tensor>& out);
template <class... T>
void collect(const std::tuple<T...>& items, std::vector<Tensor>& out);
template <Struct S>
void collect(const S& s, std::vector<Tensor>& out);

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
template <Struct S>
void collect(const S& s, std::vector<Tensor>& out) {
    apply_to_members(s, [&](const auto&... member) { (collect(member, out), ...); });
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
template <Struct S>
void replace(S& s, const Tensor*& next);

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
template <Struct S>
void replace(S& s, const Tensor*& next) {
    apply_to_members(s, [&](auto&... member) { (replace(member, next), ...); });
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

/// The structure alone, its tensors undefined.
template <class T>
T skeleton(const T& tree) {
    return with_tensors(tree, std::vector<Tensor>(tensors_of(tree).size()));
}

/// `Y` with an `X` in the place of each tensor: the type of a Jacobian. A struct keeps its type if X is a Tensor.
template <class Y, class X>
struct Mapped {
    using type = std::vector<X>; // a struct: one for each of its tensors
};
template <class X>
struct Mapped<Tensor, X> {
    using type = X;
};
template <Struct Y>
struct Mapped<Y, Tensor> {
    using type = Y;
};
template <class T, class X>
struct Mapped<std::vector<T>, X> {
    using type = std::vector<typename Mapped<T, X>::type>;
};
template <class T, std::size_t N, class X>
struct Mapped<std::array<T, N>, X> {
    using type = std::array<typename Mapped<T, X>::type, N>;
};
template <class A, class B, class X>
struct Mapped<std::pair<A, B>, X> {
    using type = std::pair<typename Mapped<A, X>::type, typename Mapped<B, X>::type>;
};
template <class... T, class X>
struct Mapped<std::tuple<T...>, X> {
    using type = std::tuple<typename Mapped<T, X>::type...>;
};

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// The tree with next() in the place of each tensor of `y`.
template <class X, class Y, class Next>
typename Mapped<Y, X>::type mapped(const Y& y, const Next& next) {
    using M = typename Mapped<Y, X>::type;
    if constexpr (std::is_same_v<Y, Tensor>) {
        return next();
    } else if constexpr (is_tuple<Y>) {
        return std::apply([&](const auto&... item) { return M{mapped<X>(item, next)...}; }, y);
    } else if constexpr (is_array<Y>) {
        M out;
        for (std::size_t i = 0; i < y.size(); ++i) out[i] = mapped<X>(y[i], next);
        return out;
    } else if constexpr (Struct<Y>) {
        const std::size_t n = tensors_of(y).size();
        std::vector<X> all;
        for (std::size_t i = 0; i < n; ++i) all.push_back(next());
        if constexpr (std::is_same_v<M, Y>) return with_tensors(y, all);
        else return all;
    } else {
        M out;
        for (const auto& item : y) out.push_back(mapped<X>(item, next));
        return out;
    }
}

/// f(x), or f(a, b, ...) for a tuple of several arguments.
template <class F, class X>
decltype(auto) call(F& f, const X& x) {
    if constexpr (std::invocable<F&, const X&>) return f(x);
    else return std::apply(f, x);
}

} // namespace tree

namespace tree {

template <class T>
inline constexpr bool is_tree = std::is_same_v<T, Tensor>;
template <class T>
inline constexpr bool is_tree<std::vector<T>> = is_tree<T>;
template <class T, std::size_t N>
inline constexpr bool is_tree<std::array<T, N>> = is_tree<T>;
template <class A, class B>
inline constexpr bool is_tree<std::pair<A, B>> = is_tree<A>&& is_tree<B>;
template <class... T>
inline constexpr bool is_tree<std::tuple<T...>> = (is_tree<T> && ...);
template <Struct S>
requires(member_count<S>() > 0 && !takes_members<S>(std::make_index_sequence<13>())) inline constexpr bool is_tree<S> =
    decltype(apply_to_members(std::declval<const S&>(), [](const auto&... member) {
        return std::bool_constant<(is_tree<std::remove_cvref_t<decltype(member)>> && ...)>();
    }))::value;

} // namespace tree

/// A tensor, or vectors, arrays, pairs, tuples and structs of tensors.
template <class T>
concept TensorTree = tree::is_tree<T>;

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
