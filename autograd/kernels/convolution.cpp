#include <autograd/kernels/convolution.hpp>

#include <algorithm>
#include <cstring>
#include <memory>

#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/dnn.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/product.hpp>

// A convolution as products: the fields that a tile of y looks at become the columns of a matrix, which w multiplies from
// the left. The tile is so small that its columns stay in the cache between being written and being read.
namespace xg::kernels {
namespace {

constexpr std::size_t tile_bytes = 512 * 1024;
constexpr Index most_chunks = 8;                // more threads than these find no work in one convolution
constexpr Index most_partial_weights = 4 << 20; // entries, over all chunks
constexpr double work_to_share = 1e6;

// How the work is cut, by the sizes alone.
struct Plan {
    Index rows, tile, tiles; // rows of y, which are lines along the last axis; of a tile; tiles of an image and group
    Index chunks;            // that may run at once, each with columns of its own
    Index columns;           // entries of one chunk's columns
    Index partial = 0;       // entries of one chunk's own w
};

Plan plan(Part part, const Convolution& c, std::size_t size) {
    Plan p{};
    p.rows = c.out[0] * c.out[1];
    const Index row = c.depth() * c.out[2], fitting = static_cast<Index>(tile_bytes / size) / std::max<Index>(row, 1);
    p.tile = std::clamp<Index>(fitting, 1, p.rows);
    p.tiles = (p.rows + p.tile - 1) / p.tile;
    p.columns = row * p.tile;
    // What x gets from neighbouring tiles adds up, so a tile of an image is no piece of its own there.
    const Index pieces = part == Part::x   ? c.batch * c.groups
                         : part == Part::y ? c.batch * c.groups * p.tiles
                                           : c.batch;
    p.chunks = c.work() < work_to_share ? 1 : std::min(pieces, most_chunks);
    if (part == Part::w) {
        const Index entries = c.groups * c.outputs * c.depth();
        p.chunks = std::clamp<Index>(most_partial_weights / std::max<Index>(entries, 1), 1, p.chunks);
        p.partial = p.chunks > 1 ? entries : 0;
    }
    return p;
}

// f(line of the columns, row of the tile, first entry of x that would be met at position 0, first and last + 1 position
// that meet one): all that a tile of y looks at, zeros of the padding left out.
template <class F>
[[gnu::always_inline]] inline void for_each_run(const Convolution& c, Index first_row, Index rows, const F& f) {
    Index line = 0;
    for (Index channel = 0; channel < c.inputs; ++channel) {
        for (Index field = 0; field < c.field(); ++field, ++line) {
            const Index k2 = field % c.kernel[2], k1 = field / c.kernel[2] % c.kernel[1];
            const Index k0 = field / c.kernel[2] / c.kernel[1];
            const Index shift = k2 * c.dilation[2] - c.before[2], stride = c.stride[2];
            const Index begin = std::min(c.out[2], shift >= 0 ? 0 : (-shift + stride - 1) / stride);
            const Index last = c.in[2] - 1 - shift;
            const Index end = std::max(begin, last < 0 ? 0 : std::min(c.out[2], last / stride + 1));
            for (Index r = 0; r < rows; ++r) {
                const Index p0 = (first_row + r) / c.out[1], p1 = (first_row + r) % c.out[1];
                const Index i0 = p0 * c.stride[0] + k0 * c.dilation[0] - c.before[0];
                const Index i1 = p1 * c.stride[1] + k1 * c.dilation[1] - c.before[1];
                const bool inside = i0 >= 0 && i0 < c.in[0] && i1 >= 0 && i1 < c.in[1];
                const Index from = ((channel * c.in[0] + i0) * c.in[1] + i1) * c.in[2] + shift;
                if (inside) f(line, r, from, begin, end);
                else f(line, r, Index{0}, Index{0}, Index{0});
            }
        }
    }
}

template <class T>
void gather(const Convolution& c, Index first_row, Index rows, const T* x, T* columns) {
    const Index width = c.out[2], stride = c.stride[2];
    for_each_run(c, first_row, rows, [&](Index line, Index r, Index from, Index begin, Index end) {
        T* to = columns + (line * rows + r) * width;
        std::fill(to, to + begin, T(0));
        if (stride == 1) std::copy(x + from + begin, x + from + end, to + begin);
        else
            for (Index p = begin; p < end; ++p) to[p] = x[from + p * stride];
        std::fill(to + end, to + width, T(0));
    });
}

template <class T>
void scatter(const Convolution& c, Index first_row, Index rows, const T* columns, T* x) {
    const Index width = c.out[2], stride = c.stride[2];
    for_each_run(c, first_row, rows, [&](Index line, Index r, Index to, Index begin, Index end) {
        const T* from = columns + (line * rows + r) * width;
        for (Index p = begin; p < end; ++p) x[to + p * stride] += from[p];
    });
}

// One call of the kernel.
template <class T>
class Run {
public:
    Run(Part part, const Convolution& c, const ConvolutionArrays& arrays, char* room)
        : c_(c),
          plan_(plan(part, c, sizeof(T))),
          x_(reinterpret_cast<T*>(arrays.x)),
          w_(reinterpret_cast<T*>(arrays.w)),
          y_(reinterpret_cast<T*>(arrays.y)),
          bias_(reinterpret_cast<const T*>(arrays.bias)),
          room_(reinterpret_cast<T*>(room)) {}

