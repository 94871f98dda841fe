#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autograd/debug/value_graph.hpp>
#include <autograd/tensor.hpp>

// Looking at graphs of tensors, and of tensors and Values.
namespace xg {

/// Everything that a result was computed from, inputs before what reads them, the result last. It keeps the graph alive;
/// nobody's gradient changes.
class XGRAD_API TensorGraph {
public:
    struct Item {
        std::string op =
            {}; ///< "leaf", "constant" (no gradient flows there), "stack" and "value_at" between the kinds, or the operation
        std::string label = {};
        Site site = {};
        std::string module = {};               ///< the path of the module that ran it, where that is known
        std::vector<std::size_t> inputs = {};  ///< items, in the order of the operation
        std::vector<bool> differentiable = {}; ///< of each input: whether the rule has a gradient for it
        Shape shape = {};                      ///< of a tensor
        DType dtype = float32;
        Tensor value = {};                    ///< of a tensor, without its graph; undefined: nothing kept it
        std::optional<ValueNode> scalar = {}; ///< of a Value
        Index position = 0;                   ///< of value_at: which entry of its input, in row-major order
    };

    /// Constants that no rule reads are known where TraceTensors was open while the graph was made. Lines always are.
    /// GraphError: no graph, saved values that a backward has released or that were changed in place since, a checkpoint;
    /// StateError: undefined, or inside a running transform.
    explicit TensorGraph(const Tensor& y, Site site = Site::here());
    explicit TensorGraph(const Value& y, Site site = Site::here());

    const std::vector<Item>& items() const;
    /// Of a run, as items: the tensors that are leaves and constants (of this one all that are kept), and all Values.
    struct Numbers {
        std::vector<Tensor> sources;
        std::vector<double> scalars;
        std::vector<double> slopes; ///< local derivatives of operations on Values: `slopes_of` has those of one
        std::vector<char> blocked;  ///< choices that pass nothing on
    };
    /// One an input, or none.
    std::span<const double> slopes_of(const Numbers& numbers, std::size_t item) const;
    /// Is asked for a constant that no rule reads, by the stamp of the operation and the number of the input.
    using Unsaved = std::function<Tensor(std::uint64_t, std::size_t)>;
    /// Those of this graph.
    Numbers numbers() const;
    /// Those of another run of the program that made this graph. Nothing unless y comes from the same operations, in the
    /// same arrangement.
    std::optional<Numbers> numbers_of(const Tensor& y, const Unsaved& unsaved) const;
    std::optional<Numbers> numbers_of(const Value& y, const Unsaved& unsaved) const;
    /// What the rule of an operation on tensors makes of a cotangent of its result, one an input; undefined: nothing.
    std::vector<Tensor> pull_back(std::size_t item, const Tensor& cotangent) const;
    /// The same at other inputs, by all of them that may have a gradient.
    std::vector<Tensor> pull_back(std::size_t item, const Tensor& cotangent, std::span<const Tensor> inputs) const;
    /// The same as a backward brings it: by the engine, which has ways of its own for many rules, to the same bits.
    std::vector<Tensor> back_propagate(std::size_t item, const Tensor& cotangent, std::span<const Tensor> inputs) const;
    /// The tangent of the result at other inputs; an undefined tangent is 0, undefined if all are.
    Tensor push_forward(std::size_t item, std::span<const Tensor> inputs, std::span<const Tensor> tangents) const;
    /// The result of an operation on tensors at other inputs.
    Tensor run(std::size_t item, std::span<const Tensor> inputs) const;
    /// The graph of what the operation computes in elementary operations, at leaves in the place of its inputs; nothing
    /// for one that has no such formula.
    std::optional<TensorGraph> formula(std::size_t item, std::span<const Tensor> leaves) const;
    /// Whether `run` and `pull_back` at other inputs can compute it: an operation on tensors, and not a stack of Values.
    bool computable(std::size_t item) const;
    /// Whether it is a tensor whose inputs are Values.
    bool stacks_values(std::size_t item) const;
    /// Whether it works element by element, with broadcasting.
    bool elementwise(std::size_t item) const;

private:
    struct Data;
    std::shared_ptr<const Data> data_;
};

/// While it lives, what this thread's operations on tensors read is kept, and which module ran them, so that an explanation
/// made before its end knows every constant and every module by its path.
class XGRAD_API TraceTensors {
public:
    TraceTensors();
    ~TraceTensors();
    TraceTensors(const TraceTensors&) = delete;
    TraceTensors& operator=(const TraceTensors&) = delete;

private:
    struct Keeper;
    std::unique_ptr<Keeper> keeper_;
    friend class TensorGraph;
};

} // namespace xg
