#include <autograd/ops/normalization.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <autograd/creation.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/kernels/norm.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/families.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

void require_eps(const char* op, double eps) {
    if (!(eps >= 0)) fail<ValueError>("{}: eps is {}\n  expected 0 or more", op, eps);
}

// The last axes as one row each, behind all others as rows: what layer_norm's rule works on.
struct Rows {
    Index count = 1, n = 1;
};
Rows rows_of(const char* op, const Tensor& x, const Shape& shape) {
    Rows rows;
    const int lead = x.rank() - shape.rank();
    for (int i = 0; i < shape.rank(); ++i) {
        if (lead < 0 || x.shape()[lead + i] != shape[i]) {
            fail<ShapeError>("{}: x has shape {}\n  expected it to end in {}", op, x.shape().str(), shape.str());
        }
    }
    if (shape.empty()) fail<ShapeError>("{}: the shape is ()\n  expected an axis at least", op);
    for (int i = 0; i < x.rank(); ++i) (i < lead ? rows.count : rows.n) *= x.shape()[i];
    return rows;
}
void require_shape(const char* op, const char* what, const Tensor& t, const Shape& shape) {
    if (t.defined() && !(t.shape() == shape))
        fail<ShapeError>("{}: {} has shape {}\n  expected {}", op, what, t.shape().str(), shape.str());
}

std::vector<Sample> layer_norm_samples();

// On rows: (rows, n), weight and bias (n). The variance is that of the row, and the standardized row is the operation itself
// without weight and bias.
struct LayerNorm {
    struct Attrs {
        double eps;
    };
    static constexpr int arity = -1;
    static constexpr OpDoc doc{.name = "layer_norm",
                               .formula = "(x - mean) / sqrt(variance + eps) w + b over the last axes",
                               .derivative =
                                   "(v - mean(v) - h mean(v h)) / sqrt(variance + eps), v = g w, h = (x - mean) / "
                                   "sqrt(variance + eps)",
                               .torch = "nn.functional.layer_norm",
                               .onnx = "LayerNormalization",
                               .snippet = "layer_norm(tensor({1, 3}), 2, {}, {}, {.eps = 0})  // [-1.  1.]"};
    static constexpr Saves saves{.inputs = 0b011};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        if (y.numel() == 0) return;
        Tensor owners[3];
        const auto data = [&](std::size_t i) { return i < x.size() ? in_a_row(x[i], owners[i]) : nullptr; };
        kernels::standardize(y.dtype, y.shape[0], y.shape[1], a.eps, data(0), data(1), data(2), y.data);
    }
    static Tensor standardized(const Tensor& x, const Attrs& a) {
        return apply<LayerNorm>(CallSite::current(), {x}, a);
    }
    static Tensor scale(const Tensor& x, const Attrs& a) { return rsqrt(variance(x, 1, {.keepdims = true}) + a.eps); }
    static Tensor row_mean(const Tensor& x) { return mean(x, 1, {.keepdims = true}); }
    // The derivative of the standardized row is a symmetric matrix.
    static Tensor J(const Tensor& x, const Tensor& v, const Attrs& a) {
        const Tensor h = standardized(x, a);
        return scale(x, a) * (v - row_mean(v) - h * row_mean(v * h));
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const bool weighted = s.shapes.size() > 1;
        if (s.shape(0).numel() > 0 && s.is_plain(g)) return plain_vjp(s, g, a);
        return {s.needs(0) ? J(s.in[0], weighted ? g * s.in[1] : g, a) : Tensor(),
                weighted && s.needs(1) ? sum(g * standardized(s.in[0], a), 0) : Tensor(),
                s.shapes.size() > 2 && s.needs(2) ? sum(g, 0) : Tensor()};
    }
    static Grads plain_vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        Grads grads;
        grads.resize(static_cast<int>(s.shapes.size()));
        char* to[3] = {};
        for (int i = 0; i < grads.size(); ++i) {
            if (!s.needs(i)) continue;
            grads[i] = make_result(g.dtype(), s.shape(i));
            to[i] = grads[i].impl()->data;
        }
        const Index rows = s.shape(0)[0], n = s.shape(0)[1];
        const Tensor room =
            make_result(DType::boolean, {static_cast<Index>(kernels::standardize_room(g.dtype(), rows, n))});
        Tensor owners[3];
        const char* weight = s.shapes.size() > 1 ? in_a_row(strided(s.in[1]), owners[0]) : nullptr;
        kernels::standardize_backward(g.dtype(), rows, n, a.eps, in_a_row(strided(s.in[0]), owners[1]), weight,
                                      in_a_row(strided(g), owners[2]), {to[0], to[1], to[2]}, room.impl()->data);
        return grads;
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        Tensor total;
        const auto add = [&](const Tensor& term) { total = total.defined() ? total + term : term; };
        if (t[0].defined()) add(t.size() > 1 ? J(s.in[0], t[0], a) * s.in[1] : J(s.in[0], t[0], a));
        if (t.size() > 1 && t[1].defined()) add(standardized(s.in[0], a) * t[1]);
        if (t.size() > 2 && t[2].defined()) add(t[2]);
        return expand_to(total, s.out.shape());
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Index examples = example_count(x, b);
        if (b == 1) {
            Grads in(x);
            in[0] = flatten(x[0], 0, 1);
            return unflatten(apply<LayerNorm>(CallSite::current(), In(in.data(), x.size()), a), 0,
                             {examples, x[0].shape()[1]});
        }
        const auto row = [&](std::size_t i) { return is_batched(b, i) ? unsqueeze(x[i], 1) : x[i]; };
        Tensor y = standardized((b & 1) != 0 ? flatten(x[0], 0, 1) : x[0], a);
        if ((b & 1) != 0) y = unflatten(y, 0, {examples, x[0].shape()[1]});
        if (x.size() > 1) y = y * row(1);
        return x.size() > 2 ? y + row(2) : y;
    }
    static std::vector<Sample> samples() { return layer_norm_samples(); }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     layer_norm(zeros({2, 3}), 2);
                 },
                 "ShapeError", "end in (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), {});
                 },
                 "ShapeError", "an axis at least"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, zeros({3}), zeros({2}));
                 },
                 "ShapeError", "the bias has shape (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, {}, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { layer_norm(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

