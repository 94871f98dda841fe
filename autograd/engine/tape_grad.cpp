#include <autograd/engine/tape_grad.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/mixed.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/value_math.hpp>

// Backward that records itself, and forward over what is recorded.
namespace xg::detail {

Recording::Recording(bool on) : before_(context().recording) {
    context().recording = on;
    ++Tape::mine().pinned;
    recording_changed();
}
Recording::~Recording() {
    --Tape::mine().pinned;
    context().recording = before_;
    recording_changed();
}

namespace {

// The slots of a window, old to young, and where each is.
class Window {
public:
    Window(Slot* youngest, std::uint32_t oldest) : oldest_(oldest), youngest_(sequence(youngest)) {
        at_.resize(youngest_ - oldest + 1);
        Descent down(youngest, oldest);
        while (Slot* s = down.next()) slots_.push_back(s);
        std::reverse(slots_.begin(), slots_.end());
        for (std::size_t i = 0; i < slots_.size(); ++i)
            at_[sequence(slots_[i]) - oldest] = static_cast<std::uint32_t>(i);
    }
    const std::vector<Slot*>& slots() const { return slots_; }
    std::size_t size() const { return slots_.size(); }
    bool holds(const Slot* s) const {
        if (s->kind == SlotKind::leaf) return false;
        const std::uint32_t n = sequence(s);
        return n >= oldest_ && n <= youngest_;
    }
    std::size_t at(const Slot* s) const { return at_[sequence(s) - oldest_]; }

private:
    std::uint32_t oldest_, youngest_;
    std::vector<Slot*> slots_;
    std::vector<std::uint32_t> at_;
};

// Marks the xs for the scope. A pass inside a pass (a checkpoint's) hides the marks of the outer one.
class Wanted {
public:
    explicit Wanted(std::span<const Value> xs) : xs_(xs), outer_(std::exchange(innermost_, this)) {
        if (outer_) outer_->mark(false);
        mark(true);
    }
    ~Wanted() {
        mark(false);
        if (outer_) outer_->mark(true);
        innermost_ = outer_;
    }
    Wanted(const Wanted&) = delete;
    Wanted& operator=(const Wanted&) = delete;

private:
    void mark(bool on) const {
        for (const Value& x : xs_) {
            auto& flags = x.slot()->flags;
            flags = static_cast<std::uint8_t>(on ? flags | wanted : flags & ~wanted);
        }
    }
    static thread_local Wanted* innermost_;
    std::span<const Value> xs_;
    Wanted* outer_;
};
thread_local Wanted* Wanted::innermost_ = nullptr;

// What is older than every x leads to none.
std::uint32_t oldest_needed(const Slot* root, std::span<const Value> xs) {
    std::uint32_t oldest = sequence(root);
    for (const Value& x : xs) {
        const Slot* s = x.slot();
        oldest = std::min(oldest, s->kind == SlotKind::leaf ? root->window : sequence(s));
    }
    return std::max(oldest, root->window);
}

Value undefined() { return Value(static_cast<Slot*>(nullptr)); }

// What has arrived at elements of tensors, until the pass over tensors goes on.
class ArrivedElements {
public:
    void add(const ElementSlot& at, Value g) { arrived_.push_back({at.node(), at.at(), std::move(g)}); }
    void deliver_to(Pass& tensors) {
        std::stable_sort(arrived_.begin(), arrived_.end(),
                         [](const Arrived& a, const Arrived& b) { return a.node->stamp < b.node->stamp; });
        for (auto from = arrived_.begin(); from != arrived_.end();) {
            const auto to = std::find_if(from, arrived_.end(), [&](const Arrived& a) { return a.node != from->node; });
            tensors.deliver(from->node, cotangent(std::span<const Arrived>(from, to)));
            from = to;
        }
        arrived_.clear();
    }

private:
    struct Arrived {
        Node* node;
        Index at;
        Value g;
    };
    static Tensor cotangent(std::span<const Arrived> arrived) {
        const Impl& made = block_of(arrived[0].node).impl;
        std::vector<Value> values;
        std::vector<Index> at;
        for (const Arrived& a : arrived) values.push_back(a.g), at.push_back(a.at);
        const Tensor flat =
            index_put_zeros(stack(values), 0, from_vector(at, Shape(static_cast<Index>(at.size()))), made.numel);
        return reshape(flat, made.shape).to(made.dtype);
    }
    std::vector<Arrived> arrived_;
};

} // namespace

class RecordedPass final : public TapeSide {
public:
    RecordedPass(Slot* youngest, std::uint32_t oldest, std::span<const Value> xs, Pass& tensors)
        : marks_(xs), window_(youngest, oldest), tensors_(tensors) {
        tensors.tape_side(this);
        useful_.resize(window_.size());
        if (tape_.has_foreign()) {
            for (const Slot* s : window_.slots()) {
                if (is_element(s)) tensors.explore(element_of(s).node());
            }
        }
        for (std::size_t i = 0; i < window_.size(); ++i) useful_[i] = is_useful(window_.slots()[i]);
        cotangents_.assign(window_.size(), undefined());
        ++tape_.pinned;
    }
    ~RecordedPass() { --tape_.pinned; }

