#pragma once
#include <autograd/tensor.hpp>

// What a library of models needs of the engine and a user's program does not: tensors that own their numbers, writing
// into them, and knowing a parameter when an operation reads it.
namespace xg {

class Watch;

/// The numbers of `t` outside the graph, contiguous, and held by nobody else: `t` itself if that is so already, else a
/// copy. An undefined tensor stays undefined. StateError for a value of a running transform.
XGRAD_API Tensor own_numbers(Tensor t);

/// Says that `t` is a parameter of a model; the mark lasts as long as the tensor.
XGRAD_API void mark_parameter(Tensor& t);
/// False for an undefined tensor, and for views and results of a parameter.
XGRAD_API bool is_parameter(const Tensor& t);

/// The `numel` numbers for writing, row-major. The version rises, as by every change in place; nothing is recorded.
/// StateError: undefined, not contiguous, or a value of a running transform.
XGRAD_API void* mutable_data(Tensor& t);

/// The watch of this thread, or null: one that watches for a while passes on what it sees.
XGRAD_API Watch* current_watch();

} // namespace xg
