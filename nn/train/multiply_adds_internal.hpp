#pragma once
#include <autograd/debug/watch.hpp>

namespace xg::nn {

/// The products of numbers that an operation adds up, 0 for those that only pass over their operands.
Index multiply_adds_of(const ForwardEvent& event);

} // namespace xg::nn
