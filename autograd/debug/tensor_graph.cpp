#include <autograd/debug/tensor_graph.hpp>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <autograd/creation.hpp>
#include <autograd/debug/tensor_graph_internal.hpp>
#include <autograd/debug/trace_tensors_internal.hpp>
#include <autograd/debug/value_walk_internal.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/checkpoint.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/engine/tape_grad.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/list.hpp>

namespace xg {

using namespace detail;

namespace {

[[noreturn]] void refuse(const char* what, const char* cure, const Node& node) {
    const std::string line = node.file ? fmt::format("\n  at {}:{}", node.file, node.line) : "";
    fail<GraphError>("explain: {} {}\n  expected {}{}", node.op->doc.name, what, cure, line);
}

void require_readable(const Node& node) {
    if (node.released)
        refuse("has let go of what it saved, since a backward has passed",
               "explain before backward(), or backward({.retain_graph = true})", node);
    if (is_checkpoint_result(node) || is_checkpoint_hub(node))
        refuse("keeps no values", "the same program without checkpoint()", node);
    for (const Edge& edge : node.edges) {
        if (edge.overwritten || (!edge.is_number && edge.saved && version_of(edge.saved) != edge.version))
            refuse("has read numbers that were changed in place since", "explain before the change", node);
    }
    if (node.op->saves.output && node.out_version != node.out_storage->version)
        refuse("has a result that was changed in place since", "explain before the change", node);
}

// A node, a Value or a constant, as it is found: items are put in order later.
struct Found {
    Node* node = nullptr;
    std::optional<ValueNode> scalar = {};
    Tensor constant = {};
    Shape shape = {}; // of a constant
    bool source = false;
    std::vector<std::size_t> inputs = {};
    std::size_t uses = 0; // that are not in order yet
};

class Walk {
public:
    std::size_t add(Node* node) {
        const auto [at, fresh] = nodes_.try_emplace(node, found.size());
        if (!fresh) return at->second;
        if (node->op && !is_stacked(*node)) require_readable(*node);
        found.push_back({.node = node, .source = node->op == nullptr});
        return at->second;
    }
    std::size_t add(ValueNode v) {
        const auto [at, fresh] = values_.try_emplace(v.id(), found.size());
        if (!fresh) return at->second;
        const bool source = v.op() == "leaf" || v.op() == "constant";
        found.push_back({.scalar = std::move(v), .source = source});
        return at->second;
    }
    void spread() {
        for (std::size_t i = 0; i < found.size(); ++i) {
            std::vector<std::size_t> in = found[i].scalar ? inputs_of(*found[i].scalar) : inputs_of(found[i].node);
            for (const std::size_t from : in) ++found[from].uses;
            found[i].inputs = std::move(in);
        }
    }
    // From the result down, each when all that read it stand: the youngest of those first, as backward has it.
    std::vector<std::size_t> order() const {
        std::vector<std::size_t> uses, ready{0}, done;
        for (const Found& f : found) uses.push_back(f.uses);
        const auto older = [&](std::size_t a, std::size_t b) { return age(a) < age(b); };
        while (!ready.empty()) {
            std::pop_heap(ready.begin(), ready.end(), older);
            const std::size_t next = ready.back();
            ready.pop_back();
            done.push_back(next);
            for (const std::size_t from : found[next].inputs) {
                if (--uses[from] > 0) continue;
                ready.push_back(from);
                std::push_heap(ready.begin(), ready.end(), older);
            }
        }
        std::reverse(done.begin(), done.end());
        return done;
    }

