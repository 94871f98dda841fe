// The trace of a graph of tensors, or of both kinds.
#include <explorer/explain_tensors_internal.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autograd/creation.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <explorer/describe_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/snapshot_internal.hpp>
#include <explorer/terms_internal.hpp>

namespace xg {

using namespace detail;

namespace {

using Item = TensorGraph::Item;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

// What has arrived at a node: a number of a Value, or a tensor.
struct Arrived {
    std::optional<double> number = {};
    Tensor tensor = {};
    std::size_t place = no_tensor; // of the tensor in the trace
};

class Recorder {
public:
    Recorder(const TensorGraph& graph, const ExplainOptions& options)
        : graph_(graph), items_(graph.items()), numbers_(graph.numbers()), options_(options) {}
    /// With other numbers than those of the graph.
    Recorder(const TensorGraph& graph, TensorGraph::Numbers numbers, const Trace& first, const ExplainOptions& options)
        : graph_(graph), items_(graph.items()), numbers_(std::move(numbers)), first_(&first), options_(options) {}

    Trace record() {
        const NoGrad quiet;
        for (std::size_t i = 0; i < items_.size(); ++i) add_node(i);
        t_.root = items_.size() - 1;
        t_.seed = options_.seed;
        for (TraceEdge& e : t_.edges) describe(e);
        run_backward();
        if (first_) return std::move(t_);
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (graph_.computable(i)) t_.nodes[i].terms = terms_of(graph_, i, options_.most_terms);
        }
        return std::move(t_);
    }

private:
    void add_node(std::size_t i) {
        const Item& item = items_[i];
        TraceNode& node = t_.nodes.emplace_back();
        node.op = item.op, node.label = valid_utf8(item.label);
        if (item.site) node.file = item.site.file, node.line = item.site.line;
        if (item.scalar) {
            node.value = numbers_.scalars[i];
        } else {
            node.kept = values_[i].defined();
            node.value = no_number;
            node.dtype = std::string(name_of(item.dtype));
            for (const Index size : item.shape) node.shape.push_back(size);
            if (node.kept) put(values_[i], node.value, node.value_tensor);
        }
        if (item.inputs.empty()) node.module = module_of_label(node.label);
        const std::span<const double> slopes = graph_.slopes_of(numbers_, i);
        for (std::size_t slot = 0; slot < item.inputs.size(); ++slot) {
            TraceEdge edge{.from = item.inputs[slot], .to = i, .slot = slot, .local = no_number};
            if (!slopes.empty()) edge.local = slopes[slot], edge.blocked = numbers_.blocked[i] != 0;
            if (item.op == "value_at") edge.position = static_cast<std::size_t>(item.position);
            if (graph_.stacks_values(i)) edge.position = slot;
            t_.nodes[i].inputs.push_back(t_.edges.size());
            t_.nodes[edge.from].uses.push_back(t_.edges.size());
            t_.edges.push_back(std::move(edge));
        }
        if (item.inputs.empty()) return;
        t_.nodes[i].module = item.module.empty() ? module_of_result(t_, i) : item.module;
    }
    bool is_scalar(std::size_t i) const { return items_[i].scalar.has_value(); }

    void describe(TraceEdge& e) {
        if (is_scalar(e.from) && is_scalar(e.to)) {
            e.symbol = symbol_of(t_, e);
            return;
        }
        const bool elementwise = graph_.elementwise(e.to);
        if (!first_) e.vjp = vjp_of(t_, e, elementwise);
        if (elementwise && items_[e.to].differentiable[e.slot]) add_local(e);
    }
    // With the inputs in the shape of the result nothing is summed, and a cotangent of ones gives the slopes.
    void add_local(TraceEdge& e) {
        const Tensor& out = values_[e.to];
        if (!out.defined() || static_cast<std::size_t>(out.numel()) > options_.most_elements) return;
        std::vector<Tensor> in;
        for (const std::size_t from : items_[e.to].inputs) {
            if (!values_[from].defined()) return;
            in.push_back(expand(values_[from], out.shape()));
        }
        const Tensor slope = graph_.pull_back(e.to, ones_like(out), in)[e.slot];
        if (slope.defined()) put(slope, e.local, e.local_tensor);
    }

