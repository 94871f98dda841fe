#include <algorithm>
#include <cassert>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/engine/shortage.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/transforms/custom_internal.hpp>

namespace xg {
namespace {

int highest_level(const OpEntry& op, In in) {
    int level = 0;
    for (const Tensor& t : in) {
        require_defined(op.doc.name, t);
        level = std::max(level, level_of(op, t));
    }
    return level;
}

// The dtype to compute in: the promoted one of the value inputs, raised to the first the operation knows.
DType compute_dtype(const OpEntry& op, In in) {
    DType d = DType::boolean;
    bool any = false;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (!op.takes_gradient(static_cast<int>(i))) continue;
        d = any ? promote(d, in[i].dtype()) : in[i].dtype();
        any = true;
    }
    while (!op.has_kernel(d)) {
        if (d == DType::float64) fail<DTypeError>("{} does not take {}", op.doc.name, name_of(in[0].dtype()));
        d = static_cast<DType>(static_cast<int>(d) + 1);
    }
    return d;
}

DType result_dtype(const OpEntry& op, const void* attrs, DType computed) {
    if (op.chosen_dtype) return op.chosen_dtype(attrs);
    if (op.result == ResultType::mask) return DType::boolean;
    return op.result == ResultType::index ? DType::int64 : computed;
}

// `where`'s condition is the one mask so far; indices are checked by their operations.
Shape result_shape(const OpEntry& op, In in, const void* attrs) {
    if (!op.elementwise) return op.shape(in, attrs);
    Shape shape = in[0].shape();
    for (std::size_t i = 1; i < in.size(); ++i) {
        if (!(in[i].shape() == shape)) shape = broadcast(op.doc.name, shape, in[i].shape());
    }
    return shape;
}

Tensor compute_elementwise(const OpEntry& op, In in, const Shape& shape, DType computed) {
    Tensor out = make_result(result_dtype(op, nullptr, computed), shape);
    SmallVector<Strided, 3> views;
    SmallVector<const Strided*, 4> operands;
    for (const Tensor& t : in) views.push_back(kernels::broadcast_to(strided(t), shape));
    const Strided result = strided(out);
    operands.push_back(&result);
    for (const Strided& v : views) operands.push_back(&v);
    kernels::for_each_parallel({operands.data(), in.size() + 1}, op.loop[static_cast<int>(computed)],
                               kernels::elementwise_grain);
    return out;
}

Tensor compute_general(const OpEntry& op, In in, const void* attrs, const Shape& shape, DType computed) {
    if (op.view) {
        const Strided x = strided(in[0]);
        Strided out{x.data, x.dtype, shape, {}};
        if (op.view(x, out, attrs)) return make_view(in[0], out.shape, out.strides, out.data);
    }
    Tensor out = make_result(result_dtype(op, attrs, computed), shape);
    SmallVector<Strided, 3> inputs;
    for (const Tensor& t : in) inputs.push_back(strided(t));
    op.forward({inputs.data(), in.size()}, strided(out), attrs);
    return out;
}

void record_call(const OpEntry& op, In in, const void* attrs, const Tensor& out, int level, Site site) {
    SmallVector<RecordInput, 3> inputs;
    for (const Tensor& t : in) {
        Impl* impl = t.impl();
        if (impl->number && impl->level == 0) inputs.push_back({nullptr, t.item<double>()});
        else inputs.push_back({impl});
    }
    record(op, {inputs.data(), in.size()}, attrs, out, level, site);
}

// Recorded and told to the watch.
Tensor finished(const OpEntry& op, In in, const void* attrs, Tensor out, int level) {
    if (context().recording && !op.no_gradient) record_call(op, in, attrs, out, level, CallSite::current());
    if (watching()) [[unlikely]]
        tell_forward(op, in, out, CallSite::current());
    return out;
}

} // namespace

void require_defined(const char* op, const Tensor& t) {
    if (!t.defined()) {
        fail<StateError>("{}: an operand is undefined: never assigned, or moved from\n  expected a tensor with numbers",
                         op);
    }
}

bool Saved::is_plain(const Tensor& g) const {
    const auto plain = [](const Tensor& t) { return !t.defined() || t.impl()->level == 0; };
    return !context().recording && plain(g) && plain(out) && std::all_of(in.begin(), in.end(), plain);
}

Strided strided(const Impl& impl) { return {impl.data, impl.dtype, impl.shape, impl.strides}; }

