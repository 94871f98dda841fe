#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <autograd/ops/elementwise.hpp>
#include <autograd/tensor.hpp>

// Operations of the user's own on tensors, with their own derivative: recorded under their name like those of the library,
// in reverse, forwards, under vmap, to any order their rules allow. `custom` of value_transforms.hpp is that of Values.
namespace xg {

using Inputs = std::span<const Tensor>;

/// What an operation is made of. Only `forward` must be there; what is absent and needed is an error that says so.
struct OperationRules {
    /// The result. It sees numbers, whatever transforms are open, and nothing of it is recorded.
    std::function<Tensor(Inputs)> forward = {};
    /// What backward hands to each input, for the cotangent g of the result y: one an input, of its shape; an undefined one
    /// for none. Written in operations of this library it can be differentiated again.
    std::function<std::vector<Tensor>(Inputs, const Tensor& y, const Tensor& g)> vjp = {};
    /// The tangent of the result from those of the inputs, undefined where there is none. Absent: it is derived from vjp.
    std::function<Tensor(Inputs, const Tensor& y, Inputs tangents)> jvp = {};
    /// All examples at once: input i has them along axis 0 if batched[i], and so has the result. Absent: a loop over
    /// examples, of which the warning handler is told.
    std::function<Tensor(Inputs, const std::vector<bool>& batched)> batch = {};
    /// vjp and jvp read numbers too (xtensor expressions, loops), so they see numbers under every transform, and have no
    /// derivative of their own: a second derivative is a GraphError.
    bool rules_on_numbers = false;
};

namespace detail {
struct OperationBody;
}

/// `const Operation cube("cube", {.forward = ..., .vjp = ...}); Tensor y = cube(x);` A cheap handle; any thread may call it.
class XGRAD_API Operation {
public:
    /// ValueError without a forward.
    Operation(std::string name, OperationRules rules, Site site = Site::here());

