#include <autograd/debug/nan_origin.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <autograd/creation.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/engine/backward.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/list.hpp>
#include <autograd/ops/slope.hpp>

namespace xg {
namespace {

// Numbers -------------------------------------------------------------------------------------------------------------------

bool has_numbers(const Tensor& t) { return t.defined() && t.impl()->level == 0 && is_floating(t.dtype()); }

// The first entry that is no finite number, or -1.
Index first_bad(const Tensor& t) {
    if (!has_numbers(t)) return -1;
    const auto values = t.to_vector<double>();
    const auto at = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
    return at == values.end() ? -1 : at - values.begin();
}
bool finite(const Tensor& t) { return first_bad(t) < 0; }

double entry(const Tensor& t, Index flat) { return t.to_vector<double>()[static_cast<std::size_t>(flat)]; }
std::string number(double v) { return std::isnan(v) ? "nan" : fmt::format("{:.6g}", v); } // not "-nan"

std::string place(Index flat, const Shape& shape) {
    if (shape.rank() == 0) return "";
    std::vector<Index> at(static_cast<std::size_t>(shape.rank()));
    for (int i = shape.rank() - 1; i >= 0; flat /= shape[i--]) at[static_cast<std::size_t>(i)] = flat % shape[i];
    return fmt::format(" at [{}]", fmt::join(at, ", "));
}

// An operand: beside an elementwise result the number that met the entry, otherwise the range of its numbers.
struct Operands {
    std::vector<double> met; // of an elementwise operation, NaN for one that is not known
    std::string text;
};

Operands operands_of(const OpEntry* op, In in, const Shape& shape, Index flat) {
    Operands out;
    for (std::size_t i = 0; i < in.size(); ++i) {
        std::string text = in.size() == 1 ? "" : fmt::format("input {} ", i);
        double met = std::numeric_limits<double>::quiet_NaN();
        if (!in[i].defined()) {
            text += "(not kept)";
        } else if (const std::string label = in[i].label(); !label.empty()) {
            text += label + " ";
        }
        if (in[i].defined() && op && op->elementwise) {
            met = entry(expand_to(in[i].detach().to(float64), shape), flat);
            text += number(met);
        } else if (in[i].defined()) {
            const auto values = in[i].to_vector<double>();
            const auto [low, high] = std::minmax_element(values.begin(), values.end());
            text += fmt::format("of shape {}", in[i].shape().str());
            if (low != values.end()) text += fmt::format(", from {} to {}", number(*low), number(*high));
        }
        out.met.push_back(met);
        out.text += (out.text.empty() ? "" : "; ") + text;
    }
    return out;
}

// What usually makes such a number, from the operation's row: its domain says where its argument must lie.
std::string forward_reason(std::string_view name, const OpEntry* op, const std::vector<double>& met, double made) {
    if (name == "div" && met.size() == 2 && met[1] == 0) return met[0] == 0 ? "0 / 0" : "a division by 0";
    if (name == "pow" && met.size() == 2) {
        if (met[0] == 0) return "0 to a negative power";
        if (met[0] < 0) return "a root of a negative number";
    }
    if (op && op->elementwise && !met.empty() && std::isfinite(met[0])) {
        const Domain& d = op->doc.domain;
        if (met[0] == d.low || met[0] == d.high) {
            return fmt::format("{} of {}, the end of its domain", name, number(met[0]));
        }
        if (met[0] < d.low || met[0] > d.high) {
            return fmt::format("{} of {}, outside of its domain", name, number(met[0]));
        }
        if (met[0] == d.kink) return fmt::format("{} of {}, where it has a pole", name, number(met[0]));
    }
    if (std::isinf(made)) return "an overflow: the result is too large for its dtype";
    return "an argument outside of the domain, or an overflow on the way";
}

std::string backward_reason(double upstream, double met, std::string_view name, double made) {
    if (upstream == 0 && std::isnan(made)) {
        return "0 times an infinite slope, as behind the branch of where() that is not taken; choose the argument by "
               "where() "
               "before the operation, not its result after";
    }
    if (std::isfinite(met)) return fmt::format("the slope of {} at {} is infinite", name, number(met));
    return "an infinite slope, or an overflow";
}

std::string line_of(Site site) { return site ? fmt::format("\n  at {}:{}", site.file, site.line) : ""; }

// One event -----------------------------------------------------------------------------------------------------------------

std::string forward_text(std::string_view name, In in, const Tensor& out, Site site) {
    const Index flat = first_bad(out);
    const OpEntry* op = find_op(name);
    const double made = entry(out, flat);
    const Operands o = operands_of(op, in, out.shape(), flat);
    return fmt::format("{} made {}{} of {}\n  likely: {}{}", name, number(made), place(flat, out.shape()), o.text,
                       forward_reason(name, op, o.met, made), line_of(site));
}

bool made_here(In in, const Tensor& out) { return !finite(out) && std::all_of(in.begin(), in.end(), finite); }

// Which contribution of a rule is not finite though all it read is; -1 for none.
int bad_contribution(const BackwardEvent& e) {
    if (!finite(e.upstream)) return -1;
    for (std::size_t i = 0; i < e.contributions.size(); ++i) {
        if (!finite(e.contributions[i])) return static_cast<int>(i);
    }
    return -1;
}

std::string backward_text(const BackwardEvent& e, int input) {
    const auto i = static_cast<std::size_t>(input);
    const Tensor& g = e.contributions[i];
    const Index flat = first_bad(g);
    const OpEntry* op = find_op(e.op);
    const double made = entry(g, flat);
    const bool beside = op && op->elementwise && g.shape() == e.upstream.shape();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double upstream = beside ? entry(e.upstream, flat) : nan;
    const double met =
        beside && has_numbers(e.saved[i]) && e.saved[i].shape() == g.shape() ? entry(e.saved[i], flat) : nan;
    std::string of = std::isnan(met) ? "" : fmt::format(" at {}", number(met));
    if (!std::isnan(upstream)) of += fmt::format(", from a gradient of {}", number(upstream));
    return fmt::format("the backward of {} made {}{} for input {}{}\n  likely: {}{}", e.op, number(made),
                       place(flat, g.shape()), input, of, backward_reason(upstream, met, e.op, made), line_of(e.site));
}

} // namespace

// While it happens ------------------------------------------------------------------------------------------------------------

struct Anomaly::Check : Watch {
    void forward(const ForwardEvent& e) override {
        if (in_backward() || !has_numbers(e.output) || !made_here(e.inputs, e.output)) return;
        throw ValueError("anomaly: " + forward_text(e.op, e.inputs, e.output, e.site));
    }
    void backward(const BackwardEvent& e) override {
        if (const int i = bad_contribution(e); i >= 0) throw ValueError("anomaly: " + backward_text(e, i));
    }
    WatchScope scope{*this};
};

Anomaly::Anomaly() : check_(std::make_unique<Check>()) {}
Anomaly::~Anomaly() = default;

// Afterwards ------------------------------------------------------------------------------------------------------------------

namespace {

// The nodes behind a tensor, old before young, and what is known of their values.
class Behind {
public:
    explicit Behind(Node* root) {
        nodes_.push_back(root);
        known_[root];
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            for (const Edge& edge : nodes_[i]->edges) {
                if (!edge.node) continue;
                const auto [at, fresh] = known_.try_emplace(edge.node);
                if (fresh) nodes_.push_back(edge.node);
                if (!edge.is_number && edge.saved) at->second = share(edge.saved);
            }
        }
        std::sort(nodes_.begin(), nodes_.end(), [](const Node* a, const Node* b) { return a->stamp < b->stamp; });
    }
    const std::vector<Node*>& nodes() const { return nodes_; }

