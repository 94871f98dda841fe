#pragma once
#include <autograd/export.hpp>
#include <autograd/site.hpp>

// How many threads work on one operation. Results have the same bits for any number of them: work is cut by its shape
// alone, and small work stays on the calling thread.
namespace xg {

/// From 1 to 256. At first as many as the process may run at once (`taskset` and control groups are heard). ValueError
/// for anything else.
XGRAD_API void set_num_threads(int n, Site site = Site::here());
XGRAD_API int num_threads();

} // namespace xg
