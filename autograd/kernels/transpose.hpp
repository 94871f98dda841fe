#pragma once
#include <autograd/kernels/strided.hpp>

namespace xg::kernels {

/// Copies numbers of 4 or 8 bytes where the neighbours of `from` lie along another axis than those of `to`, tile by tile.
/// Whether they do; otherwise nothing is written. Same shape and dtype.
bool copy_transposed(const Strided& from, const Strided& to);

} // namespace xg::kernels