    void run(const Value& g) {
        cotangents_.back() = g;
        descend(window_.size() - 1);
    }
    Value arrived_at(Slot* x) const {
        if (window_.holds(x)) return cotangents_[window_.at(x)];
        const auto at = leaves_.find(x);
        return at == leaves_.end() ? undefined() : at->second;
    }

    bool leads(const Node& stacked) override {
        const Slot* s = slot_of_stacked("grad", stacked, tensors_.site());
        return window_.holds(s) && useful_[window_.at(s)];
    }
    void receive(const Node& stacked, const Tensor& cotangent) override {
        const Slot* s = slot_of_stacked("grad", stacked, tensors_.site());
        const Recording mode(tensors_.records());
        Index at = 0;
        for (Slot* in : stack_of(s).inputs()) {
            give(in, [&] { return element(cotangent, at, tensors_.site()); });
            ++at;
        }
        if (!descending_) descend(window_.at(s)); // the pass has begun among tensors
    }

private:
    bool is_useful(const Slot* s) {
        bool useful = (s->flags & wanted) != 0;
        if (is_element(s)) {
            const Node* node = element_of(s).node();
            tensors_.decide_up_to(node->stamp); // what that was stacked from is older than the slot
            return useful || Pass::leads(node);
        }
        for_each_input(s, [&](Slot* in) { useful = useful || needs(in); });
        return useful;
    }
    void descend(std::size_t from) {
        descending_ = true;
        for (std::size_t i = from + 1; i-- > 0;) {
            if (!useful_[i]) continue;
            Slot* s = window_.slots()[i];
            if (is_stack(s)) {
                elements_.deliver_to(tensors_);
                tensors_.run_down_to(stack_of(s).stamp);
            } else if (cotangents_[i].defined()) {
                visit(s, cotangents_[i]);
            }
        }
        elements_.deliver_to(tensors_);
        descending_ = false;
    }

    bool needs(const Slot* in) const {
        if ((in->flags & wanted) != 0) return true;
        return window_.holds(in) && useful_[window_.at(in)];
    }
    void add(Slot* in, Value g) {
        Value& sum =
            window_.holds(in) ? cotangents_[window_.at(in)] : leaves_.try_emplace(in, undefined()).first->second;
        sum = sum.defined() ? std::move(sum) + std::move(g) : std::move(g);
    }
    template <class F>
    void give(Slot* in, F contribution) {
        if (needs(in)) add(in, contribution());
    }

