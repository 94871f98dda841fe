#include <autograd/engine/pass.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/engine/checkpoint.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

// A result of a checkpoint: its cotangent waits, and an empty one brings the hub its turn.
void Pass::leave_at_hub(Node* result, Tensor g) {
    Node* hub = result->edges[0].node;
    if (result->target) result->grad = keep(g.impl());
    waiting_.push_back({hub, detail::result_of_checkpoint(*result), std::move(g)});
    deliver(hub, zeros({}));
}

void Pass::explore_and_decide(const std::vector<Tensor>& roots) {
    const auto first = static_cast<std::ptrdiff_t>(marked_.size());
    for (const Tensor& y : roots) explore(y.impl()->node);
    std::sort(marked_.begin() + first, marked_.end(), Older());
    decide_up_to(~std::uint64_t{0});
}

void Pass::recompute(Node* hub) {
    const std::uint64_t begin = context().stamps;
    const std::vector<Tensor> results = detail::run_again(*hub);
    Recomputed again{begin, {}};
    std::vector<Tensor> cotangents;
    for (Waiting& w : waiting_) {
        if (w.hub != hub) continue;
        w.hub = nullptr;
        const bool same = w.result < results.size() && results[w.result].shape() == w.g.shape();
        const Node* node = same ? results[w.result].impl()->node : nullptr;
        if (!node || node->stamp <= begin || node->level != hub->level) {
            fail<GraphError>(
                "checkpoint: the function gave another result when it ran again for backward\n"
                "  expected the same operations each time, on values that it captured by copy");
        }
        again.roots.push_back(results[w.result]);
        cotangents.push_back(std::move(w.g));
    }
    std::erase_if(waiting_, [](const Waiting& w) { return !w.hub; });
    if (targeted_) explore_and_decide(again.roots);
    release(*hub);
    for (std::size_t i = 0; i < cotangents.size(); ++i) deliver(again.roots[i].impl()->node, std::move(cotangents[i]));
    recomputed_.push_back(std::move(again));
}

} // namespace xg
