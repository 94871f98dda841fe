#pragma once
#include <functional>
#include <tuple>
#include <vector>

#include <autograd/ops/scatter.hpp>
#include <autograd/ops/tabulate.hpp>

// What the operations share that write to places an index names, and their samples.
namespace xg::scattering {

// One of the places that an index names, flat in row-major order.
struct Places {
    Shape index, to;
    int axis;

    Index size() const { return to[axis]; }
    /// The place in `to` of entry `flat` of the index, whose value is `at`.
    Index operator()(Index flat, Index at) const {
        Index place = 0, scale = 1;
        for (int i = index.rank() - 1; i >= 0; --i) {
            const Index here = flat % index[i];
            flat /= index[i];
            place += (i == axis ? (at < 0 ? at + size() : at) : here) * scale;
            scale *= to[i];
        }
        return place;
    }
};

/// x, an index beside it and what is written there, of one dtype.
struct Operands {
    Tensor x, index, src;
    int axis;
};
Operands checked(const char* op, const Operand& x, Index axis, const Tensor& index, const Operand& src);
/// DTypeError, and ShapeError unless the index can stand beside `to`.
void check_places(const char* op, const Tensor& index, const Shape& to, int axis);

/// Shapes of x, and of index and src, with the axis; indices as `index_tensor` spreads them, so that some repeat.
std::span<const std::tuple<Shape, Shape, int>> writes_of();
Tensor index_for(const Shape& x, const Shape& picks, int axis);
/// What is written to each entry, in order: f(own entry, what was written) makes the result.
Tensor written_by(In in, int axis, const std::function<double(double, const Line&)>& f);
std::vector<Sample> write_samples(const std::function<Tensor(In, int axis)>& call,
                                  const std::function<double(double, const Line&)>& f, Maker make = spread_numbers);
using Write = Tensor (*)(const Operand&, Index, const Tensor&, const Operand&);
std::vector<Misuse> write_misuse(Write call);

} // namespace xg::scattering
