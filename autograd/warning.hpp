#pragma once
#include <functional>
#include <string_view>

#include <autograd/export.hpp>

namespace xg {

using WarningHandler = std::function<void(std::string_view)>;

/// Who is told of what works, but slower or other than one might expect: vmap that loops over examples, say. Each text is
/// told once a handler. None by default: the library never prints. From any thread; one call at a time.
XGRAD_API void set_warning_handler(WarningHandler handler);

/// Tells the handler, unless it has been told that before. For libraries on top of this one, too.
XGRAD_API void warn_once(std::string_view text);

} // namespace xg
