#pragma once
#include <autograd/engine/tape.hpp>

namespace xg::test {

/// A fresh tape whose segments have so few slots, so that short programs cross them.
struct TinySegments {
    explicit TinySegments(std::size_t slots) {
        trim_tape();
        detail::Tape::slots_a_segment = slots;
    }
    ~TinySegments() {
        detail::Tape::slots_a_segment = before;
        trim_tape();
    }
    TinySegments(const TinySegments&) = delete;
    TinySegments& operator=(const TinySegments&) = delete;

    const std::size_t before = detail::Tape::slots_a_segment;
};

} // namespace xg::test
