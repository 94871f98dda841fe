#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include <autograd/tensor.hpp>

namespace xg {

/// One operation as it ran. `node` is the creation stamp of the result in the graph, 0 if nothing was recorded.
struct ForwardEvent {
    std::string_view op;
    std::span<const Tensor> inputs;
    const Tensor& output;
    Site site;
    std::uint64_t node;
};

/// One node as backward passed it: what arrived, and what it contributed to each input (undefined: nothing).
/// `inputs` are the stamps of the nodes the contributions go to, 0 where none does.
struct BackwardEvent {
    std::string_view op;
    std::uint64_t node;
    std::span<const std::uint64_t> inputs;
    const Tensor& upstream;
    std::span<const Tensor> contributions;
    Site site;
    std::span<const Tensor> saved; ///< the inputs that the rule has read; undefined where it has not
    const Tensor& output;          ///< the result, if the rule has read it
};

/// Watches every operation and every backward contribution of this thread. While nobody watches it costs nothing.
/// What a watch computes with tensors is not shown to it.
class XGRAD_API Watch {
public:
    virtual ~Watch() = default;
    virtual void forward(const ForwardEvent&) {}
    virtual void backward(const BackwardEvent&) {}
};

/// Watches until the end of the scope; the one that watched before goes on after it.
class XGRAD_API WatchScope {
public:
    explicit WatchScope(Watch& watch);
    ~WatchScope();
    WatchScope(const WatchScope&) = delete;
    WatchScope& operator=(const WatchScope&) = delete;

private:
    Watch* before_;
};

} // namespace xg
