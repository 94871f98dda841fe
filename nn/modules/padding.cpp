#include <nn/modules/padding.hpp>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

Padding::Padding(const char* name, int axes, const Shape& padding, PadOptions o, Site site) : options(o) {
    const CallSite here(site);
    if (padding.rank() != 1 && padding.rank() != 2 * axes) {
        fail<ValueError>("{}: padding is {}\n  expected one number, or {}, two an axis from the last one on", name,
                         padding.str(), 2 * axes);
    }
    for (int i = axes - 1; i >= 0; --i) {
        const bool same = padding.rank() == 1;
        widths.push_back({padding[same ? 0 : 2 * i], padding[same ? 0 : 2 * i + 1]});
    }
}

Tensor Padding::forward(const Tensor& x) { return pad(x, widths, options); }

} // namespace xg::nn
