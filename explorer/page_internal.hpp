#pragma once
#include <string>
#include <string_view>

#include <explorer/trace.hpp>

namespace xg::detail {

/// explorer/web/dist/page.html, which the build puts into the library.
std::string_view page_asset();
/// The page with that trace in it.
std::string page_of(const Trace& trace);

} // namespace xg::detail