    void product(Slot* s, const Value& g) {
        give(s->in0, [&] { return g * handle(s->in1); });
        give(s->in1, [&] { return g * handle(s->in0); });
    }
    void by_entry(const OpEntry& op, int count, Slot* s, const Value& g) {
        if (!op.contribution) return; // piecewise constant
        const Value in[] = {handle(s->in0), count > 1 ? handle(s->in1) : undefined()};
        const Value y = handle(s);
        give(s->in0, [&] { return op.contribution(0, in, y, g); });
        if (count > 1) give(s->in1, [&] { return op.contribution(1, in, y, g); });
    }
    void nary(Slot* s, const Value& g) {
        std::vector<Slot*> in;
        for_each_input(s, [&](Slot* x) { in.push_back(x); });
        const std::size_t half = in.size() / 2;
        for (std::size_t i = 0; i < in.size(); ++i) {
            give(in[i], [&]() -> Value {
                switch (s->kind) {
                    case SlotKind::sum: return g;
                    case SlotKind::mean: return g / static_cast<double>(in.size());
                    case SlotKind::dot: return g * handle(in[i < half ? i + half : i - half]);
                    default: return g * exp(handle(in[i]) - handle(s));
                }
            });
        }
    }
    void foreign(Slot* s, const Value& g) {
        if (is_element(s)) return elements_.add(element_of(s), g);
        const std::vector<Slot*> in = foreign_of(s).inputs();
        std::vector<Value> contributions = operation_of(s).cotangents(handle(s), g);
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (contributions[i].defined()) give(in[i], [&] { return std::move(contributions[i]); });
        }
    }

    void visit(Slot* s, const Value& g) {
        const auto same = [&] { return g; };
        const auto minus = [&] { return -g; };
        switch (s->kind) {
            case SlotKind::add: give(s->in0, same), give(s->in1, same); return;
            case SlotKind::sub: give(s->in0, same), give(s->in1, minus); return;
            case SlotKind::mul: product(s, g); return;
            case SlotKind::div:
                give(s->in0, [&] { return g / handle(s->in1); });
                give(s->in1, [&] { return -(g * handle(s)) / handle(s->in1); });
                return;
            case SlotKind::fma:
            case SlotKind::mul_add: product(s, g), give(s->in2, same); return;
            case SlotKind::mul_sub: product(s, g), give(s->in2, minus); return;
            case SlotKind::sub_mul: product(s, -g), give(s->in2, same); return;
            case SlotKind::mulk_add: give(s->in0, [&] { return g * s->k; }), give(s->in2, same); return;
            case SlotKind::mulk_sub: give(s->in0, [&] { return g * s->k; }), give(s->in2, minus); return;
            case SlotKind::sub_mulk: give(s->in0, [&] { return g * -s->k; }), give(s->in2, same); return;
            case SlotKind::binary: by_entry(*reinterpret_cast<const OpEntry*>(s->in2), 2, s, g); return;
            case SlotKind::blocked:
            case SlotKind::unary: by_entry(*static_cast<const OpEntry*>(s->entry), 1, s, g); return;
            case SlotKind::neg:
            case SlotKind::k_sub: give(s->in0, minus); return;
            case SlotKind::add_k:
            case SlotKind::sub_k: give(s->in0, same); return;
            case SlotKind::mul_k: give(s->in0, [&] { return g * s->k; }); return;
            case SlotKind::div_k: give(s->in0, [&] { return g / s->k; }); return;
            case SlotKind::k_div: give(s->in0, [&] { return -(g * handle(s)) / handle(s->in0); }); return;
            case SlotKind::pow_k:
                if (s->k != 0) give(s->in0, [&] { return g * (s->k * pow(handle(s->in0), s->k - 1)); });
                return;
            case SlotKind::clamp_k: give(s->in0, same); return;
            case SlotKind::sum:
            case SlotKind::mean:
            case SlotKind::dot:
            case SlotKind::logsumexp: nary(s, g); return;
            case SlotKind::foreign: foreign(s, g); return;
            default: return;
        }
    }

