#pragma once
#include <cstdint>
#include <vector>

#include <autograd/engine/node.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {

struct Older {
    bool operator()(const Node* a, const Node* b) const { return a->stamp < b->stamp; }
};

/// Whether nobody else can see the numbers of `g`, so that they may be written over.
inline bool exclusive(const Impl* g) {
    return g->level == 0 && g->rc.sole() && g->storage->rc.sole() && g->contiguous && !g->node && !g->storage->foreign;
}

inline void list(std::vector<Node*>& nodes, Node* node) {
    nodes.push_back(node); // may fail, and then nobody keeps it
    keep(node);
}

/// What the hooks of a node make of what has arrived there.
Tensor run_hooks(const Node* node, Tensor g);

/// What a pass over tensors hands to the tape of Values, at tensors that were stacked from them.
class TapeSide {
public:
    /// The cotangent of the stacked tensor is complete.
    virtual void receive(const Node& stacked, const Tensor& cotangent) = 0;
    /// Whether the Values lead to one that is wanted.
    virtual bool leads(const Node& /*stacked*/) { return true; }

protected:
    TapeSide() = default;
    ~TapeSide() = default;
    TapeSide(const TapeSide&) = delete;
    TapeSide& operator=(const TapeSide&) = delete;
};

/// A pass over the nodes of tensors in descending stamps: a node's stamp is larger than that of every ancestor, so when
/// its turn comes its cotangent is complete. The newest unfinished input runs next without passing through the heap;
/// leaves never enter it. What arrives at leaves waits in their slots and is added to their gradients when all has gone
/// well, so that an error on the way leaves every gradient as it was.
class Pass {
public:
    Pass(int level, BackwardOptions options, Site site)
        : site_(site),
          level_(level),
          retain_(options.retain_graph || options.create_graph),
          create_(options.create_graph) {}
    ~Pass() { clear_slots(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    void tape_side(TapeSide* side) { tape_side_ = side; }
    Site site() const { return site_; }
    bool records() const { return create_; }

    // Where only targets are wanted: they are named, what lies behind every root is explored, and then decided, old
    // before young, whether it leads to one. What lies aside is neither computed nor released.
    void target(const std::vector<Tensor>& targets);
    void explore(Node* root);
    void decide_up_to(std::uint64_t stamp);
    /// Explored tensors that were stacked from Values.
    const std::vector<Node*>& stacked() const { return stacked_; }
    static bool leads(const Node* node) { return node->way == Node::Way::leads; }

    void run(const Tensor& root, Tensor cotangent);
    /// Visits what has a cotangent and at least that stamp.
    void run_down_to(std::uint64_t stamp);
    void deliver(Node* to, Tensor g);
    /// Adds `g` to one number of a cotangent, by its row-major position. Not where the pass is recorded.
    void deliver_number(Node* to, Index at, double g);
    /// Nodes with a cotangent that wait for their turn.
    std::vector<Node*> pending() const;

    /// Everything that may fail of adding to the gradients of the leaves.
    void prepare_leaves();
    void commit_leaves() noexcept;
    Tensor arrived_at(const Tensor& target);

private:
    Node* next_node(std::uint64_t stamp);
    void visit(Node* node);
    void visit_profiled(Node* node);
    bool visit_elementwise(Node* node, Tensor& g, unsigned wanted);
    void finish(Node* node, Tensor& g, Tensor* grads, unsigned wanted);
    void leave_at_hub(Node* result, Tensor g);
    void recompute(Node* hub);
    void explore_and_decide(const std::vector<Tensor>& roots);
    void accumulate(Node* to, Tensor g);
    unsigned wanted_edges(const Node& node) const;
    void check(const Node& node) const;
    void check_slowly(const Node& node) const;
    Tensor saved_input(const Node& node, const Edge& edge) const;
    Tensor saved_output(Node& node) const;
    void release(Node& node) const;
    void meet(Node* node);
    bool decide(const Node& node) const;
    void clear_slots();

    const Site site_; // of the call of backward
    const int level_;
    const bool retain_, create_;
    bool targeted_ = false;
    bool names_lines_ = false; // an error in a visit names the line of the operation
    TapeSide* tape_side_ = nullptr;
    std::uint64_t oldest_ = 0; // of the targets
    std::size_t explored_ = 0, decided_ = 0;
    std::vector<Node*> heap_, leaves_, targets_, marked_, stacked_;
    std::vector<Tensor> totals_;                     // of the leaves
    std::vector<std::pair<Node*, Tensor>> retained_; // results whose gradients are kept, and those
    struct Waiting {                                 // at the hub of a checkpoint: the cotangent of one result
        Node* hub;
        std::size_t result;
        Tensor g;
    };
    std::vector<Waiting> waiting_;
    struct Recomputed { // keeps a graph alive until the pass is through it
        std::uint64_t begin;
        std::vector<Tensor> roots;
    };
    std::vector<Recomputed> recomputed_;
    Node* next_ = nullptr;
};

} // namespace xg
