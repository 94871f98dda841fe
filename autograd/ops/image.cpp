#include <autograd/ops/image_families_internal.hpp>

#include <vector>

#include <autograd/ops/families.hpp>

namespace xg {

std::span<const OpEntry* const> image_ops() {
    static const std::vector<const OpEntry*> joined = [] {
        std::vector<const OpEntry*> all;
        for (const auto family : {interpolate_ops(), pixel_shuffle_ops(), unfold_ops(), grid_sample_ops()})
            all.insert(all.end(), family.begin(), family.end());
        return all;
    }();
    return joined;
}

} // namespace xg
