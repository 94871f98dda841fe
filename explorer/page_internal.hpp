#pragma once
#include <string>
#include <string_view>

#include <explorer/trace.hpp>

namespace xg::detail {

/// explorer/web/dist/page.html, which the build puts into the library.
std::string_view page_asset();
/// The page with that trace in it; of a graph that is too large for a browser, with what fits.
std::string page_of(const Trace& trace);
/// The same for a trace that was read from this text.
std::string page_of(const Trace& trace, std::string_view text);
/// The page with a trace or a recording as JSON.
std::string page_with(std::string_view json);

} // namespace xg::detail
