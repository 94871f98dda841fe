#include <autograd/engine/tape_grad.hpp>

#include <algorithm>

#include <autograd/engine/context.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/value_math.hpp>

// Backward that records itself, and forward over what is recorded.
namespace xg::detail {

Recording::Recording() : before_(context().recording) {
    context().recording = true;
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

class RecordedPass {
public:
    RecordedPass(Slot* root, std::span<const Value> xs) : marks_(xs), window_(root, oldest_needed(root, xs)) {
        useful_.resize(window_.size());
        for (std::size_t i = 0; i < window_.size(); ++i) {
            Slot* s = window_.slots()[i];
            bool useful = (s->flags & wanted) != 0;
            for_each_input(s, [&](Slot* in) { useful = useful || needs(in); });
            useful_[i] = useful;
        }
        cotangents_.assign(window_.size(), undefined());
    }

    void run(const Value& g) {
        cotangents_.back() = g;
        for (std::size_t i = window_.size(); i-- > 0;) {
            if (useful_[i] && cotangents_[i].defined()) visit(window_.slots()[i], cotangents_[i]);
        }
    }
    Value arrived_at(Slot* x) const {
        if (window_.holds(x)) return cotangents_[window_.at(x)];
        const auto at = leaves_.find(x);
        return at == leaves_.end() ? undefined() : at->second;
    }

private:
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
        auto* f = reinterpret_cast<ForeignSlot*>(s->in0);
        const std::vector<Slot*> in = f->inputs();
        std::vector<Value> contributions = f->cotangents(handle(s), g);
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

    Wanted marks_;
    Window window_;
    std::vector<char> useful_;
    std::vector<Value> cotangents_;
    std::unordered_map<Slot*, Value> leaves_;
};

} // namespace

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
    struct Pin {
        Tape& tape = Tape::mine();
        Pin() { ++tape.pinned; }
        ~Pin() { --tape.pinned; }
    } pin;
    RecordedPass pass(root, xs);
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

// Slopes by each input, in the order of for_each_input.
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
                reinterpret_cast<ForeignSlot*>(s->in0)->tangent(*s, of_inputs, to, width);
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
