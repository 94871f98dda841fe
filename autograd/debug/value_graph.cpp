#include <autograd/debug/value_graph.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_set>

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

std::string ValueNode::op() const {
    if (part_ == Part::constant) return "constant";
    return part_ == Part::product ? "mul" : name_of_slot(owner_.slot());
}
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

std::vector<ValueNode> ValueNode::inputs() const {
    std::vector<ValueNode> in;
    Slot* s = owner_.slot();
    if (part_ == Part::constant) return in;
    const auto two = [&](ValueNode a, ValueNode b, std::uint8_t exchanged) {
        in.push_back(std::move(a));
        in.insert((s->flags & exchanged) != 0 ? in.begin() : in.end(), std::move(b));
    };
    if (is_fused(s->kind) && part_ == Part::whole) {
        two(ValueNode(s->in2, Part::whole), ValueNode(s, Part::product), product_first);
    } else if (has_constant(s->kind)) {
        two(ValueNode(s->in0, Part::whole), ValueNode(s, Part::constant), constant_first);
    } else if (part_ == Part::product) {
        two(ValueNode(s->in0, Part::whole), ValueNode(s->in1, Part::whole), 0);
    } else if (s->kind == SlotKind::foreign) {
        for (Slot* x : foreign_of(s).origins()) in.push_back(ValueNode(x, Part::whole));
    } else {
        for_each_input(s, [&](Slot* x) { in.push_back(ValueNode(x, Part::whole)); });
    }
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
    const Slot* s = owner_.slot();
    if (part_ == Part::constant || s->kind == SlotKind::leaf) return slopes;
    if (part_ == Part::product) {
        if (has_constant(s->kind))
            return (s->flags & constant_first) != 0 ? std::vector{0.0, s->k} : std::vector{s->k, 0.0};
        return {s->in1->data, s->in0->data};
    }
    if (s->kind == SlotKind::foreign) return slopes_of_foreign(s);
    if (is_fused(s->kind)) {
        const bool subtracted = s->kind == SlotKind::sub_mul || s->kind == SlotKind::sub_mulk;
        const bool subtracts = s->kind == SlotKind::mul_sub || s->kind == SlotKind::mulk_sub;
        slopes = {subtracts ? -1.0 : 1.0, subtracted ? -1.0 : 1.0};
        if ((s->flags & product_first) != 0) std::swap(slopes[0], slopes[1]);
        return slopes;
    }
    slopes_of(s, slopes);
    if (has_constant(s->kind)) slopes.insert((s->flags & constant_first) != 0 ? slopes.begin() : slopes.end(), 0.0);
    return slopes;
}

bool ValueNode::is_blocked() const {
    const SlotKind kind = owner_.slot()->kind;
    return part_ == Part::whole && (kind == SlotKind::blocked || kind == SlotKind::blocked_clamp);
}

std::uintptr_t ValueNode::id() const {
    return reinterpret_cast<std::uintptr_t>(owner_.slot()) + static_cast<std::uintptr_t>(part_);
}

struct detail::GraphWalk {
    // Everything behind y that is reached through nodes which `follow` accepts, old to young.
    template <class F>
    static std::vector<ValueNode> nodes(const Value& y, Site site, F follow) {
        std::vector<ValueNode> found{ValueNode(y, site)};
        std::unordered_set<std::uintptr_t> seen{found[0].id()};
        for (std::size_t i = 0; i < found.size(); ++i) {
            for (ValueNode& in : found[i].inputs()) {
                if (follow(in) && seen.insert(in.id()).second) found.push_back(std::move(in));
            }
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const ValueNode& a, const ValueNode& b) { return age(a) < age(b); });
        return found;
    }

    static Slot* slot(const ValueNode& n) { return n.owner_.slot(); }
    static std::uint64_t age(const ValueNode& n) { // leaves, then the order of the tape
        const Slot* s = n.owner_.slot();
        const std::uint64_t at = s->kind == SlotKind::leaf ? 0 : sequence(s) + std::uint64_t{1};
        return at << 2 | static_cast<std::uint64_t>(n.part_);
    }
};

Slot* detail::slot_of(const ValueNode& n) { return GraphWalk::slot(n); }
std::uint64_t detail::age_of(const ValueNode& n) { return GraphWalk::age(n); }

std::vector<ValueNode> graph_of(const Value& y, Site site) {
    return GraphWalk::nodes(y, site, [](const ValueNode&) { return true; });
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
    for (const ValueNode& n : GraphWalk::nodes(y, site, is_made_nan)) {
        const std::vector<ValueNode> inputs = n.inputs();
        if (std::none_of(inputs.begin(), inputs.end(), is_made_nan)) return describe(n, inputs);
    }
    return {};
}

} // namespace xg
