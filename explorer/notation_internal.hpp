#pragma once
#include <string>
#include <string_view>

#include <explorer/trace.hpp>

// Nodes and derivatives in names.
namespace xg::detail {

/// At most 6 digits, for people.
std::string short_number(double x);
/// All digits that give the number back, in its dtype.
std::string full_number(double x, std::string_view dtype = {});
/// What is no UTF-8 is replaced by U+FFFD, as JSON has it.
std::string valid_utf8(std::string text);
/// How many columns of a terminal a line takes.
std::size_t columns(const std::string& text);
/// With blanks up to that many columns.
std::string padded(std::string text, std::size_t width);
/// On one line of at most `room` columns, the last of which are dots if it had more.
std::string clipped(const std::string& text, std::size_t room);
/// "(3, 4)".
std::string shape_text(const std::vector<std::int64_t>& shape);
/// A number, the few numbers of a small tensor, or the shape and norm of a larger one: "(3, 4) |1.25|".
std::string quantity_text(const Trace& trace, double number, std::size_t tensor, bool kept = true);
/// The same with all digits of a number, which may be the value of that node or a gradient of it.
std::string full_quantity_text(const Trace& trace, const TraceNode& node, double number, std::size_t tensor,
                               bool kept = true);
/// What the rule of the operation makes of the upstream gradient, in names.
std::string vjp_of(const Trace& trace, const TraceEdge& edge, bool elementwise);
/// The same on a terminal that knows ASCII alone: "upstream * W^T".
std::string plain_vjp(const TraceEdge& edge);
/// What an event brings: in numbers "0.5 * 2", of tensors in words.
std::string event_formula(const Trace& trace, const TraceEvent& event);
/// d(to)/d(from) in names.
std::string symbol_of(const Trace& trace, const TraceEdge& edge);
/// `a` times `b` in names, where 1 goes without saying.
std::string times(const std::string& a, const std::string& b);
/// "dL/dw".
std::string derivative_name(const Trace& trace, std::size_t node);

} // namespace xg::detail
