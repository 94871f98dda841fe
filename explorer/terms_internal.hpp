#pragma once
#include <span>

#include <autograd/debug/tensor_graph.hpp>
#include <explorer/trace.hpp>

namespace xg::detail {

/// What adds up to each element of a node; nothing if it is more than `most` terms, or of no form that is known. A form is
/// never taken from the operation's name alone: it has to give the recorded numbers.
TraceTerms terms_of(const TensorGraph& graph, std::size_t item, std::size_t most);
/// Of one element, by its row-major position.
TraceTerms terms_of_element(const TensorGraph& graph, std::size_t item, std::size_t at, std::size_t most);

/// As scalar operations, by the formula of an operation that a kernel computes at once; `most` operations in all.
TraceTerms operations_of(const TensorGraph& graph, std::size_t item, std::span<const std::size_t> elements,
                         std::size_t most);

/// Where an element of a result reads an input that is broadcast to it.
template <class Sizes>
std::size_t broadcast_position(const Sizes& out, const Sizes& in, std::size_t position) {
    const auto rank = [](const Sizes& s) { return static_cast<std::size_t>(s.end() - s.begin()); };
    std::size_t at = 0, step = 1;
    for (std::size_t i = 0; i < rank(out); ++i) {
        const auto size = static_cast<std::size_t>(*(out.end() - 1 - static_cast<std::ptrdiff_t>(i)));
        const std::size_t index = position % size;
        position /= size;
        if (i >= rank(in)) continue;
        const auto own = static_cast<std::size_t>(*(in.end() - 1 - static_cast<std::ptrdiff_t>(i)));
        at += (own == 1 ? 0 : index) * step;
        step *= own;
    }
    return at;
}

} // namespace xg::detail
