#include <autograd/engine/tape_backward.hpp>

#include <bit>
#include <cmath>

#include <autograd/engine/mixed_pass.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/exact_slope.hpp>

// One descent of the window of the root. A slot whose gradient is 0 passes nothing on.
namespace xg::detail {
namespace {

inline void add_same(Slot* in, double g) { in->grad += g; } // of g itself, which is not 0

// The sum of products that reads: the exact slopes of an n-ary operation at its inputs.
void nary_backward(const Slot* s, double g) {
    std::uint64_t i = 0;
    switch (s->kind) {
        case SlotKind::sum: for_each_input(s, [&](Slot* in) { add_to(in, g); }); return;
        case SlotKind::mean:
            for_each_input(s, [&](Slot* in) { add_to(in, g / static_cast<double>(s->count)); });
            return;
        case SlotKind::logsumexp:
            // At y = -inf or inf the difference would be NaN where inputs equal the result.
            for_each_input(
                s, [&](Slot* in) { add_to(in, g * (in->data == s->data ? 1.0 : std::exp(in->data - s->data))); });
            return;
        default: break;
    }
    std::vector<Slot*> in; // dot: the first half times the second
    in.reserve(s->count);
    for_each_input(s, [&](Slot* x) { in.push_back(x); });
    const std::uint64_t half = s->count / 2;
    for (i = 0; i < half; ++i) {
        add_to(in[i], g * in[i + half]->data);
        add_to(in[i + half], g * in[i]->data);
    }
}

void binary_backward(const Slot* s, double g) {
    const auto& op = *reinterpret_cast<const OpEntry*>(s->in2);
    const double in[] = {s->in0->data, s->in1->data};
    const double first = op.partial(0, in, s->data), second = op.partial(1, in, s->data);
    add_to(s->in0, g * first);
    add_to(s->in1, g * second);
}

[[gnu::cold]] void subnormal_division(const Slot* s, double g) {
    const double a = s->in0->data, b = s->in1->data;
    add_to(s->in0, g / b);
    add_to(s->in1, g * quotient_slope(a, b, s->data));
}

inline void step(Slot* s, double g) {
    if (s->kind >= SlotKind::unary) return add_to(s->in0, g * s->p);
    switch (s->kind) {
        case SlotKind::add:
            add_same(s->in0, g);
            add_same(s->in1, g);
            return;
        case SlotKind::sub:
            add_same(s->in0, g);
            add_same(s->in1, -g);
            return;
        case SlotKind::mul: {
            const double a = s->in0->data, b = s->in1->data;
            add_to(s->in0, g * b);
            add_to(s->in1, g * a);
            return;
        }
        case SlotKind::div: {
            // 1 / in1 overflows for a subnormal in1, where g / in1 may not, and a subnormal quotient has few digits.
            if (!std::isnormal(s->data) || std::isinf(s->p)) return subnormal_division(s, g);
            const double slope = g * s->p;
            add_to(s->in0, slope);
            add_to(s->in1, -slope * s->data);
            return;
        }
        case SlotKind::fma:
        case SlotKind::mul_add:
        case SlotKind::mul_sub: {
            const double a = s->in0->data, b = s->in1->data;
            add_to(s->in0, g * b);
            add_to(s->in1, g * a);
            add_same(s->in2, s->kind == SlotKind::mul_sub ? -g : g);
            return;
        }
        case SlotKind::sub_mul: {
            const double a = s->in0->data, b = s->in1->data;
            add_to(s->in0, -g * b);
            add_to(s->in1, -g * a);
            add_same(s->in2, g);
            return;
        }
        case SlotKind::mulk_add:
        case SlotKind::mulk_sub:
            add_to(s->in0, g * s->k);
            add_same(s->in2, s->kind == SlotKind::mulk_sub ? -g : g);
            return;
        case SlotKind::sub_mulk:
            add_to(s->in0, -g * s->k);
            add_same(s->in2, g);
            return;
        case SlotKind::binary: binary_backward(s, g); return;
        case SlotKind::sum:
        case SlotKind::mean:
        case SlotKind::dot:
        case SlotKind::logsumexp: nary_backward(s, g); return;
        case SlotKind::blocked:
        case SlotKind::blocked_clamp: return;
        default: __builtin_unreachable(); // a leaf is never among the slots, and nothing arrives at the others
    }
}

/// Whether something other than 0 has arrived. By the bits: a comparison of numbers has NaN to think of.
inline bool has_arrived(double g) { return std::bit_cast<std::uint64_t>(g) << 1 != 0; }

// Where an earlier backward has left gradients, only what the root depends on may lose its own, and only that is visited.
void clear_reachable(Slot* root) {
    root->flags |= marked;
    Descent down(root, root->window);
    while (Slot* s = down.next()) {
        if ((s->flags & marked) == 0) continue;
        s->grad = nothing_arrived;
        for_each_input(s, [](Slot* in) {
            if (in->kind != SlotKind::leaf) in->flags |= marked;
        });
    }
}

// Where this loop stands in a cache line is worth several percent.
[[gnu::noinline, gnu::aligned(64)]] void descend(Slot* root) {
    Descent down(root, root->window);
    while (Slot* s = down.next()) {
        const double g = s->grad;
        if (has_arrived(g)) step(s, g);
    }
}
[[gnu::noinline]] void descend_marked(Slot* root) {
    Descent down(root, root->window);
    while (Slot* s = down.next()) {
        if ((s->flags & marked) == 0) continue;
        s->flags = static_cast<std::uint8_t>(s->flags & ~marked);
        const double g = s->grad;
        if (has_arrived(g)) step(s, g);
    }
}

bool reads_inputs(const Slot* s) {
    switch (s->kind) {
        case SlotKind::mul:
        case SlotKind::mul_add:
        case SlotKind::mul_sub:
        case SlotKind::sub_mul:
        case SlotKind::fma:
        case SlotKind::binary:
        case SlotKind::dot:
        case SlotKind::logsumexp: return true;
        case SlotKind::foreign: return foreign_of(s).role() == ForeignSlot::Role::operation;
        default: return false;
    }
}

} // namespace

void step_back(Slot* s, double g) { step(s, g); }

void check_inputs(const char* op, Slot* youngest, std::uint32_t oldest, bool everything, bool only_marked, Site site) {
    const Tape& tape = *tape_top.tape;
    Descent down(youngest, oldest);
    while (Slot* s = down.next()) {
        if ((only_marked && (s->flags & marked) == 0) || (!everything && !reads_inputs(s))) continue;
        bool changed = (s->flags & outdated) != 0;
        std::string name;
        for_each_input(s, [&](Slot* in) {
            if (!tape.is_outdated(s, in)) return;
            changed = true;
            if (const std::string label = tape.label(in); !label.empty()) name = fmt::format(" '{}'", label);
        });
        if (!changed) continue;
        const CallSite here(site);
        fail<GraphError>(
            "{}: a leaf{} was given another value after an operation had read it\n"
            "  expected set_value after the last backward of a graph, or the graph recorded anew",
            op, name);
    }
}

void check_tape(const char* op, Slot* root, bool everything, Site site) {
    if (segment_of(root)->tape != tape_top.tape) refuse_thread(op, site);
    const Tape& tape = *tape_top.tape;
    if (root->kind == SlotKind::leaf || !tape.may_be_outdated(root)) return;
    if (!tape.has_stacks()) return check_inputs(op, root, root->window, everything, /*only_marked=*/false, site);
    // The window may hold graphs of tensors that live on.
    struct Marks {
        Slot* root;
        explicit Marks(Slot* r) : root(r) { mark_reached(root); }
        ~Marks() { unmark_range(root, root->window); }
    } const marks(root);
    check_inputs(op, root, root->window, everything, /*only_marked=*/true, site);
}

namespace {

void pure_backward(Slot* root, double seed, Site site) {
    const Span span(ProfilePhase::backward, "backward of Values", site);
    check_tape("backward", root, /*everything=*/false, site);
    Tape& tape = *tape_top.tape;
    const bool covered = tape.covered > root->window;
    if (covered) clear_reachable(root);
    tape.covered = std::max(tape.covered, sequence(root) + 1);
    root->grad = seed + 0.0;
    covered ? descend_marked(root) : descend(root);
}

void mixed_backward(Slot* root, double seed, BackwardOptions options, Site site) {
    const Span span(ProfilePhase::backward, "backward of Values and tensors", site, Span::Kind::pass);
    Pass tensors(/*level=*/0, options, site);
    MixedPass tape(tensors);
    tape.run_from(root, seed);
    tensors.prepare_leaves();
    tape.keep();
    tensors.commit_leaves();
}

} // namespace

void tape_backward(Slot* root, double seed, BackwardOptions options, Site site) {
    if (segment_of(root)->tape != tape_top.tape) refuse_thread("backward", site);
    if (root->kind == SlotKind::leaf) return add_to(root, seed);
    if (tape_top.tape->has_foreign()) mixed_backward(root, seed, options, site);
    else pure_backward(root, seed, site);
}

} // namespace xg::detail
