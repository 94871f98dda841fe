#include <nn/modules/sequential.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

Tensor Lambda::forward(const Tensor& x) { return function(x); }

Sequential::Sequential(const Sequential& other) : Module(other) {
    layers_.reserve(other.layers_.size());
    for (const Item& layer : other.layers_) layers_.push_back({layer.kind->copy(*layer.module), layer.kind});
}

Sequential& Sequential::operator=(const Sequential& other) {
    if (this == &other) return *this;
    const bool same = std::equal(layers_.begin(), layers_.end(), other.layers_.begin(), other.layers_.end(),
                                 [](const Item& a, const Item& b) { return a.kind == b.kind; });
    if (!same) return *this = Sequential(other);
    Module::operator=(other);
    for (std::size_t i = 0; i < layers_.size(); ++i)
        layers_[i].kind->assign(*layers_[i].module, *other.layers_[i].module);
    return *this;
}

Module& Sequential::at(Index i) const {
    if (i < 0 || i >= size()) {
        fail<IndexError>("Sequential: there is no layer {}\n  expected 0 to {}", i, size() - 1);
    }
    return *layers_[static_cast<std::size_t>(i)].module;
}

void Sequential::refuse_type(Index i) const {
    const std::string name = layers_[static_cast<std::size_t>(i)].module->class_name();
    fail<StateError>("Sequential::get: layer {} is a {}, not what was asked for\n  expected get<{}>({})", i, name, name,
                     i);
}

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (const Item& layer : layers_) y = layer.module->forward(y);
    return y;
}

void Sequential::visit_members(MemberVisitor& visitor) {
    for (std::size_t i = 0; i < layers_.size(); ++i) visitor.module(std::to_string(i), *layers_[i].module);
}

} // namespace xg::nn