    /// On tensors and numbers. GraphError: a rule gives another count of gradients than there are inputs; ShapeError: one of
    /// another shape than its input or result. ValueError for more than 31 inputs.
    Tensor operator()(const Operand& x) const;
    Tensor operator()(const Operand& a, const Operand& b) const;
    Tensor operator()(const Operand& a, const Operand& b, const Operand& c) const;
    Tensor operator()(const std::vector<Tensor>& inputs, Site site = Site::here()) const;

private:
    std::shared_ptr<const detail::OperationBody> body_;
};

/// One call of such an operation: `custom("cube", [](Inputs x) { ... }, [](Inputs x, const Tensor& y, const Tensor& g) {
/// ... }, {x})`.
inline Tensor custom(std::string name, std::function<Tensor(Inputs)> forward,
                     std::function<std::vector<Tensor>(Inputs, const Tensor& y, const Tensor& g)> vjp,
                     const std::vector<Tensor>& inputs, Site site = Site::here()) {
    OperationRules rules{.forward = std::move(forward), .vjp = std::move(vjp)};
    return Operation(std::move(name), std::move(rules), site)(inputs, site);
}

// Structs in the form of the library's own --------------------------------------------------------------------------------

namespace detail {

/// Broadcast to one shape, row-major, of the dtype they have in common (float32 at least).
XGRAD_API std::vector<Tensor> elementwise_operands(const char* name, Inputs in);
XGRAD_API Tensor uninitialized_like(const Tensor& x);
/// `g` summed over the axes along which `shape` was broadcast.
XGRAD_API Tensor unbroadcast(const Tensor& g, const Shape& shape);
/// The batch rule of elementwise operations: ones between the examples and the own axes.
XGRAD_API std::vector<Tensor> aligned_examples(Inputs in, const std::vector<bool>& batched);

template <class Op, class T, class... P>
void elementwise_loop(T* out, Index n, const P*... in) {
    for (Index i = 0; i < n; ++i) out[i] = Op::value(in[i]...);
}

template <class Op, int N>
struct StructOfValues {
    template <class T, std::size_t... I>
    static void run(const std::vector<Tensor>& in, const Tensor& out, std::index_sequence<I...>) {
        elementwise_loop<Op, T>(static_cast<T*>(out.data()), out.numel(), static_cast<const T*>(in[I].data())...);
    }
    static Tensor forward(Inputs x) {
        const auto in = elementwise_operands(Op::name, x);
        const Tensor out = uninitialized_like(in[0]);
        static constexpr auto each = std::make_index_sequence<N>();
        if (out.dtype() == DType::float32) run<float>(in, out, each);
        else run<double>(in, out, each);
        return out;
    }
    template <int I>
    static auto slope(Inputs x, const Tensor& y) {
        if constexpr (N == 1) return Op::derivative(x[0], y);
        else if constexpr (N == 2) return Op::template derivative<I>(x[0], x[1], y);
        else return Op::template derivative<I>(x[0], x[1], x[2], y);
    }
    template <std::size_t... I>
    static std::vector<Tensor> gradients(Inputs x, const Tensor& y, const Tensor& g, std::index_sequence<I...>) {
        return {unbroadcast(g * slope<static_cast<int>(I)>(x, y), x[I].shape())...};
    }
    template <std::size_t... I>
    static Tensor tangent(Inputs x, const Tensor& y, Inputs t, std::index_sequence<I...>) {
        Tensor total;
        const auto add = [&](const Tensor& term) { total = total.defined() ? total + term : term; };
        ((t[I].defined() ? add(t[I] * slope<static_cast<int>(I)>(x, y)) : void()), ...);
        return total;
    }
};

template <class Op>
constexpr int struct_arity() {
    if constexpr (requires { Op::value(1.0); }) return 1;
    else if constexpr (requires { Op::value(1.0, 1.0); }) return 2;
    else if constexpr (requires { Op::value(1.0, 1.0, 1.0); }) return 3;
    else return 0;
}

template <class Op>
OperationRules rules_of();

} // namespace detail

/// The operation of a struct, which is written as the library writes its own. Elementwise, of one to three inputs that
/// broadcast:
///     struct Cube {
///         static constexpr const char* name = "cube";
///         template <class T> static T value(T x) { return x * x * x; }                              // float or double
///         template <class X> static X derivative(const X& x, const X& y) { return 3.0 * x * x; }    // in operations
///     };                                           // of two inputs: template <int I, class X> derivative(a, b, y)
/// Others have `forward` and, as far as they are wanted, `vjp`, `jvp`, `batch` and `rules_on_numbers`, as OperationRules says.
template <class Op>
const Operation& operation() {
    static const Operation one(Op::name, detail::rules_of<Op>());
    return one;
}

template <class Op>
OperationRules detail::rules_of() {
    OperationRules rules;
    if constexpr (constexpr int n = struct_arity<Op>(); n > 0) {
        using Of = StructOfValues<Op, n>;
        static constexpr auto each = std::make_index_sequence<static_cast<std::size_t>(n)>();
        rules.forward = Of::forward;
        rules.vjp = [](Inputs x, const Tensor& y, const Tensor& g) { return Of::gradients(x, y, g, each); };
        rules.jvp = [](Inputs x, const Tensor& y, Inputs t) { return Of::tangent(x, y, t, each); };
        rules.batch = [](Inputs x, const std::vector<bool>& batched) {
            return operation<Op>()(aligned_examples(x, batched), Site{});
        };
    } else {
        rules.forward = [](Inputs x) -> Tensor { return Op::forward(x); };
        if constexpr (requires { &Op::vjp; }) rules.vjp = Op::vjp;
        if constexpr (requires { &Op::jvp; }) rules.jvp = Op::jvp;
        if constexpr (requires { &Op::batch; }) rules.batch = Op::batch;
        if constexpr (requires { Op::rules_on_numbers; }) rules.rules_on_numbers = Op::rules_on_numbers;
    }
    return rules;
}

} // namespace xg
