#include <autograd/ops/normalization_parts_internal.hpp>

#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::norms {

void require_eps(const char* op, double eps) {
    if (!(eps >= 0)) fail<ValueError>("{}: eps is {}\n  expected 0 or more", op, eps);
}
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
Index positions_of(const Shape& shape) {
    Index n = 1;
    for (int i = 2; i < shape.rank(); ++i) n *= shape[i];
    return n;
}

namespace {
struct Group {
    double sum = 0, squares = 0, count = 0;
    double mean() const { return sum / count; }
};
} // namespace

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
std::function<double(const Position&, double)> affine(In in, const std::function<Position(const Position&)>& at) {
    std::vector<Reader> more;
    for (std::size_t i = 1; i < in.size(); ++i) more.emplace_back(in[i]);
    return [more, at](const Position& p, double y) {
        if (!more.empty()) y *= more[0](at(p));
        return more.size() > 1 ? y + more[1](at(p)) : y;
    };
}
std::vector<Tensor> with_parameters(const Tensor& x, const Shape& shape, int count) {
    std::vector<Tensor> inputs{x};
    if (count > 0) inputs.push_back(spread_tensor(shape, 0.5, 2, 5));
    if (count > 1) inputs.push_back(spread_tensor(shape, -1, 1, 7));
    return inputs;
}

std::span<const Shape> channel_shapes() {
    static const Shape shapes[] = {{2, 4, 3},    {1, 2, 5},       {3, 6},       {2, 6, 2, 3}, {1, 4, 1, 2},
                                   {0, 4, 3},    {2, 2, 4},       {4, 2, 3, 1}, {2, 4, 2, 2}, {1, 6, 4},
                                   {3, 2, 2, 2}, {2, 2, 1, 3, 2}, {2, 8, 1, 3}};
    return shapes;
}

} // namespace xg::norms
