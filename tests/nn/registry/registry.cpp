#include <map>

#include "nn/registry/families.hpp"

namespace xg::test {

void fill_with_waves(nn::Module& module) {
    module.to(float64);
    std::map<std::string, Tensor> by_name; // the order is PyTorch's, too
    for (auto& [name, p] : module.named_parameters()) by_name.emplace(name, p);
    double k = 0;
    for (auto& [name, b] : module.named_buffers()) {
        if (name.ends_with("weight_u") || name.ends_with("weight_v")) by_name.emplace(name, b);
    }
    for (auto& [name, p] : by_name) no_grad([&] { p.assign(wave(p.shape(), ++k)); });
}

const std::vector<ModuleEntry>& module_entries() {
    static const std::vector<ModuleEntry> all = [] {
        std::vector<ModuleEntry> list;
        for (const auto& family :
             {activation_entries, attention_entries, container_entries, conv_entries, dropout_entries,
              embedding_entries, image_entries, linear_entries, loss_entries, norm_entries, padding_entries,
              piecewise_entries, pooling_entries, position_entries, recurrent_entries, score_loss_entries}) {
            for (ModuleEntry& entry : family()) list.push_back(std::move(entry));
        }
        return list;
    }();
    return all;
}

} // namespace xg::test
