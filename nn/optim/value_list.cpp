#include <nn/optim/value_list_internal.hpp>

#include <algorithm>
#include <unordered_map>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/parameter.hpp>

namespace xg::nn {
namespace {

std::string shown_value(const Value& v, std::size_t i) {
    const std::string label = v.label();
    return label.empty() ? fmt::format("value {}", i) : fmt::format("value {} ({})", i, label);
}

} // namespace

void check_values(const std::string& optimizer, const std::vector<Value>& values) {
    std::unordered_map<const void*, std::size_t> first;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Value& v = values[i];
        if (!v.defined()) fail<StateError>("{}: value {} has been moved away\n  expected a leaf", optimizer, i);
        if (!v.is_leaf()) {
            fail<GraphError>("{}: {} is the result of an operation\n  expected a leaf, such as Value w = 0.5",
                             optimizer, shown_value(v, i));
        }
        const auto [place, fresh] = first.emplace(v.slot(), i);
        if (!fresh) {
            fail<StateError>("{}: {} and {} are the same leaf, which would be moved twice\n  expected it once",
                             optimizer, shown_value(v, place->second), shown_value(v, i));
        }
    }
}

void gather(const std::vector<Value>& values, Tensor& numbers) {
    double* to = static_cast<double*>(mutable_data(numbers));
    for (const Value& v : values) *to++ = v.value();
}
void scatter(const Tensor& numbers, std::vector<Value>& values) {
    const double* from = static_cast<const double*>(numbers.data());
    for (Value& v : values) v.set_value(*from++);
}
Tensor gradients_of(const std::vector<Value>& values) {
    if (std::none_of(values.begin(), values.end(), [](const Value& v) { return v.has_grad(); })) return {};
    Tensor gradients = zeros({static_cast<Index>(values.size())}, {.dtype = float64});
    double* to = static_cast<double*>(mutable_data(gradients));
    for (const Value& v : values) *to++ = v.grad();
    return gradients;
}

} // namespace xg::nn
