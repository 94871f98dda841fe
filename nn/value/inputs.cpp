#include <nn/value/inputs.hpp>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

Outputs::operator Value() const {
    if (size() != 1) {
        const CallSite here(site_);
        fail<ShapeError>("Value from Outputs: there are {} outputs\n  expected 1; take one by its index: y[0]", size());
    }
    return front();
}

} // namespace xg::nn
