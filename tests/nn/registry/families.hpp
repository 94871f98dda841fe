#pragma once
#include "nn/registry/entry.hpp"

// One list a family of modules.
namespace xg::test {

std::vector<ModuleEntry> activation_entries();
std::vector<ModuleEntry> attention_entries();
std::vector<ModuleEntry> container_entries();
std::vector<ModuleEntry> conv_entries();
std::vector<ModuleEntry> dropout_entries();
std::vector<ModuleEntry> embedding_entries();
std::vector<ModuleEntry> image_entries();
std::vector<ModuleEntry> linear_entries();
std::vector<ModuleEntry> loss_entries();
std::vector<ModuleEntry> norm_entries();
std::vector<ModuleEntry> padding_entries();
std::vector<ModuleEntry> piecewise_entries();
std::vector<ModuleEntry> pooling_entries();
std::vector<ModuleEntry> position_entries();
std::vector<ModuleEntry> recurrent_entries();
std::vector<ModuleEntry> score_loss_entries();

} // namespace xg::test
