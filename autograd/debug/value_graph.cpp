#include <autograd/debug/value_graph.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

#include <autograd/debug/difference_internal.hpp>
#include <autograd/debug/value_walk_internal.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/engine/tape_grad.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {

using namespace detail;
using Part = ValuePart;

// Nodes ---------------------------------------------------------------------------------------------------------------

namespace {

bool is_fused(SlotKind kind) { return kind >= SlotKind::mul_add && kind <= SlotKind::sub_mulk; }
bool has_constant(SlotKind kind) {
    return kind == SlotKind::mulk_add || kind == SlotKind::mulk_sub || kind == SlotKind::sub_mulk ||
           kind == SlotKind::blocked_clamp || (kind >= SlotKind::add_k && kind <= SlotKind::clamp_k);
}

const char* name_of_slot(const Slot* s) {
    switch (s->kind) {
        case SlotKind::leaf: return "leaf";
        case SlotKind::add:
        case SlotKind::add_k:
        case SlotKind::mul_add:
        case SlotKind::mulk_add: return "add";
        case SlotKind::sub:
        case SlotKind::sub_k:
        case SlotKind::k_sub:
        case SlotKind::mul_sub:
        case SlotKind::sub_mul:
        case SlotKind::mulk_sub:
        case SlotKind::sub_mulk: return "sub";
        case SlotKind::mul:
        case SlotKind::mul_k: return "mul";
        case SlotKind::div:
        case SlotKind::div_k:
        case SlotKind::k_div: return "div";
        case SlotKind::neg: return "neg";
        case SlotKind::pow_k: return "pow";
        case SlotKind::blocked_clamp:
        case SlotKind::clamp_k: return "clamp";
        case SlotKind::fma: return "fma";
        case SlotKind::sum: return "sum";
        case SlotKind::mean: return "mean";
        case SlotKind::dot: return "dot";
        case SlotKind::logsumexp: return "logsumexp";
        case SlotKind::blocked:
        case SlotKind::unary: return static_cast<const OpEntry*>(s->entry)->doc.name;
        case SlotKind::binary: return reinterpret_cast<const OpEntry*>(s->in2)->doc.name;
        case SlotKind::foreign: return foreign_of(s).name();
        case SlotKind::dead:
        case SlotKind::more: break;
    }
    return "";
}

Slot* own_slot(const char* op, const Value& v, Site site) {
    Slot* s = v.slot(op, site);
    if (segment_of(s)->tape != tape_top.tape) refuse_thread(op, site);
    return s;
}

} // namespace

ValueNode::ValueNode(const Value& v, Site site) : ValueNode(ValuePlace{own_slot("ValueNode", v, site)}) {}
ValueNode::ValueNode(const ValuePlace& place) : owner_(handle(place.slot)), part_(place.part) {}
ValuePlace detail::place_of(const ValueNode& n) { return {n.owner_.slot(), n.part_}; }
ValueNode detail::node_at(const ValuePlace& place) { return ValueNode(place); }
Slot* detail::slot_of(const ValueNode& n) { return place_of(n).slot; }

const char* detail::op_at(const ValuePlace& place) {
    if (place.part == Part::constant) return "constant";
    return place.part == Part::product ? "mul" : name_of_slot(place.slot);
}
std::string ValueNode::op() const { return op_at(place_of(*this)); }
std::string ValueNode::label() const { return part_ == Part::whole ? owner_.label() : std::string(); }

