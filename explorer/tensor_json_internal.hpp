#pragma once
#include <explorer/json_internal.hpp>
#include <explorer/json_reader_internal.hpp>

namespace xg::detail {

/// The list "tensors" of a trace.
nlohmann::json tensors_json(const std::vector<TraceTensor>& tensors);
std::vector<TraceTensor> read_tensors(const JsonReader& reader, const nlohmann::json& file);

/// The "terms" of a node that has so many inputs.
nlohmann::json terms_json(const TraceTerms& terms, std::size_t inputs);
TraceTerms read_terms(const JsonReader& reader, const nlohmann::json& of, const std::string& where);

} // namespace xg::detail