    void y() const {
        in_chunks(c_.batch * c_.groups * plan_.tiles, [&](Index, Index piece, T* columns) {
            const Index image = piece / plan_.tiles, group = image % c_.groups;
            const Tile tile = tile_of(piece % plan_.tiles);
            T* to = y_ + image * c_.outputs * c_.positions() + tile.begin;
            for (Index o = 0; bias_ && o < c_.outputs; ++o) {
                std::fill_n(to + o * c_.positions(), tile.width, bias_[group * c_.outputs + o]);
            }
            gather(c_, tile.row, tile.rows, x_ + image * c_.inputs * c_.pixels(), columns);
            product<T>(c_.outputs, tile.width, c_.depth(), {w_of(w_, group), c_.depth()}, {columns, tile.width}, to,
                       c_.positions(), /*add=*/bias_ != nullptr);
        });
    }

    void x() const {
        in_chunks(c_.batch * c_.groups, [&](Index, Index image, T* columns) {
            const Index group = image % c_.groups;
            T* to = x_ + image * c_.inputs * c_.pixels();
            for (Index i = 0; i < c_.inputs; ++i) {
                std::fill_n(to + i * c_.pixels(), c_.pixels(), bias_ ? bias_[group * c_.inputs + i] : T(0));
            }
            for (Index t = 0; t < plan_.tiles; ++t) {
                const Tile tile = tile_of(t);
                product<T>(c_.depth(), tile.width, c_.outputs, {w_of(w_, group), c_.depth(), /*turned=*/true},
                           {y_ + image * c_.outputs * c_.positions() + tile.begin, c_.positions()}, columns, tile.width,
                           /*add=*/false);
                scatter(c_, tile.row, tile.rows, columns, to);
            }
        });
    }

    // Each chunk adds up the images it has, and the chunks are added in their order.
    void w() const {
        const Index entries = c_.groups * c_.outputs * c_.depth();
        T* const partial = plan_.chunks > 1 ? room_ + plan_.chunks * plan_.columns : w_;
        std::fill_n(partial, plan_.chunks * entries, T(0));
        in_chunks(c_.batch, [&](Index chunk, Index n, T* columns) {
            for (Index group = 0; group < c_.groups; ++group) {
                const Index image = n * c_.groups + group;
                for (Index t = 0; t < plan_.tiles; ++t) {
                    const Tile tile = tile_of(t);
                    gather(c_, tile.row, tile.rows, x_ + image * c_.inputs * c_.pixels(), columns);
                    product<T>(c_.outputs, c_.depth(), tile.width,
                               {y_ + image * c_.outputs * c_.positions() + tile.begin, c_.positions()},
                               {columns, tile.width, /*turned=*/true}, w_of(partial + chunk * entries, group),
                               c_.depth(),
                               /*add=*/true);
                }
            }
        });
        if (plan_.chunks == 1) return;
        std::copy_n(partial, entries, w_);
        for (Index chunk = 1; chunk < plan_.chunks; ++chunk) {
            const T* more = partial + chunk * entries;
            for (Index i = 0; i < entries; ++i) w_[i] += more[i];
        }
    }

private:
    struct Tile {
        Index row, rows, begin, width;
    };
    Tile tile_of(Index t) const {
        const Index row = t * plan_.tile, rows = std::min(plan_.tile, plan_.rows - row);
        return {row, rows, row * c_.out[2], rows * c_.out[2]};
    }
    T* w_of(T* w, Index group) const { return w + group * c_.outputs * c_.depth(); }

