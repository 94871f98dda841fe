#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <autograd/dtype.hpp>
#include <autograd/shape.hpp>
#include <autograd/single_threaded_internal.hpp>
#include <autograd/site.hpp>
#include <autograd/tensor.hpp>

// What a Tensor handle points to. A result lives in one recycled block of 384 bytes: its Impl (shape and where the
// numbers are), its Node (who made it) and, if it is small, its numbers. The three die at different times: the numbers
// go with the last handle, the node stays while the graph needs it, the block goes when all three are dead.
namespace xg {

struct OpEntry;

/// A reference count. The sole owner needs no locked instruction to let go.
class Count {
public:
    explicit Count(std::uint32_t n = 1) : n_(n) {}
    void add() {
        if (single_threaded()) n_.store(n_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        else n_.fetch_add(1, std::memory_order_relaxed);
    }
    /// `by` owners less. True if nobody is left.
    bool drop(std::uint32_t by = 1) {
        const std::uint32_t n = n_.load(std::memory_order_acquire);
        if (n == by) return true;
        if (!single_threaded()) return n_.fetch_sub(by, std::memory_order_acq_rel) == by;
        n_.store(n - by, std::memory_order_relaxed);
        return false;
    }
    bool sole() const { return n_.load(std::memory_order_acquire) == 1; }
    /// One more owner of what no other thread has seen.
    void add_unseen() { n_.store(n_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

private:
    std::atomic<std::uint32_t> n_;
};

/// The numbers. Those that fit live in the block, others in memory of their own, or in a foreign owner's.
struct Storage {
    Count rc;
    std::uint32_t version = 0; // raised by every change in place
    std::uint32_t size_class = 0;
    std::atomic<std::uint16_t> impls{1}; // how many tensors look at it: more than one when there are views
    bool inside = false;                 // in the block, which it keeps alive
    void* data = nullptr;
    std::shared_ptr<void>* foreign = nullptr; // an xtensor container, say
};

/// What a wrapper of a transform's level is made of, instead of numbers: a primal and its tangent under jvp, all
/// examples at once under vmap.
struct Parts {
    Impl* primal;  // under vmap with the examples along axis 0, if `batched`
    Impl* tangent; // null: none
    std::uint64_t serial;
    std::uint32_t version = 0;
    bool batched = false;
};

struct Extra {
    std::string label;
    Site changed; // where the numbers of this block's storage, or the parts of this wrapper, were last changed in place
    std::vector<std::pair<std::uint64_t, Tensor::Hook>> hooks;
    bool retain = false; // backward keeps the gradient, though this is no leaf
};

struct Impl {
    explicit Impl(DType d, const Shape& s) : dtype(d), shape(s) {}

    Count rc;
    DType dtype;
    std::uint8_t level = 0;      // 0: numbers; L: a wrapper of the open transform L
    bool contiguous : 1 = true;  // row-major without gaps
    bool number : 1 = false;     // made from a C++ number, so that a node keeps the number and not the tensor
    bool parameter : 1 = false;  // an nn::Parameter
    bool node_alive : 1 = false; // the node of this block is constructed
    Storage* storage = nullptr;
    char* data = nullptr;
    Index numel = 0;
    struct Node* node = nullptr;
    Impl* grad = nullptr;
    Extra* extra = nullptr;
    Shape shape;
    Strides strides;
};

/// From a node to one input: the node that made the input, and what the rule will read of it.
struct Edge {
    struct Node* node = nullptr; // null: no gradient flows there
    union {
        Impl* saved = nullptr;
        double number; // if is_number
    };
    std::uint32_t version = 0; // of the saved value when it was saved
    bool is_number = false;
    bool overwritten = false; // the saved value has changed in place and was let go; `number` is its new version
    bool same_shape = false;  // as the result; otherwise node->shapes knows, but for a number, which has none
};

struct Node {
    Node() {} // ours, or new memory would be set to zeros first

    Count rc;
    std::uint8_t level = 0; // the plane it is recorded on
    bool released = false;  // backward has been here and let the saved values go
    bool target = false;    // the running grad() wants this node's gradient
    enum class Way : std::uint8_t { unseen, aside, leads } way = Way::unseen; // whether it leads to one that it wants
    std::uint32_t line = 0;
    std::uint32_t out_version = 0;
    union {
        const char* file = nullptr;
        Node* next_dying;
    };
    std::uint64_t stamp = 0;     // larger than that of every ancestor
    std::uint64_t oldest = 0;    // the least stamp among the leaves it comes from; a user's own leaf counts as 0
    const OpEntry* op = nullptr; // null: a leaf
    SmallVector<Edge, 3> edges;
    Impl* grad = nullptr; // the cotangent that has arrived so far, while backward runs
    union {
        Storage* out_storage = nullptr; // keeps the result's numbers, if the rule reads them
        Impl* out_parts;                // the same on a plane above 0: an alias without the node
    };
    union {
        void* attrs = nullptr;
        alignas(8) char attrs_bytes[8];
    };
    Shape* shapes = nullptr; // of all inputs, if one differs from the result's
};

struct Block {
    Impl impl;
    union {
        Storage storage;
        Parts parts;
    };
    Node node;
    Count owners; // of impl, storage and node, those that live
    alignas(16) char small[16];

    Block(DType dtype, const Shape& shape) : impl(dtype, shape) {}
    ~Block() {}
};
static_assert(sizeof(Block) <= 384, "a block fits its allocation class");

inline Block& block_of(Impl* impl) { return *reinterpret_cast<Block*>(impl); }
Block& block_of(Node* node);
inline Parts& parts_of(Impl* wrapper) { return block_of(wrapper).parts; }

// One more owner.
inline Impl* keep(Impl* p) { return p->rc.add(), p; }
inline Node* keep(Node* p) { return p->rc.add(), p; }
inline Storage* keep(Storage* p) { return p->rc.add(), p; }
// One owner less; null is nobody. Never recurses along the graph: dying nodes queue up.
void drop(Impl* p) noexcept;
void drop(Node* p) noexcept;
void drop(Storage* p) noexcept;

/// A tensor that owns `numel` numbers, not yet written, with row-major strides.
Tensor make_result(DType dtype, const Shape& shape);
/// Another tensor over the numbers of `base`, outside the graph.
Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, char* data);
/// A tensor over the storage as `made` looked at it, which may be dead but for its block.
Tensor make_view(Storage* storage, const Impl& made);
/// The same value (numbers or parts) without the node.
Tensor alias(const Tensor& t);
/// A wrapper of `level`.
Tensor make_wrapper(std::uint8_t level, std::uint64_t serial, const Tensor& primal, const Tensor& tangent = {});
/// A wrapper whose examples lie along axis 0 of `examples`.
Tensor make_batched(std::uint8_t level, std::uint64_t serial, const Tensor& examples);
/// A 0-d tensor that a node remembers as a number.
Tensor make_number(Number number, DType dtype);
/// The numbers of a foreign container, which it keeps alive.
Tensor make_foreign(DType dtype, const Shape& shape, const Strides& strides, void* data, std::shared_ptr<void> owner);

/// Constructs the node in the block of a fresh result and points the impl to it.
Node& attach_node(Impl* impl);
/// Makes a tensor without a node a leaf that wants a gradient; one that was a leaf before is the same leaf again.
/// A user's own leaf has `oldest` 0, a transform's its stamp.
void make_leaf(Impl* impl, bool of_transform);
/// The value of the version counter that guards the numbers of `impl`.
std::uint32_t version_of(Impl* impl);
/// Notes a change in place, made at `site`.
void raise_version(Impl* impl, Site site);
/// Where the numbers were last changed; empty if that was not noted.
Site last_change(Impl* impl);
Site last_change(Storage* storage);

inline Tensor share(Impl* impl) { return impl ? Tensor(keep(impl)) : Tensor(); }

} // namespace xg
