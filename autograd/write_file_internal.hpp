#pragma once
#include <string>
#include <string_view>

#include <autograd/export.hpp>

namespace xg {

/// Writes the whole file or nothing: the bytes go into a new file beside `path`, which then takes its name, so that a full
/// disk or a kill leaves an old file as it was. FileError with the function, the path, what failed and the reason.
XGRAD_API void write_file(const char* function, const std::string& path, std::string_view bytes);

} // namespace xg
