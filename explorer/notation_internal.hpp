#pragma once
#include <string>

#include <explorer/trace.hpp>

// Nodes and derivatives in names.
namespace xg::detail {

/// At most 6 digits, for people.
std::string short_number(double x);
/// All digits that give the number back.
std::string full_number(double x);
/// On one line of at most `room` code points, the last of which are dots if it had more.
std::string clipped(const std::string& text, std::size_t room);
/// d(to)/d(from) in names.
std::string symbol_of(const Trace& trace, const TraceEdge& edge);
/// `a` times `b` in names, where 1 goes without saying.
std::string times(const std::string& a, const std::string& b);
/// "dL/dw".
std::string derivative_name(const Trace& trace, std::size_t node);

} // namespace xg::detail
