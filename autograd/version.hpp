#pragma once

#include <autograd/export.hpp>

#include <string_view>

namespace xg {

/// The release of the library that is linked, for example "0.1.0"; a header of another release would not show here.
XGRAD_API std::string_view version() noexcept;

} // namespace xg
