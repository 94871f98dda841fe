// An element of an operation that a kernel computes at once, as the scalar operations of its formula: the graph of the
// formula in elementary operations, walked from the element to the entries that it reads.
#include <algorithm>
#include <cmath>
#include <map>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>
#include <autograd/grad_mode.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/terms_internal.hpp>

namespace xg {

using namespace detail;

namespace {

using Operation = TraceTerms::Operation;
using Operand = Operation::Operand;
using Reads = Operation::Reads;

Operand result(std::size_t at) { return {.what = Reads::operation, .at = at}; }
Operand number(double x) { return {.what = Reads::number, .number = x}; }

struct TooMany {};

class Opener {
public:
    Opener(const TensorGraph& inner, std::size_t most) : graph_(inner), items_(inner.items()), most_(most) {
        for (const TensorGraph::Item& item : items_)
            numbers_.push_back(item.value.defined() ? item.value.to_vector() : std::vector<double>());
    }

    /// The operations that make an element, the last one it; nothing if some of it cannot be opened, or it is too much.
    std::vector<Operation> open(std::size_t at) {
        list_.clear(), known_.clear();
        try {
            const Operand root = operand(items_.size() - 1, at);
            const bool is_last = root.what == Reads::operation && root.at + 1 == list_.size();
            if (!is_last) emit("sum", {root}); // an entry as it is
            return list_;
        } catch (const TooMany&) { return {}; } catch (const Error&) {
            return {};
        }
    }

private:
    Operand emit(const char* op, std::vector<Operand> in) { return emit(std::string(op), std::move(in)); }
    Operand emit(std::string op, std::vector<Operand> in) {
        if (list_.size() == most_ || !knows_scalar(op, in.size())) throw TooMany();
        list_.push_back({.op = std::move(op), .label = {}, .in = std::move(in)});
        return result(list_.size() - 1);
    }

    Operand operand(std::size_t item, std::size_t at) {
        const auto known = known_.find({item, at});
        if (known != known_.end()) return known->second;
        const Operand found = computed(item, at);
        known_.emplace(std::pair(item, at), found);
        return found;
    }
    Operand computed(std::size_t i, std::size_t at) {
        const TensorGraph::Item& item = items_[i];
        if (item.op == "leaf") return {.what = Reads::entry, .input = std::stoul(item.label), .at = at};
        if (item.inputs.empty()) {
            if (at >= numbers_[i].size()) throw TooMany();
            return number(numbers_[i][at]);
        }
        if (graph_.elementwise(i)) return elementwise(i, at);
        const TraceTerms terms = terms_of_element(graph_, i, at, most_);
        if (terms.form == "products") return products(i, terms);
        if (terms.form == "weighted") return weighted(i, terms.of[0]);
        if (terms.form == "softmax") return softmax(i, at, terms.of[0]);
        throw TooMany();
    }
    Operand elementwise(std::size_t i, std::size_t at) {
        const TensorGraph::Item& item = items_[i];
        const auto input = [&](std::size_t slot) {
            return operand(item.inputs[slot], broadcast_position(item.shape, items_[item.inputs[slot]].shape, at));
        };
        if (item.op == "where") { // the condition does not depend on what is differentiated
            const Operand condition = input(0);
            if (condition.what != Reads::number) throw TooMany();
            return input(condition.number != 0 ? 1 : 2);
        }
        std::vector<Operand> in;
        for (std::size_t slot = 0; slot < item.inputs.size(); ++slot) in.push_back(input(slot));
        return emit(item.op, std::move(in));
    }
    Operand products(std::size_t i, const TraceTerms& terms) {
        const auto& inputs = items_[i].inputs;
        std::vector<Operand> parts;
        if (!terms.at.empty()) parts.push_back(operand(inputs[2], terms.at[0]));
        for (const TraceTerms::Term& t : terms.of[0]) {
            std::vector<Operand> pair{operand(inputs[0], t.at)};
            pair.push_back(operand(inputs[1], static_cast<std::size_t>(t.weight)));
            parts.push_back(emit("mul", std::move(pair)));
        }
        return parts.size() == 1 ? parts[0] : emit("sum", std::move(parts));
    }
    Operand weighted(std::size_t i, const std::vector<TraceTerms::Term>& list) {
        if (list.empty()) return number(0);
        const double first = list[0].weight;
        const bool equal = std::all_of(list.begin(), list.end(), [&](const auto& t) { return t.weight == first; });
        const bool average = equal && list.size() > 1 && first == 1 / static_cast<double>(list.size());
        std::vector<Operand> parts;
        for (const TraceTerms::Term& t : list) {
            const Operand part = operand(items_[i].inputs[t.input], t.at);
            parts.push_back(average || t.weight == 1 ? part : emit("mul", {part, number(t.weight)}));
        }
        if (parts.size() == 1) return parts[0];
        return emit(average ? "mean" : "sum", std::move(parts));
    }
    // Softmax of a row: its exponentials and their sum serve all of its entries.
    Operand softmax(std::size_t i, std::size_t at, const std::vector<TraceTerms::Term>& row) {
        const std::size_t from = items_[i].inputs[0];
        const auto key = std::pair(items_.size() + i, row[0].at);
        double top = -HUGE_VAL;
        for (const TraceTerms::Term& t : row) top = std::max(top, numbers_[from].at(t.at));
        if (!std::isfinite(top)) throw TooMany();
        std::vector<Operand> terms;
        Operand own;
        for (const TraceTerms::Term& t : row) {
            const auto place = std::pair(2 * items_.size() + i, t.at);
            if (!known_.contains(place)) {
                const Operand shifted = emit("sub", {operand(from, t.at), number(top)});
                known_.emplace(place, emit("exp", {shifted}));
            }
            terms.push_back(known_.at(place));
            if (t.at == at) own = terms.back();
        }
        if (!known_.contains(key)) known_.emplace(key, emit("sum", std::move(terms)));
        return emit("div", {own, known_.at(key)});
    }

