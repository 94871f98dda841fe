#include <autograd/engine/level.hpp>

#include <algorithm>
#include <atomic>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/warning.hpp>

namespace xg {
namespace {

struct Levels {
    std::vector<Level> open;
    int visible = 0;
};
thread_local Levels levels;

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

} // namespace

// Inside the step of a level only the levels below it are visible, so a transform opened there takes the place of those
// above until it ends.
LevelScope::LevelScope(LevelKind kind, Index examples, bool draws) : serial_(next_serial()) {
    if (levels.visible >= 255) fail<StateError>("more than 255 transforms are nested");
    hidden_.assign(levels.open.begin() + levels.visible, levels.open.end());
    levels.open.resize(static_cast<std::size_t>(levels.visible));
    levels.open.push_back({serial_, kind, examples, draws});
    id_ = static_cast<std::uint8_t>(++levels.visible);
}
LevelScope::~LevelScope() {
    levels.open.resize(static_cast<std::size_t>(--levels.visible));
    levels.open.insert(levels.open.end(), hidden_.begin(), hidden_.end());
}

VisibleLevels::VisibleLevels(int level) : before_(levels.visible) { levels.visible = level; }
VisibleLevels::~VisibleLevels() { levels.visible = before_; }

int open_levels() { return levels.visible; }
std::uint64_t open_serial() { return levels.open[static_cast<std::size_t>(levels.visible - 1)].serial; }

int level_of(const OpEntry& op, const Tensor& t) {
    const Impl* impl = t.impl();
    if (impl->level == 0) return 0;
    const auto at = static_cast<std::size_t>(impl->level - 1);
    if (at >= levels.open.size() || levels.open[at].serial != parts_of(t.impl()).serial) {
        fail<StateError>(
            "{}: an operand comes from inside a transform that has ended\n"
            "  expected values to leave a transformed function only through its result",
            op.doc.name);
    }
    return impl->level;
}

void refuse_examples(const char* op, const Tensor& t) {
    for (Impl* impl = t.impl(); impl->level > 0; impl = parts_of(impl).primal) {
        if (!parts_of(impl).batched) continue;
        fail<StateError>(
            "{}: under vmap every example has its own count of entries, so they have no common shape\n"
            "  expected where() or masked_fill(), which keep the shape, or the call outside of vmap",
            op);
    }
}

Tensor numbers_below(const Tensor& t) {
    Impl* impl = t.impl();
    while (impl->level > 0) impl = parts_of(impl).primal;
    return share(impl);
}

Tensor drawn_by_example(const Shape& shape, const std::function<Tensor(const Shape&)>& draw) {
    Shape all;
    std::vector<int> maps; // outermost first
    for (int level = 1; level <= levels.visible; ++level) {
        const Level& open = levels.open[static_cast<std::size_t>(level - 1)];
        if (!open.draws) continue;
        maps.push_back(level);
        all.push_back(open.examples);
    }
    all.append(shape.begin(), shape.end());
    Tensor drawn;
    {
        const VisibleLevels outside(0);
        drawn = draw(all);
    }
    for (const int level : maps) {
        drawn = make_batched(static_cast<std::uint8_t>(level), levels.open[static_cast<std::size_t>(level - 1)].serial,
                             drawn);
    }
    return drawn;
}

namespace {

// The operation on primals and its rule on tangents.
Tensor dual_step(const OpEntry& op, In in, const void* attrs, Site site, int level, std::uint64_t serial) {
    Grads primals, tangents;
    bool any = false;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const bool wrapped = in[i].impl()->level == level;
        primals.push_back(wrapped ? share(parts_of(in[i].impl()).primal) : in[i]);
        tangents.push_back(wrapped && op.takes_gradient(static_cast<int>(i)) ? share(parts_of(in[i].impl()).tangent)
                                                                             : Tensor());
        any = any || tangents.back().defined();
    }
    const In p(primals.data(), in.size());
    const Tensor y = run(op, p, attrs, site);
    Tensor dy;
    if (any && op.jvp) {
        SmallVector<const Shape*, 3> shapes;
        for (const Tensor& t : primals) shapes.push_back(&t.impl()->shape);
        const Saved saved{p, y, {shapes.data(), in.size()}, ~0u};
        dy = op.jvp(saved, In(tangents.data(), in.size()), attrs);
    }
    return make_wrapper(static_cast<std::uint8_t>(level), serial, y, dy);
}

// The declared fallback: one call an example.
Tensor looped(const OpEntry& op, In in, unsigned batched, const void* attrs, Site site, Index examples) {
    std::vector<Tensor> results;
    // Over no examples it runs once on zeros, to learn the shape of the result.
    for (Index e = 0; e < std::max<Index>(examples, 1); ++e) {
        Grads one;
        for (std::size_t i = 0; i < in.size(); ++i) {
            if ((batched >> i & 1) == 0) one.push_back(in[i]);
            else if (examples > 0) one.push_back(select(in[i], 0, e));
            else one.push_back(select(zeros_like(in[i]), 0, 0));
        }
        results.push_back(run(op, In(one.data(), in.size()), attrs, site));
    }
    const Tensor all = stack(results, 0);
    return examples > 0 ? all : slice(all, 0, 0, 0);
}

// The operation's batch rule on all examples at once.
Tensor batched_step(const OpEntry& op, In in, const void* attrs, Site site, int level, const Level& open) {
    Grads inner;
    unsigned batched = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const bool wrapped = in[i].impl()->level == level;
        inner.push_back(wrapped ? share(parts_of(in[i].impl()).primal) : in[i]);
        if (wrapped && parts_of(in[i].impl()).batched) batched |= 1u << std::min<std::size_t>(i, 31);
    }
    const In x(inner.data(), in.size());
    if (batched == 0) return make_wrapper(static_cast<std::uint8_t>(level), open.serial, run(op, x, attrs, site));
    if (op.loops) {
        warn_once(fmt::format("vmap: {} has no batch rule, so it runs in a loop over {} examples", op.doc.name,
                              open.examples));
    }
    const Tensor y = op.loops ? looped(op, x, batched, attrs, site, open.examples) : op.batch(x, batched, attrs);
    return make_batched(static_cast<std::uint8_t>(level), open.serial, y);
}

} // namespace

Tensor run_on_level(const OpEntry& op, In in, const void* attrs, Site site, int level) {
    const Level open = levels.open[static_cast<std::size_t>(level - 1)];
    const Setting below(levels.visible, level - 1);
    return open.kind == LevelKind::dual ? dual_step(op, in, attrs, site, level, open.serial)
                                        : batched_step(op, in, attrs, site, level, open);
}

} // namespace xg
