#pragma once
#include <string>

#include <explorer/trace.hpp>

// Lines of at most 80 columns.
namespace xg::detail {

std::string forward_line(const Trace& trace, std::size_t node);
std::string event_line(const Trace& trace, std::size_t number);

} // namespace xg::detail
