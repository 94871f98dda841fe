#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>

#include <autograd/error.hpp>
#include <autograd/site.hpp>

namespace xg {

/// `message`, followed by the line of the open call site, if there is one.
XGRAD_API std::string with_site(std::string message);

/// Throws an `E` whose text is the formatted message and the caller's line: the one way the library raises an error.
template <class E, class... A>
[[noreturn]] void fail(fmt::format_string<A...> format, A&&... args) {
    throw E(with_site(fmt::format(format, std::forward<A>(args)...)));
}

} // namespace xg
