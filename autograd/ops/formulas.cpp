#include <autograd/ops/formulas_internal.hpp>

#include <utility>

namespace xg::detail {

Formula formula_of(std::string_view op) {
    // Each stands in the file of its operation, which knows the attributes.
    static constexpr std::pair<std::string_view, Formula> formulas[] = {
        {"scaled_dot_product_attention", attention_formula},
        {"cross_entropy", cross_entropy_formula},
        {"layer_norm", layer_norm_formula},
        {"logsumexp", logsumexp_formula},
        {"rnn_layer", recurrent_formula},
        {"lstm_layer", recurrent_formula},
        {"gru_layer", recurrent_formula}};
    for (const auto& [name, formula] : formulas) {
        if (name == op) return formula;
    }
    return nullptr;
}

} // namespace xg::detail
