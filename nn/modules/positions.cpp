#include <nn/modules/positions.hpp>

#include <cmath>
#include <vector>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

void check(const char* name, Index length, Index d_model, double p, Site site) {
    const CallSite here(site);
    if (length < 1 || d_model < 1) {
        fail<ValueError>("{}: max_len is {} and d_model is {}\n  expected 1 or more", name, length, d_model);
    }
    if (!(p >= 0 && p <= 1)) fail<ValueError>("{}: dropout is {}\n  expected 0 to 1", name, p);
}

// x plus the first rows of `table`, one a position.
Tensor added(const char* name, const Tensor& x, const Tensor& table, bool batch_first) {
    const Index most = table.shape(0), width = table.shape(1);
    const bool fits = (x.rank() == 2 || x.rank() == 3) && x.shape(-1) == width;
    const int axis = x.rank() == 3 && batch_first ? 1 : 0;
    if (!fits || x.shape(axis) > most) {
        fail<ShapeError>("{}: x has shape {}\n  expected ({}length, {}{}) or (length, {}) of {} positions at most",
                         name, x.shape().str(), batch_first ? "batch, " : "", batch_first ? "" : "batch, ", width,
                         width, most);
    }
    const Tensor rows = slice(table, 0, 0, x.shape(axis)).to(x.dtype());
    return x + (x.rank() == 3 && !batch_first ? unsqueeze(rows, 1) : rows);
}

// The angle of pair i at position p: p / base^(2i / width).
double angle(Index position, Index pair, Index width, double base) {
    return static_cast<double>(position) *
           std::pow(base, -2.0 * static_cast<double>(pair) / static_cast<double>(width));
}

} // namespace

Tensor SinusoidalEncoding::table(Index length, Index d_model, Site site) {
    check("SinusoidalEncoding", length, d_model, 0, site);
    std::vector<double> all;
    for (Index p = 0; p < length; ++p) {
        for (Index e = 0; e < d_model; ++e) {
            const double turned = angle(p, e / 2, d_model, 10000);
            all.push_back(e % 2 == 0 ? std::sin(turned) : std::cos(turned));
        }
    }
    return from_vector(all, {length, d_model});
}

SinusoidalEncoding::SinusoidalEncoding(Index dim, const SinusoidalEncodingOptions& o, Site site)
    : d_model(dim), options(o), table_(table(o.max_len, dim, site)) {
    check("SinusoidalEncoding", o.max_len, dim, o.dropout, site);
}

Tensor SinusoidalEncoding::forward(const Tensor& x) {
    return dropout(added("SinusoidalEncoding", x, table_, options.batch_first),
                   {.p = options.dropout, .training = is_training()});
}

namespace {
Tensor first_positions(Index max_len, Index d_model, double p, Site site) {
    check("LearnedEncoding", max_len, d_model, p, site);
    return init::normal({max_len, d_model}, 0, 0.02);
}
} // namespace

LearnedEncoding::LearnedEncoding(Index max_len, Index d_model, const LearnedEncodingOptions& o, Site site)
    : weight(first_positions(max_len, d_model, o.dropout, site)), options(o) {}

Tensor LearnedEncoding::forward(const Tensor& x) {
    return dropout(added("LearnedEncoding", x, weight, options.batch_first),
                   {.p = options.dropout, .training = is_training()});
}

RotaryEncoding::RotaryEncoding(Index entries, const RotaryEncodingOptions& o, Site site) : width(entries), options(o) {
    const CallSite here(site);
    if (entries < 1 || entries % 2 != 0)
        fail<ValueError>("RotaryEncoding: the width is {}\n  expected an even number above 0", entries);
    if (!(o.base > 0)) fail<ValueError>("RotaryEncoding: base is {}\n  expected more than 0", o.base);
}

Tensor RotaryEncoding::forward(const Tensor& x, Index offset) {
    if (x.rank() < 2 || x.shape(-1) != width) {
        fail<ShapeError>("RotaryEncoding: x has shape {}\n  expected (..., length, {})", x.shape().str(), width);
    }
    const Index length = x.shape(-2), pairs = width / 2;
    std::vector<double> cosines, sines;
    for (Index p = 0; p < length; ++p) {
        for (Index i = 0; i < pairs; ++i) {
            const double turned = angle(p + offset, i, width, options.base);
            cosines.push_back(std::cos(turned));
            sines.push_back(std::sin(turned));
        }
    }
    const DType dtype = is_floating(x.dtype()) ? x.dtype() : float32;
    const Tensor c = from_vector(cosines, {length, pairs}).to(dtype), s = from_vector(sines, {length, pairs}).to(dtype);
    const Index step = options.interleaved ? 2 : 1;
    const Tensor a = slice(x, -1, 0, options.interleaved ? width : pairs, step);
    const Tensor b = slice(x, -1, options.interleaved ? 1 : pairs, width, step);
    const Tensor p = a * c - b * s, q = a * s + b * c;
    return options.interleaved ? reshape(stack({p, q}, -1), x.shape()) : concat({p, q}, -1);
}

} // namespace xg::nn
