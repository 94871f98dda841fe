#include <nn/modules/attention.hpp>

#include <limits>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/attention.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool shares_in_proj(Index embed_dim, const MultiheadAttentionOptions& o) {
    return o.kdim.value_or(embed_dim) == embed_dim && o.vdim.value_or(embed_dim) == embed_dim;
}

void check_sizes(Index embed_dim, Index heads, const MultiheadAttentionOptions& o) {
    if (embed_dim < 1 || heads < 1 || o.kdim.value_or(1) < 1 || o.vdim.value_or(1) < 1) {
        fail<ValueError>(
            "MultiheadAttention(embed_dim, num_heads): {} entries in {} heads, kdim {}, vdim {}\n  expected 1 "
            "or more",
            embed_dim, heads, o.kdim.value_or(embed_dim), o.vdim.value_or(embed_dim));
    }
    if (embed_dim % heads != 0) {
        fail<ValueError>(
            "MultiheadAttention(embed_dim, num_heads): {} heads do not divide {} entries\n  expected a number "
            "of heads that divides embed_dim",
            heads, embed_dim);
    }
    if (!(o.dropout >= 0 && o.dropout <= 1)) {
        fail<ValueError>("MultiheadAttention: dropout is {}\n  expected 0 to 1", o.dropout);
    }
}

// The constructor's line is open while members are made.
Parameter own_weight(Index embed_dim, Index heads, const MultiheadAttentionOptions& o, Index entries, Site site) {
    const CallSite here(site);
    check_sizes(embed_dim, heads, o);
    return shares_in_proj(embed_dim, o) ? Parameter() : Parameter(init::xavier_uniform({embed_dim, entries}));
}

// The share of one of the three in what lies on each other.
Tensor third(const Tensor& all, Index which) {
    if (!all.defined()) return all;
    const Index n = all.shape(0) / 3;
    return slice(all, 0, which * n, (which + 1) * n);
}

} // namespace

// Views of the projections as (batch, heads, length, entries of a head).
struct MultiheadAttention::Heads {
    Tensor q, k, v;
    Index batch, queries, keys; // as they came
    bool batched;
};

MultiheadAttention::MultiheadAttention(Index dim, Index heads, const MultiheadAttentionOptions& o, Site site)
    : q_proj_weight(own_weight(dim, heads, o, dim, site)),
      k_proj_weight(own_weight(dim, heads, o, o.kdim.value_or(dim), site)),
      v_proj_weight(own_weight(dim, heads, o, o.vdim.value_or(dim), site)),
      in_proj_weight(shares_in_proj(dim, o) ? init::xavier_uniform({3 * dim, dim}) : Tensor()),
      in_proj_bias(o.bias ? init::zeros({3 * dim}) : Tensor()),
      bias_k(o.add_bias_kv ? init::xavier_normal({1, 1, dim}) : Tensor()),
      bias_v(o.add_bias_kv ? init::xavier_normal({1, 1, dim}) : Tensor()),
      out_proj(dim, dim, {.bias = o.bias}, site),
      embed_dim(dim),
      num_heads(heads),
      options(o) {
    if (o.bias) out_proj.bias = init::zeros({dim});
}

Tensor MultiheadAttention::forward(const Tensor& x) { return forward(x, x, x, {.need_weights = false}).output; }

MultiheadAttention::Heads MultiheadAttention::projected(const Tensor& q, const Tensor& k, const Tensor& v) const {
    const int rank = q.rank();
    const auto check = [&](const char* what, const Tensor& t, Index entries) {
        if (t.rank() == rank && (rank == 2 || rank == 3) && t.shape(-1) == entries) return;
        fail<ShapeError>(
            "MultiheadAttention: the {} have shape {}\n  expected ({}{}) as (q, k, v) are batched alike, or "
            "not at all",
            what, t.shape().str(),
            rank == 2             ? "length, "
            : options.batch_first ? "batch, length, "
                                  : "length, batch, ",
            entries);
    };
    check("queries", q, embed_dim);
    check("keys", k, options.kdim.value_or(embed_dim));
    check("values", v, options.vdim.value_or(embed_dim));
    const int length = rank == 3 && options.batch_first ? 1 : 0;
    const auto batch_of = [&](const Tensor& t) { return rank == 2 ? Index{1} : t.shape(1 - length); };
    if (k.shape(length) != v.shape(length) || batch_of(k) != batch_of(q) || batch_of(v) != batch_of(q)) {
        fail<ShapeError>(
            "MultiheadAttention: queries {}, keys {} and values {}\n  expected one batch, and as many values "
            "as keys",
            q.shape().str(), k.shape().str(), v.shape().str());
    }
    const Index batch = batch_of(q), width = embed_dim / num_heads;
    const auto headed = [&](const Tensor& t) {
        const Index n = t.shape(length);
        if (length == 1) return permute(reshape(t, {batch, n, num_heads, width}), {0, 2, 1, 3});
        return permute(reshape(t, {n, batch, num_heads, width}), {1, 2, 0, 3});
    };
    const auto project = [&](const Tensor& x, const Tensor& own, Index which) {
        return headed(linear(x, own.defined() ? own : third(in_proj_weight, which), third(in_proj_bias, which)));
    };
    return {project(q, q_proj_weight, 0),
            project(k, k_proj_weight, 1),
            project(v, v_proj_weight, 2),
            batch,
            q.shape(length),
            k.shape(length),
            rank == 3};
}

