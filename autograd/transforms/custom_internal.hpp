#pragma once
#include <autograd/ops/entry.hpp>

namespace xg::detail {

/// The result of an operation of the user's own on numbers; `attrs` are those of its row.
Tensor call_operation(In in, const void* attrs);

} // namespace xg::detail
