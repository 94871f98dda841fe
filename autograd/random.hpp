#pragma once
#include <array>
#include <cstdint>

#include <autograd/export.hpp>

namespace xg {

/// A counter-based random generator, Philox 4x32-10 (Salmon et al., SC 2011): a seed is the key, a draw is a count.
/// The stream is part of the interface: the same seed gives the same numbers on every machine and in every version.
class XGRAD_API Generator {
public:
    struct State {
        std::uint64_t seed = 0;
        std::uint64_t position = 0;  ///< 128-bit blocks drawn so far
        friend bool operator==(const State&, const State&) = default;
    };

    explicit Generator(std::uint64_t seed = 0) : state_{seed, 0} {}
    State state() const { return state_; }
    void set_state(State state) { state_ = state; }

    /// The next four 32-bit words.
    std::array<std::uint32_t, 4> next();

private:
    State state_;
};

/// The generator of the calling thread, used where none is given. It starts with seed 0.
XGRAD_API Generator& default_generator();
/// Restarts the calling thread's generator.
XGRAD_API void manual_seed(std::uint64_t seed);

}  // namespace xg
