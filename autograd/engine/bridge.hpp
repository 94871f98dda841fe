#pragma once
#include <vector>

#include <autograd/engine/node.hpp>
#include <autograd/engine/tape.hpp>

// Where the tape of Values and the graph of tensors meet. An element of a tensor is a slot that holds the tensor's node;
// a tensor that was stacked from Values is a node that holds a slot, and that knows the Values. Both are made in creation
// order, and whatever reads a stacked tensor is younger than its slot. So one descent of the tape is a descent of both
// graphs: at the slot of a stacked tensor, the pass over tensors runs down to the tensor's stamp, and what has arrived
// there goes on to the Values, which are older. docs/design/scalar-tape.md.
namespace xg::detail {

class ElementSlot final : public ForeignSlot {
public:
    ElementSlot(Node* node, Index at) : ForeignSlot(Role::element), node_(keep(node)), at_(at) {}
    ~ElementSlot() override { drop(node_); }
    ElementSlot(const ElementSlot&) = delete;
    ElementSlot& operator=(const ElementSlot&) = delete;

    Node* node() const { return node_; }
    Index at() const { return at_; } ///< row-major position
    const char* name() const override { return "value_at"; }
    const std::vector<Slot*>& inputs() const override;
    std::vector<Slot*> origins() const override;
    std::uint32_t window(const Tape& tape) const override;

private:
    Node* node_;
    Index at_;
};

class StackSlot final : public ForeignSlot {
public:
    explicit StackSlot(std::vector<Slot*> values) : ForeignSlot(Role::stack), values_(std::move(values)) {}
    const char* name() const override { return "stack"; }
    const std::vector<Slot*>& inputs() const override { return values_; }

    /// Of the stacked tensor, which lives while the slot has a handle.
    const Node* node = nullptr;
    std::uint64_t stamp = 0;
    std::vector<double> tangents; ///< of the values, while tangents are computed

private:
    std::vector<Slot*> values_;
};

inline bool is_element(const Slot* s) { return has_role(s, ForeignSlot::Role::element); }
inline bool is_stack(const Slot* s) { return has_role(s, ForeignSlot::Role::stack); }
inline ElementSlot& element_of(const Slot* s) { return static_cast<ElementSlot&>(foreign_of(s)); }
inline StackSlot& stack_of(const Slot* s) { return static_cast<StackSlot&>(foreign_of(s)); }

extern const OpEntry stacked_values;
inline bool is_stacked(const Node& node) { return node.op == &stacked_values; }
/// The slot of a stacked tensor. GraphError, naming `op`, if it is not on this thread's tape.
Slot* slot_of_stacked(const char* op, const Node& node, Site site);

/// One number of a tensor of level 0, by its row-major position.
Value element(const Tensor& t, Index at, Site site);

} // namespace xg::detail
