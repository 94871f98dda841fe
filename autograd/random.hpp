#pragma once
#include <array>
#include <cstdint>

#include <autograd/export.hpp>

namespace xg {

/// A counter-based random generator, Philox 4x32-10 (Salmon et al., SC 2011): a seed is the key, a draw is a count.
/// The stream is part of the interface: the same seed gives the same numbers on every machine and in every version.
///
/// Block number p of a seed is the four words philox(counter = {p mod 2^32, p / 2^32, 0, 0}, key = {seed mod 2^32,
/// seed / 2^32}). With w0 ... w3 the words of a block, x0 = w0 + 2^32 w1 and x1 = w2 + 2^32 w3, a call that makes n
/// numbers reads them from consecutive blocks in row-major order and leaves the generator at the next whole block:
///
/// | call             | numbers of one block                                     | blocks a call takes |
/// | ---------------- | -------------------------------------------------------- | ------------------- |
/// | rand, float32    | (w >> 8) / 2^24 of each word                             | ceil(n / 4)         |
/// | rand, float64    | (x >> 11) / 2^53 of x0 and x1                            | ceil(n / 2)         |
/// | randn, any dtype | r cos(a) and r sin(a), with r = sqrt(-2 log(u)),         | ceil(n / 2)         |
/// |                  | u = ((x0 >> 11) + 1) / 2^53, a = 2 pi (x1 >> 11) / 2^53; |                     |
/// |                  | float32 is the rounding of the float64 number            |                     |
/// | randint          | low + floor(x (high - low) / 2^64) of x0 and x1          | ceil(n / 2)         |
/// | randperm(n)      | j of x0 and x1 as randint(0, i + 1), for                 | ceil((n - 1) / 2)   |
/// |                  | i = n - 1 ... 1; entries i and j change places           |                     |
///
/// The integers are unbiased: an x whose product with the range has its low 64 bits below 2^64 mod (high - low) is drawn
/// again, from the same place of the block with 1, 2 ... as the third word of its counter (Lemire 2019). So the number of
/// blocks never depends on the numbers. The logarithm, sine and cosine are fixed polynomials, not those of the system.
class XGRAD_API Generator {
public:
    struct State {
        std::uint64_t seed = 0;
        std::uint64_t position = 0; ///< 128-bit blocks drawn so far
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

} // namespace xg
