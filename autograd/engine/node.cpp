#include <autograd/engine/node.hpp>

#include <cstdint>

#include <autograd/engine/allocator.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {
namespace {

[[gnu::always_inline]] inline Block* new_block(DType dtype, const Shape& shape) {
    std::uint32_t size_class = 0;
    void* memory = allocate(sizeof(Block), size_class);
    return std::construct_at(static_cast<Block*>(memory), dtype, shape);
}

void drop_owners(Block& block, std::uint32_t by) noexcept {
    if (!block.owners.drop(by)) return;
    delete block.impl.extra;
    std::destroy_at(&block.impl);
    deallocate(&block, detail::class_of(sizeof(Block)));
}

Block& block_of(Storage* storage) { return *reinterpret_cast<Block*>(reinterpret_cast<char*>(storage) - sizeof(Impl)); }

bool row_major(const Shape& shape, const Strides& strides) {
    Index step = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
        if (shape[i] == 0) return true;
        if (shape[i] != 1 && strides[i] != step) return false;
        step *= shape[i];
    }
    return true;
}

// A product of sizes that wraps around would pass for a small one. Zeros are left out: the strides count on as well.
Index checked_numel(const Shape& shape) {
    Index numel = 1, positive = 1;
    for (const Index size : shape) {
        if (size != 0 && __builtin_mul_overflow(positive, size, &positive)) {
            fail<MemoryError>("shape {} has more elements than can be counted\n  expected fewer than 2^63",
                              shape.str());
        }
        numel *= size;
    }
    return numel;
}

Impl* new_impl(DType dtype, const Shape& shape, const Strides& strides) {
    const Index numel = checked_numel(shape);
    Impl& impl = new_block(dtype, shape)->impl;
    impl.strides = strides;
    impl.numel = numel;
    return &impl;
}

// The same with row-major strides, which cost nothing for scalars and vectors.
[[gnu::always_inline]] inline Impl* new_impl(DType dtype, const Shape& shape) {
    const Index numel = shape.rank() == 0 ? 1 : shape.rank() == 1 ? shape[0] : checked_numel(shape);
    Impl& impl = new_block(dtype, shape)->impl;
    impl.numel = numel;
    if (shape.rank() == 1) impl.strides.push_back(1);
    else if (shape.rank() > 1) impl.strides = contiguous_strides(shape);
    return &impl;
}

// The storage of a block lives in it, whatever the numbers do: small ones too, others in memory of their own.
[[gnu::always_inline]] inline Storage& attach_storage(Block& block) {
    Storage* storage = std::construct_at(&block.storage);
    block.owners.add_unseen();
    block.impl.storage = storage;
    return *storage;
}

// Lets go of all that a node holds, except its place in the block.
void take_apart(Node* node) noexcept {
    for (Edge& edge : node->edges) {
        if (!edge.is_number) drop(edge.saved);
        drop(edge.node);
    }
    if (node->level == 0) drop(node->out_storage);
    else drop(node->out_parts);
    if (node->op && node->op->attrs_destroy) node->op->attrs_destroy(node->attrs);
    delete[] node->shapes;
    drop(node->grad);
    block_of(node).impl.node_alive = false;
    std::destroy_at(node);
}
void bury(Node* node) noexcept {
    Block& block = block_of(node);
    take_apart(node);
    drop_owners(block, 1);
}

// Nodes that die while one is taken apart wait in a line, so that nothing recurses along the graph.
void drain(Context& c) noexcept {
    while (Node* next = c.dying) {
        c.dying = next->next_dying;
        bury(next);
    }
    c.draining = false;
}

} // namespace

Block& block_of(Node* node) {
    return *reinterpret_cast<Block*>(reinterpret_cast<char*>(node) - sizeof(Impl) - sizeof(Storage));
}
static_assert(sizeof(Parts) <= sizeof(Storage));

namespace {
void free_numbers(Storage* storage) noexcept {
    if (storage->foreign) delete storage->foreign;
    else if (!storage->inside) deallocate(storage->data, storage->size_class);
}
} // namespace

void drop(Storage* storage) noexcept {
    if (!storage || !storage->rc.drop()) return;
    free_numbers(storage);
    drop_owners(block_of(storage), 1);
}

void drop(Impl* impl) noexcept {
    if (!impl || !impl->rc.drop()) return;
    Block& block = block_of(impl);
    std::uint32_t gone = 1; // owners of the block
    if (impl->level > 0) {
        drop(block.parts.primal);
        drop(block.parts.tangent);
    } else if (Storage* storage = impl->storage) {
        if (storage->rc.sole()) storage->impls.store(0, std::memory_order_relaxed);
        else storage->impls.fetch_sub(1, std::memory_order_relaxed);
        if (storage != &block.storage) {
            drop(storage);
        } else if (storage->rc.drop()) {
            free_numbers(storage);
            ++gone;
        }
    }
    // Nulled, because the block may go on for the node: a leaf that is gone accepts no gradient.
    if (impl->grad) drop(std::exchange(impl->grad, nullptr));
    if (Node* node = std::exchange(impl->node, nullptr)) {
        Context& c = context();
        if (node == &block.node && node->rc.sole() && !c.draining) { // it dies too: one change of the block's owners
            c.draining = true;
            take_apart(node);
            drain(c);
            ++gone;
        } else {
            drop(node);
        }
    }
    drop_owners(block, gone);
}