double ValueNode::value() const {
    const Slot* s = owner_.slot();
    if (part_ == Part::whole) return s->data;
    if (part_ == Part::constant) return s->k;
    return s->in0->data * (has_constant(s->kind) ? s->k : s->in1->data);
}
double ValueNode::grad() const {
    if (!has_grad()) return 0;
    const SlotKind kind = owner_.slot()->kind;
    const bool subtracted = part_ == Part::product && (kind == SlotKind::sub_mul || kind == SlotKind::sub_mulk);
    return subtracted ? 0.0 - owner_.grad() : owner_.grad();
}
bool ValueNode::has_grad() const {
    if (part_ == Part::constant) return false;
    // A gradient of 0 is not passed on, and to the product it would have to be.
    return owner_.has_grad() && (part_ == Part::whole || owner_.grad() != 0);
}
Site ValueNode::site() const { return part_ == Part::whole ? Tape::of(owner_.slot()).site(owner_.slot()) : Site{}; }

namespace {

// In the order of the user's text.
template <class F>
void each_input(const ValuePlace& place, F&& f) {
    Slot* s = place.slot;
    if (place.part == Part::constant) return;
    const auto two = [&](const ValuePlace& a, const ValuePlace& b, std::uint8_t exchanged) {
        const bool second_first = (s->flags & exchanged) != 0;
        f(second_first ? b : a), f(second_first ? a : b);
    };
    const auto whole = [&](Slot* x) { f(ValuePlace{x}); };
    if (is_fused(s->kind) && place.part == Part::whole) two({s->in2}, {s, Part::product}, product_first);
    else if (has_constant(s->kind)) two({s->in0}, {s, Part::constant}, constant_first);
    else if (place.part == Part::product) two({s->in0}, {s->in1}, 0);
    else if (s->kind == SlotKind::foreign) std::ranges::for_each(foreign_of(s).origins(), whole);
    else for_each_input(s, whole);
}

// By one forward pass in as many directions as there are inputs.
std::vector<double> slopes_of_foreign(const Slot* s) {
    if (!has_role(s, ForeignSlot::Role::operation)) {
        fail<GraphError>("slopes: '{}' is an element of a tensor\n  expected an operation on Values", name_of_slot(s));
    }
    const std::size_t n = foreign_of(s).inputs().size();
    std::vector<double> unit(n * n, 0.0), slopes(n, 0.0);
    std::vector<const double*> tangents;
    for (std::size_t i = 0; i < n; ++i) {
        unit[i * n + i] = 1;
        tangents.push_back(unit.data() + i * n);
    }
    operation_of(s).tangent(*s, tangents, slopes.data(), n);
    return slopes;
}

} // namespace

std::vector<ValueNode> ValueNode::inputs() const {
    std::vector<ValueNode> in;
    each_input(place_of(*this), [&](const ValuePlace& x) { in.push_back(node_at(x)); });
    return in;
}
void detail::read_inputs(const ValuePlace& place, std::vector<ValuePlace>& to) {
    to.clear();
    each_input(place, [&](const ValuePlace& x) { to.push_back(x); });
}

std::vector<double> ValueNode::slopes() const {
    std::vector<double> slopes;
    read_slopes(place_of(*this), slopes);
    return slopes;
}
void detail::read_slopes(const ValuePlace& place, std::vector<double>& to) {
    const Slot* s = place.slot;
    const auto two = [&](double a, double b, std::uint8_t exchanged) {
        to = {a, b};
        if ((s->flags & exchanged) != 0) std::swap(to[0], to[1]);
    };
    to.clear();
    if (place.part == Part::constant || s->kind == SlotKind::leaf) return;
    if (place.part == Part::product) {
        if (has_constant(s->kind)) return two(s->k, 0, constant_first);
        return two(s->in1->data, s->in0->data, 0);
    }
    if (s->kind == SlotKind::foreign) {
        to = slopes_of_foreign(s);
        return;
    }
    if (is_fused(s->kind)) {
        const bool subtracted = s->kind == SlotKind::sub_mul || s->kind == SlotKind::sub_mulk;
        const bool subtracts = s->kind == SlotKind::mul_sub || s->kind == SlotKind::mulk_sub;
        return two(subtracts ? -1.0 : 1.0, subtracted ? -1.0 : 1.0, product_first);
    }
    slopes_of(s, to);
    if (has_constant(s->kind)) to.insert((s->flags & constant_first) != 0 ? to.begin() : to.end(), 0.0);
}

