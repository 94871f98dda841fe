#pragma once
#include <string>
#include <vector>

// What is known of each optimizer and schedule besides its header, for its page: one entry each, in optimizers.cpp and
// schedules.cpp. Their numbers are tested in tests/nn/optim and tests/nn/schedules.
namespace xg::test {

struct TrainingEntry {
    std::string name;    ///< of the class
    std::string torch;   ///< PyTorch's, empty if it has none
    std::string snippet; ///< a small program
    std::string prints;  ///< and its output: PyTorch 1.13's numbers, or those of the paper's formula
};

const std::vector<TrainingEntry>& optimizer_entries();
const std::vector<TrainingEntry>& schedule_entries();

} // namespace xg::test
