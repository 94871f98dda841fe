#include <nn/modules/sequential.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

ModuleSequence& ModuleSequence::operator=(const ModuleSequence& other) {
    if (this == &other) return *this;
    const bool same = std::equal(layers_.begin(), layers_.end(), other.layers_.begin(), other.layers_.end(),
                                 [](const AnyModule& a, const AnyModule& b) { return a.same_class(b); });
    Module::operator=(other);
    if (same) std::copy(other.layers_.begin(), other.layers_.end(), layers_.begin());
    else layers_ = std::vector<AnyModule>(other.layers_);
    return *this;
}

const AnyModule& ModuleSequence::at(Index i) const {
    if (i < 0 || i >= size()) {
        fail<IndexError>("{}: there is no layer {}\n  expected 0 to {}", name_, i, size() - 1);
    }
    return layers_[static_cast<std::size_t>(i)];
}

void ModuleSequence::visit_members(MemberVisitor& visitor) {
    for (std::size_t i = 0; i < layers_.size(); ++i) visitor.module(std::to_string(i), *layers_[i]);
}

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (const AnyModule& layer : layers_) y = layer(y);
    return y;
}

} // namespace xg::nn
