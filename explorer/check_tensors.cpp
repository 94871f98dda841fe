// Checks of graphs of tensors, by running the operations again in float64.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>
#include <explorer/check_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

constexpr std::size_t most_operations = 300'000; // that all differences of a check run
constexpr std::size_t passes_of_element = 5;     // four of a difference, and a tangent

class Again {
public:
    explicit Again(const TensorGraph& graph) : graph_(graph), items_(graph.items()) {
        values_.resize(items_.size());
        for (std::size_t i = 0; i < items_.size() && unknown_.empty(); ++i) {
            if (items_[i].inputs.empty()) values_[i] = source(i);
            else if (!can_compute(i)) unknown_ = items_[i].op;
            else values_[i] = computed(i);
            if (unknown_.empty() && !as_recorded(i)) unknown_ = items_[i].op;
        }
    }
    const std::string& unknown() const { return unknown_; }
    const Tensor& value(std::size_t i) const { return values_[i]; }

    /// The result where one number of a source is another.
    double with(std::size_t node, std::size_t at, double x) const {
        std::vector<Tensor> values = values_;
        std::vector<char> changed(values.size(), 0);
        values[node] = values[node].clone();
        static_cast<double*>(values[node].data())[at] = x;
        changed[node] = 1;
        for (std::size_t i = node + 1; i < values.size(); ++i) {
            const auto& in = items_[i].inputs;
            if (std::none_of(in.begin(), in.end(), [&](std::size_t from) { return changed[from] != 0; })) continue;
            values[i] = compute(i, values);
            changed[i] = 1;
        }
        return values.back().item();
    }

    /// Forward mode, in the direction of one number of a source. Nothing where an operation of the user's own has no rule
    /// for it.
    std::optional<double> derivative(std::size_t node, std::size_t at) const {
        try {
            return pushed(node, at);
        } catch (const GraphError&) { return {}; }
    }

private:
    double pushed(std::size_t node, std::size_t at) const {
        std::vector<Tensor> tangents(values_.size());
        tangents[node] = full(values_[node].shape(), 0.0, {.dtype = float64});
        static_cast<double*>(tangents[node].data())[at] = 1;
        for (std::size_t i = node + 1; i < values_.size(); ++i) tangents[i] = tangent(i, tangents);
        return tangents.back().defined() ? tangents.back().item() : 0;
    }
    // An operation of the user's own may take other dtypes alone.
    Tensor computed(std::size_t i) {
        try {
            return compute(i, values_);
        } catch (const Error&) {
            unknown_ = items_[i].op;
            return {};
        }
    }
    Tensor source(std::size_t i) {
        if (items_[i].scalar) return full({}, items_[i].scalar->value(), {.dtype = float64});
        if (!items_[i].value.defined()) {
            unknown_ = "a value that nothing kept";
            return {};
        }
        const Tensor& x = items_[i].value;
        return is_floating(x.dtype()) ? x.to(float64) : x;
    }
    bool can_compute(std::size_t i) const {
        const TensorGraph::Item& item = items_[i];
        if (graph_.stacks_values(i) || item.op == "value_at") return true;
        return item.scalar ? knows_scalar(item.op, item.inputs.size()) : graph_.computable(i);
    }
    // A random draw, or an operation that has a dtype of its own.
    bool as_recorded(std::size_t i) const {
        if (items_[i].scalar) {
            const double was = items_[i].scalar->value(), is = values_[i].item();
            return was == is || std::abs(was - is) <= 1e-9 * std::max(std::abs(was), std::abs(is)) || std::isnan(was);
        }
        if (!items_[i].value.defined()) return true;
        const std::vector<double> was = items_[i].value.to_vector(), is = values_[i].to_vector();
        double size = 0, distance = 0;
        for (std::size_t k = 0; k < was.size(); ++k) {
            if (!std::isfinite(was[k])) continue;
            size = std::max(size, std::abs(was[k]));
            distance = std::max(distance, std::abs(was[k] - is[k]));
        }
        return distance <= 1e-3 * size + 1e-6;
    }
    std::vector<double> numbers(std::size_t i, const std::vector<Tensor>& values) const {
        std::vector<double> in;
        for (const std::size_t from : items_[i].inputs) in.push_back(values[from].item());
        return in;
    }
    Tensor compute(std::size_t i, const std::vector<Tensor>& values) const {
        const TensorGraph::Item& item = items_[i];
        if (item.op == "value_at") {
            const auto at = static_cast<std::size_t>(item.position);
            return full({}, values[item.inputs[0]].to_vector()[at], {.dtype = float64});
        }
        if (item.scalar) return full({}, scalar_value_of(item.op, numbers(i, values)), {.dtype = float64});
        if (graph_.stacks_values(i)) return stacked(i, values);
        std::vector<Tensor> in;
        for (const std::size_t from : item.inputs) in.push_back(values[from]);
        const Tensor out = graph_.run(i, in);
        return is_floating(out.dtype()) ? out.to(float64) : out;
    }
    Tensor stacked(std::size_t i, const std::vector<Tensor>& values) const {
        Tensor out = full(items_[i].shape, 0.0, {.dtype = float64});
        auto* p = static_cast<double*>(out.data());
        for (const std::size_t from : items_[i].inputs) *p++ = values[from].defined() ? values[from].item() : 0;
        return out;
    }
    Tensor tangent(std::size_t i, const std::vector<Tensor>& tangents) const {
        const TensorGraph::Item& item = items_[i];
        std::vector<Tensor> in, directions;
        bool any = false;
        for (const std::size_t from : item.inputs) {
            in.push_back(values_[from]);
            directions.push_back(tangents[from]);
            any = any || tangents[from].defined();
        }
        if (!any) return {};
        if (item.op == "value_at")
            return full({}, directions[0].to_vector()[static_cast<std::size_t>(item.position)], {.dtype = float64});
        if (graph_.stacks_values(i)) return stacked(i, tangents);
        if (!item.scalar) return graph_.push_forward(i, in, directions);
        const std::vector<double> slopes = scalar_slopes_of(item.op, numbers(i, values_), values_[i].item());
        double sum = 0;
        for (std::size_t k = 0; k < slopes.size(); ++k) {
            if (directions[k].defined()) sum += slopes[k] * directions[k].item();
        }
        return full({}, sum, {.dtype = float64});
    }

