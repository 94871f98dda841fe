#pragma once
#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/element_loop.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/slope.hpp>
#include <autograd/ops/slope_loop.hpp>

// From the struct of an operation to its row. A struct with a missing part does not compile.
namespace xg {

/// Declared in the place of a rule: there is no derivative, and why.
struct NoGradient {
    const char* why;
};
/// Declared in the place of `jvp`: the operation itself on the tangents.
struct Linear {};
/// Declared in the place of `jvp`: the sum, over the inputs, of the operation with that input's tangent in its place.
struct Multilinear {};
/// Declared in the place of `batch`: one call an example.
struct Loop {};

template <class Op>
concept Documented = requires {
    { Op::doc } -> std::convertible_to<OpDoc>;
    { Op::samples() } -> std::same_as<std::vector<Sample>>;
};
template <class Op>
concept HasValue = requires {
    Op::value(1.0);
}
|| requires { Op::value(1.0, 1.0); }
|| requires { Op::value(1.0, 1.0, 1.0); }
|| requires { Op::value(true, 1.0, 1.0); };
template <class Op>
concept Elementwise = Documented<Op> && HasValue<Op>;
template <class Op>
concept General = Documented<Op> && requires {
    typename Op::Attrs;
    Op::shape;
    Op::vjp;
    Op::jvp;
    Op::batch;
    { Op::saves } -> std::convertible_to<Saves>;
} &&(
    requires { Op::forward; } || requires { Op::view; });
template <class Op>
concept Composed = Documented<Op> && requires {
    Op::compose;
};

template <Documented Op>
constexpr const OpEntry& entry();

namespace detail {

/// Tangents for a Linear operation: the input itself where it is not differentiable, zeros where there is no tangent.
Grads filled_tangents(const OpEntry& op, In in, In tangents);
/// The batch rule of every elementwise operation: ones go between the batch axis and the own axes, so that ranks agree.
Tensor elementwise_batch(const OpEntry& op, In in, unsigned batched);

template <class Op>
constexpr int arity() {
    if constexpr (requires { Op::arity; }) return Op::arity;
    else if constexpr (requires { Op::value(1.0); }) return 1;
    else if constexpr (requires { Op::value(1.0, 1.0); }) return 2;
    else if constexpr (
        requires { Op::value(1.0, 1.0, 1.0); } || requires { Op::value(true, 1.0, 1.0); })
        return 3;
    else return 1;
}

template <class Op>
constexpr DTypes declared_dtypes() {
    if constexpr (requires { Op::dtypes; }) return static_cast<DTypes>(Op::dtypes);
    else if constexpr (Elementwise<Op>) return floats;
    else return everything;
}

template <class Op>
constexpr void add_declared_facts(OpEntry& e) {
    e.doc = Op::doc;
    e.arity = arity<Op>();
    e.samples = Op::samples;
    if constexpr (requires { Op::saves; }) e.saves = Op::saves;
    if constexpr (requires { Op::differentiable; }) e.differentiable = Op::differentiable;
    if constexpr (requires { Op::result; }) e.result = Op::result;
    if constexpr (requires { Op::misuse(); }) e.misuse = Op::misuse;
}

// Elementwise ---------------------------------------------------------------------------------------------------------

template <class Op, int I, class X>
auto derivative(const X* in, const X& out) {
    if constexpr (arity<Op>() == 1) return Op::derivative(in[0], out);
    else if constexpr (arity<Op>() == 2) return Op::template derivative<I>(in[0], in[1], out);
    else return Op::template derivative<I>(in[0], in[1], in[2], out);
}

template <class Op, int I>
constexpr bool differentiable() {
    if constexpr (requires { Op::differentiable; }) return (Op::differentiable >> I & 1) != 0;
    else return true;
}

template <class Op, class F, int... I>
constexpr void each_slope(F&& f, std::integer_sequence<int, I...>) {
    const auto one = [&]<int J>() {
        if constexpr (differentiable<Op, J>()) f.template operator()<J>();
    };
    (one.template operator()<I>(), ...);
}
template <class Op, class F>
constexpr void each_slope(F&& f) {
    each_slope<Op>(std::forward<F>(f), std::make_integer_sequence<int, arity<Op>()>());
}

template <class Op>
Grads elementwise_vjp(const Saved& s, const Tensor& g, const void*) {
    Grads grads;
    grads.resize(arity<Op>());
    each_slope<Op>([&]<int I>() {
        if (s.needs(I)) grads[I] = sum_to(times(g, derivative<Op, I>(s.in.data(), s.out)), s.shape(I));
    });
    return grads;
}

template <class Op>
Tensor elementwise_jvp(const Saved& s, In tangents, const void*) {
    Tensor total;
    each_slope<Op>([&]<int I>() {
        if (!tangents[I].defined()) return;
        Tensor term = times(tangents[I], derivative<Op, I>(s.in.data(), s.out));
        total = total.defined() ? total + term : std::move(term);
    });
    return expand_to(total, s.out.shape());
}

template <class Op>
double elementwise_partial(int i, const double* in, double out) {
    using X = Lane<double>;
    const X x[3] = {X(in[0]), X(arity<Op>() > 1 ? in[1] : 0), X(arity<Op>() > 2 ? in[2] : 0)};
    double slope = 0;
    each_slope<Op>([&]<int I>() {
        if (i == I) slope = as_double(derivative<Op, I>(x, X(out)));
    });
    return slope;
}

template <class Op>
Value elementwise_contribution(int i, const Value* in, const Value& out, const Value& g) {
    Value contribution = 0.0;
    each_slope<Op>([&]<int I>() {
        if (i == I) contribution = times(g, derivative<Op, I>(in, out));
    });
    return contribution;
}

template <class Op, DType D, class T>
constexpr void add_loop(OpEntry& e) {
    if constexpr ((declared_dtypes<Op>() >> static_cast<unsigned>(D) & 1) != 0) {
        e.loop[static_cast<int>(D)] = ElementLoop<Op, T, arity<Op>()>::run;
    }
}

template <class Op, int I, class X>
constexpr auto lane_derivative(const X& x) {
    if constexpr (arity<Op>() == 1) return Op::derivative(x, x);
    else if constexpr (arity<Op>() == 2) return Op::template derivative<I>(x, x, x);
    else return Op::template derivative<I>(x, x, x, x);
}

template <class Op, int I>
constexpr void add_slope_loops(OpEntry& e) {
    const Lane<double> any(0.5);
    if constexpr (std::is_same_v<decltype(lane_derivative<Op, I>(any)), double>) {
        e.unit_slope[I] = lane_derivative<Op, I>(any) == 1;
    }
    e.slope_loop[I][static_cast<int>(DType::float32)] = SlopeLoop<Op, float, arity<Op>(), I>::run;
    e.slope_loop[I][static_cast<int>(DType::float64)] = SlopeLoop<Op, double, arity<Op>(), I>::run;
}

template <Elementwise Op>
constexpr void add_kind(OpEntry& e) {
    e.elementwise = true;
    if constexpr (!requires { Op::saves; }) e.saves = {.inputs = (1u << arity<Op>()) - 1, .output = true};
    add_loop<Op, DType::boolean, bool>(e);
    add_loop<Op, DType::int64, std::int64_t>(e);
    add_loop<Op, DType::float32, float>(e);
    add_loop<Op, DType::float64, double>(e);
    e.batch = [](In x, unsigned batched, const void*) { return elementwise_batch(entry<Op>(), x, batched); };
    if constexpr (requires { Op::derivative.why; }) {
        e.no_gradient = Op::derivative.why;
    } else {
        e.vjp = elementwise_vjp<Op>;
        e.jvp = elementwise_jvp<Op>;
        e.partial = elementwise_partial<Op>;
        if constexpr (!requires { Op::masks; }) e.contribution = elementwise_contribution<Op>;
        // Masks are read as numbers by no loop: an operation with one goes the general way.
        if constexpr (!requires { Op::masks; }) each_slope<Op>([&]<int I>() { add_slope_loops<Op, I>(e); });
    }
}

// General -------------------------------------------------------------------------------------------------------------

template <class Op>
const typename Op::Attrs& attrs_of(const void* attrs) {
    return *static_cast<const typename Op::Attrs*>(attrs);
}

template <class Op>
Tensor run_again(In in, const typename Op::Attrs& attrs) {
    return run(entry<Op>(), in, &attrs, CallSite::current());
}

template <class Op>
Tensor general_jvp(const Saved& s, In tangents, const void* attrs) {
    const auto& a = attrs_of<Op>(attrs);
    using Rule = std::remove_cvref_t<decltype(Op::jvp)>;
    if constexpr (std::is_same_v<Rule, Linear>) return run_again<Op>(filled_tangents(entry<Op>(), s.in, tangents), a);
    else if constexpr (std::is_same_v<Rule, Multilinear>) {
        Tensor total;
        for (std::size_t i = 0; i < tangents.size(); ++i) {
            if (!tangents[i].defined()) continue;
            Grads in(s.in);
            in[static_cast<Index>(i)] = tangents[i];
            Tensor term = run_again<Op>(in, a);
            total = total.defined() ? total + term : std::move(term);
        }
        return total;
    } else {
        return Op::jvp(s, tangents, a);
    }
}

template <class Op>
Tensor general_batch(In in, unsigned batched, const void* attrs) {
    const auto& a = attrs_of<Op>(attrs);
    if constexpr (requires { Op::batch(a, in); }) return run_again<Op>(in, Op::batch(a, in));
    else if constexpr (requires { Op::batch(a); }) return run_again<Op>(in, Op::batch(a));
    else return Op::batch(in, batched, a);
}

template <General Op>
constexpr void add_kind(OpEntry& e) {
    using Attrs = typename Op::Attrs;
    e.shape = [](In in, const void* a) -> Shape { return Op::shape(in, attrs_of<Op>(a)); };
    if constexpr (requires { Op::forward; }) {
        e.forward = [](std::span<const Strided> in, const Strided& out, const void* a) {
            Op::forward(in, out, attrs_of<Op>(a));
        };
    }
    if constexpr (requires { Op::view; }) {
        e.view = [](const Strided& x, Strided& out, const void* a) -> bool {
            return Op::view(x, out, attrs_of<Op>(a));
        };
    }
    if constexpr (requires { Op::dtype; }) {
        e.chosen_dtype = [](const void* a) -> DType { return Op::dtype(attrs_of<Op>(a)); };
    }
    if constexpr (requires { Op::vjp.why; }) {
        static_assert(
            requires { Op::jvp.why; }, "an operation has both rules or declares that it has neither");
        e.no_gradient = Op::vjp.why;
    } else {
        e.vjp = [](const Saved& s, const Tensor& g, const void* a) -> Grads { return Op::vjp(s, g, attrs_of<Op>(a)); };
        e.jvp = general_jvp<Op>;
    }
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(Op::batch)>, Loop>) e.loops = true;
    else e.batch = general_batch<Op>;

