#include <string_view>
#include <unordered_map>
#include <vector>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

// The families in the order of the reference. A family's file ends in its list, `<family>_ops()`, which no header
// declares: it is named here and nowhere else.
// clang-format off
#define XGRAD_FAMILIES(F) \
    F(elementwise) \
    F(extreme) \
    F(comparison) \
    F(activation) \
    F(exponential) \
    F(trigonometric) \
    F(special) \
    F(rounding) \
    F(copy) \
    F(view) \
    F(axis) \
    F(slicing) \
    F(joining) \
    F(reduce) \
    F(arg_extreme) \
    F(index) \
    F(gather) \
    F(linalg) \
    F(normalize) \
    F(loss) \
    F(entry_loss) \
    F(class_loss) \
    F(pair_loss) \
    F(density_loss) \
    F(ctc_loss) \
    F(scan) \
    F(product) \
    F(counting) \
    F(order) \
    F(tally) \
    F(arrangement) \
    F(padding) \
    F(parting) \
    F(division) \
    F(pairing) \
    F(logic) \
    F(piecewise) \
    F(smooth) \
    F(contraction) \
    F(einsum) \
    F(solving) \
    F(determinant) \
    F(decomposition) \
    F(least_squares) \
    F(scatter) \
    F(masking) \
    F(raveling) \
    F(indexing) \
    F(convolution) \
    F(resample) \
    F(max_pool) \
    F(mean_pool) \
    F(layer_norm) \
    F(group_norm) \
    F(batch_norm) \
    F(normalization) \
    F(dropout) \
    F(distance) \
    F(interpolate) \
    F(pixel_shuffle) \
    F(unfold) \
    F(grid_sample) \
    F(attention) \
    F(recurrent)
// clang-format on

namespace xg {

#define XGRAD_DECLARE(family) std::span<const OpEntry* const> family##_ops();
XGRAD_FAMILIES(XGRAD_DECLARE)
#undef XGRAD_DECLARE

std::span<const OpEntry* const> all_ops() {
    static const std::vector<const OpEntry*> joined = [] {
        std::vector<const OpEntry*> all;
#define XGRAD_LIST(family) family##_ops(),
        for (const auto& family : {XGRAD_FAMILIES(XGRAD_LIST)}) all.insert(all.end(), family.begin(), family.end());
#undef XGRAD_LIST
        return all;
    }();
    return joined;
}

const OpEntry* find_op(std::string_view name) {
    static const std::unordered_map<std::string_view, const OpEntry*> by_name = [] {
        std::unordered_map<std::string_view, const OpEntry*> names;
        for (const OpEntry* entry : all_ops()) names.emplace(entry->doc.name, entry);
        return names;
    }();
    const auto at = by_name.find(name);
    return at == by_name.end() ? nullptr : at->second;
}

} // namespace xg
