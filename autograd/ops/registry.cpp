#include <algorithm>
#include <vector>

#include <autograd/ops/families.hpp>

namespace xg {

std::span<const OpEntry* const> all_ops() {
    static const std::vector<const OpEntry*> joined = [] {
        std::vector<const OpEntry*> all;
        for (const auto family :
             {elementwise_ops(), activation_ops(),  exponential_ops(),   trigonometric_ops(), special_ops(),
              rounding_ops(),    copy_ops(),        view_ops(),          axis_ops(),          slicing_ops(),
              joining_ops(),     reduce_ops(),      index_ops(),         linalg_ops(),        normalize_ops(),
              loss_ops(),        scan_ops(),        product_ops(),       counting_ops(),      order_ops(),
              tally_ops(),       arrangement_ops(), padding_ops(),       parting_ops(),       division_ops(),
              pairing_ops(),     logic_ops(),       piecewise_ops(),     smooth_ops(),        contraction_ops(),
              einsum_ops(),      solving_ops(),     determinant_ops(),   decomposition_ops(), least_squares_ops(),
              scatter_ops(),     masking_ops(),     raveling_ops(),      indexing_ops(),      convolution_ops(),
              resample_ops(),    pooling_ops(),     normalization_ops(), dropout_ops(),       distance_ops(),
              image_ops(),       attention_ops(),   recurrent_ops()}) {
            all.insert(all.end(), family.begin(), family.end());
        }
        return all;
    }();
    return joined;
}

const OpEntry* find_op(std::string_view name) {
    const auto all = all_ops();
    const auto at = std::find_if(all.begin(), all.end(), [&](const OpEntry* e) { return e->doc.name == name; });
    return at == all.end() ? nullptr : *at;
}

} // namespace xg