bool ValueNode::is_blocked() const {
    const SlotKind kind = owner_.slot()->kind;
    return part_ == Part::whole && (kind == SlotKind::blocked || kind == SlotKind::blocked_clamp);
}

namespace {

// From the ids of nodes to their numbers: open addressing, as a walk asks once for every edge.
class NodeNumbers {
public:
    explicit NodeNumbers(std::size_t expected) { resize(std::bit_ceil(2 * expected + 16)); }
    /// The number of that id: the one given, if it was not there.
    std::size_t insert(std::uintptr_t id, std::size_t number) {
        if (2 * ++count_ > entries_.size()) resize(2 * entries_.size());
        Entry& e = at(id);
        if (e.id != 0) --count_;
        else e = {id, number};
        return e.number;
    }
    std::size_t operator[](std::uintptr_t id) { return at(id).number; }

private:
    struct Entry {
        std::uintptr_t id = 0; // of no node
        std::size_t number = 0;
    };
    Entry& at(std::uintptr_t id) {
        std::size_t i = id * 0x9E3779B97F4A7C15u >> shift_;
        while (entries_[i].id != 0 && entries_[i].id != id) i = (i + 1) & (entries_.size() - 1);
        return entries_[i];
    }
    void resize(std::size_t size) {
        std::vector<Entry> old(size);
        old.swap(entries_);
        shift_ = static_cast<unsigned>(64 - std::countr_zero(size));
        for (const Entry& e : old) {
            if (e.id != 0) at(e.id) = e;
        }
    }

    std::vector<Entry> entries_;
    std::size_t count_ = 0;
    unsigned shift_ = 0;
};

// The parts of a slot have ids beside each other.
std::uintptr_t id_of(const ValuePlace& place) {
    return reinterpret_cast<std::uintptr_t>(place.slot) + static_cast<std::uintptr_t>(place.part);
}
std::uint64_t age_of(const ValuePlace& place) { // leaves, then the order of the tape
    const std::uint64_t at = place.slot->kind == SlotKind::leaf ? 0 : sequence(place.slot) + std::uint64_t{1};
    return at << 2 | static_cast<std::uint64_t>(place.part);
}

std::vector<ValueNode> sorted(const std::vector<ValuePlace>& found) {
    std::vector<std::pair<std::uint64_t, std::size_t>> order; // of one age as they were found
    order.reserve(found.size());
    for (const ValuePlace& place : found) order.emplace_back(age_of(place), order.size());
    std::sort(order.begin(), order.end());
    std::vector<ValueNode> nodes;
    nodes.reserve(found.size());
    for (const auto& [age, i] : order) nodes.push_back(node_at(found[i]));
    return nodes;
}

// Everything behind y that is reached through nodes which `follow` accepts, old to young.
template <class F>
std::vector<ValueNode> nodes_behind(const Value& y, Site site, F follow) {
    std::vector<ValuePlace> found{{own_slot("ValueNode", y, site)}};
    NodeNumbers seen(64);
    seen.insert(id_of(found[0]), 0);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const ValuePlace from = found[i]; // it moves as the list grows
        each_input(from, [&](const ValuePlace& x) {
            if (follow(x) && seen.insert(id_of(x), found.size()) == found.size()) found.push_back(x);
        });
    }
    return sorted(found);
}