    template <class F>
    void in_chunks(Index pieces, const F& f) const {
        const Index length = (pieces + plan_.chunks - 1) / plan_.chunks;
        parallel_for(plan_.chunks, [&](Index chunk) {
            T* columns = room_ + chunk * plan_.columns;
            for (Index i = chunk * length; i < std::min(pieces, (chunk + 1) * length); ++i) f(chunk, i, columns);
        });
    }

    Convolution c_;
    Plan plan_;
    T *x_, *w_, *y_;
    const T* bias_;
    T* room_;
};

template <class T>
void convolve_of(Part part, const Convolution& c, const ConvolutionArrays& arrays, char* room) {
    blas(); // its error must not come from a piece
    const Run<T> run(part, c, arrays, room);
    if (part == Part::y) run.y();
    else if (part == Part::x) run.x();
    else run.w();
}

// Where nothing is summed, the result is the bias or 0.
template <class T>
void fill_with_bias(Index batch, Index channels, Index size, const char* bias, char* to) {
    T* at = reinterpret_cast<T*>(to);
    for (Index i = 0; i < batch * channels; ++i, at += size) {
        std::fill_n(at, size, bias ? reinterpret_cast<const T*>(bias)[i % channels] : T(0));
    }
}

void fill_result(Part part, const Convolution& c, DType dtype, const ConvolutionArrays& arrays) {
    const auto fill = dtype == DType::float32 ? fill_with_bias<float> : fill_with_bias<double>;
    if (part == Part::y) fill(c.batch, c.groups * c.outputs, c.positions(), arrays.bias, arrays.y);
    else if (part == Part::x) fill(c.batch, c.groups * c.inputs, c.pixels(), arrays.bias, arrays.x);
    else fill(1, c.groups * c.outputs, c.depth(), nullptr, arrays.w);
}

void add_bias(const Convolution& c, const ConvolutionArrays& arrays) {
    auto* x = reinterpret_cast<float*>(arrays.x);
    const auto* bias = reinterpret_cast<const float*>(arrays.bias);
    const Index channels = c.groups * c.inputs;
    for (Index i = 0; i < c.batch * channels; ++i, x += c.pixels()) {
        for (Index j = 0; j < c.pixels(); ++j) x[j] += bias[i % channels];
    }
}

} // namespace

// In float32 oneDNN's, where it has one that pays.
static const DnnPlan* foreign_plan(Part part, const Convolution& c, DType dtype) {
    return dtype == DType::float32 ? dnn_plan(part, c) : nullptr;
}

// What our own kernel needs.
static std::size_t own_room(Part part, const Convolution& c, DType dtype) {
    const Plan p = plan(part, c, size_of(dtype));
    return static_cast<std::size_t>(p.chunks * (p.columns + p.partial)) * size_of(dtype);
}

std::size_t convolution_room(Part part, const Convolution& c, DType dtype) {
    if (c.work() == 0) return 0;
    if (const DnnPlan* foreign = foreign_plan(part, c, dtype)) return foreign->room();
    return own_room(part, c, dtype);
}

void convolve(Part part, const Convolution& c, DType dtype, const ConvolutionArrays& arrays, char* room) {
    if (c.work() == 0) return fill_result(part, c, dtype, arrays);
    std::unique_ptr<char[]> own;
    if (const DnnPlan* foreign = foreign_plan(part, c, dtype)) {
        if (foreign->run(arrays, room)) {
            if (part == Part::x && arrays.bias) add_bias(c, arrays);
            return;
        }
        own.reset(new char[own_room(part, c, dtype)]);
        room = own.get();
    }
    (dtype == DType::float32 ? convolve_of<float> : convolve_of<double>)(part, c, arrays, room);
}

} // namespace xg::kernels
