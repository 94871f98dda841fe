#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <autograd/debug/tensor_graph.hpp>
#include <explorer/training.hpp>

namespace xg::detail {

/// Graphs of tensors, or of both kinds, in the steps of a training. Of a step its leaves and constants are kept, and all
/// Values; the tensors are computed from them again when it is asked for, by the same operations, and have to give the bits
/// of the loss, of the Values that were taken from them and of the gradients that were recorded.
class GraphSteps {
public:
    /// Of the first step, before its backward; `steps` and `most_numbers` say which others there will be.
    GraphSteps(const TensorGraph& graph, const LossFunction::Loss& loss, std::size_t steps, std::size_t most_numbers);
    ~GraphSteps();
    GraphSteps(const GraphSteps&) = delete;
    GraphSteps& operator=(const GraphSteps&) = delete;

    /// What has to be alive while the loss of a step is computed; null if this step is not kept.
    class Watching;
    std::shared_ptr<const Watching> watching(std::size_t step);
    void keep(std::size_t step, const LossFunction::Loss& loss, const Watching& watching);

    /// Kept steps in order.
    std::vector<std::size_t> steps() const;
    /// Why not all are kept, or empty.
    const std::string& reason() const { return reason_; }
    /// The trace of a kept step, or nothing if it cannot be had to the bit.
    std::optional<Trace> trace(std::size_t step, const TrainingRecord::Run& run) const;

private:
    struct Kept {
        std::size_t step = 0;
        TensorGraph::Numbers numbers;
    };
    struct Seen { // where a source stood when it was copied
        Tensor original;
        std::uint32_t version = 0;
    };
    bool is_wanted(std::size_t step) const;
    std::optional<TensorGraph::Numbers> numbers_of(const LossFunction::Loss& loss,
                                                   const TensorGraph::Unsaved& unsaved) const;
    bool keep(std::size_t step, TensorGraph::Numbers numbers);
    std::vector<Tensor> computed(const TensorGraph::Numbers& numbers) const;

    const TensorGraph graph_;
    const std::size_t count_;
    std::size_t every_ = 1;
    bool needs_watch_ = false;
    std::vector<Kept> kept_;
    std::vector<Seen> seen_;
    std::string reason_;
};

} // namespace xg::detail
