#include <map>

#include "nn/registry/entry.hpp"

// A family's file ends in its list, `<family>_entries()`, which no header declares: it is named here and nowhere else.
// clang-format off
#define XGRAD_FAMILIES(F) \
    F(activation) \
    F(attention) \
    F(container) \
    F(conv) \
    F(dropout) \
    F(embedding) \
    F(image) \
    F(linear) \
    F(loss) \
    F(norm) \
    F(padding) \
    F(piecewise) \
    F(pooling) \
    F(position) \
    F(recurrent) \
    F(score_loss)
// clang-format on

namespace xg::test {

#define XGRAD_DECLARE(family) std::vector<ModuleEntry> family##_entries();
XGRAD_FAMILIES(XGRAD_DECLARE)
#undef XGRAD_DECLARE

void fill_with_waves(nn::Module& module) {
    module.to(float64);
    std::map<std::string, Tensor> by_name; // the order is PyTorch's, too
    for (auto& [name, p] : module.named_parameters()) by_name.emplace(name, p);
    double k = 0;
    for (auto& [name, b] : module.named_buffers()) {
        if (name.ends_with("weight_u") || name.ends_with("weight_v")) by_name.emplace(name, b);
    }
    const NoGrad quiet;
    for (auto& [name, p] : by_name) p.assign(wave(p.shape(), ++k));
}

const std::vector<ModuleEntry>& module_entries() {
    static const std::vector<ModuleEntry> all = [] {
        std::vector<ModuleEntry> list;
#define XGRAD_LIST(family) family##_entries,
        for (const auto& family : {XGRAD_FAMILIES(XGRAD_LIST)}) {
            for (ModuleEntry& entry : family()) list.push_back(std::move(entry));
        }
#undef XGRAD_LIST
        return list;
    }();
    return all;
}

} // namespace xg::test
