#pragma once
#include <autograd/tensor.hpp>

// Equal numbers in other places of memory. The gaps hold NaN (or an index that is out of range), so that reading one
// shows.
namespace xg::test {

enum class Layout {
    permuted, ///< axes in another order in memory: a transpose, from three axes on a 3-cycle
    strided,  ///< every second element along each axis, somewhere inside a larger buffer
    reversed, ///< negative steps along every axis
    expanded, ///< step 0 along every second axis, where all entries are the first one
};
inline constexpr Layout all_layouts[] = {Layout::permuted, Layout::strided, Layout::reversed, Layout::expanded};
const char* name_of(Layout layout);

/// The numbers of `x` laid out so. An expanded one repeats numbers, so its values are not those of `x`: compare with
/// what `contiguous()` makes of it.
Tensor laid_out(const Tensor& x, Layout layout);
/// The same values row-major in numbers of their own.
Tensor contiguous(const Tensor& x);

} // namespace xg::test