    std::vector<Found> found;

private:
    using Age = std::tuple<bool, bool, std::uint64_t, std::size_t>;
    Age age(std::size_t i) const {
        const Found& f = found[i];
        const std::uint64_t stamp = f.scalar ? age_of(*f.scalar) : f.node ? f.node->stamp : 0;
        return {!f.source, f.scalar.has_value(), stamp, found.size() - i};
    }
    std::vector<std::size_t> inputs_of(const ValueNode& v) {
        std::vector<std::size_t> in;
        const Slot* s = slot_of(v);
        if (v.op() == "value_at" && is_element(s)) {
            in.push_back(add(element_of(s).node()));
            return in;
        }
        for (ValueNode& x : v.inputs()) in.push_back(add(std::move(x)));
        return in;
    }
    std::vector<std::size_t> inputs_of(Node* node) {
        std::vector<std::size_t> in;
        if (!node || !node->op) return in;
        if (is_stacked(*node)) {
            for (Slot* s : stack_of(slot_of_stacked("explain", *node, {})).inputs())
                in.push_back(add(ValueNode(handle(s))));
            return in;
        }
        for (int i = 0; i < node->edges.size(); ++i) {
            const Edge& edge = node->edges[i];
            in.push_back(edge.node ? add(edge.node) : add_constant(*node, i));
        }
        return in;
    }
    std::size_t add_constant(const Node& node, int input) {
        const Edge& edge = node.edges[input];
        if (edge.is_number) return add_source(make_number(edge.number, block_of(const_cast<Node*>(&node)).impl.dtype));
        Tensor value = share(edge.saved);
        const KeptCall* call = kept_call(node.stamp);
        if (call && static_cast<std::size_t>(input) < call->inputs.size()) {
            const Tensor& seen = call->inputs[static_cast<std::size_t>(input)];
            // An alias of what is saved, but with a label of its own.
            if (!value.defined() || !seen.label().empty()) value = seen;
        }
        if (!value.defined()) {
            add_source(value);
            const Shape& own = block_of(const_cast<Node*>(&node)).impl.shape;
            found.back().shape = edge.same_shape ? own : node.shapes[input];
            return found.size() - 1;
        }
        const auto where = reinterpret_cast<std::uintptr_t>(value.data());
        std::string key = fmt::format("{} {} {}", where, value.shape().str(), static_cast<int>(value.dtype()));
        for (const Index step : value.strides()) key += fmt::format(" {}", step);
        const auto [at, fresh] = constants_.try_emplace(std::move(key), found.size());
        return fresh ? add_source(value) : at->second;
    }
    std::size_t add_source(const Tensor& value) {
        found.push_back({.constant = value, .source = true});
        return found.size() - 1;
    }