    // The number of a tensor of shape (), or its place among the tensors.
    void put(const Tensor& t, double& number, std::size_t& place) {
        if (t.rank() == 0) {
            number = t.item();
            return;
        }
        place = t_.tensors.size();
        t_.tensors.push_back(snapshot(t, options_.most_elements));
    }

    // Backward -----------------------------------------------------------------------------------------------------------

    void run_backward() {
        arrived_.resize(items_.size());
        awaited_.resize(items_.size());
        for (std::size_t i = 0; i < items_.size(); ++i) awaited_[i] = t_.nodes[i].uses.size();
        TraceEvent seed{.node = t_.root, .product = t_.seed, .after = t_.seed};
        Arrived start;
        if (is_scalar(t_.root)) start.number = t_.seed;
        else start.tensor = full(values_[t_.root].shape(), t_.seed, {.dtype = values_[t_.root].dtype()});
        if (start.tensor.defined()) {
            put(start.tensor, seed.product, seed.product_tensor);
            seed.after = seed.product, start.place = seed.after_tensor = seed.product_tensor;
        }
        arrived_[t_.root] = std::move(start);
        t_.events.push_back(seed);
        complete(t_.root);
        for (std::size_t i = t_.root + 1; i-- > 0;) visit(i);
    }

    void visit(std::size_t i) {
        const Item& item = items_[i];
        const std::vector<std::size_t> edges = t_.nodes[i].inputs;
        if (edges.empty()) return;
        const bool here = has_arrived(i);
        std::vector<Tensor> products;
        if (here && !item.scalar && !graph_.stacks_values(i)) products = pull_back(i);
        for (std::size_t slot = 0; slot < edges.size(); ++slot) {
            TraceEdge& edge = t_.edges[edges[slot]];
            const bool wanted = item.differentiable[slot] && !t_.is_constant(edge.from);
            if (here && wanted) {
                if (is_scalar(edge.from)) give_number(edges[slot]);
                else if (item.op == "value_at") give(edges[slot], one_entry(edge, *arrived_[i].number));
                else if (products[slot].defined()) give(edges[slot], std::move(products[slot]));
            }
            if (--awaited_[edge.from] == 0 && has_arrived(edge.from)) complete(edge.from);
        }
    }
    // By the engine, which rounds as the program's backward does, where the inputs are known.
    std::vector<Tensor> pull_back(std::size_t i) const {
        std::vector<Tensor> in;
        for (const std::size_t from : items_[i].inputs) in.push_back(values_[from]);
        const bool known = std::all_of(in.begin(), in.end(), [](const Tensor& x) { return x.defined(); });
        if (known && graph_.computable(i)) return graph_.back_propagate(i, arrived_[i].tensor, in);
        return graph_.pull_back(i, arrived_[i].tensor);
    }
    bool has_arrived(std::size_t i) const { return arrived_[i].number || arrived_[i].tensor.defined(); }

    Tensor one_entry(const TraceEdge& edge, double g) const {
        const Item& of = items_[edge.from];
        Tensor t = full(of.shape, 0.0, {.dtype = of.dtype});
        if (of.dtype == DType::float32) static_cast<float*>(t.data())[*edge.position] = static_cast<float>(g);
        else static_cast<double*>(t.data())[*edge.position] = g;
        return t;
    }

    TraceEvent contribution(std::size_t number) const {
        const TraceEdge& edge = t_.edges[number];
        return {.kind = TraceEvent::Kind::contribution, .node = edge.from, .edge = number, .local = edge.local};
    }