void add_differences(const Slot* s, const ValueNotes& notes, std::span<ValueNotes::Input> inputs) {
    constexpr double step = 1e-3;
    const auto* f = dynamic_cast<const NumericFunction*>(&foreign_of(s));
    if (!f) return;
    std::vector<double> x;
    for (const ValueNotes::Input& in : inputs) x.push_back(notes.nodes[in.from].value);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double here = x[i], slope = inputs[i].slope, within = 1e-8 + 1e-7 * std::abs(slope);
        const auto moved = [&](double to) {
            std::vector<double> at = x;
            at[i] = to;
            try {
                return f->value_at(at.data());
            } catch (const std::exception&) { // it may refuse what lies beside its domain
                return std::nan("");
            }
        };
        inputs[i].difference = difference_beside(moved, here, slope, step, within,
                                                 [&](double a, double b) { return std::abs(a - b) <= within; });
    }
}

} // namespace

std::uintptr_t ValueNode::id() const { return id_of(place_of(*this)); }
std::uint64_t detail::age_of(const ValueNode& n) { return xg::age_of(place_of(n)); }

std::vector<ValueNode> graph_of(const Value& y, Site site) {
    return nodes_behind(y, site, [](const ValuePlace&) { return true; });
}
ValueNotes notes_of(const std::vector<ValueNode>& graph) {
    ValueNotes notes;
    notes.nodes.reserve(graph.size());
    NodeNumbers numbers(graph.size());
    std::vector<double> slopes;
    for (const ValueNode& n : graph) {
        const ValuePlace place = place_of(n);
        numbers.insert(id_of(place), notes.nodes.size());
        ValueNotes::Node& note = notes.nodes.emplace_back();
        note.op = n.op(), note.label = n.label(), note.value = n.value();
        note.site = n.site(), note.blocked = n.is_blocked();
        note.first = notes.inputs.size();
        each_input(place, [&](const ValuePlace& x) { notes.inputs.push_back({.from = numbers[id_of(x)]}); });
        note.inputs = notes.inputs.size() - note.first;
        if (note.op == "value_at") slopes.assign(note.inputs, std::numeric_limits<double>::quiet_NaN());
        else read_slopes(place, slopes);
        for (std::size_t i = 0; i < note.inputs; ++i) notes.inputs[note.first + i].slope = slopes[i];
        if (place.slot->kind == SlotKind::foreign)
            add_differences(place.slot, notes, std::span(notes.inputs).subspan(note.first));
    }
    return notes;
}

void require_current(const char* operation, const Value& y, Site site) {
    check_tape(operation, own_slot(operation, y, site), /*everything=*/true, site);
}

TraceLines::TraceLines() {
    Tape& tape = Tape::mine();
    ++tape.tracing;
    tape.choose_way();
}
TraceLines::~TraceLines() {
    Tape& tape = Tape::mine();
    --tape.tracing;
    tape.choose_way();
}

// Where a NaN comes from ----------------------------------------------------------------------------------------------

namespace {

bool is_made_nan(const ValueNode& n) { return n.op() != "constant" && std::isnan(n.value()); }

std::string describe(const ValueNode& n, const std::vector<ValueNode>& inputs) {
    const auto name = [](const ValueNode& of) {
        const std::string label = of.label(), op = of.op();
        if (op == "constant") return std::string();
        return label.empty() ? op + " " : label + " ";
    };
    std::string text;
    for (const ValueNode& in : inputs)
        text += fmt::format("{}{}{:.6g}", text.empty() ? "" : ", ", name(in), in.value());
    text = inputs.empty() ? fmt::format("{}is nan", name(n)) : fmt::format("{}made nan of {}", name(n), text);
    if (const Site at = n.site()) text += fmt::format("\n  at {}:{}", at.file, at.line);
    return text;
}

} // namespace

std::string nan_origin(const Value& y, Site site) {
    if (!std::isnan(y.value(site))) return {};
    // Not through numbers: a NaN behind one has been forgiven.
    for (const ValueNode& n : nodes_behind(y, site, [](const ValuePlace& x) { return is_made_nan(node_at(x)); })) {
        const std::vector<ValueNode> inputs = n.inputs();
        if (std::none_of(inputs.begin(), inputs.end(), is_made_nan)) return describe(n, inputs);
    }
    return {};
}

} // namespace xg
