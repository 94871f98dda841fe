#pragma once
#include <autograd/engine/tape.hpp>

// What the files of the tape share: tape.cpp is the tape of a thread, tape_segments.cpp its memory, tape_handles.cpp the
// life of leaves and results, tape_foreign.cpp what is no arithmetic, tape_sweep.cpp what is forgotten.
namespace xg::detail {

// Under the sanitizers every segment is an allocation of its own that goes as soon as it can, and leaves that are free
// are poisoned, so that a use after the end is seen.
#ifdef XGRAD_PLAIN_MALLOC
constexpr bool keeps_memory = false;
#else
constexpr bool keeps_memory = true;
#endif
constexpr std::size_t slots_of_segment = (segment_bytes - segment_header) / sizeof(Slot);

/// MemoryError if the system refuses.
Segment* allocate_segments(std::size_t count);

} // namespace xg::detail
