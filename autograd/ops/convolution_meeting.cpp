#include <autograd/ops/convolution_internal.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/space_internal.hpp>

namespace xg::convolutions {
namespace {

void set_numbers(const char* op, const char* option, const Shape& numbers, int rank, Index least, Index (&to)[3]) {
    const Shape all = per_axis(op, option, numbers, rank, least);
    std::copy(all.begin(), all.end(), to + Meeting::first(rank));
}

void require_groups(const char* op, Index groups, const char* channels_name, Index channels) {
    if (groups < 1) fail<ValueError>("{}: groups is {}\n  expected 1 or more", op, groups);
    if (channels % groups != 0) {
        fail<ValueError>("{}: {} channels {} do not divide into {} groups", op, channels, channels_name, groups);
    }
}

void set_kernel(const char* op, const Shape& weight, Meeting& m) {
    for (int i = 0; i < m.rank; ++i) {
        const Index k = m.c.kernel[Meeting::first(m.rank) + i] = weight[2 + i];
        if (k < 1)
            fail<ShapeError>("{}: the weight has shape {}\n  expected a kernel of 1 or more an axis", op, weight.str());
    }
}

// The room before and after x along an axis.
struct Room {
    Index before, after;
};
Room room_of(const char* op, const ConvPadding& padding, const Meeting& m, int axis) {
    if (padding.word.empty() || padding.word == "valid") return {m.c.before[axis], m.c.before[axis]};
    if (padding.word != "same") {
        fail<ValueError>("{}: padding is \"{}\"\n  expected numbers, \"same\" or \"valid\"", op, padding.word);
    }
    if (m.c.stride[axis] != 1)
        fail<ValueError>("{}: padding \"same\" with a stride of {}\n  expected a stride of 1", op, m.c.stride[axis]);
    const Index total = m.c.dilation[axis] * (m.c.kernel[axis] - 1);
    return {total / 2, total - total / 2};
}

} // namespace

Meeting conv_meeting(const char* op, const Shape& x, const Shape& w, const std::string& w_name, int rank,
                     const ConvOptions& o) {
    Meeting m{rank, {}};
    if (w.rank() != rank + 2) {
        fail<ShapeError>("{}: {} has shape {}\n  expected (outputs, channels / groups, *kernel), {} axes", op, w_name,
                         w.str(), rank + 2);
    }
    m.c.groups = o.groups;
    require_groups(op, o.groups, "that come out", w[0]);
    if (x[1] != w[1] * o.groups) {
        fail<ShapeError>(
            "{}: x has shape {}, so channels = {}; {} has shape {} with {} group{}, so channels = {}\n"
            "  expected x of shape (N, {}, *)",
            op, x.str(), x[1], w_name, w.str(), o.groups, o.groups == 1 ? "" : "s", w[1] * o.groups, w[1] * o.groups);
    }
    set_kernel(op, w, m);
    set_numbers(op, "stride", o.stride, rank, 1, m.c.stride);
    set_numbers(op, "padding", o.padding.sizes, rank, 0, m.c.before);
    set_numbers(op, "dilation", o.dilation, rank, 1, m.c.dilation);
    for (int i = Meeting::first(rank), axis = 2; i < 3; ++i, ++axis) {
        const Room room = room_of(op, o.padding, m, i);
        m.c.before[i] = room.before;
        m.c.in[i] = x[axis];
        const Index field = m.c.dilation[i] * (m.c.kernel[i] - 1) + 1, all = x[axis] + room.before + room.after;
        if (all < field) {
            fail<ShapeError>(
                "{}: the kernel is larger than x along axis {}: it covers {} positions, x and its padding "
                "have {}\n  x has shape {}, {} {}",
                op, axis, field, all, x.str(), w_name, w.str());
        }
        m.c.out[i] = (all - field) / m.c.stride[i] + 1;
    }
    return m;
}

Meeting transpose_meeting(const char* op, const Shape& y, const Shape& w, const std::string& w_name, int rank,
                          const ConvTransposeOptions& o) {
    Meeting m{rank, {}};
    if (w.rank() != rank + 2) {
        fail<ShapeError>("{}: {} has shape {}\n  expected (channels, outputs / groups, *kernel), {} axes", op, w_name,
                         w.str(), rank + 2);
    }
    if (y[1] != w[0]) {
        fail<ShapeError>(
            "{}: x has shape {}, so channels = {}; {} has shape {}, so channels = {}\n"
            "  expected x of shape (N, {}, *)",
            op, y.str(), y[1], w_name, w.str(), w[0], w[0]);
    }
    m.c.groups = o.groups;
    require_groups(op, o.groups, "that come in", w[0]);
    set_kernel(op, w, m);
    Index more[3] = {};
    set_numbers(op, "stride", o.stride, rank, 1, m.c.stride);
    set_numbers(op, "padding", o.padding, rank, 0, m.c.before);
    set_numbers(op, "output_padding", o.output_padding, rank, 0, more);
    set_numbers(op, "dilation", o.dilation, rank, 1, m.c.dilation);
    for (int i = Meeting::first(rank), axis = 2; i < 3; ++i, ++axis) {
        if (more[i] >= m.c.stride[i] && more[i] >= m.c.dilation[i]) {
            fail<ValueError>(
                "{}: output_padding is {} with stride {} and dilation {}\n  expected less than one of them", op,
                o.output_padding.str(), m.c.stride[i], m.c.dilation[i]);
        }
        m.c.out[i] = y[axis];
        const Index field = m.c.dilation[i] * (m.c.kernel[i] - 1) + 1;
        m.c.in[i] = (y[axis] - 1) * m.c.stride[i] - 2 * m.c.before[i] + field + more[i];
        if (m.c.in[i] < 1) {
            fail<ShapeError>("{}: padding {} leaves {} positions along axis {}\n  x has shape {}, {} {}", op,
                             o.padding.str(), m.c.in[i], axis, y.str(), w_name, w.str());
        }
    }
    return m;
}

} // namespace xg::convolutions