    std::vector<Tensor> inputs(const Node& node) const {
        std::vector<Tensor> in;
        for (const Edge& edge : node.edges) {
            if (edge.is_number && !edge.overwritten) in.push_back(make_number(edge.number, DType::float64));
            else if (!edge.is_number && edge.saved) in.push_back(share(edge.saved).detach());
            else in.push_back(edge.node ? known_.at(edge.node) : Tensor());
        }
        return in;
    }
    // Its value: kept by somebody, or computed again.
    const Tensor& value(Node* node) {
        Tensor& known = known_[node];
        Impl& made = block_of(node).impl;
        if (made.node == node) known = share(&made);
        else if (!known.defined() && node->op && node->op->saves.output && node->out_storage) {
            known = make_view(node->out_storage, made);
        }
        if (known.defined()) return known = known.detach();
        const auto in = inputs(*node);
        const bool computable = node->op && (node->op->elementwise || node->op->shape) &&
                                std::all_of(in.begin(), in.end(), [](const Tensor& x) { return x.defined(); });
        if (computable) {
            std::vector<Tensor> same;
            for (std::size_t i = 0; i < in.size(); ++i) {
                same.push_back(node->edges[static_cast<int>(i)].is_number ? in[i].to(made.dtype) : in[i]);
            }
            known = no_grad([&] { return run(*node->op, same, attrs_of(*node), {}); });
        }
        return known;
    }

private:
    std::vector<Node*> nodes_;
    std::unordered_map<const Node*, Tensor> known_;
};

std::string forward_origin(Behind& graph) {
    for (Node* node : graph.nodes()) {
        const Tensor value = graph.value(node);
        const Index flat = first_bad(value);
        if (flat < 0) continue;
        if (!node->op) {
            const Extra* extra = block_of(node).impl.extra;
            const std::string label = extra && !extra->label.empty() ? " '" + extra->label + "'" : "";
            return fmt::format("a leaf{} of shape {} is {}{}\n  likely: its numbers came so, or a step was too large",
                               label, value.shape().str(), number(entry(value, flat)), place(flat, value.shape()));
        }
        const auto in = graph.inputs(*node);
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (finite(in[i])) continue;
            return fmt::format("input {} of {} is {} already, a constant\n  likely: its numbers came so{}", i,
                               node->op->doc.name, number(entry(in[i], first_bad(in[i]))),
                               line_of({node->file, node->line}));
        }
        return forward_text(node->op->doc.name, in, value, {node->file, node->line});
    }
    return {};
}

struct FirstInBackward : Watch {
    void backward(const BackwardEvent& e) override {
        if (!found.empty()) return;
        if (const int i = bad_contribution(e); i >= 0) found = backward_text(e, i);
    }
    std::string found;
};

} // namespace

std::string nan_origin(const Tensor& loss, Site site) {
    const CallSite here(site);
    require_defined("nan_origin", loss);
    if (loss.impl()->level > 0) {
        fail<StateError>(
            "nan_origin: the tensor lives inside a transform\n  expected one from outside; Anomaly looks inside");
    }
    if (!loss.requires_grad()) {
        if (finite(loss)) return {};
        fail<GraphError>(
            "nan_origin: the tensor has no graph behind it\n  expected the result of operations on a tensor "
            "with requires_grad(true); Anomaly finds it without one");
    }
    Behind graph(loss.impl()->node);
    if (std::string found = forward_origin(graph); !found.empty()) return found;
    std::vector<Tensor> leaves;
    for (Node* node : graph.nodes()) {
        if (!node->op && block_of(node).impl.node == node) leaves.push_back(share(&block_of(node).impl));
    }
    FirstInBackward first;
    const WatchScope scope(first);
    backward_to(loss, ones_like(loss), leaves, {.retain_graph = true}, site);
    return first.found;
}

} // namespace xg
