#include <explorer/training_graphs_internal.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <autograd/creation.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/error.hpp>
#include <autograd/grad_mode.hpp>
#include <explorer/explain_tensors_internal.hpp>
#include <explorer/film_internal.hpp>

namespace xg::detail {

// Constants that no rule reads, as x in w + x: the graph alone does not keep them.
class GraphSteps::Watching : public Watch {
public:
    explicit Watching(bool on) {
        if (on) scope_.emplace(*this);
    }
    void forward(const ForwardEvent& e) override {
        if (e.node == 0) return;
        for (std::size_t i = 0; i < e.inputs.size(); ++i) {
            if (!e.inputs[i].requires_grad()) seen_.push_back({e.node, i, e.inputs[i]});
        }
    }
    Tensor operator()(std::uint64_t stamp, std::size_t input) const {
        const auto at = std::find_if(seen_.begin(), seen_.end(),
                                     [&](const Input& x) { return x.stamp == stamp && x.number == input; });
        return at == seen_.end() ? Tensor() : at->value;
    }

private:
    struct Input {
        std::uint64_t stamp;
        std::size_t number;
        Tensor value;
    };
    std::vector<Input> seen_;
    std::optional<WatchScope> scope_;
};

namespace {

bool is_source(const TensorGraph::Item& item) { return item.inputs.empty(); }
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Whether the numbers that both samples have are the same. What has not arrived is 0.
bool same_numbers(const TrainingRecord::Track& track, std::size_t moment, const Trace& trace, const TraceNode& node) {
    if (node.gradient_tensor == no_tensor) return same(track.at(moment).value_or(0), node.gradient.value_or(0));
    const TraceTensor& g = trace.tensors[node.gradient_tensor];
    for (std::size_t n = 0; n < track.width; ++n) {
        const std::size_t at = n * track.every;
        if (at % g.every != 0) continue;
        if (!same(g.values[at / g.every], track.at(moment, n).value_or(0))) return false;
    }
    return true;
}

} // namespace

GraphSteps::GraphSteps(const TensorGraph& graph, const LossFunction::Loss& loss, std::size_t steps,
                       std::size_t most_numbers)
    : graph_(graph), count_(steps) {
    const auto& items = graph_.items();
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].scalar) {
            numbers += 1 + items[i].inputs.size();
            continue;
        }
        if (!is_source(items[i]) && !graph_.stacks_values(i) && !graph_.computable(i))
            reason_ = fmt::format("the operation '{}' cannot be computed again", items[i].op);
        if (!is_source(items[i])) continue;
        numbers += static_cast<std::size_t>(items[i].shape.numel());
    }
    if (!reason_.empty()) return;
    if (numbers > most_numbers / 2) {
        reason_ =
            fmt::format("a step has {} numbers, and {} may be kept in all (most_graph_numbers)", numbers, most_numbers);
        return;
    }
    every_ = std::max<std::size_t>(1, (steps * numbers + most_numbers - 1) / most_numbers);
    if (every_ > 1)
        reason_ = fmt::format("{} numbers a step: one step in {} is kept (most_graph_numbers)", numbers, every_);
    const auto saved = numbers_of(loss, [&](std::uint64_t, std::size_t) {
        needs_watch_ = true;
        return Tensor();
    });
    if (saved) keep(0, graph_.numbers());
    else reason_ = "it cannot be followed from step to step";
}
GraphSteps::~GraphSteps() = default;

bool GraphSteps::is_wanted(std::size_t step) const {
    return !kept_.empty() && (step % every_ == 0 || step + 1 == count_);
}

std::shared_ptr<const GraphSteps::Watching> GraphSteps::watching(std::size_t step) {
    return is_wanted(step) ? std::make_shared<Watching>(needs_watch_) : nullptr;
}

std::optional<TensorGraph::Numbers> GraphSteps::numbers_of(const LossFunction::Loss& loss,
                                                           const TensorGraph::Unsaved& unsaved) const {
    return std::visit([&](const auto& y) { return graph_.numbers_of(y, unsaved); }, loss);
}

void GraphSteps::keep(std::size_t step, const LossFunction::Loss& loss, const Watching& watching) {
    auto numbers = numbers_of(loss, std::cref(watching));
    if (!numbers) reason_ = fmt::format("in step {} it is another graph than in the first", step);
    else keep(step, std::move(*numbers));
}

bool GraphSteps::keep(std::size_t step, TensorGraph::Numbers numbers) {
    const NoGrad quiet;
    const auto& items = graph_.items();
    seen_.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        Tensor& x = numbers.sources[i];
        if (items[i].scalar) continue;
        if (!is_source(items[i])) {
            x = Tensor();
            continue;
        }
        if (!x.defined() || !(x.shape() == items[i].shape) || x.dtype() != items[i].dtype) {
            reason_ = fmt::format("in step {} a constant of it is not known, or of another shape", step);
            return false;
        }
        Seen& seen = seen_[i];
        const bool unchanged = !kept_.empty() && seen.original.defined() && seen.original.data() == x.data() &&
                               seen.version == x.version() && seen.original.shape() == x.shape();
        const Tensor copy = unchanged ? kept_.back().numbers.sources[i] : x.detach().clone();
        seen = {x, x.version()};
        x = copy;
    }
    kept_.push_back({step, std::move(numbers)});
    return true;
}

std::vector<std::size_t> GraphSteps::steps() const {
    std::vector<std::size_t> list;
    for (const Kept& one : kept_) list.push_back(one.step);
    return list;
}

// All tensors, or nothing if a Value that was taken from one has another number.
std::vector<Tensor> GraphSteps::computed(const TensorGraph::Numbers& numbers) const {
    const auto& items = graph_.items();
    std::vector<Tensor> values = numbers.sources;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::vector<std::size_t>& inputs = items[i].inputs;
        if (items[i].scalar) {
            if (items[i].op == "value_at" &&
                !same(values[inputs[0]].to_vector()[static_cast<std::size_t>(items[i].position)], numbers.scalars[i]))
                return {};
        } else if (graph_.stacks_values(i)) {
            std::vector<double> entries;
            for (const std::size_t from : inputs) entries.push_back(numbers.scalars[from]);
            values[i] = from_vector(entries, items[i].shape);
        } else if (!is_source(items[i])) {
            std::vector<Tensor> in;
            for (const std::size_t from : inputs) in.push_back(values[from]);
            values[i] = graph_.run(i, in);
        }
    }
    return values;
}

std::optional<Trace> GraphSteps::trace(std::size_t step, const TrainingRecord::Run& run) const {
    const auto at =
        std::lower_bound(kept_.begin(), kept_.end(), step, [](const Kept& one, std::size_t k) { return one.step < k; });
    if (at == kept_.end() || at->step != step) return {};
    try {
        TensorGraph::Numbers numbers = at->numbers;
        numbers.sources = computed(numbers);
        if (numbers.sources.empty()) return {};
        const bool scalar = graph_.items().back().scalar.has_value();
        if (!same(scalar ? numbers.scalars.back() : numbers.sources.back().item(), run.loss[step])) return {};
        Trace trace = trace_of_tensors(graph_, std::move(numbers), run.trace(), {});
        for (std::size_t p = 0; p < run.parameters.size(); ++p) {
            if (const auto node = run.parameters[p].node;
                node && !same_numbers(run.gradients[p], step, trace, trace.nodes[*node]))
                return {};
        }
        return trace;
    } catch (const Error&) { return {}; } // an operation that depends on more than its inputs
}

} // namespace xg::detail
