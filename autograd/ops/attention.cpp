#include <autograd/ops/attention.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/kernels/attention.hpp>
#include <autograd/ops/attention_samples_internal.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The softmax of the scores, in public operations: what the rules differentiate again.
Tensor weights_of(const Tensor& q, const Tensor& k, const Tensor& mask, double scale, bool causal) {
    Tensor scores = matmul(q, transpose(k)) * scale;
    if (causal) {
        const Tensor query = unsqueeze(arange(scores.shape(-2)), 1), key = arange(scores.shape(-1));
        scores = where(query >= key, scores, -infinity);
    }
    if (!mask.defined()) return softmax(scores);
    scores = scores + mask;
    const Tensor sees = any(scores != -infinity, -1, {.keepdims = true});
    return where(sees, softmax(where(sees, scores, 0.0)), 0.0);
}

struct Attention {
    struct Attrs {
        double scale;
        bool causal;
        kernels::AttentionDropout dropout = {};
    };
    static constexpr int arity = -1;
    static constexpr OpDoc doc{
        .name = "scaled_dot_product_attention",
        .formula = "p v, p = softmax(scale q k^T + mask) over the keys",
        .derivative = "scale s k, scale s^T q, p^T g with h = g v^T, s = p (h - sum of p h over the keys)",
        .edges = "0 for a query that no key takes part in",
        .torch = "nn.functional.scaled_dot_product_attention",
        .onnx = "Attention",
        .snippet =
            "scaled_dot_product_attention(zeros({1, 2}), zeros({2, 2}), tensor({{1, 2}, {3, 6}}))  // [[2. 4.]]"};
    static constexpr Saves saves{.inputs = 0b1111};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) {
        Shape out = x[0].shape();
        out.back() = x[2].shape().back();
        return out;
    }
    static kernels::AttentionInputs inputs(std::span<const Strided> x, const Attrs& a) {
        return {x[0], x[1], x[2], x.size() > 3 ? x[3] : Strided{}, a.scale, a.causal, a.dropout};
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const kernels::AttentionInputs in = inputs(x, a);
        const Tensor room = room_for(in);
        kernels::attention(in, y, room.impl()->data);
    }
    static Tensor room_for(const kernels::AttentionInputs& x) {
        return make_result(DType::boolean, {static_cast<Index>(kernels::attention_room(x))});
    }
    static Tensor mask_of(In x) { return x.size() > 3 ? x[3] : Tensor(); }
    static Tensor weights(In x, const Attrs& a) { return weights_of(x[0], x[1], mask_of(x), a.scale, a.causal); }
    // The derivative of softmax is symmetric, so one line is both rules.
    static Tensor slope(const Tensor& p, const Tensor& t) { return p * (t - sum(p * t, -1, {.keepdims = true})); }

    // What dropout makes of the weights, or of their tangents and cotangents.
    static Tensor kept(const Tensor& p, const Attrs& a) {
        if (a.dropout.keep == 1) return p;
        Generator generator;
        generator.set_state({a.dropout.seed, a.dropout.position});
        const Tensor drawn = [&] {
            const VisibleLevels outside(0); // the numbers of the kernel, whatever transform asks
            return rand(p.shape(), {.dtype = DType::float64, .generator = &generator});
        }();
        return where(less(drawn, a.dropout.keep), p / a.dropout.keep, 0.0);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        if (s.is_plain(g) && !(s.shapes.size() > 3 && s.needs(3))) return plain_vjp(s, g, a);
        const Tensor p = weights(s.in, a), ds = slope(p, kept(matmul(g, transpose(s.in[2])), a));
        return {s.needs(0) ? matmul(ds, s.in[1]) * a.scale : Tensor(),
                s.needs(1) ? matmul(transpose(ds), s.in[0]) * a.scale : Tensor(),
                s.needs(2) ? matmul(transpose(kept(p, a)), g) : Tensor(),
                s.shapes.size() > 3 && s.needs(3) ? ds : Tensor()};
    }
    static Grads plain_vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        Grads grads;
        grads.resize(static_cast<int>(s.shapes.size()));
        Strided in[4];
        for (int i = 0; i < grads.size(); ++i) in[i] = strided(s.in[static_cast<std::size_t>(i)]);
        for (int i = 0; i < 3; ++i) grads[i] = make_result(g.dtype(), s.shape(i));
        const kernels::AttentionInputs x = inputs({in, s.in.size()}, a);
        const Tensor room = room_for(x);
        kernels::attention_backward(x, strided(g), {strided(grads[0]), strided(grads[1]), strided(grads[2])},
                                    room.impl()->data);
        return grads;
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        const Tensor p = weights(s.in, a);
        Tensor scores, total;
        const auto add = [](Tensor& to, const Tensor& term) { to = to.defined() ? to + term : term; };
        if (t[0].defined()) add(scores, matmul(t[0], transpose(s.in[1])) * a.scale);
        if (t[1].defined()) add(scores, matmul(s.in[0], transpose(t[1])) * a.scale);
        if (t.size() > 3 && t[3].defined()) add(scores, t[3]);
        if (scores.defined()) add(total, matmul(kept(slope(p, scores), a), s.in[2]));
        if (t[2].defined()) add(total, matmul(kept(p, a), t[2]));
        return total;
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Grads all = with_examples(x, b);
        return apply<Attention>(CallSite::current(), In(all.data(), x.size()), a);
    }
    static std::vector<Sample> samples() { return attention_samples(); }
    static std::vector<Misuse> misuse() { return attention_misuse(); }
};

