#include <autograd/ops/attention_samples_internal.hpp>

#include <cmath>
#include <optional>

#include <autograd/creation.hpp>
#include <autograd/ops/attention.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

enum class Mask { none, truth, added };

struct Case {
    Shape q, k, v;
    bool causal = false;
    Mask mask = Mask::none;
    Shape mask_shape = {};
    std::optional<double> scale = {};
};

const Case cases[] = {
    {{3, 2}, {4, 2}, {4, 5}},
    {{2, 3, 4}, {2, 5, 4}, {2, 5, 1}},
    {{2, 2, 3, 2}, {2, 2, 4, 2}, {2, 2, 4, 3}, true},
    {{5, 3}, {5, 3}, {5, 2}, true, Mask::none, {}, 0.25},
    {{1, 2}, {1, 2}, {1, 3}},
    {{4, 1}, {1, 1}, {1, 1}, true},
    {{1, 3}, {6, 3}, {6, 2}, false, Mask::none, {}, -1.5},
    {{3, 2}, {4, 2}, {4, 3}, false, Mask::truth, {3, 4}},
    {{2, 3, 2}, {2, 4, 2}, {2, 4, 3}, false, Mask::truth, {2, 1, 4}},
    {{2, 3, 2}, {2, 4, 2}, {2, 4, 2}, false, Mask::added, {3, 4}},
    {{2, 1, 3, 2}, {2, 4, 2}, {1, 4, 3}, false, Mask::added, {2, 1, 1, 4}},
    {{4, 2}, {3, 2}, {3, 2}, true, Mask::truth, {3}},
    {{0, 2}, {3, 2}, {3, 2}},
    {{3, 2}, {0, 2}, {0, 4}},
    {{2, 0}, {3, 0}, {3, 2}},
    {{0, 3, 2}, {0, 2, 2}, {0, 2, 3}, true},
    {{70, 2}, {67, 2}, {67, 3}, true, Mask::added, {70, 67}},
    {{3, 18}, {20, 18}, {20, 17}},
};

// A position without its last two entries, for a tensor of other leading sizes.
Position moved(const Reader& x, const Position& at, Index row, Index column) {
    const int lead = x.shape().rank() - 2;
    Position p(at.end() - 2 - lead, at.end() - 2);
    for (int i = 0; i < lead; ++i) p[static_cast<std::size_t>(i)] *= x.shape()[i] == 1 ? 0 : 1;
    p.push_back(row);
    p.push_back(column);
    return p;
}

// The entry of a mask that broadcasts, of any rank.
double masked(const Tensor& mask, const Reader& m, const Position& at, Index query, Index key) {
    Position full(at.begin(), at.end() - 2), p;
    full.push_back(query);
    full.push_back(key);
    const int rank = m.shape().rank();
    for (int i = 0; i < rank; ++i)
        p.push_back(m.shape()[i] == 1 ? 0 : full[full.size() - static_cast<std::size_t>(rank - i)]);
    return mask.dtype() == DType::boolean ? (m(p) != 0 ? 0 : -INFINITY) : m(p);
}

Line weights_at(In in, const Case& c, const Tensor* mask, const Position& at, Index query) {
    const Reader q(in[0]), k(in[1]);
    const Index width = q.shape().back(), keys = k.shape()[k.shape().rank() - 2];
    Line p;
    double largest = -INFINITY, total = 0;
    for (Index key = 0; key < keys; ++key) {
        double score = 0;
        for (Index e = 0; e < width; ++e) score += q(moved(q, at, query, e)) * k(moved(k, at, key, e));
        score *= c.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
        if (width == 0) score = 0;
        if (mask) score += masked(*mask, Reader(*mask), at, query, key);
        if (c.causal && key > query) score = -INFINITY;
        p.push_back(score);
        largest = std::max(largest, score);
    }
    for (double& v : p) total += v = largest == -INFINITY ? 0 : std::exp(v - largest);
    for (double& v : p) v /= total == 0 ? 1 : total;
    return p;
}

Shape with_last(const Shape& lead_a, const Shape& lead_b, Index rows, Index columns) {
    const auto lead = [](Shape s) { return s.resize(s.rank() - 2), s; };
    Shape out = broadcast("", lead(lead_a), lead(lead_b));
    out.push_back(rows);
    out.push_back(columns);
    return out;
}

// No row of it is all false but the second, which is.
Tensor mask_for(const Case& c) {
    if (c.mask == Mask::added) return spread_tensor(c.mask_shape, -1, 1, 5);
    const Index keys = c.mask_shape.back();
    const Tensor numbers = tabulate(c.mask_shape, [&](const Position& at) {
        const Index row = at.size() > 1 ? at[at.size() - 2] : 0;
        return row != 1 && (at.back() % keys + row) % 3 != 1 ? 1.0 : 0.0;
    });
    return numbers.to(boolean);
}

std::string note_of(const Case& c) {
    return c.q.str() + " " + c.k.str() + (c.causal ? " causal" : "") +
           (c.mask == Mask::none    ? ""
            : c.mask == Mask::truth ? " boolean mask"
                                    : " added mask");
}

} // namespace

