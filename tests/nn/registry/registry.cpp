#include <cmath>

#include "nn/registry/families.hpp"

namespace xg::test {

Tensor wave(const Shape& shape, double k) {
    std::vector<double> all;
    for (Index i = 0; i < shape.numel(); ++i) all.push_back(std::sin(0.7 * static_cast<double>(i) + k) / 2);
    return from_vector(all, shape);
}

namespace {

class Waves : public nn::MemberVisitor {
public:
    void parameter(const std::string&, nn::Parameter& p) override {
        if (p.defined()) p = wave(p.shape(), ++k_);
    }
    void buffer(const std::string&, nn::Buffer& b) override {
        if (b.defined() && b.dtype() == float32) b = b.to(float64);
    }
    void module(const std::string&, nn::Module& m) override { m.visit_members(*this); }

private:
    double k_ = 0;
};

} // namespace

void fill_with_waves(nn::Module& module) {
    Waves waves;
    module.visit_members(waves);
}

const std::vector<ModuleEntry>& module_entries() {
    static const std::vector<ModuleEntry> all = [] {
        std::vector<ModuleEntry> list;
        for (const auto& family :
             {activation_entries, container_entries, conv_entries, dropout_entries, image_entries, linear_entries,
              loss_entries, norm_entries, padding_entries, pooling_entries, score_loss_entries}) {
            for (ModuleEntry& entry : family()) list.push_back(std::move(entry));
        }
        return list;
    }();
    return all;
}

} // namespace xg::test
