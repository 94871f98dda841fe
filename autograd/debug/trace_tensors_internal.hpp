#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <autograd/debug/tensor_graph.hpp>

namespace xg::detail {

/// A call that TraceTensors saw.
struct KeptCall {
    std::vector<Tensor> inputs; ///< without their graphs
    std::string module;
};
/// By the stamp of its result; null if it is unknown.
const KeptCall* kept_call(std::uint64_t stamp);

} // namespace xg::detail
