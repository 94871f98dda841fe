// One element of a tensor as a graph of scalars.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <autograd/error_format_internal.hpp>
#include <explorer/describe_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/explain.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/terms_internal.hpp>

namespace xg {

using namespace detail;

namespace {

std::string indexed(const std::string& name, const std::vector<std::int64_t>& shape, std::size_t position) {
    if (shape.empty()) return name;
    std::vector<std::size_t> at(shape.size());
    for (std::size_t i = shape.size(); i-- > 0; position /= static_cast<std::size_t>(shape[i]))
        at[i] = position % static_cast<std::size_t>(shape[i]);
    return fmt::format("{}[{}]", name, fmt::join(at, ","));
}

class Builder {
public:
    Builder(const Trace& of, std::size_t node, std::size_t at) : of_(of), node_(node), at_(at) {}

    Trace build(const TraceTerms& terms) {
        const TraceNode& n = of_.nodes[node_];
        if (terms.form == "products") products(terms);
        else if (terms.form == "weighted") weighted(terms);
        else if (terms.form == "softmax" || terms.form == "log_softmax") normalized(terms);
        else if (terms.form == "operations") operations(terms.operations[0]);
        else if (terms.form == "largest") chain("maximum", terms.of[0]);
        else if (terms.form == "smallest") chain("minimum", terms.of[0]);
        else elementwise(n);
        finish(n);
        return std::move(t_);
    }

private:
    std::size_t add(std::string op, double value, std::string label, const std::vector<std::size_t>& in) {
        const std::size_t number = t_.nodes.size();
        TraceNode& node = t_.nodes.emplace_back();
        node.op = std::move(op), node.value = value, node.label = std::move(label);
        node.module = of_.nodes[node_].module;
        for (std::size_t slot = 0; slot < in.size(); ++slot)
            t_.edges.push_back({.from = in[slot], .to = number, .slot = slot});
        return number;
    }
    // Computed from its inputs.
    std::size_t compute(std::string op, const std::vector<std::size_t>& in) {
        std::vector<double> numbers;
        for (const std::size_t from : in) numbers.push_back(t_.nodes[from].value);
        if (!knows_scalar(op, in.size()))
            fail<ValueError>("element: the operation '{}' of {} cannot be computed here", op, of_.name(node_));
        const double value = scalar_value_of(op, numbers);
        return add(std::move(op), value, "", in);
    }
    std::size_t constant(double x) { return add("constant", x, "", {}); }
    // An entry of an input, each once.
    std::size_t entry(std::size_t input, std::size_t at) {
        if (input >= of_.nodes[node_].inputs.size())
            fail<ValueError>("element: the terms of {} name input {}, and it has {}", of_.name(node_), input,
                             of_.nodes[node_].inputs.size());
        const std::size_t from = of_.edges[of_.nodes[node_].inputs[input]].from;
        const auto [place, fresh] = entries_.try_emplace(from << 32 | at, 0);
        if (!fresh) return place->second;
        const TraceNode& n = of_.nodes[from];
        const std::string name = indexed(of_.name(from), n.shape, at);
        return place->second = add("leaf", number_at(from, at), name, {});
    }
    double number_at(std::size_t node, std::size_t at) const {
        const TraceNode& n = of_.nodes[node];
        if (n.value_tensor == no_tensor) return n.value;
        const TraceTensor& t = of_.tensors[n.value_tensor];
        if (at % t.every != 0 || at / t.every >= t.values.size())
            fail<ValueError>(
                "element: entry {} of {} is not in the trace, which has a sample of it\n  expected explain(loss, "
                "{{.most_elements = {}}})",
                at, of_.name(node), t.size());
        return t.values[at / t.every];
    }

    void add_up(const std::vector<std::size_t>& parts) {
        if (parts.size() > 1 || (parts.size() == 1 && t_.nodes[parts[0]].op == "leaf")) compute("sum", parts);
    }
    void products(const TraceTerms& terms) {
        std::vector<std::pair<std::size_t, std::size_t>> pairs;
        for (const TraceTerms::Term& term : terms.of[0]) {
            const std::size_t p = entry(0, term.at), q = entry(1, static_cast<std::size_t>(term.weight));
            pairs.emplace_back(p, q);
        }
        std::vector<std::size_t> parts;
        if (!terms.at.empty()) parts.push_back(entry(2, terms.at[0]));
        for (const auto& [p, q] : pairs) parts.push_back(compute("mul", {p, q}));
        if (parts.empty()) add("leaf", 0, "", {}); // rows without columns
        add_up(parts);
    }
    void weighted(const TraceTerms& terms) {
        const auto& list = terms.of[0];
        const auto all = [&](double w) {
            return std::all_of(list.begin(), list.end(), [&](const auto& t) { return t.weight == w; });
        };
        std::vector<std::size_t> parts;
        for (const TraceTerms::Term& term : list) parts.push_back(entry(term.input, term.at));
        if (parts.empty()) { // padding
            add("leaf", 0, "", {});
        } else if (parts.size() > 1 && all(1 / static_cast<double>(parts.size()))) {
            compute("mean", parts);
        } else {
            for (std::size_t i = 0; i < parts.size() && !all(1); ++i)
                parts[i] = compute("mul", {parts[i], constant(list[i].weight)});
            add_up(parts);
        }
    }
    void normalized(const TraceTerms& terms) {
        double top = -HUGE_VAL;
        std::vector<std::size_t> entries, exponentials;
        for (const auto& term : terms.of[0]) {
            entries.push_back(entry(0, term.at));
            top = std::max(top, t_.nodes[entries.back()].value);
        }
        std::size_t own = 0, own_shifted = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::size_t shifted = compute("sub", {entries[i], constant(top)});
            exponentials.push_back(compute("exp", {shifted}));
            if (terms.of[0][i].at == terms.at[0]) own = exponentials.back(), own_shifted = shifted;
        }
        const std::size_t total = compute("sum", exponentials);
        if (terms.form == "softmax") compute("div", {own, total});
        else compute("sub", {own_shifted, compute("log", {total})});
    }
    void operations(const std::vector<TraceTerms::Operation>& list) {
        using Reads = TraceTerms::Operation::Reads;
        std::vector<std::size_t> numbers;
        for (const TraceTerms::Operation& o : list) {
            std::vector<std::size_t> in;
            for (const auto& x : o.in) {
                if (x.what == Reads::operation) in.push_back(numbers[x.at]);
                else in.push_back(x.what == Reads::entry ? entry(x.input, x.at) : constant(x.number));
            }
            numbers.push_back(compute(o.op, in));
            t_.nodes[numbers.back()].label = o.label;
        }
    }
    void chain(const std::string& op, const std::vector<TraceTerms::Term>& list) {
        std::vector<std::size_t> entries;
        for (const auto& term : list) entries.push_back(entry(0, term.at));
        std::size_t so_far = entries[0];
        for (std::size_t i = 1; i < entries.size(); ++i) so_far = compute(op, {so_far, entries[i]});
        if (entries.size() == 1) compute("sum", entries);
    }
    void elementwise(const TraceNode& n) {
        std::vector<std::size_t> in;
        for (std::size_t slot = 0; slot < n.inputs.size(); ++slot) {
            const std::size_t from = of_.edges[n.inputs[slot]].from;
            const TraceNode& source = of_.nodes[from];
            if (of_.is_constant(from) && source.shape.empty() && source.label.empty())
                in.push_back(constant(source.value));
            else in.push_back(entry(slot, broadcast_position(n.shape, source.shape, at_)));
        }
        compute(n.op, in);
    }

