#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <explorer/explain.hpp>
#include <nn/optim/optimizer.hpp>

namespace xg {

namespace detail {
class Film;
class FirstGraph;
class GraphSteps;
} // namespace detail

/// What computes the loss of a step: any callable without arguments that gives a Value or a Tensor of one element.
class LossFunction {
public:
    using Loss = std::variant<Value, Tensor>;
    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, LossFunction> && std::invocable<F&>) LossFunction(F f)
        : f_([f = std::move(f)]() mutable -> Loss { return f(); }) {}
    Loss operator()() const { return f_(); }

private:
    std::function<Loss()> f_;
};

/// A training to be recorded: what `record` repeats.
struct Training {
    std::string name = {}; ///< for people; the optimizer's name if it is empty
    nn::Optimizer& optimizer;
    LossFunction loss;
    int steps = 100;
};

struct RecordOptions {
    std::size_t most_elements = 64; ///< of a parameter; of a larger one a sample is recorded, as `explain` has it
    /// Of a node, as `explain` has it, which writes down four times as many: finding them takes most of the first step.
    std::size_t most_terms = 256;
    /// Of leaves and constants of a graph of tensors, in all steps together: from these any step can be shown. If there
    /// are more, steps at equal distances are kept, and the last; a step may take half of it.
    std::size_t most_graph_numbers = 4'000'000;
    /// Of the graphs of tensors that a file or a page holds; if there are more, it has every n-th of them, and the last.
    std::size_t most_file_numbers = 400'000;
};

/// What `record` has seen: the numbers of every step, with all of their bits.
class XGRAD_API TrainingRecord {
public:
    /// Numbers of one tensor or Value, step after step.
    struct XGRAD_API Track {
        std::string name = {};
        std::optional<std::size_t> node = {};      ///< of the trace
        std::optional<std::size_t> parameter = {}; ///< of what an optimizer remembers
        std::string dtype = "float64";
        std::vector<std::int64_t> shape = {};
        std::size_t every = 1; ///< of a sample: each how many elements there is one
        std::size_t width = 1; ///< how many numbers a moment has

        std::size_t moments = 0, first = 0;            ///< how many, and before which there was nothing
        std::vector<std::size_t> absent = {};          ///< moments after that at which there was nothing
        bool zero_is_absent = false;                   ///< a gradient of -0.0 has not arrived
        std::shared_ptr<const detail::Film> film = {}; ///< row 0 is the first moment
        std::size_t column = 0;

        /// One number; absent: there was none. IndexError.
        std::optional<double> at(std::size_t moment, std::size_t number = 0) const;
    };
    static constexpr std::size_t no_column = ~std::size_t{0};
    struct XGRAD_API Run {
        std::string name, optimizer;
        std::vector<double> loss, lr;
        std::vector<Track> parameters; ///< before the first step, between the steps, after the last
        std::vector<Track> gradients;  ///< in each step
        std::vector<Track> state;      ///< what the optimizer remembers, after each step
        const Trace& trace() const;    ///< of the first step
        /// Whether the values and gradients of all nodes are there, in every step: of a graph of Values that was the
        /// same in all of them.
        bool has_nodes() const { return !nodes.empty(); }
        double value(std::size_t step, std::size_t node) const;
        std::optional<double> gradient(std::size_t step, std::size_t node) const;

        /// Where the numbers of a node are: in a column, or made of others as a product inside of a sum is.
        struct Node {
            std::size_t column = no_column, gradient_column = 0;
            std::size_t sum = 0; ///< of a product: the node that reads it
            bool subtracted = false;
        };
        std::vector<Node> nodes;
        std::shared_ptr<const detail::FirstGraph> first;
        std::shared_ptr<const detail::Film> film;
        std::shared_ptr<const detail::GraphSteps> graphs; ///< of tensors
        /// The steps that `at` can show.
        std::vector<std::size_t> graph_steps() const;
        /// Why there are not all, for people; empty if there are.
        std::string graphs_omitted() const;
        std::size_t steps() const { return loss.size(); }
    };

    explicit TrainingRecord(std::vector<Run> runs, RecordOptions options = {})
        : runs_(std::move(runs)), options_(options) {}
    const std::vector<Run>& runs() const { return runs_; }
    /// The run of one step as `explain` would show it. IndexError; ValueError for a step whose graph is not there:
    /// `Run::graph_steps` has those that are. A graph of tensors is computed again from the numbers of the step, and gives
    /// the bits of the run or is refused, as one with random numbers in it is.
    Explanation at(std::size_t step, std::size_t run = 0, Site site = Site::here()) const;
    /// The losses as a table of at most 80 columns, at most `rows` steps of it.
    std::string text(std::size_t rows = 12) const;
    /// docs/explorer/trace-format.md
    std::string json() const;
    /// One page with a slider over the steps, as `Explanation::html` writes one. FileError if it cannot be written.
    void html(const std::string& path, Site site = Site::here()) const;

private:
    std::vector<Run> runs_;
    RecordOptions options_;
};

/// Trains, and records it: in every step forward and loss, backward, and the optimizer's update, with the gradients
/// forgotten before. The numbers are those of the same loop without a recording, bit for bit.
/// ValueError for no steps; what the loss, backward and the optimizer throw.
XGRAD_API TrainingRecord record(const Training& training, RecordOptions options = {}, Site site = Site::here());
/// One after the other, to be shown side by side.
XGRAD_API TrainingRecord record(const std::vector<Training>& trainings, RecordOptions options = {},
                                Site site = Site::here());

} // namespace xg
