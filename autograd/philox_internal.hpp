#pragma once
#include <array>
#include <cstdint>

namespace xg {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// One round, and the key of the next.
[[gnu::always_inline]] constexpr void philox_round(std::uint32_t& c0, std::uint32_t& c1, std::uint32_t& c2,
                                                   std::uint32_t& c3, const PhiloxKey& k) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c0, b = std::uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ k[0];
    c1 = static_cast<std::uint32_t>(b);
    c2 = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ k[1];
    c3 = static_cast<std::uint32_t>(a);
}
[[gnu::always_inline]] constexpr void philox_next(PhiloxKey& k) {
    k[0] += 0x9E3779B9; // the golden ratio
    k[1] += 0xBB67AE85; // the square root of 3, less 1
}

/// Philox 4x32 in 10 rounds: a bijection of the counter under the key.
/// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
constexpr PhiloxCounter philox(PhiloxCounter c, PhiloxKey k) {
    for (int round = 0; round < 10; ++round) {
        philox_round(c[0], c[1], c[2], c[3], k);
        philox_next(k);
    }
    return c;
}

/// Half 0 or 1 of a block, and the number of rand in float64 that it is.
constexpr std::uint64_t wide_word(const PhiloxCounter& words, std::size_t half) {
    return words[2 * half] | std::uint64_t{words[2 * half + 1]} << 32;
}
constexpr double fraction_of(std::uint64_t x) { return static_cast<double>(x >> 11) * 0x1p-53; }

/// Block number `position` of a seed: see Generator. `attempt` is 0 but where a number was refused and is drawn again.
constexpr PhiloxCounter philox_block(std::uint64_t seed, std::uint64_t position, std::uint32_t attempt = 0) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    return philox({low(position), low(position >> 32), attempt, 0}, {low(seed), low(seed >> 32)});
}

} // namespace xg
