#include <array>

#include <autograd/creation.hpp>
#include <autograd/kernels/numbers.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/indexing_plan.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using kernels::in_order;

struct RavelIndex {
    struct Attrs {
        Shape sizes, axes; // of the tensor that is indexed; axes for messages
        const char* name;
    };
    static constexpr int arity = -1;
    static constexpr DTypes dtypes = integers;
    static constexpr OpDoc doc{
        .name = "ravel_index",
        .formula = "i_1 n_2 ... n_k + ... + i_k, negative positions counted from the end",
        .derivative = "0",
        .numpy = "ravel_multi_index",
        .snippet = "ravel_index({from_vector(std::vector{1}), from_vector(std::vector{2})}, {3, 4})  // [6]"};
    static constexpr Saves saves{};
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        auto* flat = y.as<Index>();
        for (std::size_t k = 0; k < x.size(); ++k) {
            const Index n = a.sizes[static_cast<int>(k)];
            const auto index = in_order<std::int64_t>(x[k]);
            for (std::size_t i = 0; i < index.size(); ++i) {
                picking::check_position(a.name, index[i], n, static_cast<int>(a.axes[static_cast<int>(k)]));
                flat[i] = flat[i] * n + (index[i] < 0 ? index[i] + n : index[i]);
            }
        }
    }
    static Tensor batch(In x, unsigned batched, const Attrs& a) {
        const Grads all = with_examples(x, batched);
        return apply<RavelIndex>(CallSite::current(), In(all.data(), x.size()), a);
    }
    static Tensor run(const std::vector<Tensor>& indices, const Attrs& attrs) {
        Shape shape;
        for (const Tensor& index : indices) {
            require_defined(attrs.name, index);
            if (index.dtype() != DType::int64) {
                fail<DTypeError>("{}: an index has dtype {}\n  expected int64 positions, or a boolean mask", attrs.name,
                                 name_of(index.dtype()));
            }
            shape = broadcast(attrs.name, shape, index.shape());
        }
        std::vector<Tensor> wide;
        for (const Tensor& index : indices) wide.push_back(expand_to(index, shape));
        return apply<RavelIndex>(CallSite::current(), In(wide.data(), wide.size()), attrs);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto at = [](Index i) { return full({2}, i, {.dtype = int64}); };
        return {{[at] {
                     ravel_index({at(1), at(4)}, {3, 4});
                 },
                 "IndexError", "index 4 is out of range for axis 1"},
                {[at] {
                     ravel_index({at(-4), at(0)}, {3, 4});
                 },
                 "IndexError", "index -4"},
                {[at] {
                     ravel_index({at(1)}, {3, 4});
                 },
                 "ValueError", "1 indices for 2 axes"},
                {[at] {
                     ravel_index({at(1), zeros({3}, {.dtype = int64})}, {3, 4});
                 },
                 "ShapeError", "broadcast"},
                {[at] {
                     ravel_index({at(1), zeros({2})}, {3, 4});
                 },
                 "DTypeError", "int64"},
                {[at] {
                     ravel_index({at(1), Tensor()}, {3, 4});
                 },
                 "StateError", "undefined"}};
    }
};

std::vector<Sample> RavelIndex::samples() {
    const std::vector<std::vector<Shape>> shapes = {
        {{3}, {3}},     {{}, {}},      {{1}, {4}},       {{2, 1}, {3}},   {{0}, {0}},          {{2, 3}, {2, 3}}, {{5}},
        {{2}, {}, {2}}, {{2, 0}, {1}}, {{3, 1}, {1, 2}}, {{1}, {1}, {1}}, {{2, 1, 3}, {4, 1}}, {{4}, {4}}};
    std::vector<Sample> samples;
    for (const auto& of : shapes) {
        Shape sizes;
        std::vector<Tensor> indices;
        std::string note;
        for (const Shape& shape : of) {
            sizes.push_back(sizes.rank() + 3);
            indices.push_back(index_tensor(shape, sizes.back(), sizes.rank()) -
                              (sizes.rank() == 2 ? sizes.back() : 0)); // the second counted from the end
            note += shape.str();
        }
        samples.push_back(sample(
            note, indices,
            [sizes](In in) {
                return ravel_index({in.begin(), in.end()}, sizes);
            },
            [sizes](In in) {
                Shape shape;
                for (const Tensor& x : in) shape = broadcast("", shape, x.shape());
                std::vector<Reader> read;
                for (const Tensor& x : in) read.emplace_back(expand_to(x, shape));
                return tabulate(shape,
                                [&](const Position& at) {
                                    double flat = 0;
                                    for (std::size_t k = 0; k < read.size(); ++k) {
                                        const auto n = static_cast<double>(sizes[static_cast<int>(k)]);
                                        const double i = read[k](at);
                                        flat = flat * n + (i < 0 ? i + n : i);
                                    }
                                    return flat;
                                })
                    .to(int64);
            }));
    }
    return samples;
}

} // namespace

Tensor raveled(const char* name, const std::vector<Tensor>& indices, const Shape& sizes, const Shape& axes) {
    return RavelIndex::run(indices, {sizes, axes, name});
}

Tensor ravel_index(const std::vector<Tensor>& indices, const Shape& sizes, Site site) {
    const CallSite here(site);
    if (indices.empty() || static_cast<int>(indices.size()) != sizes.rank()) {
        fail<ValueError>("ravel_index: {} indices for {} axes\n  expected one an axis, and at least one",
                         indices.size(), sizes.rank());
    }
    Shape axes;
    for (int i = 0; i < sizes.rank(); ++i) axes.push_back(i);
    return raveled("ravel_index", indices, sizes, axes);
}

std::span<const OpEntry* const> raveling_ops() {
    static constexpr std::array ops{&entry<RavelIndex>()};
    return ops;
}

} // namespace xg