Tensor standardized_rows(const Tensor& x, const Rows& rows, double eps) {
    return reshape(apply<LayerNorm>(CallSite::current(), {reshape(x, {rows.count, rows.n})}, {eps}), x.shape());
}

// A number a channel, along axis 1 of `rank` axes.
Tensor along_channels(const Tensor& t, int rank) {
    if (rank == 2) return t;
    Shape shape = t.shape();
    for (int i = 2; i < rank; ++i) shape.push_back(1);
    return reshape(t, shape);
}
Tensor weighted(const char* op, Tensor y, const Tensor& weight, const Tensor& bias) {
    require_shape(op, "the weight", weight, Shape{y.shape()[1]});
    require_shape(op, "the bias", bias, Shape{y.shape()[1]});
    if (weight.defined()) y = y * along_channels(weight, y.rank());
    return bias.defined() ? y + along_channels(bias, y.rank()) : y;
}
// Floating point that holds the numbers of all of them; undefined ones have none.
Tensor promoted(const Tensor& x, std::initializer_list<const Tensor*> others) {
    DType common = promote(x.dtype(), float32);
    for (const Tensor* t : others) common = t->defined() ? promote(common, t->dtype()) : common;
    return x.to(common);
}
void require_channels(const char* op, const Tensor& x, int least) {
    if (x.rank() < least)
        fail<ShapeError>("{}: x has shape {}\n  expected (N, channels, *), {} axes at least", op, x.shape().str(),
                         least);
}

// Samples: x with every group of entries, named by f(position), standardized ---------------------------------------------

struct Group {
    double sum = 0, squares = 0, count = 0;
    double mean() const { return sum / count; }
};
using Key = std::function<Index(const Position&)>;

