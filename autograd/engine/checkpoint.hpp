#pragma once
#include <functional>
#include <vector>

#include <autograd/engine/node.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/random.hpp>

// A call of which only the inputs are kept. Each result is a node with one edge, to the hub of the call; the hub has an
// edge to everything outside that the call read: its inputs, and what the function closes over. When a pass reaches a
// result, the hub remembers the cotangent; at the hub, which is older than all results, the function runs again and the
// cotangents start down the new graph. Its nodes are the newest, so they run next, and flow on into what lies outside.
namespace xg::detail {

struct Recompute {
    std::function<std::vector<Tensor>(const std::vector<Tensor>&)> f;
    std::size_t inputs = 0; // the first edges of the hub
    Generator::State random;
};

extern const OpEntry checkpoint_result, checkpoint_hub;
inline bool is_checkpoint_result(const Node& node) { return node.op == &checkpoint_result; }
inline bool is_checkpoint_hub(const Node& node) { return node.op == &checkpoint_hub; }

/// f(in), with results that are recomputed when a pass reaches them.
std::vector<Tensor> run_checkpoint(Recompute call, const std::vector<Tensor>& in, Site site);
/// Runs the call behind a hub again, recorded, with the random numbers of the first time.
std::vector<Tensor> run_again(const Node& hub);
/// Which of the call's results a node is.
std::size_t result_of_checkpoint(const Node& node);

} // namespace xg::detail