void drop(Node* node) noexcept {
    if (!node || !node->rc.drop()) return;
    Context& c = context();
    if (c.draining) {
        node->next_dying = c.dying;
        c.dying = node;
        return;
    }
    c.draining = true;
    bury(node);
    drain(c);
}

Tensor make_result(DType dtype, const Shape& shape) {
    Tensor result(new_impl(dtype, shape));
    Impl* impl = result.impl();
    Block& block = block_of(impl);
    constexpr Index most =
        PTRDIFF_MAX / sizeof(double); // numbers that can be counted in bytes; no division by their size
    const std::size_t bytes = impl->numel <= most ? static_cast<std::size_t>(impl->numel) * size_of(dtype) : SIZE_MAX;
    void* data = block.small;
    std::uint32_t size_class = 0;
    if (bytes > sizeof block.small) data = allocate(bytes, size_class);
    Storage& storage = attach_storage(block);
    storage.inside = data == block.small;
    storage.data = data;
    storage.size_class = size_class;
    impl->data = static_cast<char*>(data);
    return result;
}

namespace {
Tensor view_of(Storage* storage, DType dtype, const Shape& shape, const Strides& strides, char* data) {
    Impl* impl = new_impl(dtype, shape, strides);
    impl->storage = keep(storage);
    storage->impls.fetch_add(1, std::memory_order_relaxed);
    impl->data = data;
    impl->contiguous = row_major(shape, strides);
    return Tensor(impl);
}
} // namespace

Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, char* data) {
    return view_of(base.impl()->storage, base.impl()->dtype, shape, strides, data);
}
Tensor make_view(Storage* storage, const Impl& made) {
    return view_of(storage, made.dtype, made.shape, made.strides, made.data);
}

namespace {
Tensor wrap(std::uint8_t level, const Parts& parts, const Shape& shape) {
    Impl* impl = new_impl(parts.primal->dtype, shape);
    impl->level = level;
    keep(parts.primal);
    if (parts.tangent) keep(parts.tangent);
    std::construct_at(&block_of(impl).parts, parts);
    return Tensor(impl);
}
} // namespace

Tensor make_wrapper(std::uint8_t level, std::uint64_t serial, const Tensor& primal, const Tensor& tangent) {
    return wrap(level, {primal.impl(), tangent.impl(), serial}, primal.impl()->shape);
}
Tensor make_batched(std::uint8_t level, std::uint64_t serial, const Tensor& examples) {
    Shape shape = examples.impl()->shape;
    shape.erase(0);
    return wrap(level, {examples.impl(), nullptr, serial, 0, /*batched=*/true}, shape);
}

Tensor alias(const Tensor& t) {
    Impl* impl = t.impl();
    if (impl->level == 0) return make_view(t, impl->shape, impl->strides, impl->data);
    Parts parts = parts_of(impl);
    parts.version = 0;
    return wrap(impl->level, parts, impl->shape);
}

Tensor make_foreign(DType dtype, const Shape& shape, const Strides& strides, void* data, std::shared_ptr<void> owner) {
    Tensor result(new_impl(dtype, shape, strides));
    auto* foreign = new std::shared_ptr<void>(std::move(owner));
    Storage& storage = attach_storage(block_of(result.impl()));
    storage.foreign = foreign;
    storage.data = data;
    result.impl()->data = static_cast<char*>(data);
    result.impl()->contiguous = row_major(shape, strides);
    return result;
}

Tensor make_number(Number number, DType dtype) {
    Tensor t = make_result(dtype, {});
    char* p = t.impl()->data;
    switch (dtype) {
        case DType::boolean: *reinterpret_cast<bool*>(p) = number.as<double>() != 0; break;
        case DType::int64: *reinterpret_cast<std::int64_t*>(p) = number.as<std::int64_t>(); break;
        case DType::float32: *reinterpret_cast<float*>(p) = number.as<float>(); break;
        case DType::float64: *reinterpret_cast<double*>(p) = number.as<double>(); break;
    }
    t.impl()->number = true;
    return t;
}

Node& attach_node(Impl* impl) {
    Block& block = block_of(impl);
    impl->node = std::construct_at(&block.node);
    impl->node_alive = true;
    if (impl->rc.sole()) block.owners.add_unseen();
    else block.owners.add();
    return block.node;
}

void make_leaf(Impl* impl, bool of_transform) {
    if (impl->node_alive) { // switched off and on again while a graph still refers to it
        impl->node = keep(&block_of(impl).node);
        return;
    }
    Node& node = attach_node(impl);
    node.level = impl->level;
    node.stamp = ++context().stamps;
    node.oldest = of_transform ? node.stamp : 0;
}

std::uint32_t version_of(Impl* impl) { return impl->level > 0 ? parts_of(impl).version : impl->storage->version; }

void raise_version(Impl* impl, Site site) {
    Impl& owner = impl->level > 0 ? *impl : block_of(impl->storage).impl;
    if (!owner.extra) owner.extra = new Extra;
    owner.extra->changed = site;
    ++(impl->level > 0 ? parts_of(impl).version : impl->storage->version);
}

Site last_change(Storage* storage) {
    const Extra* extra = block_of(storage).impl.extra;
    return extra ? extra->changed : Site{};
}
Site last_change(Impl* impl) {
    if (impl->level == 0) return last_change(impl->storage);
    return impl->extra ? impl->extra->changed : Site{};
}

} // namespace xg
