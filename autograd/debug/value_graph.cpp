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

ValueNode::ValueNode(const Value& v, Site site) : owner_(handle(own_slot("ValueNode", v, site))) {}
ValueNode::ValueNode(Slot* s, Part part) : owner_(handle(s)), part_(part) {}

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

template <class F>
void ValueNode::each_input(Slot* s, Part part, F&& f) {
    if (part == Part::constant) return;
    const auto two = [&](Slot* a, Part of_a, Slot* b, Part of_b, std::uint8_t exchanged) {
        const bool second_first = (s->flags & exchanged) != 0;
        if (second_first) f(b, of_b);
        f(a, of_a);
        if (!second_first) f(b, of_b);
    };
    const auto whole = [&](Slot* x) { f(x, Part::whole); };
    if (is_fused(s->kind) && part == Part::whole) two(s->in2, Part::whole, s, Part::product, product_first);
    else if (has_constant(s->kind)) two(s->in0, Part::whole, s, Part::constant, constant_first);
    else if (part == Part::product) two(s->in0, Part::whole, s->in1, Part::whole, 0);
    else if (s->kind == SlotKind::foreign) std::ranges::for_each(foreign_of(s).origins(), whole);
    else for_each_input(s, whole);
}

std::vector<ValueNode> ValueNode::inputs() const {
    std::vector<ValueNode> in;
    each_input(owner_.slot(), part_, [&](Slot* s, Part part) { in.push_back(ValueNode(s, part)); });
    return in;
}

