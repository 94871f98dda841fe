#pragma once
#include <autograd/engine/node.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {

/// An input as a node sees it: a tensor or a number.
struct RecordInput {
    Impl* impl; // null: a number
    double number = 0;
};

/// Gives `out`, a fresh result, its node on plane `level`, if an input of that level has one.
void record(const OpEntry& op, std::span<const RecordInput> in, const void* attrs, const Tensor& out, int level,
            Site site);
/// The same for an elementwise operation on plane 0 of tensors of the result's shape and dtype, and numbers; bit i of
/// `wanted`, which is not 0: a gradient flows to input i.
void record_alike(const OpEntry& op, std::span<const RecordInput> in, unsigned wanted, Impl* out, const char* file,
                  std::uint32_t line);
const void* attrs_of(const Node& node);

/// Tells the watch of this thread; call it only if there is one.
void tell_forward(const OpEntry& op, In in, const Tensor& out, Site site);

} // namespace xg
