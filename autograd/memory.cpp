#include <autograd/memory.hpp>

#include <autograd/engine/allocator.hpp>
#include <autograd/value.hpp>

namespace xg {

std::int64_t trim() {
    trim_tape();
    return give_back_cached();
}

} // namespace xg
