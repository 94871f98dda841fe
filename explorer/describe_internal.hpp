#pragma once
#include <string>

#include <explorer/trace.hpp>

// What a trace says of its nodes besides numbers.
namespace xg::detail {

/// "layer0" of "layer0.weight".
std::string module_of_label(const std::string& label);
/// An operation belongs to the module whose parameter it reads; one with a single input to that of its input; a sum to
/// the one that all of its parts belong to.
std::string module_of_result(const Trace& trace, std::size_t node);
/// Formulas of the registry.
void describe_operations(Trace& trace);
/// The lines of the nodes, and some around them, as far as the files are there.
void read_sources(Trace& trace);

} // namespace xg::detail