    const TensorGraph& graph_;
    const std::vector<TensorGraph::Item>& items_;
    const std::size_t most_;
    std::vector<std::vector<double>> numbers_;
    std::vector<Operation> list_;
    std::map<std::pair<std::size_t, std::size_t>, Operand> known_; // elements of items, and what softmax shares
};

double evaluated(const std::vector<Operation>& list, const std::vector<std::vector<double>>& inputs) {
    std::vector<double> values;
    for (const Operation& o : list) {
        std::vector<double> in;
        for (const Operand& x : o.in) {
            if (x.what == Reads::number) in.push_back(x.number);
            else in.push_back(x.what == Reads::entry ? inputs.at(x.input).at(x.at) : values[x.at]);
        }
        values.push_back(scalar_value_of(o.op, in));
    }
    return values.back();
}

} // namespace

TraceTerms detail::operations_of(const TensorGraph& graph, std::size_t item, std::span<const std::size_t> elements,
                                 std::size_t most) {
    const TensorGraph::Item& of = graph.items()[item];
    std::vector<Tensor> leaves;
    std::vector<std::vector<double>> inputs;
    for (const std::size_t from : of.inputs) {
        const Tensor& x = graph.items()[from].value;
        if (!x.defined() || !of.value.defined()) return {};
        inputs.push_back(x.to_vector());
        leaves.push_back(is_floating(x.dtype()) ? x.detach().to(float64).clone() : x.detach());
        if (is_floating(x.dtype())) leaves.back().requires_grad(true);
        leaves.back().label(std::to_string(leaves.size() - 1));
    }
    const std::optional<TensorGraph> inner = graph.formula(item, leaves);
    if (!inner) return {};
    Opener opener(*inner, most);
    const std::vector<double> out = of.value.to_vector();
    TraceTerms terms{.form = "operations", .of = {}, .operations = {}, .at = {}};
    std::size_t count = 0;
    for (const std::size_t at : elements) {
        std::vector<Operation> list = opener.open(at);
        count += list.size();
        if (list.empty() || count > most || list.size() * elements.size() > 4 * most) return {};
        const double found = evaluated(list, inputs);
        if (!(std::abs(found - out[at]) <= 1e-5 * (1e-3 + std::abs(out[at])))) return {};
        terms.operations.push_back(std::move(list));
    }
    return terms;
}

} // namespace xg