Tensor as_tensor(const Operand& x) { return x.is_number() ? make_number(x.number(), x.number().dtype()) : x.tensor(); }

DType number_dtype(Number number, DType tensors) {
    switch (number.kind()) {
        case Number::Kind::truth: return tensors;
        case Number::Kind::integral: return promote(tensors, DType::int64);
        default: return promote(tensors, DType::float32);
    }
}

Tensor as_tensor(const Operand& x, DType beside) {
    return x.is_number() ? make_number(x.number(), number_dtype(x.number(), beside)) : x.tensor();
}

namespace {

Tensor run_now(const OpEntry& op, In in, const void* attrs, Site site) {
    const CallSite here(site);
    const int level = highest_level(op, in);
    if (!op.elementwise && !op.shape) { // from outside: it computes a result of any shape
        Tensor out = level > 0 ? run_on_level(op, in, attrs, site, level) : detail::call_operation(in, attrs);
        return finished(op, in, attrs, std::move(out), level);
    }
    const Shape shape = result_shape(op, in, attrs);
    const DType computed = compute_dtype(op, in);
    Grads converted; // what is computed with, if that is not what came
    for (std::size_t i = 0; i < in.size(); ++i) {
        const bool value = op.takes_gradient(static_cast<int>(i));
        if (value && in[i].dtype() != computed && converted.empty()) converted = Grads(in);
        if (value && in[i].dtype() != computed) converted[static_cast<Index>(i)] = in[i].to(computed);
    }
    if (!converted.empty()) in = In(converted.data(), in.size());

    Tensor out = level > 0        ? run_on_level(op, in, attrs, site, level)
                 : op.elementwise ? compute_elementwise(op, in, shape, computed)
                                  : compute_general(op, in, attrs, shape, computed);
    assert(out.shape() == shape && "a batch rule gives every example the shape of a single call");
    return finished(op, in, attrs, std::move(out), level);
}

[[gnu::cold]] Tensor run_profiled(const OpEntry& op, In in, const void* attrs, Site site) {
    Span span(ProfilePhase::forward, op.doc.name, site);
    Tensor out = run_now(op, in, attrs, site);
    span.describe(in, out);
    return out;
}

} // namespace

Tensor run(const OpEntry& op, In in, const void* attrs, Site site) {
    const auto compute = [&] { return profiling() ? run_profiled(op, in, attrs, site) : run_now(op, in, attrs, site); };
    return naming_shortage(compute, [&] { return Asker{op.doc.name, site}; });
}

namespace {

Tensor apply_slowly(const OpEntry& op, std::span<const Operand* const> operands) {
    const CallSite here(operands[0]->site());
    DType tensors = DType::boolean;
    bool any = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (operands[i]->is_number() || !op.takes_gradient(static_cast<int>(i))) continue;
        require_defined(op.doc.name, operands[i]->tensor());
        tensors = promote(tensors, operands[i]->tensor().dtype());
        any = true;
    }
    Grads in;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const Operand& x = *operands[i];
        if (!x.is_number()) in.push_back(x.tensor());
        else if (!op.takes_gradient(static_cast<int>(i))) in.push_back(make_number(x.number(), x.number().dtype()));
        else in.push_back(make_number(x.number(), any ? number_dtype(x.number(), tensors) : x.number().dtype()));
        if (!op.takes_gradient(static_cast<int>(i)) && in.back().defined() && in.back().dtype() != DType::boolean) {
            fail<DTypeError>("{}: the condition has dtype {}\n  expected boolean, such as the result of a comparison",
                             op.doc.name, name_of(in.back().dtype()));
        }
    }
    return run_now(op, In(in.data(), operands.size()), nullptr, operands[0]->site());
}

struct Scalar {
    alignas(8) char bytes[8];
};

Scalar scalar_of(Number number, DType d) {
    Scalar s{};
    kernels::dispatch(d, [&]<class T>() { *reinterpret_cast<T*>(s.bytes) = number.as<T>(); });
    return s;
}