    const TensorGraph& graph_;
    const std::vector<TensorGraph::Item>& items_;
    std::vector<Tensor> values_;
    std::string unknown_;
};

// The largest, the smallest that is not 0, and some in between.
std::vector<std::size_t> chosen(const TraceTensor& gradient, std::size_t most) {
    std::vector<std::size_t> order(gradient.values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(gradient.values[a]) > std::abs(gradient.values[b]);
    });
    std::set<std::size_t> picked;
    for (std::size_t i = 0; i < most && !order.empty(); ++i)
        picked.insert(order[most == 1 ? 0 : i * (order.size() - 1) / (most - 1)]);
    return {picked.begin(), picked.end()};
}

// The contributions add up to the gradient, in the dtype of the node.
void check_sums(const Trace& trace, CheckReport& report) {
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const TraceNode& n = trace.nodes[i];
        if (n.gradient_tensor == no_tensor || i == trace.root) continue;
        const TraceTensor& g = trace.tensors[n.gradient_tensor];
        std::vector<double> sum(g.values.size(), 0.0), size(g.values.size(), 0.0);
        for (const std::size_t e : n.uses) {
            const std::size_t place = trace.edges[e].contribution_tensor;
            if (place == no_tensor) continue;
            for (std::size_t k = 0; k < sum.size(); ++k) {
                sum[k] += trace.tensors[place].values[k];
                size[k] += std::abs(trace.tensors[place].values[k]);
            }
        }
        const double eps = n.dtype == "float64" ? 1e-12 : 1e-5;
        bool pass = true;
        for (std::size_t k = 0; k < sum.size(); ++k)
            pass = pass && (std::isnan(g.values[k]) || std::abs(sum[k] - g.values[k]) <= eps * size[k] ||
                            sum[k] == g.values[k]);
        if (!pass)
            report.broken.push_back(
                fmt::format("the contributions of {} do not add up to its gradient", trace.name(i)));
    }
}

} // namespace

CheckReport detail::check_tensors(const Trace& trace, const TensorGraph* graph, CheckOptions o) {
    CheckReport report;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) report.names.push_back(trace.name(i));
    check_sums(trace, report);
    if (!graph) {
        report.unknown = "a tensor of a file";
        return report;
    }
    const Again again(*graph);
    report.unknown = again.unknown();
    if (!report.unknown.empty()) return report;
    std::size_t asked = 0, seen = 0;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const std::size_t place = trace.nodes[i].gradient_tensor;
        if (trace.is_leaf(i))
            asked += place == no_tensor ? 1 : std::min(o.elements, trace.tensors[place].values.size());
    }
    const std::size_t every = 1 + asked * passes_of_element * trace.nodes.size() / most_operations;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const TraceNode& n = trace.nodes[i];
        if (!trace.is_leaf(i)) continue;
        const bool one = n.gradient_tensor == no_tensor;
        const TraceTensor& g =
            one ? TraceTensor{.values = {n.gradient.value_or(0.0)}} : trace.tensors[n.gradient_tensor];
        for (const std::size_t k : chosen(g, one ? 1 : o.elements)) {
            if (seen++ % every != 0) {
                ++report.left_out;
                continue;
            }
            const std::size_t at = k * g.every;
            CheckReport::Row row{.node = i, .gradient = g.values[k]};
            if (!n.shape.empty()) row.at = at;
            row.value = again.value(i).to_vector()[at];
            const bool wide = n.dtype.empty() || n.dtype == "float64";
            const double size = one ? std::abs(row.gradient) : g.statistics.norm;
            const double within = (wide ? o.atol : 1e-6) + (wide ? o.rtol : 1e-3) * size;
            const auto close = [&](double a, double b) { return distance(a, b) <= within; };
            const auto loss = [&](double x) { return trace.seed * again.with(i, at, x); };
            const double numeric = difference_at(loss, row.value, row.gradient, 10 * within, o, close);
            if (!std::isnan(numeric) || std::isnan(row.gradient)) row.numeric = numeric;
            const std::optional<double> forward = again.derivative(i, at);
            row.forward = forward ? trace.seed * *forward : numeric;
            row.error = std::max(distance(row.gradient, row.numeric.value_or(row.gradient)),
                                 distance(row.gradient, row.forward));
            row.pass = row.error <= within;
            report.rows.push_back(row);
        }
    }
    return report;
}

CheckReport Explanation::check(CheckOptions options) const {
    return trace_.has_tensors() ? check_tensors(trace_, graph_.get(), options) : xg::check(trace_, options);
}

} // namespace xg
