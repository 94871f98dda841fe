#include <autograd/engine/pass.hpp>

#include <algorithm>
#include <cstring>

#include <autograd/debug/watch.hpp>
#include <autograd/engine/backward.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/checkpoint.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/engine/shortage.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/ops/elementwise.hpp>

namespace xg {
namespace {

// Slots -------------------------------------------------------------------------------------------------------------

void add_into(Impl* sum, Impl* term) {
    if (sum->contiguous && term->contiguous) kernels::accumulate(sum->dtype, sum->numel, term->data, sum->data);
    else kernels::accumulate(strided(*term), strided(*sum));
}

} // namespace

void Pass::accumulate(Node* to, Tensor g) {
    Impl *sum = to->grad, *term = g.impl();
    const bool fit = !create_ && term->level == 0 && sum->level == 0 && term->dtype == sum->dtype;
    if (fit && exclusive(sum)) return add_into(sum, term);
    if (fit && exclusive(term)) {
        add_into(term, sum);
        drop(std::exchange(to->grad, g.disown()));
        return;
    }
    const Tensor before(std::exchange(to->grad, nullptr));
    to->grad = (before + g).disown();
}

void Pass::deliver(Node* to, Tensor g) {
    if (to->grad) return accumulate(to, std::move(g));
    // Listed first: a slot that nobody knows of would add to the next pass.
    if (!to->op) {
        list(leaves_, to);
    } else if (!next_) {
        next_ = to;
    } else {
        const bool youngest = to->stamp > next_->stamp;
        heap_.push_back(youngest ? next_ : to);
        std::push_heap(heap_.begin(), heap_.end(), Older());
        if (youngest) next_ = to;
    }
    to->grad = g.disown();
}

// The youngest, if it has that stamp at least.
Node* Pass::next_node(std::uint64_t stamp) {
    if (!next_ || (!heap_.empty() && heap_.front()->stamp > next_->stamp)) {
        if (heap_.empty() || heap_.front()->stamp < stamp) return nullptr;
        std::pop_heap(heap_.begin(), heap_.end(), Older());
        Node* node = heap_.back();
        heap_.pop_back();
        return node;
    }
    return next_->stamp < stamp ? nullptr : std::exchange(next_, nullptr);
}

void Pass::clear_slots() {
    if (next_) drop(std::exchange(next_->grad, nullptr));
    for (Node* node : heap_) drop(std::exchange(node->grad, nullptr));
    for (Node* node : targets_) {
        node->target = false;
        drop(std::exchange(node->grad, nullptr));
        drop(node);
    }
    for (Node* leaf : leaves_) {
        drop(std::exchange(leaf->grad, nullptr));
        drop(leaf);
    }
    for (Node* node : marked_) {
        node->way = Node::Way::unseen;
        drop(node);
    }
    for (auto& [node, g] : retained_) drop(node);
}

// Saved values ------------------------------------------------------------------------------------------------------

void Pass::check(const Node& node) const {
    bool unchanged = !node.released;
    for (const Edge& edge : node.edges) {
        unchanged =
            unchanged && !edge.overwritten && (edge.is_number || !edge.saved || version_of(edge.saved) == edge.version);
    }
    if (unchanged && node.op->saves.output) {
        unchanged = node.out_version == (node.level > 0 ? version_of(node.out_parts) : node.out_storage->version);
    }
    if (!unchanged) [[unlikely]]
        check_slowly(node);
}

Tensor Pass::saved_input(const Node& node, const Edge& edge) const {
    if (edge.is_number) return make_number(edge.number, block_of(const_cast<Node*>(&node)).impl.dtype);
    Tensor t = share(edge.saved);
    // The rule must not record on this plane unless asked to; a value of a lower plane keeps its own node.
    const bool strip = t.defined() && level_ > 0 && !create_ && t.impl()->level == level_ && t.impl()->node;
    return strip ? alias(t) : t;
}

// The result without its node, or with it when the backward pass itself is recorded.
Tensor Pass::saved_output(Node& node) const {
    if (!node.op->saves.output) return {};
    Tensor t;
    if (node.level > 0) {
        t = alias(share(node.out_parts));
    } else {
        const Impl& made = block_of(&node).impl; // its shape outlives it in the block
        t = make_view(node.out_storage, made);
    }
    if (create_) t.impl()->node = keep(&node);
    return t;
}

void Pass::release(Node& node) const {
    if (retain_) return;
    node.released = true;
    for (Edge& edge : node.edges) {
        if (!edge.is_number) drop(std::exchange(edge.saved, nullptr));
    }
    if (node.level > 0) drop(std::exchange(node.out_parts, nullptr));
    else drop(std::exchange(node.out_storage, nullptr));
}

// The loop ------------------------------------------------------------------------------------------------------------

unsigned Pass::wanted_edges(const Node& node) const {
    unsigned wanted = 0;
    for (int i = 0; i < node.edges.size(); ++i) {
        const Node* to = node.edges[i].node;
        if (!to) continue;
        if (targeted_ && to->way != Node::Way::leads) continue;
        wanted |= 1u << std::min(i, 31);
    }
    return wanted;
}

namespace {

void check_gradients(const Node& node, const Grads& grads, unsigned wanted) {
    const Shape& own = block_of(const_cast<Node*>(&node)).impl.shape;
    for (int i = 0; i < node.edges.size(); ++i) {
        if ((wanted >> std::min(i, 31) & 1) == 0 || !node.edges[i].node) continue;
        if (i >= grads.size()) {
            fail<GraphError>("{}: its rule gave {} gradients for {} inputs", node.op->doc.name, grads.size(),
                             node.edges.size());
        }
        const Shape& expected = node.edges[i].same_shape ? own : node.shapes[i];
        if (grads[i].defined() && !(grads[i].shape() == expected)) {
            fail<ShapeError>("{}: its rule gave a gradient of shape {} for input {} of shape {}", node.op->doc.name,
                             grads[i].shape().str(), i, expected.str());
        }
    }
}

void tell_backward(const Node& node, const Tensor& g, const Grads& grads, const Saved& saved) {
    Watch* watch = context().watch;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    SmallVector<std::uint64_t, 3> inputs;
    for (const Edge& edge : node.edges) inputs.push_back(edge.node ? edge.node->stamp : 0);
    Grads contributions = grads;
    contributions.resize(inputs.size());
    const auto n = static_cast<std::size_t>(inputs.size());
    watch->backward({node.op->doc.name,
                     node.stamp,
                     {inputs.data(), n},
                     g,
                     {contributions.data(), n},
                     Site{node.file, node.line},
                     saved.in,
                     saved.out});
}

} // namespace

// What is left when the gradients of a node's inputs are there.
void Pass::finish(Node* node, Tensor& g, Tensor* grads, unsigned wanted) {
    release(*node);
    if (node->target) node->grad = g.disown(); // finished: only read from here on
    else g = Tensor();
    const Edge* edges = node->edges.data();
    for (int i = 0, n = node->edges.size(); i < n; ++i) {
        Node* to = edges[i].node;
        const bool wants = (wanted >> std::min(i, 31) & 1) != 0 && to;
        if (wants && grads[i].defined()) deliver(to, std::move(grads[i]));
    }
}

namespace {
struct Number64 {
    alignas(8) char bytes[8];
};
void write_number(Number64& to, double number, DType d) {
    if (d == DType::float32) {
        const auto v = static_cast<float>(number);
        std::memcpy(to.bytes, &v, sizeof v);
    } else {
        std::memcpy(to.bytes, &number, sizeof number);
    }
}

} // namespace

// The short way through an elementwise node: one loop an input, into the cotangent's own memory where nobody else sees
// it. Only for contiguous operands of the result's shape on plane 0, when the pass itself is not recorded.
bool Pass::visit_elementwise(Node* node, Tensor& g, unsigned wanted) {
    const OpEntry& op = *node->op;
    if (!op.elementwise || create_ || level_ > 0 || node->target) return false;
    const Impl &made = block_of(node).impl, &up = *g.impl();
    if (up.level > 0 || up.dtype != made.dtype) return false;
    const bool one_number =
        !up.contiguous && std::all_of(up.strides.begin(), up.strides.end(), [](Index step) { return step == 0; });
    if (!up.contiguous && !one_number) return false;
    const int d = static_cast<int>(made.dtype), n = node->edges.size();
    const Edge* edges = node->edges.data();
    Number64 numbers[3], unread{};
    char* pointers[6] = {nullptr, up.data};
    const auto size = static_cast<Index>(size_of(made.dtype));
    Index steps[6] = {size, one_number ? 0 : size};
    for (int i = 0; i < n; ++i) {
        const Edge& edge = edges[i];
        const bool asked = (wanted >> i & 1) != 0;
        if (asked && (!op.slope_loop[i][d] || !edge.same_shape)) return false;
        if (edge.is_number) {
            write_number(numbers[i], edge.number, made.dtype);
            pointers[i + 2] = numbers[i].bytes;
        } else if (edge.saved) {
            if (!edge.same_shape || !edge.saved->contiguous || edge.saved->dtype != made.dtype) return false;
            pointers[i + 2] = edge.saved->data;
            steps[i + 2] = size;
        } else {
            pointers[i + 2] = unread.bytes;
        }
    }
    pointers[n + 2] = op.saves.output ? made.data : unread.bytes;
    steps[n + 2] = op.saves.output ? size : 0;
    Tensor grads[3];
    for (int i = 0; i < n; ++i) {
        if ((wanted >> i & 1) == 0) continue;
        const bool last = (wanted >> i) == 1;
        if (op.unit_slope[i]) {
            if (last) grads[i] = std::move(g);
            else grads[i] = g;
            continue;
        }
        grads[i] = last && !one_number && exclusive(g.impl()) ? std::move(g) : make_result(made.dtype, made.shape);
        pointers[0] = grads[i].impl()->data;
        kernels::run_loop(op.slope_loop[i][d], made.numel, {pointers, static_cast<std::size_t>(n) + 3}, steps,
                          kernels::elementwise_grain);
    }
    finish(node, g, grads, wanted);
    return true;
}

void Pass::visit(Node* node) {
    while (!recomputed_.empty() && recomputed_.back().begin > node->stamp) recomputed_.pop_back();
    Tensor g(std::exchange(node->grad, nullptr)); // taken first, so that nothing is left in the slot after an error
    const unsigned wanted = wanted_edges(*node);
    if (wanted != 0) check(*node);
    if (names_lines_) context().open_site = {node->file, node->line};
    if (const Extra* extra = block_of(node).impl.extra) {
        g = run_hooks(node, std::move(g));
        if (extra->retain) retained_.emplace_back(keep(node), g);
    }
    if (wanted == 0) { // the pass goes no further here, but perhaps on the tape
        if (tape_side_ && detail::is_stacked(*node)) tape_side_->receive(*node, g);
        if (node->target) node->grad = g.disown();
        return;
    }
    if (detail::is_checkpoint_result(*node)) [[unlikely]]
        return leave_at_hub(node, std::move(g));
    if (detail::is_checkpoint_hub(*node)) [[unlikely]]
        return recompute(node);
    if (!watching() && visit_elementwise(node, g, wanted)) return;
    Grads in;
    SmallVector<const Shape*, 3> shapes;
    static const Shape of_numbers;
    const Shape& own = block_of(node).impl.shape;
    for (int i = 0; i < node->edges.size(); ++i) {
        const Edge& edge = node->edges[i];
        in.push_back(saved_input(*node, edge));
        shapes.push_back(edge.is_number ? &of_numbers : edge.same_shape ? &own : &node->shapes[i]);
    }
    Grads grads;
    {
        const Tensor out = saved_output(*node);
        const auto n = static_cast<std::size_t>(in.size());
        const Saved saved{{in.data(), n}, out, {shapes.data(), n}, wanted};
        grads = node->op->vjp(saved, g, attrs_of(*node));
        check_gradients(*node, grads, wanted);
        if (watching()) [[unlikely]]
            tell_backward(*node, g, grads, saved);
    }
    in.clear();
    finish(node, g, grads.data(), wanted);
}

void Pass::visit_profiled(Node* node) {
    Span span(ProfilePhase::backward, node->op->doc.name, {node->file, node->line});
    visit(node);
    const Impl& made = block_of(node).impl;
    span.describe(made.shape, made.dtype);
}

void Pass::run(const Tensor& root, Tensor cotangent) {
    deliver(root.impl()->node, std::move(cotangent));
    run_down_to(0);
}

namespace {
thread_local bool pass_runs = false;
}
bool in_backward() { return pass_runs; }

void Pass::run_down_to(std::uint64_t stamp) {
    const Setting running(pass_runs, true);
    // On plane 0 recording is simply off; on others lower planes record by themselves, and saved values are stripped.
    const Setting recording(context().recording, level_ == 0 ? create_ : context().recording);
    const Setting line(context().open_site, context().open_site); // of the operation that is visited
    names_lines_ = !context().open_site;
    Node* node = nullptr;
    const auto asker = [&] { return Asker{node->op->doc.name, {node->file, node->line}, "backward of "}; };
    const auto visit_all = [&] {
        while ((node = next_node(stamp))) profiling() ? visit_profiled(node) : visit(node);
    };
    naming_shortage(visit_all, asker);
}

std::vector<Node*> Pass::pending() const {
    std::vector<Node*> nodes = heap_;
    if (next_) nodes.push_back(next_);
    return nodes;
}

} // namespace xg
