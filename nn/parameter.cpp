#include <nn/parameter.hpp>

#include <cstring>

#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/parameter.hpp>
#include <nn/numbers_internal.hpp>

namespace xg::nn {

Tensor plain_numbers(const Tensor& t, DType dtype) {
    t.data(); // refuses what lives inside a transform
    const NoGrad guard;
    const Tensor converted = t.detach().to(dtype);
    return converted.is_contiguous() ? converted : converted.clone();
}

void write_numbers(Tensor& to, const Tensor& from) {
    const auto bytes = static_cast<std::size_t>(to.numel()) * size_of(to.dtype());
    std::memmove(mutable_data(to), from.data(), bytes);
}

namespace {

Tensor trainable(Tensor numbers, Site site) {
    const CallSite here(site);
    if (!numbers.defined()) return numbers;
    if (!is_floating(numbers.dtype())) {
        fail<DTypeError>(
            "Parameter: the numbers have dtype {}\n"
            "  expected float32 or float64; x.to(float32) converts, and nn::Buffer holds any dtype",
            name_of(numbers.dtype()));
    }
    Tensor leaf = own_numbers(std::move(numbers));
    leaf.requires_grad(true);
    mark_parameter(leaf);
    return leaf;
}

bool same_kind(const Tensor& a, const Tensor& b) {
    return a.defined() && b.defined() && a.shape() == b.shape() && a.dtype() == b.dtype();
}

/// A copy with its name, or an undefined tensor of the same.
Tensor copied(const Tensor& t) {
    if (!t.defined()) return {};
    const NoGrad guard;
    Tensor copy = t.clone();
    if (const std::string name = t.label(); !name.empty()) copy.label(name);
    return copy;
}

} // namespace

Parameter::Parameter(Tensor numbers, Site site) : Tensor(trainable(std::move(numbers), site)) {}
Parameter::Parameter(const Parameter& other) : Tensor(copied(other)) {
    if (!defined()) return;
    requires_grad(other.requires_grad());
    mark_parameter(*this);
}
Parameter& Parameter::operator=(const Parameter& other) {
    if (impl() == other.impl()) return *this;
    if (!same_kind(*this, other)) return *this = Parameter(other);
    write_numbers(*this, other);
    requires_grad(other.requires_grad());
    return *this;
}
Parameter& Parameter::operator=(const Tensor& numbers) {
    if (impl() == numbers.impl()) return *this;
    if (!same_kind(*this, numbers)) return *this = Parameter(numbers);
    write_numbers(*this, plain_numbers(numbers, dtype()));
    return *this;
}

Buffer::Buffer(Tensor numbers, Site site) {
    const CallSite here(site);
    static_cast<Tensor&>(*this) = own_numbers(std::move(numbers));
}
Buffer::Buffer(const Buffer& other) : Tensor(copied(other)) {}
Buffer& Buffer::operator=(const Buffer& other) { return *this = static_cast<const Tensor&>(other); }
Buffer& Buffer::operator=(const Tensor& numbers) {
    if (impl() == numbers.impl()) return *this;
    if (!same_kind(*this, numbers)) return *this = Buffer(numbers);
    write_numbers(*this, plain_numbers(numbers, dtype()));
    return *this;
}

} // namespace xg::nn