    // To a Value, from another or from an entry of a tensor that was stacked of them.
    void give_number(std::size_t number) {
        TraceEdge& edge = t_.edges[number];
        TraceEvent e = contribution(number);
        if (is_scalar(edge.to)) {
            e.upstream = *arrived_[edge.to].number;
            e.product = e.upstream * edge.local;
            if (std::isnan(e.product) && (e.upstream == 0 || edge.blocked)) return;
        } else {
            e.upstream = no_number, e.upstream_tensor = arrived_[edge.to].place;
            e.product = arrived_[edge.to].tensor.to_vector()[*edge.position];
        }
        std::optional<double>& total = arrived_[edge.from].number;
        e.before = total;
        total = e.after = total.value_or(0.0) + e.product;
        edge.contribution = e.product;
        t_.events.push_back(e);
    }

    void give(std::size_t number, Tensor product) {
        TraceEdge& edge = t_.edges[number];
        TraceEvent e = contribution(number);
        e.upstream = is_scalar(edge.to) ? *arrived_[edge.to].number : number_of(edge.to);
        e.upstream_tensor = arrived_[edge.to].place;
        put(product, e.product, e.product_tensor);
        Arrived& total = arrived_[edge.from];
        if (total.tensor.defined()) {
            e.before = total.place == no_tensor ? total.tensor.item() : no_number;
            e.before_tensor = total.place;
            total.tensor = total.tensor + product;
            put(total.tensor, e.after, e.after_tensor);
        } else {
            total.tensor = std::move(product);
            e.after = e.product, e.after_tensor = e.product_tensor;
        }
        if (e.product_tensor != no_tensor) e.product = e.after = no_number;
        total.place = e.after_tensor;
        edge.contribution = e.product, edge.contribution_tensor = e.product_tensor;
        t_.events.push_back(e);
    }
    double number_of(std::size_t i) const {
        return arrived_[i].place == no_tensor ? arrived_[i].tensor.item() : no_number;
    }

    void complete(std::size_t i) {
        const Arrived& total = arrived_[i];
        TraceEvent e{.kind = TraceEvent::Kind::complete, .node = i};
        e.after = total.number ? *total.number : number_of(i);
        e.before = e.after;
        e.before_tensor = e.after_tensor = total.place;
        t_.nodes[i].gradient = e.after, t_.nodes[i].gradient_tensor = total.place;
        t_.events.push_back(e);
    }

    const TensorGraph& graph_;
    const std::vector<Item>& items_;
    const TensorGraph::Numbers numbers_;
    const std::vector<Tensor>& values_ = numbers_.sources;
    const Trace* first_ = nullptr; // of the same graph, which has its descriptions
    const ExplainOptions& options_;
    Trace t_;
    std::vector<Arrived> arrived_;
    std::vector<std::size_t> awaited_; // contributions that may still come
};

} // namespace

Trace detail::trace_of_tensors(const TensorGraph& graph, TensorGraph::Numbers numbers, const Trace& first,
                               const ExplainOptions& options) {
    Trace again = Recorder(graph, std::move(numbers), first, options).record();
    Trace trace = first;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        TraceNode &n = trace.nodes[i], &other = again.nodes[i];
        n.value = other.value, n.value_tensor = other.value_tensor, n.kept = other.kept;
        n.gradient = other.gradient, n.gradient_tensor = other.gradient_tensor;
    }
    for (std::size_t e = 0; e < trace.edges.size(); ++e) {
        TraceEdge &edge = trace.edges[e], &other = again.edges[e];
        edge.local = other.local, edge.local_tensor = other.local_tensor, edge.blocked = other.blocked;
        edge.contribution = other.contribution, edge.contribution_tensor = other.contribution_tensor;
    }
    trace.events = std::move(again.events);
    trace.tensors = std::move(again.tensors);
    return trace;
}

Explanation detail::explain_tensors(TensorGraph graph, const ExplainOptions& options) {
    Trace trace = Recorder(graph, options).record();
    describe_operations(trace);
    read_sources(trace);
    return Explanation(std::move(trace), std::move(graph));
}

} // namespace xg
