// Operations behind members of Tensor: to(dtype) and clone().
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

struct NoAttrs {};

const Shape copied_shapes[] = {{},     {0},    {1},    {3, 4},       {2, 3, 4}, {1, 4},   {4, 1},
                               {2, 0}, {0, 3}, {1, 1}, {2, 1, 3, 2}, {17},      {2, 0, 3}};

struct To {
    struct Attrs {
        DType from, to;
    };
    static constexpr OpDoc doc{.name = "to",
                               .formula = "x in another dtype",
                               .derivative = "1",
                               .edges = "floats are cut off towards 0 on the way to integers; anything but 0 is true",
                               .numpy = "astype",
                               .torch = "to",
                               .onnx = "Cast",
                               .snippet = "tensor(2.5).to(int64)  // 2"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static DType dtype(const Attrs& a) { return a.to; }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) { kernels::copy(x[0], y); }
    static Grads vjp(const Saved&, const Tensor& g, const Attrs& a) { return {g.to(a.from)}; }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) { return a; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : copied_shapes) {
            samples.push_back({.note = shape.str(),
                               .inputs = {spread_tensor(shape)},
                               .call = [](In in) { return in[0].to(float32).to(float64); },
                               .reference =
                                   [](In in) {
                                       const auto v = in[0].to_vector<float>();
                                       return from_vector(std::vector<double>(v.begin(), v.end()), in[0].shape());
                                   },
                               .smooth = false});
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { Tensor().to(float64); }, "StateError", "undefined"}};
    }
};

struct Clone {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{.name = "clone",
                               .formula = "x, in numbers of its own",
                               .derivative = "1",
                               .numpy = "copy",
                               .torch = "clone",
                               .onnx = "Identity",
                               .snippet = "tensor(2.5).clone()  // 2.5"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) { kernels::copy(x[0], y); }
    static Grads vjp(const Saved&, const Tensor& g, const Attrs&) { return {g}; }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) { return a; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : copied_shapes) {
            samples.push_back(
                {.note = shape.str(),
                 .inputs = {spread_tensor(shape)},
                 .call = [](In in) { return in[0].clone(); },
                 .reference = [](In in) { return from_vector(in[0].to_vector<double>(), in[0].shape()); }});
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { Tensor().clone(); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor Tensor::to(DType dtype, Site site) const {
    const CallSite here(site);
    require_defined("to", *this);
    return this->dtype() == dtype ? *this : apply<To>(site, {*this}, {this->dtype(), dtype});
}
Tensor Tensor::clone(Site site) const { return apply<Clone>(site, {*this}, {}); }

std::span<const OpEntry* const> copy_ops() {
    static constexpr std::array ops{&entry<To>(), &entry<Clone>()};
    return ops;
}

} // namespace xg
