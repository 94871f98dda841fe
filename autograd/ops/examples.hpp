#pragma once
#include <autograd/ops/entry.hpp>
#include <autograd/ops/shape_ops.hpp>

// For batch rules: operands of which some have the examples' axis in front.
namespace xg {

inline bool is_batched(unsigned batched, std::size_t i) { return i >= 32 || (batched >> i & 1) != 0; }

inline Index example_count(In x, unsigned batched) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (is_batched(batched, i)) return x[i].shape()[0];
    }
    return 0;
}

/// All operands with the examples' axis in front, repeated without a copy where they had none.
inline Grads with_examples(In x, unsigned batched) {
    const Index count = example_count(x, batched);
    Grads out;
    for (std::size_t i = 0; i < x.size(); ++i) {
        Shape shape = x[i].shape();
        shape.insert(0, count);
        out.push_back(is_batched(batched, i) ? x[i] : expand(x[i], shape));
    }
    return out;
}

} // namespace xg