    std::unordered_map<const Node*, std::size_t> nodes_;
    std::unordered_map<std::uintptr_t, std::size_t> values_;
    std::unordered_map<std::string, std::size_t> constants_; // by where their numbers are, and how they lie
};

std::string label_of(Node* node) {
    const Extra* extra = block_of(node).impl.extra;
    return extra ? extra->label : std::string();
}

// What the graph itself holds of the values of nodes: what rules will read, and what somebody has a handle of.
std::unordered_map<const Node*, Tensor> held_values(const std::vector<Found>& found) {
    std::unordered_map<const Node*, Tensor> held;
    for (const Found& f : found) {
        if (!f.node) continue;
        Impl& made = block_of(f.node).impl;
        if (made.node == f.node) held[f.node] = share(&made);
        else if (f.node->op && f.node->op->saves.output && f.node->out_storage)
            held[f.node] = make_view(f.node->out_storage, made);
        if (!f.node->op) continue;
        for (const Edge& edge : f.node->edges) {
            if (edge.node && !edge.is_number && edge.saved) held.try_emplace(edge.node, share(edge.saved));
        }
    }
    return held;
}

bool can_run(const Node* node) { return node && node->op && !is_stacked(*node); }

Tensor run_node(const Node& node, In in) {
    const NoGrad quiet;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    return run(*node.op, in, attrs_of(node), {});
}

bool all_defined(In in) {
    return std::all_of(in.begin(), in.end(), [](const Tensor& x) { return x.defined(); });
}

// Inputs and result as the rule may see them.
class RuleView {
public:
    RuleView(const Node& node, In in, const Tensor& out, const std::vector<bool>& differentiable) : out_(out) {
        for (std::size_t i = 0; i < in.size(); ++i) {
            const Edge& edge = node.edges[static_cast<int>(i)];
            if (differentiable[i]) wanted_ |= 1u << std::min<std::size_t>(i, 31);
            in_.push_back(in[i]);
            const Shape& own = block_of(const_cast<Node*>(&node)).impl.shape;
            shapes_.push_back(in[i].defined() ? &in[i].impl()->shape : edge.same_shape ? &own : &node.shapes[i]);
        }
    }
    Saved saved() const {
        const auto n = static_cast<std::size_t>(in_.size());
        return {{in_.data(), n}, out_, {shapes_.data(), n}, wanted_};
    }

private:
    Grads in_;
    Tensor out_;
    SmallVector<const Shape*, 3> shapes_;
    unsigned wanted_ = 0;
};

std::vector<bool> all_that_may(const Node& node) {
    std::vector<bool> differentiable;
    for (int i = 0; i < node.edges.size(); ++i) differentiable.push_back(node.op->takes_gradient(i));
    return differentiable;
}

std::vector<Tensor> as_list(Grads grads, std::size_t n) {
    std::vector<Tensor> list(n);
    for (std::size_t i = 0; i < n && i < static_cast<std::size_t>(grads.size()); ++i)
        list[i] = std::move(grads[static_cast<Index>(i)]);
    return list;
}

} // namespace

namespace {

Tensor stacked(const std::vector<TensorGraph::Item>& items, const TensorGraph::Item& item) {
    std::vector<double> numbers;
    for (const std::size_t from : item.inputs) numbers.push_back(items[from].scalar->value());
    return from_vector(numbers, item.shape, {.dtype = item.dtype});
}

template <class Data>
std::shared_ptr<const Data> put_in_order(Walk& walk) {
    walk.spread();
    const auto held = held_values(walk.found);
    auto data = std::make_shared<Data>();
    std::vector<std::size_t> numbers(walk.found.size());
    for (const std::size_t i : walk.order()) {
        Found& f = walk.found[i];
        numbers[i] = data->items.size();
        auto& item = data->items.emplace_back();
        data->nodes.push_back(f.node);
        for (const std::size_t from : f.inputs) item.inputs.push_back(numbers[from]);
        if (f.scalar) {
            item.op = f.scalar->op(), item.label = f.scalar->label(), item.site = f.scalar->site();
            if (item.op == "value_at") item.position = element_of(slot_of(*f.scalar)).at();
            item.differentiable.assign(item.inputs.size(), true);
            item.scalar = std::move(f.scalar);
            continue;
        }
        if (!f.node) {
            item.op = "constant", item.value = f.constant.defined() ? f.constant.detach() : Tensor();
            item.shape = f.constant.defined() ? f.constant.shape() : f.shape;
            if (f.constant.defined()) item.label = f.constant.label(), item.dtype = f.constant.dtype();
            continue;
        }
        data->kept.push_back(keep(f.node));
        item.label = label_of(f.node);
        item.shape = block_of(f.node).impl.shape, item.dtype = block_of(f.node).impl.dtype;
        if (const KeptCall* call = kept_call(f.node->stamp)) item.module = call->module;
        item.op = f.node->op ? f.node->op->doc.name : "leaf";
        if (f.node->file) item.site = {f.node->file, f.node->line};
        for (const Edge& edge : f.node->edges) item.differentiable.push_back(edge.node != nullptr);
        if (f.node->op && is_stacked(*f.node)) item.differentiable.assign(item.inputs.size(), true);
        if (const auto at = held.find(f.node); at != held.end()) item.value = at->second.detach();
        if (!item.value.defined() && f.node->op && is_stacked(*f.node)) item.value = stacked(data->items, item);
        if (item.value.defined() || !can_run(f.node)) continue;
        std::vector<Tensor> in;
        for (const std::size_t from : item.inputs) in.push_back(data->items[from].value);
        if (all_defined(in)) item.value = run_node(*f.node, in);
    }
    std::size_t slopes = 0;
    for (const auto& item : data->items) {
        data->slopes.push_back(slopes);
        if (item.scalar && item.op != "value_at") slopes += item.inputs.size();
    }
    data->slopes.push_back(slopes);
    return data;
}

} // namespace

TensorGraph::TensorGraph(const Tensor& y, Site site) {
    const CallSite here(site);
    require_defined("explain", y);
    if (y.impl()->level > 0)
        fail<StateError>("explain: the tensor lives inside a transform\n  expected one from outside");
    if (!y.impl()->node)
        fail<GraphError>(
            "explain: this tensor of shape {} has no graph behind it\n  expected the result of operations on a "
            "tensor with requires_grad(true), computed outside no_grad",
            y.shape().str());
    Walk walk;
    walk.add(y.impl()->node);
    data_ = put_in_order<Data>(walk);
}

TensorGraph::TensorGraph(const Value& y, Site site) {
    const CallSite here(site);
    require_current("explain", y, site);
    Walk walk;
    walk.add(ValueNode(y, site));
    data_ = put_in_order<Data>(walk);
}

const std::vector<TensorGraph::Item>& TensorGraph::items() const { return data_->items; }

bool TensorGraph::computable(std::size_t item) const { return can_run(data_->nodes[item]); }
bool TensorGraph::stacks_values(std::size_t item) const {
    const Node* node = data_->nodes[item];
    return node && node->op && is_stacked(*node);
}
bool TensorGraph::elementwise(std::size_t item) const {
    const Node* node = data_->nodes[item];
    return node && node->op && node->op->elementwise;
}

Tensor TensorGraph::run(std::size_t item, In inputs) const { return run_node(*data_->nodes[item], inputs); }

std::vector<Tensor> TensorGraph::pull_back(std::size_t item, const Tensor& cotangent) const {
    const Node& node = *data_->nodes[item];
    const Item& of = data_->items[item];
    Grads in;
    for (const Edge& edge : node.edges) {
        if (edge.is_number) in.push_back(make_number(edge.number, block_of(const_cast<Node*>(&node)).impl.dtype));
        else in.push_back(edge.saved ? share(edge.saved).detach() : Tensor());
    }
    const NoGrad quiet;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    const std::size_t n = of.inputs.size();
    const RuleView view(node, {in.data(), n}, node.op->saves.output ? of.value : Tensor(), of.differentiable);
    return as_list(node.op->vjp(view.saved(), cotangent, attrs_of(node)), n);
}

std::vector<Tensor> TensorGraph::pull_back(std::size_t item, const Tensor& cotangent, In inputs) const {
    const Node& node = *data_->nodes[item];
    const NoGrad quiet;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    const Tensor out = node.op->saves.output ? run(item, inputs) : Tensor();
    const RuleView view(node, inputs, out, all_that_may(node));
    return as_list(node.op->vjp(view.saved(), cotangent, attrs_of(node)), inputs.size());
}

std::vector<Tensor> TensorGraph::back_propagate(std::size_t item, const Tensor& cotangent, In inputs) const {
    const Node& node = *data_->nodes[item];
    const Item& of = data_->items[item];
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    const Setting recorded(context().recording, true);
    std::vector<Tensor> in;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        in.push_back(inputs[i].detach());
        if (of.differentiable[i]) in.back().requires_grad(true);
    }
    xg::run(*node.op, in, attrs_of(node), {}).backward(cotangent);
    std::vector<Tensor> grads(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i].has_grad()) grads[i] = in[i].grad();
    }
    return grads;
}

std::optional<TensorGraph> TensorGraph::formula(std::size_t item, In leaves) const {
    const Node* node = data_->nodes[item];
    if (!node || !node->op || find_op(node->op->doc.name) != node->op) return {};
    const Formula compute = formula_of(node->op->doc.name);
    if (!compute) return {};
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    const Setting recorded(context().recording, true);
    const TraceTensors keep;
    return TensorGraph(compute(leaves, attrs_of(*node)));
}

Tensor TensorGraph::push_forward(std::size_t item, In inputs, In tangents) const {
    const Node& node = *data_->nodes[item];
    const NoGrad quiet;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    if (std::none_of(tangents.begin(), tangents.end(), [](const Tensor& t) { return t.defined(); })) return {};
    const RuleView view(node, inputs, run(item, inputs), all_that_may(node));
    return node.op->jvp(view.saved(), tangents, attrs_of(node));
}

} // namespace xg
