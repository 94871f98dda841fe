#include <nn/data/dataset.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/index.hpp>

namespace xg::nn {

Dataset::~Dataset() = default;

TensorDataset::TensorDataset(Tensor x, Tensor y, Site site) : x_(std::move(x)), y_(std::move(y)) {
    const CallSite here(site);
    for (const Tensor* t : {&x_, &y_}) {
        const char name = t == &x_ ? 'x' : 'y';
        if (!t->defined()) fail<StateError>("TensorDataset(x, y): {} is undefined\n  expected a tensor", name);
        if (t->rank() == 0) {
            fail<ShapeError>("TensorDataset(x, y): {} is a scalar\n  expected a first axis that counts the samples",
                             name);
        }
    }
    if (x_.shape(0) != y_.shape(0)) {
        fail<ShapeError>(
            "TensorDataset(x, y): x has {} samples and y has {}: the shapes are {} and {}\n"
            "  expected the same first size",
            x_.shape(0), y_.shape(0), x_.shape().str(), y_.shape().str());
    }
}

Index TensorDataset::size() const { return x_.shape(0); }

Batch TensorDataset::at(const Tensor& positions) const {
    return {.x = index_select(x_, 0, positions), .y = index_select(y_, 0, positions)};
}

} // namespace xg::nn