// Operands of one dtype, checked; the mask is what is added to the scores.
struct Prepared {
    Tensor q, k, mask;
    Shape lead;
    double scale;
};
Shape with(Shape lead, Index rows, Index columns) {
    lead.push_back(rows);
    lead.push_back(columns);
    return lead;
}
Shape lead_of(const Tensor& t) {
    Shape lead = t.shape();
    lead.resize(t.rank() - 2);
    return lead;
}

Tensor operand(const char* op, const char* what, const Operand& x) {
    const Tensor t = as_tensor(x);
    require_defined(op, t);
    if (t.rank() < 2) {
        fail<ShapeError>("{}: {} has shape {}\n  expected (..., {}), two axes at least", op, what, t.shape().str(),
                         what[0] == 'q'   ? "queries, width"
                         : what[0] == 'k' ? "keys, width"
                                          : "keys, values");
    }
    return t;
}

Tensor added_mask(const char* op, const Tensor& mask, DType dtype, const Shape& scores) {
    if (!mask.defined()) return mask;
    if (mask.dtype() == DType::int64) {
        fail<DTypeError>(
            "{}: attn_mask has dtype int64\n  expected boolean, true where a key takes part, or floating point, which "
            "is "
            "added to the scores",
            op);
    }
    const int behind = scores.rank() - mask.rank();
    bool fits = behind >= 0;
    for (int i = 0; fits && i < mask.rank(); ++i) fits = mask.shape()[i] == 1 || mask.shape()[i] == scores[behind + i];
    if (!fits) {
        fail<ShapeError>("{}: attn_mask has shape {}\n  expected one that broadcasts to {}, (..., queries, keys)", op,
                         mask.shape().str(), scores.str());
    }
    return mask.dtype() == DType::boolean ? where(mask, zeros({}, {.dtype = dtype}), -infinity) : mask.to(dtype);
}

// `v` may be undefined.
Prepared prepared(const char* op, const Operand& q_in, const Operand& k_in, const Tensor& v, const Tensor& mask,
                  std::optional<double> scale) {
    Prepared x{.q = operand(op, "q", q_in), .k = operand(op, "k", k_in), .mask = {}, .lead = {}, .scale = 1};
    const Index width = x.q.shape(-1), keys = x.k.shape(-2);
    if (x.k.shape(-1) != width) {
        fail<ShapeError>("{}: q has shape {} and k has shape {}\n  expected as many entries on the last axis", op,
                         x.q.shape().str(), x.k.shape().str());
    }
    if (v.defined() && v.shape(-2) != keys) {
        fail<ShapeError>("{}: k has shape {} and v has shape {}\n  expected a value for each of the {} keys", op,
                         x.k.shape().str(), v.shape().str(), keys);
    }
    if (scale && !std::isfinite(*scale)) fail<ValueError>("{}: scale is {}\n  expected a finite number", op, *scale);
    x.lead = broadcast(op, lead_of(x.q), lead_of(x.k));
    if (v.defined()) x.lead = broadcast(op, x.lead, lead_of(v));
    DType common = promote(promote(x.q.dtype(), x.k.dtype()), float32);
    if (v.defined()) common = promote(common, v.dtype());
    x.q = x.q.to(common);
    x.k = x.k.to(common);
    x.mask = added_mask(op, mask, common, with(x.lead, x.q.shape(-2), keys));
    x.scale = scale.value_or(1 / std::sqrt(static_cast<double>(std::max<Index>(1, width))));
    return x;
}