    void finish(const TraceNode& n) {
        link(t_);
        t_.root = t_.nodes.size() - 1;
        t_.nodes[t_.root].label = indexed(of_.name(node_), n.shape, at_);
        t_.nodes[t_.root].file = n.file, t_.nodes[t_.root].line = n.line;
        t_.sources = of_.sources;
        t_.seed = 1;
        if (n.gradient) t_.derivative_of = of_.name(of_.root);
        if (n.gradient && n.gradient_tensor == no_tensor) t_.seed = *n.gradient;
        else if (n.gradient) {
            const TraceTensor& g = of_.tensors[n.gradient_tensor];
            if (at_ % g.every == 0) t_.seed = g.values[at_ / g.every];
        }
        std::vector<double> values;
        for (const TraceNode& node : t_.nodes) values.push_back(node.value);
        for (std::size_t i = 0; i < t_.nodes.size(); ++i) {
            if (t_.nodes[i].inputs.empty()) continue;
            const std::vector<double> slopes = slopes_at(t_, i, values);
            for (std::size_t slot = 0; slot < slopes.size(); ++slot)
                t_.edges[t_.nodes[i].inputs[slot]].local = slopes[slot];
        }
        for (TraceEdge& e : t_.edges) {
            if (t_.is_constant(e.from)) e.local = 0;
            e.symbol = symbol_of(t_, e);
        }
        describe_operations(t_);
        replay(t_);
    }

    const Trace& of_;
    const std::size_t node_, at_;
    Trace t_;
    std::unordered_map<std::size_t, std::size_t> entries_;
};

std::size_t flat_position(const Trace& trace, std::size_t node, std::span<const Index> at) {
    const std::vector<std::int64_t>& shape = trace.nodes[node].shape;
    if (at.size() != shape.size())
        fail<IndexError>("element: {} indices for {} of shape {}\n  expected one an axis", at.size(), trace.name(node),
                         shape_text(shape));
    std::size_t position = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const Index index = at[i] < 0 ? at[i] + shape[i] : at[i];
        if (index < 0 || index >= shape[i])
            fail<IndexError>("element: there is no index {} along axis {} of {} of shape {}", at[i], i,
                             trace.name(node), shape_text(shape));
        position = position * static_cast<std::size_t>(shape[i]) + static_cast<std::size_t>(index);
    }
    return position;
}

// Of one element.
TraceTerms one_of(const TraceTerms& all, std::size_t at) {
    TraceTerms one{.form = all.form, .of = {}, .operations = {}, .at = {}};
    if (at < all.of.size()) one.of.push_back(all.of[at]);
    if (at < all.operations.size()) one.operations.push_back(all.operations[at]);
    if (!all.at.empty()) one.at.push_back(all.at[at]);
    return one;
}

} // namespace

Explanation Explanation::element(std::size_t node, std::span<const Index> at, Site site) const {
    const CallSite here(site);
    const TraceNode& n = trace_.nodes.at(node);
    if (n.inputs.empty())
        fail<ValueError>("element: {} is no result, so nothing adds up to it\n  expected the result of an operation",
                         trace_.name(node));
    if (n.op == "stack" || n.op == "value_at" || n.dtype.empty())
        fail<ValueError>("element: {} is made of scalars already", trace_.name(node));
    const std::size_t position = flat_position(trace_, node, at);
    TraceTerms terms;
    if (position < n.terms.elements()) terms = one_of(n.terms, position);
    else if (graph_) terms = terms_of_element(*graph_, node, position, 100'000);
    if (terms.form.empty() && !is_elementwise_row(n.op, n.inputs.size()))
        fail<ValueError>("element: the operation '{}' of {} cannot be opened as scalars here", n.op, trace_.name(node));
    return Explanation(Builder(trace_, node, position).build(terms));
}

} // namespace xg