namespace {

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

std::vector<double> ValueNode::slopes() const {
    std::vector<double> slopes;
    slopes_into(slopes);
    return slopes;
}

void ValueNode::slopes_into(std::vector<double>& to) const {
    const Slot* s = owner_.slot();
    const auto two = [&](double a, double b, std::uint8_t exchanged) {
        to = {a, b};
        if ((s->flags & exchanged) != 0) std::swap(to[0], to[1]);
    };
    to.clear();
    if (part_ == Part::constant || s->kind == SlotKind::leaf) return;
    if (part_ == Part::product) {
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

} // namespace

struct detail::GraphWalk {
    using Part = ValueNode::Part;
    struct Place {
        Slot* slot;
        Part part;
    };

    // Everything behind y that is reached through nodes which `follow` accepts, old to young.
    template <class F>
    static std::vector<ValueNode> nodes(const Value& y, Site site, F follow) {
        std::vector<Place> found{{own_slot("ValueNode", y, site), Part::whole}};
        NodeNumbers seen(64);
        seen.insert(id(found[0].slot, found[0].part), 0);
        for (std::size_t i = 0; i < found.size(); ++i) {
            ValueNode::each_input(found[i].slot, found[i].part, [&](Slot* s, Part part) {
                if (follow(s, part) && seen.insert(id(s, part), found.size()) == found.size())
                    found.push_back({s, part});
            });
        }
        return sorted(found);
    }
    static std::vector<ValueNode> sorted(const std::vector<Place>& found) {
        std::vector<std::pair<std::uint64_t, std::size_t>> order; // of one age as they were found
        order.reserve(found.size());
        for (const Place& p : found) order.emplace_back(age(p.slot, p.part), order.size());
        std::sort(order.begin(), order.end());
        std::vector<ValueNode> nodes;
        nodes.reserve(found.size());
        for (const auto& [age, i] : order) nodes.push_back(ValueNode(found[i].slot, found[i].part));
        return nodes;
    }

    // The parts of a slot have ids beside each other.
    static std::uintptr_t id(const Slot* s, Part part) {
        return reinterpret_cast<std::uintptr_t>(s) + static_cast<std::uintptr_t>(part);
    }
    static std::uint64_t age(const Slot* s, Part part) { // leaves, then the order of the tape
        const std::uint64_t at = s->kind == SlotKind::leaf ? 0 : sequence(s) + std::uint64_t{1};
        return at << 2 | static_cast<std::uint64_t>(part);
    }
    static bool is_made_nan(Slot* s, Part part) {
        return part != Part::constant && std::isnan(ValueNode(s, part).value());
    }

    static ValuePlace place(const ValueNode& n) { return {slot(n), static_cast<int>(n.part_)}; }
    static ValueNode node(ValuePlace at) { return ValueNode(at.slot, static_cast<Part>(at.part)); }
    static const char* op(ValuePlace at) {
        if (static_cast<Part>(at.part) == Part::constant) return "constant";
        return static_cast<Part>(at.part) == Part::product ? "mul" : name_of_slot(at.slot);
    }
    static void inputs(ValuePlace at, std::vector<ValuePlace>& to) {
        to.clear();
        ValueNode::each_input(at.slot, static_cast<Part>(at.part), [&](Slot* s, Part part) {
            to.push_back({s, static_cast<int>(part)});
        });
    }
    static void slopes(ValuePlace at, std::vector<double>& to) { node(at).slopes_into(to); }

    static Slot* slot(const ValueNode& n) { return n.owner_.slot(); }
    static std::uint64_t age(const ValueNode& n) { return age(slot(n), n.part_); }

    static void add_differences(const Slot* s, const ValueNotes& notes, std::span<ValueNotes::Input> inputs) {
        const auto* f = dynamic_cast<const NumericFunction*>(&foreign_of(s));
        if (!f) return;
        std::vector<double> x;
        for (const ValueNotes::Input& in : inputs) x.push_back(notes.nodes[in.from].value);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double here = x[i], slope = inputs[i].slope, within = 1e-8 + 1e-7 * std::abs(slope);
            const auto moved = [&](double to) {
                x[i] = to;
                const double y = f->value_at(x.data());
                x[i] = here;
                return y;
            };
            inputs[i].difference = difference_beside(moved, here, slope, within,
                                                     [&](double a, double b) { return std::abs(a - b) <= within; });
        }
    }

    static ValueNotes notes(const std::vector<ValueNode>& graph) {
        ValueNotes notes;
        notes.nodes.reserve(graph.size());
        NodeNumbers numbers(graph.size());
        std::vector<double> slopes;
        for (const ValueNode& n : graph) {
            numbers.insert(n.id(), notes.nodes.size());
            ValueNotes::Node& note = notes.nodes.emplace_back();
            note.op = n.op(), note.label = n.label(), note.value = n.value();
            note.site = n.site(), note.blocked = n.is_blocked();
            note.first = notes.inputs.size();
            const auto add = [&](Slot* s, Part part) { notes.inputs.push_back({.from = numbers[id(s, part)]}); };
            ValueNode::each_input(slot(n), n.part_, add);
            note.inputs = notes.inputs.size() - note.first;
            if (note.op == "value_at") slopes.assign(note.inputs, std::numeric_limits<double>::quiet_NaN());
            else n.slopes_into(slopes);
            for (std::size_t i = 0; i < note.inputs; ++i) notes.inputs[note.first + i].slope = slopes[i];
            if (slot(n)->kind == SlotKind::foreign)
                add_differences(slot(n), notes, std::span(notes.inputs).subspan(note.first));
        }
        return notes;
    }
};

ValuePlace detail::place_of(const ValueNode& n) { return GraphWalk::place(n); }
ValueNode detail::node_at(ValuePlace place) { return GraphWalk::node(place); }
const char* detail::op_at(ValuePlace place) { return GraphWalk::op(place); }
void detail::read_inputs(ValuePlace place, std::vector<ValuePlace>& to) { GraphWalk::inputs(place, to); }
void detail::read_slopes(ValuePlace place, std::vector<double>& to) { GraphWalk::slopes(place, to); }

std::uintptr_t ValueNode::id() const { return GraphWalk::id(owner_.slot(), part_); }

Slot* detail::slot_of(const ValueNode& n) { return GraphWalk::slot(n); }
std::uint64_t detail::age_of(const ValueNode& n) { return GraphWalk::age(n); }

std::vector<ValueNode> graph_of(const Value& y, Site site) {
    return GraphWalk::nodes(y, site, [](Slot*, auto) { return true; });
}
ValueNotes notes_of(const std::vector<ValueNode>& graph) { return GraphWalk::notes(graph); }

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
    for (const ValueNode& n : GraphWalk::nodes(y, site, GraphWalk::is_made_nan)) {
        const std::vector<ValueNode> inputs = n.inputs();
        if (std::none_of(inputs.begin(), inputs.end(), is_made_nan)) return describe(n, inputs);
    }
    return {};
}

} // namespace xg