// Both masks as one that broadcasts to (batch, heads, queries, keys): what scaled_dot_product_attention takes.
Tensor MultiheadAttention::mask_of(const AttentionCallOptions& call, const Heads& h) const {
    const auto check = [&](const char* what, const Tensor& m, std::initializer_list<Shape> expected) {
        if (m.dtype() == DType::int64) {
            fail<DTypeError>(
                "MultiheadAttention: {} has dtype int64\n  expected boolean, true where a key is left out, or "
                "floating point, which is added to the scores",
                what);
        }
        for (const Shape& shape : expected) {
            if (m.shape() == shape) return;
        }
        fail<ShapeError>("MultiheadAttention: {} has shape {}\n  expected {}{}{}", what, m.shape().str(),
                         expected.begin()->str(), expected.size() > 1 ? " or " : "",
                         expected.size() > 1 ? (expected.begin() + 1)->str() : "");
    };
    Tensor all;
    const auto join = [&](const Tensor& m) {
        const auto added = [](const Tensor& t, DType d) {
            return t.dtype() == DType::boolean ? where(t, -infinity, zeros({}, {.dtype = d})) : t;
        };
        if (!all.defined()) all = m;
        else if (all.dtype() == DType::boolean && m.dtype() == DType::boolean) all = logical_or(all, m);
        else {
            const DType d = all.dtype() == DType::boolean ? m.dtype() : all.dtype();
            all = added(all, d) + added(m, d);
        }
    };
    if (call.attn_mask.defined()) {
        const Index heads = h.batch * num_heads;
        check("attn_mask", call.attn_mask, {{h.queries, h.keys}, {heads, h.queries, h.keys}});
        join(call.attn_mask.rank() == 2 ? call.attn_mask
                                        : reshape(call.attn_mask, {h.batch, num_heads, h.queries, h.keys}));
    }
    if (call.key_padding_mask.defined()) {
        check("key_padding_mask", call.key_padding_mask, {h.batched ? Shape{h.batch, h.keys} : Shape{h.keys}});
        join(reshape(call.key_padding_mask, {h.batch, 1, 1, h.keys}));
    }
    const Index more = h.k.shape(2) - h.keys; // keys of our own, which every query sees
    if (more > 0 && call.is_causal) { join(unsqueeze(arange(h.queries), 1) < arange(h.keys)); }
    if (!all.defined()) return all;
    if (all.dtype() == DType::boolean) all = logical_not(all);
    if (more == 0) return all;
    Shape room = all.shape();
    room[room.rank() - 1] = more;
    const Tensor seen =
        all.dtype() == DType::boolean ? full(room, true, {.dtype = boolean}) : zeros(room, {.dtype = all.dtype()});
    return concat({all, seen}, -1);
}

AttentionResult MultiheadAttention::forward(const Tensor& q, const Tensor& k, const Tensor& v,
                                            const AttentionCallOptions& call) {
    Heads h = projected(q, k, v);
    const Index width = embed_dim / num_heads;
    const auto append = [&](Tensor& to, const Tensor& row) {
        to = concat({to, expand(row, {h.batch, num_heads, 1, width})}, 2);
    };
    if (bias_k.defined()) {
        append(h.k, reshape(bias_k, {1, num_heads, 1, width}));
        append(h.v, reshape(bias_v, {1, num_heads, 1, width}));
    }
    if (options.add_zero_attn) {
        const Tensor nothing = zeros({1, 1, 1, 1}, {.dtype = h.k.dtype()});
        append(h.k, nothing);
        append(h.v, nothing);
    }
    const Tensor mask = mask_of(call, h);
    const bool causal = call.is_causal && h.k.shape(2) == h.keys;
    const double drop = is_training() ? options.dropout : 0;
    AttentionResult result;
    if (call.need_weights) {
        result.weights = dropout(attention_weights(h.q, h.k, {.attn_mask = mask, .is_causal = causal}), {.p = drop});
        result.output = matmul(result.weights, h.v);
        if (call.average_attn_weights) result.weights = mean(result.weights, 1);
        if (!h.batched) result.weights = squeeze(result.weights, 0);
    } else {
        result.output =
            scaled_dot_product_attention(h.q, h.k, h.v, {.attn_mask = mask, .dropout_p = drop, .is_causal = causal});
    }
    const bool batch_before = options.batch_first || !h.batched;
    const Tensor beside = permute(result.output, batch_before ? Axes{0, 2, 1, 3} : Axes{2, 0, 1, 3});
    result.output = out_proj(reshape(beside, q.shape()));
    return result;
}

} // namespace xg::nn
