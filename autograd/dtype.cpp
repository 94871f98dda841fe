#include <autograd/dtype.hpp>

namespace xg {

std::string_view name_of(DType d) {
    constexpr std::string_view names[] = {"boolean", "int64", "float32", "float64"};
    return names[static_cast<int>(d)];
}

} // namespace xg