// The fast path: contiguous operands of level 0, one dtype and one shape among the tensors. Everything else is
// `apply_slowly`, which gives the same results.
template <int N>
[[gnu::always_inline]] inline Tensor apply_now(const OpEntry& op, const Operand* const (&operands)[N]) {
    const Impl* first = nullptr; // of the tensors, which decides dtype and shape
    for (int i = N - 1; i >= 0; --i) {
        if (!operands[i]->is_number()) first = operands[i]->tensor().impl();
    }
    if (!first || !op.has_kernel(first->dtype)) return apply_slowly(op, operands);

    const auto size = static_cast<Index>(size_of(first->dtype));
    Scalar scalars[N];
    char* pointers[N + 1];
    Index steps[N + 1];
    RecordInput inputs[N];
    unsigned wanted = 0; // bit i: a gradient flows to operand i
    for (int i = 0; i < N; ++i) {
        if (operands[i]->is_number()) {
            const Number number = operands[i]->number();
            if (number_dtype(number, first->dtype) != first->dtype) return apply_slowly(op, operands);
            scalars[i] = scalar_of(number, first->dtype);
            pointers[i + 1] = scalars[i].bytes;
            steps[i + 1] = 0;
            inputs[i] = {nullptr, number.as<double>()};
        } else {
            Impl* x = operands[i]->tensor().impl();
            if (!x || x->level > 0 || !x->contiguous || !op.takes_gradient(i)) return apply_slowly(op, operands);
            if (x != first && (x->dtype != first->dtype || !(x->shape == first->shape))) {
                return apply_slowly(op, operands);
            }
            if (x->node) wanted |= 1u << i;
            pointers[i + 1] = x->data;
            steps[i + 1] = size;
            inputs[i] = {x};
        }
    }
    const DType made = op.result == ResultType::promoted ? first->dtype : result_dtype(op, nullptr, first->dtype);
    Tensor out = make_result(made, first->shape);
    pointers[0] = out.impl()->data;
    steps[0] = static_cast<Index>(size_of(made));
    kernels::run_loop(op.loop[static_cast<int>(first->dtype)], first->numel, pointers, steps,
                      kernels::elementwise_grain);

    const Context& c = context();
    if (wanted != 0 && c.recording && !op.no_gradient && is_floating(made)) {
        const bool open =
            bool(c.open_site); // file and line apart: read at once just after they are written, they stall
        record_alike(op, inputs, wanted, out.impl(), open ? c.open_site.file : operands[0]->site().file,
                     open ? c.open_site.line : operands[0]->site().line);
    }
    if (watching()) [[unlikely]] {
        Grads in;
        for (const Operand* x : operands) {
            in.push_back(x->is_number() ? make_number(x->number(), first->dtype) : x->tensor());
        }
        tell_forward(op, In(in.data(), N), out, c.open_site ? c.open_site : operands[0]->site());
    }
    return out;
}

template <int N>
[[gnu::cold]] Tensor apply_profiled(const OpEntry& op, const Operand* const (&operands)[N]) {
    Span span(ProfilePhase::forward, op.doc.name, operands[0]->site());
    Tensor out = apply_now(op, operands);
    Grads in;
    for (const Operand* x : operands) in.push_back(x->is_number() ? Tensor() : x->tensor());
    span.describe(In(in.data(), N), out);
    return out;
}

} // namespace

template <int N>
Tensor apply_elementwise(const OpEntry& op, const Operand* const (&operands)[N]) {
    const auto compute = [&]() __attribute__((always_inline)) {
        return profiling() ? apply_profiled(op, operands) : apply_now(op, operands);
    };
    return naming_shortage(compute, [&] { return Asker{op.doc.name, operands[0]->site()}; });
}
template Tensor apply_elementwise(const OpEntry&, const Operand* const (&)[1]);
template Tensor apply_elementwise(const OpEntry&, const Operand* const (&)[2]);
template Tensor apply_elementwise(const OpEntry&, const Operand* const (&)[3]);

namespace detail {

Grads filled_tangents(const OpEntry& op, In in, In tangents) {
    Grads out;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (!op.takes_gradient(static_cast<int>(i))) out.push_back(in[i]);
        else out.push_back(tangents[i].defined() ? tangents[i] : zeros_like(in[i]));
    }
    return out;
}

Tensor elementwise_batch(const OpEntry& op, In in, unsigned batched) {
    int rank = 0;
    for (std::size_t i = 0; i < in.size(); ++i) rank = std::max(rank, in[i].rank() - int(batched >> i & 1));
    Grads lifted;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if ((batched >> i & 1) == 0) {
            lifted.push_back(in[i]);
            continue;
        }
        Shape shape = in[i].shape();
        while (shape.rank() <= rank) shape.insert(1, 1);
        lifted.push_back(reshape(in[i], shape));
    }
    return run(op, In(lifted.data(), in.size()), nullptr, CallSite::current());
}

} // namespace detail
} // namespace xg
