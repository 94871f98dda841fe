// Long chains on a small stack, bytes an operation, memory that stays flat.
#include <doctest/doctest.h>

#include <autograd/engine/tape.hpp>
#include <autograd/value.hpp>

#include "support/resources.hpp"
#include "support/sanitized.hpp"

using namespace xg;
using test::on_small_stack;
using test::resident_bytes;
using test::sanitized;

namespace {

constexpr int chain_length = sanitized ? 300'000 : 10'000'000;

} // namespace

TEST_CASE("Value: a chain of ten million operations needs no stack and 50 bytes an operation") {
    on_small_stack([] {
        const double before = resident_bytes();
        Value x = 1.0, y = x;
        for (int i = 0; i < chain_length; ++i) y = y + 1e-9;
        y.backward();
        const double bytes = (resident_bytes() - before) / chain_length;
        CHECK(x.grad() == 1);
        if (!sanitized) CHECK(bytes <= 50);
        y = x;
    });
}

TEST_CASE("Value: the tape itself takes at most 50 bytes an operation") {
    trim_tape();
    Value x = 1.0, y = x;
    const std::size_t before = detail::Tape::mine().bytes();
    constexpr int operations = 1'000'000;
    for (int i = 0; i < operations; ++i) y = y + 1e-9;
    const double bytes = static_cast<double>(detail::Tape::mine().bytes() - before) / operations;
    if (!sanitized) CHECK(bytes <= 50);
    y = x;
    trim_tape();
    CHECK(detail::Tape::mine().bytes() == 0);
}

TEST_CASE("Value: memory stays flat while one result is kept across a million evaluations") {
    Value x = 1.5, kept = x * x;
    double warm = 0;
    const int rounds = sanitized ? 20'000 : 1'000'000;
    for (int i = 0; i < rounds; ++i) {
        Value h = x * 0.5, y = h * x + h;
        y = y * y + x;
        if (i % 3 == 0) kept = y;
        if (i == rounds / 100) warm = resident_bytes();
    }
    CHECK(kept.value() > 0);
    if (!sanitized) CHECK(resident_bytes() <= warm + 2 * 1024 * 1024);
    CHECK(detail::Tape::mine().bytes() <= 2 * 1024 * 1024);
}

TEST_CASE("Value: a sweep keeps what handles lead to") {
    Value x = 2.0, first = x * 3 + 1, second;
    for (int i = 0; i < 5000; ++i) {
        second = first * x;
        Value third = second + i;
        if (i % 700 == 0) detail::Tape::mine().sweep();
    }
    second.backward();
    CHECK(second.value() == 14);
    CHECK(x.grad() == 3 * 2 + 7);
    CHECK(first.grad() == 2);
}