Tensor standardized_by(const Tensor& x, double eps, const Key& key,
                       const std::function<double(const Position&, double)>& then) {
    const Reader in(x);
    std::vector<Group> groups(static_cast<std::size_t>(x.numel()));
    const auto group = [&](const Position& p) -> Group& { return groups[static_cast<std::size_t>(key(p))]; };
    const auto each = [&](const auto& f) { tabulate(x.shape(), [&](const Position& p) { return f(p), 0.0; }); };
    each([&](const Position& p) { group(p).sum += in(p), ++group(p).count; });
    each([&](const Position& p) { group(p).squares += (in(p)-group(p).mean()) * (in(p)-group(p).mean()); });
    return tabulate(x.shape(), [&](const Position& p) {
        const Group& g = group(p);
        return then(p, (in(p)-g.mean()) / std::sqrt(g.squares / g.count + eps));
    });
}
// y w + b, read where `at` says.
std::function<double(const Position&, double)> affine(In in, const std::function<Position(const Position&)>& at) {
    std::vector<Reader> more;
    for (std::size_t i = 1; i < in.size(); ++i) more.emplace_back(in[i]);
    return [more, at](const Position& p, double y) {
        if (!more.empty()) y *= more[0](at(p));
        return more.size() > 1 ? y + more[1](at(p)) : y;
    };
}
Position channel(const Position& p) { return {p[1]}; }

std::vector<Tensor> with_parameters(const Tensor& x, const Shape& shape, int count) {
    std::vector<Tensor> inputs{x};
    if (count > 0) inputs.push_back(spread_tensor(shape, 0.5, 2, 5));
    if (count > 1) inputs.push_back(spread_tensor(shape, -1, 1, 7));
    return inputs;
}
Tensor input(In in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }

std::vector<Sample> layer_norm_samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, int> cases[] = {
        {{2, 3}, 1}, {{4}, 1},    {{2, 3, 4}, 1},    {{2, 3, 4}, 2}, {{2, 3, 4}, 3}, {{3, 1, 5}, 2}, {{0, 3}, 1},
        {{1, 6}, 1}, {{5, 2}, 1}, {{2, 2, 1, 3}, 2}, {{2, 0, 3}, 1}, {{3, 7}, 1},    {{1, 2, 3}, 1}, {{4, 1, 2}, 2}};
    for (const auto& [shape, axes] : cases) {
        const int lead = shape.rank() - axes;
        const Shape last(std::vector<Index>(shape.begin() + lead, shape.end()));
        const int parameters = static_cast<int>(samples.size()) % 3;
        samples.push_back(sample(
            shape.str() + " over " + last.str(), with_parameters(spread_tensor(shape), last, parameters),
            [last](In in) { return layer_norm(in[0], last, input(in, 1), input(in, 2), {.eps = 0.01}); },
            [lead, shape = shape](In in) {
                return standardized_by(
                    in[0], 0.01,
                    [&](const Position& p) {
                        Index row = 0;
                        for (int i = 0; i < lead; ++i) row = row * shape[i] + p[static_cast<std::size_t>(i)];
                        return row;
                    },
                    affine(in, [lead](const Position& p) { return Position(p.begin() + lead, p.end()); }));
            }));
    }
    return samples;
}

const Shape channel_shapes[] = {{2, 4, 3},    {1, 2, 5},       {3, 6},       {2, 6, 2, 3}, {1, 4, 1, 2},
                                {0, 4, 3},    {2, 2, 4},       {4, 2, 3, 1}, {2, 4, 2, 2}, {1, 6, 4},
                                {3, 2, 2, 2}, {2, 2, 1, 3, 2}, {2, 8, 1, 3}};
Index positions_of(const Shape& shape) {
    Index n = 1;
    for (int i = 2; i < shape.rank(); ++i) n *= shape[i];
    return n;
}

