#include "nn/registry/families.hpp"

namespace xg::test {

void fill_with_waves(nn::Module& module) {
    Waves waves;
    module.visit_members(waves);
}

const std::vector<ModuleEntry>& module_entries() {
    static const std::vector<ModuleEntry> all = [] {
        std::vector<ModuleEntry> list;
        for (const auto& family :
             {activation_entries, attention_entries, container_entries, conv_entries, dropout_entries,
              embedding_entries, image_entries, linear_entries, loss_entries, norm_entries, padding_entries,
              pooling_entries, position_entries, score_loss_entries}) {
            for (ModuleEntry& entry : family()) list.push_back(std::move(entry));
        }
        return list;
    }();
    return all;
}

} // namespace xg::test