    e.attrs_size = std::is_empty_v<Attrs> ? 0 : sizeof(Attrs);
    if constexpr (!std::is_trivially_copyable_v<Attrs> || sizeof(Attrs) > sizeof(void*)) {
        e.attrs_copy = [](const void* a) -> void* { return new Attrs(attrs_of<Op>(a)); };
        e.attrs_destroy = [](void* a) { delete static_cast<Attrs*>(a); };
    }
}

template <Composed Op>
constexpr void add_kind(OpEntry& e) {
    e.composed = true;
    if constexpr (requires { Op::gradient.why; }) e.no_gradient = Op::gradient.why;
    if constexpr (requires { Op::sized_by_numbers; }) e.sized_by_numbers = Op::sized_by_numbers;
}

template <class Op>
constexpr OpEntry make_entry() {
    OpEntry e;
    e.dtypes = declared_dtypes<Op>();
    add_declared_facts<Op>(e);
    add_kind<Op>(e);
    return e;
}

template <class Op>
inline constexpr OpEntry entry_of = make_entry<Op>();

} // namespace detail

template <Documented Op>
constexpr const OpEntry& entry() {
    return detail::entry_of<Op>;
}

/// The public function of an elementwise operation is one call of this.
template <Elementwise Op, class... O>
Tensor apply(const O&... operands) {
    const Operand* const pointers[] = {&operands...};
    return apply_elementwise(entry<Op>(), pointers);
}

/// Of a general one, too; axes in the attributes are normalised before, under an open CallSite.
template <General Op>
Tensor apply(Site site, std::initializer_list<Tensor> in, const typename Op::Attrs& attrs) {
    return run(entry<Op>(), In(in.begin(), in.size()), &attrs, site);
}
template <General Op>
Tensor apply(Site site, In in, const typename Op::Attrs& attrs) {
    return run(entry<Op>(), in, &attrs, site);
}

} // namespace xg
