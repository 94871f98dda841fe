#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/transforms/transforms.hpp>

namespace xg::detail {

// The pull-back u -> J^T u is linear, so its own pull-back, wherever it is taken, is v -> J v.
Pushforward::Pushforward(const ListFunction& f, const std::vector<Tensor>& xs, Site site) : site_(site) {
    const Setting recording(context().recording, true);
    const auto pullback = std::make_shared<const Pullback>("linearize", f, xs, site);
    values_ = pullback->values();
    for (const Tensor& x : xs) shapes_.push_back(x.shape());
    std::vector<Tensor> zero;
    for (const Tensor& y : values_) zero.push_back(zeros_like(y));
    transposed_ = std::make_shared<const Pullback>(
        "linearize", [pullback](const std::vector<Tensor>& us) { return (*pullback)(us); }, zero, site);
}

std::vector<Tensor> Pushforward::operator()(const std::vector<Tensor>& vs) const {
    {
        const CallSite here(site_);
        if (vs.size() != shapes_.size()) {
            fail<ValueError>("linearize: {} tangents for {} inputs\n  expected one each", vs.size(), shapes_.size());
        }
        for (std::size_t i = 0; i < vs.size(); ++i) {
            require_defined("linearize", vs[i]);
            if (!(vs[i].shape() == shapes_[i])) {
                fail<ShapeError>(
                    "linearize: input {} has shape {} and its tangent has shape {}\n  expected the same shape", i,
                    shapes_[i].str(), vs[i].shape().str());
            }
        }
    }
    return (*transposed_)(vs);
}

} // namespace xg::detail
