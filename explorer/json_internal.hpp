#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include <explorer/trace.hpp>

namespace xg::detail {

inline constexpr int trace_version = 3;
inline constexpr const char* event_kinds[] = {"seed", "contribution", "complete"};

nlohmann::json trace_json(const Trace& trace);
nlohmann::json local_of(const TraceEdge& edge);
nlohmann::json json_number(double x);
/// One line; what is no UTF-8 is replaced.
std::string text_of(const nlohmann::json& file);

} // namespace xg::detail