std::vector<Sample> attention_samples() {
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        std::vector<Tensor> inputs{spread_tensor(c.q), spread_tensor(c.k, -2, 2, 3), spread_tensor(c.v, -2, 2, 4)};
        if (c.mask != Mask::none) inputs.push_back(mask_for(c));
        samples.push_back(sample(
            note_of(c), inputs,
            [c](In in) {
                return scaled_dot_product_attention(
                    in[0], in[1], in[2],
                    {.attn_mask = in.size() > 3 ? in[3] : Tensor(), .is_causal = c.causal, .scale = c.scale});
            },
            [c](In in) {
                const Reader v(in[2]);
                const Shape out = with_last(broadcast("", with_last(c.q, c.k, 1, 1), with_last(c.v, c.v, 1, 1)), {1, 1},
                                            in[0].shape(-2), in[2].shape(-1));
                return tabulate(out, [&](const Position& at) {
                    const Line p = weights_at(in, c, in.size() > 3 ? &in[3] : nullptr, at, at[at.size() - 2]);
                    double y = 0;
                    for (std::size_t key = 0; key < p.size(); ++key)
                        y += p[key] * v(moved(v, at, static_cast<Index>(key), at.back()));
                    return y;
                });
            }));
    }
    return samples;
}

std::vector<Sample> attention_weights_samples() {
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        std::vector<Tensor> inputs{spread_tensor(c.q), spread_tensor(c.k, -2, 2, 3)};
        if (c.mask != Mask::none) inputs.push_back(mask_for(c));
        samples.push_back(sample(
            note_of(c), inputs,
            [c](In in) {
                return attention_weights(
                    in[0], in[1],
                    {.attn_mask = in.size() > 2 ? in[2] : Tensor(), .is_causal = c.causal, .scale = c.scale});
            },
            [c](In in) {
                const Shape out = with_last(c.q, c.k, in[0].shape(-2), in[1].shape(-2));
                return tabulate(out, [&](const Position& at) {
                    return weights_at(in, c, in.size() > 2 ? &in[2] : nullptr, at,
                                      at[at.size() - 2])[static_cast<std::size_t>(at.back())];
                });
            }));
    }
    return samples;
}

namespace {
// What both refuse.
using Call = Tensor (*)(const Tensor& q, const Tensor& k, const Tensor& mask, std::optional<double> scale);
std::vector<Misuse> shared_misuse(Call call) {
    return {{[call] {
                 call(zeros({2, 3}), zeros({4, 5}), {}, {});
             },
             "ShapeError", "as many entries on the last axis"},
            {[call] {
                 call(zeros({3}), zeros({4, 3}), {}, {});
             },
             "ShapeError", "q has shape (3,)"},
            {[call] {
                 call(zeros({2, 2, 3}), zeros({3, 4, 3}), {}, {});
             },
             "ShapeError", "broadcast"},
            {[call] {
                 call(zeros({2, 3}), zeros({4, 3}), zeros({2, 3}), {});
             },
             "ShapeError", "broadcasts to (2, 4)"},
            {[call] {
                 call(zeros({2, 3}), zeros({4, 3}), zeros({2, 2, 4}), {});
             },
             "ShapeError", "attn_mask"},
            {[call] {
                 call(zeros({2, 3}), zeros({4, 3}), zeros({2, 4}, {.dtype = int64}), {});
             },
             "DTypeError", "attn_mask has dtype int64"},
            {[call] {
                 call(zeros({2, 3}), zeros({4, 3}), {}, NAN);
             },
             "ValueError", "scale is nan"},
            {[call] {
                 call(Tensor(), zeros({4, 3}), {}, {});
             },
             "StateError", "undefined"}};
}
} // namespace

std::vector<Misuse> attention_misuse() {
    auto all = shared_misuse([](const Tensor& q, const Tensor& k, const Tensor& mask, std::optional<double> scale) {
        return scaled_dot_product_attention(q, k, zeros({4, 2}), {.attn_mask = mask, .scale = scale});
    });
    const auto refused = [&](Shape v, double p, std::string_view kind, std::string_view words) {
        all.push_back({[v, p] {
                           scaled_dot_product_attention(zeros({2, 3}), zeros({4, 3}), zeros(v), {.dropout_p = p});
                       },
                       kind, words});
    };
    refused({5, 2}, 0, "ShapeError", "a value for each of the 4 keys");
    refused({4}, 0, "ShapeError", "v has shape (4,)");
    refused({4, 2}, 1.5, "ValueError", "dropout_p is 1.5");
    refused({4, 2}, NAN, "ValueError", "dropout_p is nan");
    return all;
}

std::vector<Misuse> attention_weights_misuse() {
    return shared_misuse([](const Tensor& q, const Tensor& k, const Tensor& mask, std::optional<double> scale) {
        return attention_weights(q, k, {.attn_mask = mask, .is_causal = false, .scale = scale});
    });
}

} // namespace xg