struct GroupNorm {
    static constexpr OpDoc doc{
        .name = "group_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over groups of channels",
        .derivative = "that of layer_norm, group by group",
        .torch = "nn.functional.group_norm",
        .onnx = "GroupNormalization",
        .snippet = "group_norm(tensor({{1, 3, 0, 8}}), 2, {}, {}, {.eps = 0})  // [[-1.  1. -1.  1.]]"};
    static Tensor compose(const Tensor& t, Index groups, const Tensor& weight, const Tensor& bias, double eps) {
        const Tensor x = promoted(t, {&weight, &bias});
        require_eps(doc.name, eps);
        require_channels(doc.name, x, 2);
        const Index channels = x.shape()[1];
        if (groups < 1 || channels % groups != 0) {
            fail<ValueError>("{}: {} groups for {} channels\n  expected groups that divide the channels", doc.name,
                             groups, channels);
        }
        const Rows rows{x.shape()[0] * groups, channels / groups * positions_of(x.shape())};
        return weighted(doc.name, standardized_rows(x, rows, eps), weight, bias);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes) {
            samples.push_back(sample(
                shape.str(), with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) { return group_norm(in[0], 2, input(in, 1), input(in, 2), {.eps = 0.01}); },
                [shape](In in) {
                    return standardized_by(
                        in[0], 0.01, [&](const Position& p) { return 2 * p[0] + p[1] / (shape[1] / 2); },
                        affine(in, channel));
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     group_norm(zeros({2, 4, 3}), 3);
                 },
                 "ValueError", "3 groups for 4 channels"},
                {[] {
                     group_norm(zeros({2, 4, 3}), 0);
                 },
                 "ValueError", "0 groups"},
                {[] { group_norm(zeros({4}), 2); }, "ShapeError", "(N, channels, *)"},
                {[] {
                     group_norm(zeros({2, 4}), 2, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] { group_norm(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

struct InstanceNorm {
    static constexpr OpDoc doc{
        .name = "instance_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over all behind a channel",
        .derivative = "that of layer_norm, channel by channel",
        .torch = "nn.functional.instance_norm",
        .onnx = "InstanceNormalization",
        .snippet = "instance_norm(tensor({{{1, 3}, {0, 8}}}), {}, {}, {.eps = 0})  // [[[-1.  1.]\n  [-1.  1.]]]"};
    static Tensor compose(const Tensor& t, const Tensor& weight, const Tensor& bias, double eps) {
        const Tensor x = promoted(t, {&weight, &bias});
        require_eps(doc.name, eps);
        require_channels(doc.name, x, 3);
        const Rows rows{x.shape()[0] * x.shape()[1], positions_of(x.shape())};
        if (rows.n == 1) {
            fail<ValueError>("{}: x has shape {}, one number a channel, whose variance is 0\n  expected more", doc.name,
                             x.shape().str());
        }
        return weighted(doc.name, standardized_rows(x, rows, eps), weight, bias);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes) {
            if (shape.rank() < 3) continue;
            samples.push_back(sample(
                shape.str(), with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) { return instance_norm(in[0], input(in, 1), input(in, 2), {.eps = 0.01}); },
                [shape](In in) {
                    return standardized_by(
                        in[0], 0.01, [&](const Position& p) { return shape[1] * p[0] + p[1]; }, affine(in, channel));
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     instance_norm(zeros({2, 4, 1}));
                 },
                 "ValueError", "one number a channel"},
                {[] {
                     instance_norm(zeros({2, 4}));
                 },
                 "ShapeError", "3 axes at least"},
                {[] {
                     instance_norm(zeros({2, 4, 3}), zeros({3}));
                 },
                 "ShapeError", "the weight has shape (3,)"},
                {[] {
                     instance_norm(zeros({2, 4, 3}), {}, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { instance_norm(Tensor()); }, "StateError", "undefined"}};
    }
};

struct BatchNorm {
    static constexpr OpDoc doc{
        .name = "batch_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over all axes but the channels'",
        .derivative = "in training that of layer_norm over the batch, else w / sqrt(variance + eps)",
        .torch = "nn.functional.batch_norm",
        .onnx = "BatchNormalization",
        .snippet =
            "batch_norm(tensor({{1, 0}, {3, 8}}), {}, {}, {}, {}, {.training = true, .eps = 0})  // "
            "[[-1. -1.]\n [ 1.  1.]]"};
    static void follow(const Tensor& running, const Tensor& batch, double momentum) {
        if (!running.defined()) return;
        Tensor target = running; // another handle of the same numbers
        target.assign((1 - momentum) * running + momentum * reshape(batch.detach(), running.shape()));
    }
    static Tensor compose(const Tensor& t, const Tensor& mean_in, const Tensor& variance_in, const Tensor& weight,
                          const Tensor& bias, const BatchNormOptions& o) {
        const Tensor x = promoted(t, {&weight, &bias, &mean_in, &variance_in});
        require_eps(doc.name, o.eps);
        require_channels(doc.name, x, 2);
        if (!(o.momentum >= 0 && o.momentum <= 1))
            fail<ValueError>("{}: momentum is {}\n  expected 0 to 1", doc.name, o.momentum);
        const Shape channels{x.shape()[1]};
        require_shape(doc.name, "the running mean", mean_in, channels);
        require_shape(doc.name, "the running variance", variance_in, channels);
        if (!o.training) {
            if (!mean_in.defined() || !variance_in.defined()) {
                fail<StateError>("{}: no running mean and variance\n  expected both, or training = true", doc.name);
            }
            const Tensor y = (x - along_channels(mean_in, x.rank())) *
                             rsqrt(along_channels(variance_in, x.rank()).to(x.dtype()) + o.eps);
            return weighted(doc.name, y, weight, bias);
        }
        const Index count = x.shape()[0] * positions_of(x.shape());
        if (count == 1) {
            fail<ValueError>(
                "{}: x has shape {}, one number a channel, whose variance is 0\n  expected more in training; "
                "eval() uses the running numbers",
                doc.name, x.shape().str());
        }
        std::vector<Index> axes{0};
        for (Index i = 2; i < x.rank(); ++i) axes.push_back(i);
        const Tensor m = mean(x, Axes(axes), {.keepdims = true}), v = variance(x, Axes(axes), {.keepdims = true});
        const Tensor y = weighted(doc.name, (x - m) * rsqrt(v + o.eps), weight, bias);
        if (count > 1) {
            const NoGrad guard;
            follow(mean_in, m, o.momentum);
            follow(variance_in, v * (static_cast<double>(count) / static_cast<double>(count - 1)), o.momentum);
        }
        return y;
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes) {
            samples.push_back(sample(
                shape.str() + " in training",
                with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) {
                    return batch_norm(in[0], {}, {}, input(in, 1), input(in, 2), {.training = true, .eps = 0.01});
                },
                [](In in) {
                    return standardized_by(
                        in[0], 0.01, [](const Position& p) { return p[1]; }, affine(in, channel));
                }));
            std::vector<Tensor> inputs = with_parameters(spread_tensor(shape), {shape[1]}, 2);
            inputs.push_back(spread_tensor({shape[1]}, -1, 1, 9));
            inputs.push_back(spread_tensor({shape[1]}, 0.5, 3, 11));
            samples.push_back(sample(
                shape.str() + " in evaluation", inputs,
                [](In in) { return batch_norm(in[0], in[3], in[4], in[1], in[2], {.eps = 0.01}); },
                [](In in) {
                    const Reader x(in[0]), w(in[1]), b(in[2]), m(in[3]), v(in[4]);
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        const Position c{p[1]};
                        return (x(p) - m(c)) / std::sqrt(v(c) + 0.01) * w(c) + b(c);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     batch_norm(zeros({1, 3}), {}, {}, {}, {}, {.training = true});
                 },
                 "ValueError", "one number a channel"},
                {[] {
                     batch_norm(zeros({2, 3}), {}, {});
                 },
                 "StateError", "no running mean"},
                {[] {
                     batch_norm(zeros({2, 3}), zeros({2}), zeros({3}));
                 },
                 "ShapeError", "the running mean has shape (2,)"},
                {[] {
                     batch_norm(zeros({2, 3}), zeros({3}), zeros({2}));
                 },
                 "ShapeError", "the running variance has shape (2,)"},
                {[] { batch_norm(zeros({3}), {}, {}); }, "ShapeError", "2 axes at least"},
                {[] {
                     batch_norm(zeros({2, 3}), {}, {}, {}, {}, {.training = true, .momentum = 2});
                 },
                 "ValueError", "momentum is 2"},
                {[] { batch_norm(Tensor(), {}, {}); }, "StateError", "undefined"}};
    }
};

struct RmsNorm {
    static constexpr OpDoc doc{.name = "rms_norm",
                               .formula = "x / sqrt(mean(x^2) + eps) w over the last axes",
                               .derivative = "(v - y mean(v y)) / sqrt(mean(x^2) + eps), v = g w",
                               .torch = "nn.functional.rms_norm",
                               .onnx = "RMSNormalization",
                               .snippet = "rms_norm(tensor({3, -3}), 2, {}, {.eps = 0})  // [ 1. -1.]"};
    static Tensor compose(const Tensor& t, const Shape& shape, const Tensor& weight, std::optional<double> given) {
        const Tensor x = promoted(t, {&weight});
        rows_of(doc.name, x, shape);
        require_shape(doc.name, "the weight", weight, shape);
        const double eps = given.value_or(x.dtype() == float32 ? std::numeric_limits<float>::epsilon()
                                                               : std::numeric_limits<double>::epsilon());
        require_eps(doc.name, eps);
        std::vector<Index> axes;
        for (Index i = 1; i <= shape.rank(); ++i) axes.push_back(-i);
        const Tensor y = x * rsqrt(mean(square(x), Axes(axes), {.keepdims = true}) + eps);
        return weight.defined() ? y * weight : y;
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Sample& s : layer_norm_samples()) {
            const Shape shape = s.inputs[0].shape();
            const int axes = s.inputs.size() > 1 ? s.inputs[1].rank() : 1, lead = shape.rank() - axes;
            const Shape last(std::vector<Index>(shape.begin() + lead, shape.end()));
            samples.push_back(sample(
                s.note, {s.inputs.begin(), s.inputs.begin() + std::min<std::ptrdiff_t>(2, std::ssize(s.inputs))},
                [last](In in) { return rms_norm(in[0], last, input(in, 1), {.eps = 0.01}); },
                [lead, last](In in) {
                    const Reader x(in[0]);
                    const Reader w(in.size() > 1 ? in[1] : ones(last));
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        double squares = 0;
                        tabulate(last, [&](const Position& q) {
                            Position at(p.begin(), p.begin() + lead);
                            at.insert(at.end(), q.begin(), q.end());
                            return squares += x(at) * x(at);
                        });
                        return x(p) / std::sqrt(squares / static_cast<double>(last.numel()) + 0.01) *
                               w(Position(p.begin() + lead, p.end()));
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     rms_norm(zeros({2, 3}), 2);
                 },
                 "ShapeError", "end in (2,)"},
                {[] {
                     rms_norm(zeros({2, 3}), 3, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] {
                     rms_norm(zeros({2, 3}), 3, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { rms_norm(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

struct LocalResponseNorm {
    static constexpr OpDoc doc{
        .name = "local_response_norm",
        .formula = "x / (k + alpha mean of x^2 over neighbouring channels)^beta",
        .derivative = "d^-beta g - 2 alpha beta x / size sum of g x d^(-beta - 1), d the bracket",
        .edges = "channels beyond the ends count as 0",
        .torch = "nn.functional.local_response_norm",
        .onnx = "LRN",
        .snippet = "local_response_norm(tensor({{2, 0}}), 1, {.alpha = 2, .beta = 1})  // [[0.22222222 0.        ]]"};
    static Tensor compose(const Tensor& x, Index size, const LocalResponseNormOptions& o) {
        require_channels(doc.name, x, 2);
        if (size < 1) fail<ValueError>("{}: size is {}\n  expected 1 or more", doc.name, size);
        const Index channels = x.shape()[1];
        Resampling window(channels);
        for (Index c = 0; c < channels; ++c, window.end_row()) {
            const Index begin = std::max<Index>(0, c - size / 2), end = std::min(channels, c - size / 2 + size);
            for (Index i = begin; i < end; ++i) window.entry(i, o.alpha / static_cast<double>(size));
        }
        return x * pow(resample(square(x), 1, window) + o.k, -o.beta);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes) {
            const Index size = 1 + static_cast<Index>(samples.size()) % 4;
            samples.push_back(sample(
                shape.str() + " size " + std::to_string(size), {spread_tensor(shape)},
                [size](In in) { return local_response_norm(in[0], size, {.alpha = 0.5, .beta = 0.75, .k = 2}); },
                [size](In in) {
                    const Reader x(in[0]);
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        double squares = 0;
                        Position at = p;
                        for (Index i = 0; i < size; ++i) {
                            at[1] = p[1] - size / 2 + i;
                            if (at[1] >= 0 && at[1] < in[0].shape()[1]) squares += x(at) * x(at);
                        }
                        return x(p) / std::pow(2 + 0.5 * squares / static_cast<double>(size), 0.75);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     local_response_norm(zeros({2, 3}), 0);
                 },
                 "ValueError", "size is 0"},
                {[] {
                     local_response_norm(zeros({2, 3}), -1);
                 },
                 "ValueError", "size is -1"},
                {[] { local_response_norm(zeros({3}), 2); }, "ShapeError", "(N, channels, *)"},
                {[] { local_response_norm(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

struct Normalize {
    static constexpr OpDoc doc{.name = "normalize",
                               .formula = "x / max(norm(x), eps) along an axis",
                               .derivative = "(g - y sum(g y)) / norm(x) for p = 2",
                               .edges = "0 where all is 0",
                               .torch = "nn.functional.normalize",
                               .onnx = "LpNormalization",
                               .snippet = "normalize(tensor({{3, 4}}))  // [[0.6 0.8]]"};
    static Tensor compose(const Tensor& x, int axis, double p, double eps) {
        require_eps(doc.name, eps);
        return x / clamp(norm(x, axis, {.keepdims = true, .ord = p}), eps, none);
    }
    static Tensor call(const Operand& x, Index axis) { return normalize(x, {.axis = axis}); }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        // Lines of one entry are constant, so that no difference of theirs can be measured.
        const std::pair<Shape, Index> cases[] = {{{5}, 0},       {{2, 3, 4}, 0},    {{2, 3, 4}, 1}, {{2, 3, 4}, -1},
                                                 {{4, 1}, 0},    {{1, 4}, 1},       {{0, 3}, 1},    {{7}, -1},
                                                 {{3, 2}, -2},   {{2, 2, 3, 2}, 2}, {{0}, 0},       {{2, 0, 3}, 1},
                                                 {{3, 1, 2}, 0}, {{2, 6}, 1},       {{0, 2, 4}, 2}};
        for (const auto& [shape, axis] : cases) {
            samples.push_back(sample(
                shape.str() + " along " + std::to_string(axis), {spread_tensor(shape, 0.5, 2)},
                [axis = axis](In in) { return call(in[0], axis); },
                [axis = axis](In in) {
                    return by_line(in[0], axis, [](const Line& line) {
                        double squares = 0;
                        for (const double v : line) squares += v * v;
                        Line y = line;
                        for (double& v : y) v /= std::sqrt(squares);
                        return y;
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse(call);
        all.push_back({[] { normalize(zeros({2, 3}), {.eps = -1}); }, "ValueError", "eps is -1"});
        return all;
    }
};

} // namespace

Tensor layer_norm(const Operand& operand, const Shape& shape, const Tensor& weight, const Tensor& bias,
                  NormalizationOptions o) {
    const CallSite here(operand.site());
    const char* op = LayerNorm::doc.name;
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    const Rows rows = rows_of(op, x, shape);
    require_shape(op, "the weight", weight, shape);
    require_shape(op, "the bias", bias, shape);
    require_eps(op, o.eps);
    const auto flat = [&](const Tensor& t) { return t.defined() ? reshape(t, {rows.n}) : t; };
    const Tensor in[] = {reshape(x, {rows.count, rows.n}), flat(weight), flat(bias)};
    const std::size_t count = !weight.defined() ? 1 : bias.defined() ? 3 : 2;
    const Tensor y = reshape(apply<LayerNorm>(operand.site(), In(in, count), {o.eps}), x.shape());
    return bias.defined() && !weight.defined() ? y + bias : y;
}

Tensor rms_norm(const Operand& x, const Shape& shape, const Tensor& weight, RmsNormOptions o) {
    return composed<RmsNorm>(x, shape, weight, o.eps);
}
Tensor group_norm(const Operand& x, Index groups, const Tensor& weight, const Tensor& bias, NormalizationOptions o) {
    return composed<GroupNorm>(x, groups, weight, bias, o.eps);
}
Tensor instance_norm(const Operand& x, const Tensor& weight, const Tensor& bias, NormalizationOptions o) {
    return composed<InstanceNorm>(x, weight, bias, o.eps);
}
Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, BatchNormOptions o) {
    return composed<BatchNorm>(x, running_mean, running_var, weight, bias, o);
}
Tensor local_response_norm(const Operand& x, Index size, LocalResponseNormOptions o) {
    return composed<LocalResponseNorm>(x, size, o);
}
Tensor normalize(const Operand& x, NormalizeOptions o) { return composed_along<Normalize>(x, o.axis, o.p, o.eps); }

std::span<const OpEntry* const> normalization_ops() {
    static constexpr std::array ops{&entry<LayerNorm>(), &entry<GroupNorm>(), &entry<InstanceNorm>(),
                                    &entry<BatchNorm>(), &entry<RmsNorm>(),   &entry<LocalResponseNorm>(),
                                    &entry<Normalize>()};
    return ops;
}

} // namespace xg
