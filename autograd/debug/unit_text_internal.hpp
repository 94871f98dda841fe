#pragma once
#include <cstdint>
#include <string>

#include <autograd/export.hpp>

// Quantities in three digits of the unit that suits them.
namespace xg {

/// "12.5 us", "3.1 ms", "2 s".
XGRAD_API std::string time_text(double seconds);
/// "640 B", "1.5 KiB", "0.98 MiB".
XGRAD_API std::string bytes_text(std::int64_t bytes);

} // namespace xg