    Tape& tape_ = Tape::mine();
    Wanted marks_;
    Window window_;
    Pass& tensors_;
    bool descending_ = false;
    std::vector<char> useful_;
    std::vector<Value> cotangents_;
    std::unordered_map<Slot*, Value> leaves_;
    ArrivedElements elements_;
};

void DeleteRecordedPass::operator()(RecordedPass* pass) const { delete pass; }

std::unique_ptr<RecordedPass, DeleteRecordedPass> recorded_side(Pass& tensors) {
    Slot* youngest = nullptr;
    std::uint32_t oldest = no_window;
    for (const Node* node : tensors.stacked()) {
        Slot* s = slot_of_stacked("grad", *node, tensors.site());
        if (!youngest || sequence(s) > sequence(youngest)) youngest = s;
        oldest = std::min(oldest, s->window);
    }
    if (!youngest) return nullptr;
    return std::unique_ptr<RecordedPass, DeleteRecordedPass>(new RecordedPass(youngest, oldest, {}, tensors));
}

std::vector<Value> recorded_backward(const Value& y, std::span<const Value> xs, const Value& g, Site site) {
    Slot* root = y.slot("grad", site);
    for (const Value& x : xs) x.slot("grad", site);
    check_tape("grad", root, /*everything=*/true, site);
    std::vector<Value> gradients;
    if (root->kind == SlotKind::leaf) {
        for (const Value& x : xs) gradients.push_back(x.slot() == root ? g : undefined());
        return gradients;
    }
    const CallSite here(site);
    Pass tensors(/*level=*/0, {.retain_graph = true, .create_graph = context().recording}, site);
    RecordedPass pass(root, oldest_needed(root, xs), xs, tensors);
    pass.run(g);
    for (const Value& x : xs) gradients.push_back(pass.arrived_at(x.slot()));
    return gradients;
}

// Forward -----------------------------------------------------------------------------------------------------------------

namespace {

void add_scaled(double* to, double slope, const double* tangent, std::size_t width) {
    if (!tangent) return;
    for (std::size_t k = 0; k < width; ++k) to[k] += slope * tangent[k];
}

} // namespace

void slopes_of(const Slot* s, std::vector<double>& to) {
    to.clear();
    const auto product = [&](double sign) { to = {sign * s->in1->data, sign * s->in0->data}; };
    switch (s->kind) {
        case SlotKind::add: to = {1, 1}; return;
        case SlotKind::sub: to = {1, -1}; return;
        case SlotKind::mul: product(1); return;
        case SlotKind::div: to = {s->p, -s->p * s->data}; return;
        case SlotKind::fma:
        case SlotKind::mul_add: product(1), to.push_back(1); return;
        case SlotKind::mul_sub: product(1), to.push_back(-1); return;
        case SlotKind::sub_mul: product(-1), to.push_back(1); return;
        case SlotKind::mulk_add: to = {s->k, 1}; return;
        case SlotKind::mulk_sub: to = {s->k, -1}; return;
        case SlotKind::sub_mulk: to = {-s->k, 1}; return;
        case SlotKind::binary: {
            const auto& op = *reinterpret_cast<const OpEntry*>(s->in2);
            const double in[] = {s->in0->data, s->in1->data};
            if (op.partial) to = {op.partial(0, in, s->data), op.partial(1, in, s->data)};
            else to = {0, 0};
            return;
        }
        case SlotKind::sum:
        case SlotKind::mean:
            to.assign(s->count, s->kind == SlotKind::sum ? 1.0 : 1.0 / static_cast<double>(s->count));
            return;
        case SlotKind::logsumexp:
            for_each_input(s, [&](Slot* in) { to.push_back(std::exp(in->data - s->data)); });
            return;
        case SlotKind::dot:
            for_each_input(s, [&](Slot* in) { to.push_back(in->data); });
            std::rotate(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(to.size() / 2), to.end());
            return;
        default: to = {s->p};
    }
}