// Whether a block can draw what dropout would draw for all weights at once: the numbers are plain, not those of examples, and
// there is a row of weights for each row of the result.
bool draws_by_block(const Prepared& x, const Tensor& v, Generator& generator) {
    for (const Tensor& t : {x.q, x.k, v, x.mask}) {
        if (t.defined() && t.impl()->level != 0) return false;
    }
    const Tensor nothing = rand({0}, {.generator = &generator}); // an example's inside of vmap
    return nothing.impl()->level == 0 && broadcast("", lead_of(x.q), lead_of(x.k)) == x.lead;
}

struct AttentionWeights {
    static constexpr OpDoc doc{.name = "attention_weights",
                               .formula = "p = softmax(scale q k^T + mask) over the keys",
                               .derivative = "scale s k, scale s^T q with s = p (g - sum of p g over the keys)",
                               .edges = "a row of zeros for a query that no key takes part in",
                               .snippet = "attention_weights(zeros({1, 2}), zeros({2, 2}))  // [[0.5 0.5]]"};
    static Tensor compose(const Operand& q, const Operand& k, const AttentionWeightsOptions& o) {
        const Prepared x = prepared(doc.name, q, k, {}, o.attn_mask, o.scale);
        return weights_of(x.q, x.k, x.mask, x.scale, o.is_causal);
    }
    static std::vector<Sample> samples() { return attention_weights_samples(); }
    static std::vector<Misuse> misuse() { return attention_weights_misuse(); }
};

} // namespace

Tensor scaled_dot_product_attention(const Operand& q, const Operand& k, const Operand& v_in, AttentionOptions o) {
    const CallSite here(q.site());
    const char* op = Attention::doc.name;
    const Tensor v_given = operand(op, "v", v_in);
    const Prepared x = prepared(op, q, k, v_given, o.attn_mask, o.scale);
    if (!(o.dropout_p >= 0 && o.dropout_p <= 1)) {
        fail<ValueError>("{}: dropout_p is {}\n  expected 0 to 1", op, o.dropout_p);
    }
    const Tensor v = v_given.to(x.q.dtype());
    Generator& generator = o.generator ? *o.generator : default_generator();
    if (o.dropout_p > 0 && !(o.dropout_p < 1 && draws_by_block(x, v, generator))) {
        const Tensor p = weights_of(x.q, x.k, x.mask, x.scale, o.is_causal);
        return matmul(dropout(p, {.p = o.dropout_p, .generator = &generator}), v);
    }
    const auto whole = [&](const Tensor& t) { return expand_to(t, with(x.lead, t.shape(-2), t.shape(-1))); };
    Tensor in[4] = {whole(x.q), whole(x.k), whole(v), {}};
    if (x.mask.defined()) in[3] = expand_to(x.mask, with(x.lead, x.q.shape(-2), x.k.shape(-2)));
    kernels::AttentionDropout drop{};
    if (o.dropout_p > 0) {
        const Generator::State at = generator.state();
        const auto numbers = static_cast<std::uint64_t>(with(x.lead, x.q.shape(-2), x.k.shape(-2)).numel());
        drop = {1 - o.dropout_p, at.seed, at.position};
        generator.set_state({at.seed, at.position + (numbers + 1) / 2});
    }
    return apply<Attention>(q.site(), In(in, x.mask.defined() ? 4 : 3), {x.scale, o.is_causal, drop});
}

Tensor attention_weights(const Operand& q, const Operand& k, AttentionWeightsOptions o) {
    const CallSite here(q.site());
    return AttentionWeights::compose(q, k, o);
}

std::span<const OpEntry* const> attention_ops() {
    static constexpr std::array ops{&entry<Attention>(), &entry<AttentionWeights>()};
    return ops;
}

Tensor detail::attention_formula(In x, const void* attrs) {
    const auto& a = *static_cast<const Attention::Attrs*>(attrs);
    return matmul(Attention::kept(Attention::weights(x, a), a), x[2]);
}

} // namespace xg
