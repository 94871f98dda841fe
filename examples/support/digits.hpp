#pragma once
#include <array>
#include <utility>
#include <vector>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

namespace xg {

struct Digits {
    Tensor x; // (N, 64), pixels from 0 to 1
    Tensor y; // (N), the digit
};

/// The handwritten digits, for training and held out: every fifth image of each digit, as examples/data/README.md says.
inline std::pair<Digits, Digits> load_digits() {
    const nn::Table table = nn::read_csv(XGRAD_EXAMPLE_DATA "/digits.csv");
    const Tensor all = from_vector(table.values, {table.rows, table.columns}, {.dtype = float32});
    const Tensor x = slice(all, 1, 0, 64) / 16, y = select(all, 1, 64).to(int64);
    std::array<int, 10> seen{};
    std::vector<std::int64_t> train, held_out;
    for (Index i = 0; i < table.rows; ++i) {
        const auto digit = static_cast<std::size_t>(y[i].item<int>());
        (++seen[digit] % 5 == 0 ? held_out : train).push_back(i);
    }
    const auto rows = [&](const std::vector<std::int64_t>& picked) {
        return Digits{index_select(x, 0, from_vector(picked)), index_select(y, 0, from_vector(picked))};
    };
    return {rows(train), rows(held_out)};
}

} // namespace xg