namespace {

// Takes what a backward from an element brings to stacked Values, times their tangents.
class ElementTangents final : public TapeSide {
public:
    ElementTangents(double* to, std::size_t width) : to_(to), width_(width) {}
    void receive(const Node& stacked, const Tensor& cotangent) override {
        const std::vector<double> slopes = cotangent.to_vector();
        const double* tangents = stack_of(slot_of_stacked("hvp", stacked, {})).tangents.data();
        for (std::size_t i = 0; i < slopes.size(); ++i) add_scaled(to_, slopes[i], tangents + i * width_, width_);
    }

private:
    double* to_;
    std::size_t width_;
};

// A graph of tensors has been recorded for reverse only: each element takes one pass through it.
void element_tangents(const ElementSlot& element, double* to, std::size_t width) {
    Pass pass(/*level=*/0, {.retain_graph = true}, {});
    ElementTangents side(to, width);
    pass.tape_side(&side);
    pass.explore(element.node());
    pass.decide_up_to(element.node()->stamp);
    if (!Pass::leads(element.node())) return;
    pass.deliver_number(element.node(), element.at(), 1.0);
    pass.run_down_to(0);
}

void foreign_tangents(const Slot* s, const std::vector<const double*>& of_inputs, double* to, std::size_t width) {
    if (is_element(s)) return element_tangents(element_of(s), to, width);
    if (!is_stack(s)) return operation_of(s).tangent(*s, of_inputs, to, width);
    std::vector<double>& kept = stack_of(s).tangents;
    kept.assign(of_inputs.size() * width, 0.0);
    for (std::size_t i = 0; i < of_inputs.size(); ++i) add_scaled(kept.data() + i * width, 1.0, of_inputs[i], width);
}

} // namespace

std::vector<double> forward_tangents(std::span<const Value> ys, std::span<const Value> xs,
                                     const std::vector<double>& directions, std::size_t width) {
    Slot* youngest = nullptr;
    std::uint32_t oldest = no_window;
    for (const Value& y : ys) {
        Slot* s = y.slot();
        if (s->kind == SlotKind::leaf) continue;
        oldest = std::min(oldest, s->window);
        if (!youngest || sequence(s) > sequence(youngest)) youngest = s;
    }
    std::unordered_map<const Slot*, const double*> given;
    for (std::size_t i = 0; i < xs.size(); ++i) given.emplace(xs[i].slot(), directions.data() + i * width);
    const Wanted marks(xs);
    std::vector<double> tangents, result, slopes;
    std::vector<const double*> of_inputs;
    const auto look_up = [&](const Window* window, const Slot* s) -> const double* {
        if ((s->flags & wanted) != 0) return given.at(s);
        return window && window->holds(s) ? tangents.data() + window->at(s) * width : nullptr;
    };
    std::unique_ptr<Window> window;
    if (youngest) {
        window = std::make_unique<Window>(youngest, oldest);
        tangents.assign(window->size() * width, 0.0);
        for (std::size_t i = 0; i < window->size(); ++i) {
            const Slot* s = window->slots()[i];
            double* to = tangents.data() + i * width;
            if (s->kind >= SlotKind::unary) {
                add_scaled(to, s->p, look_up(window.get(), s->in0), width);
                continue;
            }
            if (s->kind == SlotKind::blocked || s->kind == SlotKind::blocked_clamp) continue;
            of_inputs.clear();
            for_each_input(s, [&](const Slot* in) { of_inputs.push_back(look_up(window.get(), in)); });
            if (s->kind == SlotKind::foreign) {
                foreign_tangents(s, of_inputs, to, width);
                continue;
            }
            if (of_inputs.empty()) continue;
            slopes_of(s, slopes);
            for (std::size_t j = 0; j < of_inputs.size(); ++j) add_scaled(to, slopes[j], of_inputs[j], width);
        }
    }
    for (const Value& y : ys) {
        const double* t = look_up(window.get(), y.slot());
        for (std::size_t k = 0; k < width; ++k) result.push_back(t ? t[k] : 0.0);
    }
    return result;
}

} // namespace xg::detail
