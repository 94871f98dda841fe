#include <explorer/evaluate_internal.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

namespace xg {

using namespace detail;

namespace {

using Numbers = std::span<const double>;
using Slopes = std::vector<double>;

// What reads any number of inputs is no elementwise operation of tensors, so its row computes no scalars.
struct AnyNumber {
    std::string_view name;
    double (*value)(Numbers);
    Slopes (*slopes)(Numbers, double out);
};

double sum_of(Numbers in) {
    double total = 0;
    for (const double x : in) total += x;
    return total;
}
double dot_of(Numbers in) {
    double total = 0;
    for (std::size_t i = 0; i < in.size() / 2; ++i) total += in[i] * in[i + in.size() / 2];
    return total;
}
double logsumexp_of(Numbers in) {
    const double top = *std::max_element(in.begin(), in.end());
    if (std::isinf(top)) return top;
    double total = 0;
    for (const double x : in) total += std::exp(x - top);
    return top + std::log(total);
}
Slopes dot_slopes(Numbers in, double) {
    Slopes slopes(in.begin(), in.end());
    std::rotate(slopes.begin(), slopes.begin() + static_cast<std::ptrdiff_t>(in.size() / 2), slopes.end());
    return slopes;
}

constexpr AnyNumber any_number[] = {
    {"sum", sum_of, [](Numbers in, double) { return Slopes(in.size(), 1.0); }},
    {"mean", [](Numbers in) { return sum_of(in) / static_cast<double>(in.size()); },
     [](Numbers in, double) { return Slopes(in.size(), 1 / static_cast<double>(in.size())); }},
    {"dot", dot_of, dot_slopes},
    {"logsumexp", logsumexp_of,
     [](Numbers in, double out) {
         Slopes slopes;
         for (const double x : in) slopes.push_back(x == out ? 1.0 : std::exp(x - out));
         return slopes;
     }},
};

const AnyNumber* find_any_number(std::string_view op) {
    for (const AnyNumber& one : any_number) {
        if (one.name == op) return &one;
    }
    return nullptr;
}

constexpr auto float64_loop = static_cast<std::size_t>(DType::float64);

// The row of an elementwise operation with that many inputs, or null.
const OpEntry* row_of(std::string_view op, std::size_t inputs) {
    const OpEntry* entry = find_op(op);
    const bool fits = entry && entry->elementwise && entry->arity == static_cast<int>(inputs) && inputs <= 3 &&
                      entry->loop[float64_loop] && entry->result == ResultType::promoted;
    return fits ? entry : nullptr;
}

double run_row(const OpEntry& entry, Numbers in) {
    std::array<double, 4> cells{};
    std::array<char*, 4> pointers{};
    std::array<Index, 4> steps{};
    std::copy(in.begin(), in.end(), cells.begin() + 1);
    for (std::size_t i = 0; i < 4; ++i) pointers[i] = reinterpret_cast<char*>(&cells[i]), steps[i] = sizeof(double);
    entry.loop[float64_loop](1, pointers.data(), steps.data(), nullptr);
    return cells[0];
}

std::vector<double> inputs_at(const Trace& trace, std::size_t node, Numbers values) {
    std::vector<double> in;
    for (const std::size_t e : trace.nodes[node].inputs) in.push_back(values[trace.edges[e].from]);
    return in;
}

std::vector<double> recorded_values(const Trace& trace) {
    std::vector<double> values;
    for (const TraceNode& n : trace.nodes) values.push_back(n.value);
    return values;
}

// Within the ulps that a vector loop and a scalar function may differ by.
bool agree(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

} // namespace

bool detail::knows_scalar(std::string_view op, std::size_t inputs) { return find_any_number(op) || row_of(op, inputs); }

double detail::scalar_value_of(std::string_view op, Numbers in) {
    if (const AnyNumber* one = find_any_number(op)) return one->value(in);
    return run_row(*row_of(op, in.size()), in);
}

std::vector<double> detail::scalar_slopes_of(std::string_view op, Numbers in, double out) {
    if (const AnyNumber* one = find_any_number(op)) return one->slopes(in, out);
    Slopes slopes(in.size(), 0.0);
    const OpEntry* row = row_of(op, in.size());
    for (std::size_t i = 0; row && row->partial && i < in.size(); ++i)
        slopes[i] = row->partial(static_cast<int>(i), in.data(), out);
    return slopes;
}

double detail::value_at(const Trace& trace, std::size_t node, Numbers values) {
    const std::vector<double> in = inputs_at(trace, node, values);
    if (in.empty()) return values[node];
    const std::string& op = trace.nodes[node].op;
    if (knows_scalar(op, in.size())) return scalar_value_of(op, in);
    fail<ValueError>("the operation '{}' of node {} cannot be computed from its inputs", op, trace.name(node));
}

std::vector<double> detail::slopes_at(const Trace& trace, std::size_t node, Numbers values) {
    return scalar_slopes_of(trace.nodes[node].op, inputs_at(trace, node, values), values[node]);
}

bool detail::is_elementwise_row(std::string_view op, std::size_t inputs) { return row_of(op, inputs) != nullptr; }

bool detail::can_evaluate(const Trace& trace, std::size_t node) {
    const TraceNode& n = trace.nodes[node];
    if (n.inputs.empty()) return true;
    if (n.op == "stack" || n.op == "value_at" || !n.dtype.empty()) return false;
    if (!knows_scalar(n.op, n.inputs.size())) return false;
    // An operation of the user's own may have a name of ours.
    std::vector<double> in;
    for (const std::size_t e : n.inputs) in.push_back(trace.nodes[trace.edges[e].from].value);
    return agree(scalar_value_of(n.op, in), n.value);
}

std::size_t detail::first_unknown(const Trace& trace) {
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const TraceNode& n = trace.nodes[i];
        if (n.inputs.empty()) continue;
        const auto about = trace.operations.find(n.op);
        if (about == trace.operations.end() || !about->second.known) return i;
    }
    return trace.nodes.size();
}

std::vector<double> detail::values_with(const Trace& trace, std::size_t node, double x) {
    std::vector<double> values = recorded_values(trace);
    std::vector<char> changed(values.size(), 0);
    values[node] = x;
    changed[node] = 1;
    for (std::size_t i = node + 1; i < values.size(); ++i) {
        const auto& inputs = trace.nodes[i].inputs;
        if (std::none_of(inputs.begin(), inputs.end(),
                         [&](std::size_t e) { return changed[trace.edges[e].from] != 0; }))
            continue;
        values[i] = value_at(trace, i, values);
        changed[i] = 1;
    }
    return values;
}

void set_leaf(Trace& trace, std::size_t leaf, double x) {
    if (trace.has_tensors())
        fail<ValueError>("{} cannot be edited: the trace has tensors\n  run the program with other numbers instead",
                         trace.name(leaf));
    if (!trace.is_leaf(leaf))
        fail<ValueError>("{} is not a leaf: its value follows from {}\n  expected a leaf", trace.name(leaf),
                         trace.expression(leaf));
    if (const std::size_t unknown = first_unknown(trace); unknown < trace.nodes.size())
        fail<ValueError>(
            "{} cannot be edited: the operation '{}' of node {} cannot be computed here\n  run the program "
            "with the other value instead",
            trace.name(leaf), trace.nodes[unknown].op, trace.name(unknown));
    const std::vector<double> values = values_with(trace, leaf, x);
    for (std::size_t i = 0; i < values.size(); ++i) {
        TraceNode& n = trace.nodes[i];
        n.value = values[i];
        if (n.inputs.empty()) continue;
        const std::vector<double> slopes = slopes_at(trace, i, values);
        for (std::size_t slot = 0; slot < slopes.size(); ++slot) {
            TraceEdge& edge = trace.edges[n.inputs[slot]];
            if (!trace.is_constant(edge.from)) edge.local = slopes[slot];
            edge.blocked = false;
        }
    }
    replay(trace);
}

} // namespace xg
