#include <autograd/engine/mixed_pass.hpp>

#include <algorithm>
#include <unordered_set>

#include <autograd/engine/bridge.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::detail {

// What a backward reaches -----------------------------------------------------------------------------------------------

namespace {
struct Older {
    bool operator()(const Node* a, const Node* b) const { return a->stamp < b->stamp; }
};
} // namespace

// The descent of a backward that delivers marks instead of numbers.
class Reach {
public:
    explicit Reach(Slot* root = nullptr) : root_(root) {}
    void add(Node* node) {
        if (!node || !node->op || !seen_.insert(node).second) return;
        waiting_.push_back(node);
        std::push_heap(waiting_.begin(), waiting_.end(), Older());
    }
    void mark(Slot* youngest, std::uint32_t oldest) {
        if (root_) root_->flags |= marked;
        Descent down(youngest, oldest);
        while (Slot* s = down.next()) {
            if (is_stack(s) && leads_to(*s)) s->flags |= marked;
            if ((s->flags & marked) == 0) continue;
            if (is_element(s)) add(element_of(s).node());
            for_each_input(s, [](Slot* in) {
                if (in->kind != SlotKind::leaf) in->flags |= marked;
            });
        }
    }

private:
    bool leads_to(const Slot& s) {
        const StackSlot& stack = stack_of(&s);
        while (!waiting_.empty() && waiting_.front()->stamp >= stack.stamp) {
            std::pop_heap(waiting_.begin(), waiting_.end(), Older());
            const Node* node = waiting_.back();
            waiting_.pop_back();
            for (const Edge& edge : node->edges) add(edge.node);
        }
        return s.handles > 0 && seen_.contains(stack.node);
    }
    Slot* root_;
    std::vector<Node*> waiting_;
    std::unordered_set<const Node*> seen_;
};

void mark_reached(Slot* root) { Reach(root).mark(root, root->window); }

void unmark_range(Slot* youngest, std::uint32_t oldest) noexcept {
    Descent down(youngest, oldest);
    while (Slot* s = down.next()) s->flags = static_cast<std::uint8_t>(s->flags & ~marked);
}

// The pass --------------------------------------------------------------------------------------------------------------

void MixedPass::begin(Slot* youngest, std::uint32_t oldest, Reach& reach) {
    Tape& tape = *tape_top.tape;
    const bool covered = tape.covered > oldest, changed = tape.may_be_outdated(youngest);
    if (covered || changed) {
        reach.mark(youngest, oldest);
        try {
            if (changed)
                check_inputs("backward", youngest, oldest, /*everything=*/false, /*only_marked=*/true, tensors_.site());
        } catch (...) {
            unmark_range(youngest, oldest);
            throw;
        }
    }
    only_marked_ = covered || changed;
    youngest_ = youngest;
    oldest_ = oldest;
    tape_ = &tape;
    ++tape.pinned;
    Descent down(youngest, oldest);
    while (Slot* s = down.next()) {
        if (only_marked_ && (s->flags & marked) == 0) continue;
        if (covered) s->grad = nothing_arrived;
        for_each_input(s, [&](Slot* in) {
            if (in->kind == SlotKind::leaf) before_.emplace_back(in, in->grad);
        });
    }
    tape.covered = std::max(tape.covered, sequence(youngest) + 1);
}

MixedPass::~MixedPass() {
    if (!tape_) return;
    --tape_->pinned;
    if (only_marked_) unmark_range(youngest_, oldest_);
    if (kept_) return;
    for (const auto& [leaf, g] : before_) leaf->grad = g;
}

void MixedPass::run_from(Slot* root, double seed) {
    Reach reach(root);
    begin(root, root->window, reach);
    root->grad = seed + 0.0;
    descend();
    tensors_.run_down_to(0);
}

void MixedPass::receive(const Node& stacked, const Tensor& cotangent) {
    Slot* s = slot_of_stacked("backward", stacked, tensors_.site());
    const bool first = !tape_;
    if (first) {
        Reach reach;
        reach.add(const_cast<Node*>(&stacked));
        for (Node* node : tensors_.pending()) reach.add(node);
        begin(s, tape_top.tape->oldest_stack(), reach);
    }
    const std::vector<double> g = cotangent.to_vector();
    auto at = g.begin();
    for (Slot* value : stack_of(s).inputs()) add_to(value, *at++);
    if (first) descend();
}

void MixedPass::descend() {
    Descent down(youngest_, oldest_);
    while (Slot* s = down.next()) {
        if (only_marked_ && (s->flags & marked) == 0) continue;
        if (s->kind == SlotKind::foreign) visit(s);
        else if (s->grad != 0) step_back(s, s->grad);
    }
}

void MixedPass::visit(Slot* s) {
    switch (foreign_of(s).role()) {
        case ForeignSlot::Role::operation:
            if (s->grad != 0) operation_of(s).backward(*s);
            return;
        case ForeignSlot::Role::stack: tensors_.run_down_to(stack_of(s).stamp); return;
        case ForeignSlot::Role::element: break;
    }
    if (s->grad == 0) return;
    if (open_levels() > 0) {
        const CallSite here(tensors_.site());
        fail<StateError>(
            "backward: it cannot run inside a transform, where gradients of tensors have no meaning\n"
            "  expected grad(y, xs) of Values there, which returns the gradients");
    }
    tensors_.deliver_number(element_of(s).node(), element_of(s).at(), s->grad);
}

} // namespace xg::detail
