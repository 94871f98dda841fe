#include <autograd/engine/level.hpp>

#include <atomic>

#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>

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
LevelScope::LevelScope(LevelKind kind) : serial_(next_serial()) {
    if (levels.visible >= 255) fail<StateError>("more than 255 transforms are nested");
    hidden_.assign(levels.open.begin() + levels.visible, levels.open.end());
    levels.open.resize(static_cast<std::size_t>(levels.visible));
    levels.open.push_back({serial_, kind});
    id_ = static_cast<std::uint8_t>(++levels.visible);
}
LevelScope::~LevelScope() {
    levels.open.resize(static_cast<std::size_t>(--levels.visible));
    levels.open.insert(levels.open.end(), hidden_.begin(), hidden_.end());
}

int open_levels() { return levels.visible; }

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

Tensor run_on_level(const OpEntry& op, In in, const void* attrs, Site site, int level) {
    const std::uint64_t serial = levels.open[static_cast<std::size_t>(level - 1)].serial;
    const Setting below(levels.visible, level - 1);
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

} // namespace xg
