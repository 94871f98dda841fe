#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <thread>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>
#include <autograd/fixed_math_internal.hpp>
#include <autograd/philox_internal.hpp>
#include <autograd/random.hpp>

using namespace xg;

namespace {

using Doubles = std::vector<double>;
using Integers = std::vector<std::int64_t>;

// The bit generator's words as the documentation of Generator joins them.
std::uint64_t wide(const std::array<std::uint32_t, 4>& w, int half) {
    const auto i = static_cast<std::size_t>(2 * half);
    return w[i] | std::uint64_t{w[i + 1]} << 32;
}

std::uint64_t blocks_taken(const Generator& g) { return g.state().position; }

double mean_of(const Doubles& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }
double moment(const Doubles& x, int power) {
    double sum = 0;
    for (const double v : x) sum += std::pow(v, power);
    return sum / static_cast<double>(x.size());
}

// Pearson's statistic against equal frequencies.
double chi_square(const std::vector<Index>& counts) {
    const double expected = static_cast<double>(std::accumulate(counts.begin(), counts.end(), Index{0})) /
                            static_cast<double>(counts.size());
    double sum = 0;
    for (const Index n : counts)
        sum += (static_cast<double>(n) - expected) * (static_cast<double>(n) - expected) / expected;
    return sum;
}

// The distance between the numbers' distribution and F (Kolmogorov and Smirnov), times the root of their count.
template <class F>
double distance_from(Doubles x, F distribution) {
    std::sort(x.begin(), x.end());
    const double n = static_cast<double>(x.size());
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double f = distribution(x[i]);
        worst = std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
    }
    return worst * std::sqrt(n);
}

} // namespace

// Known answers of Philox 4x32-10 from the authors' Random123 library (kat_vectors).
static_assert(philox({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
              PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST_CASE("a generator counts blocks in the lower words of Philox's counter and keeps the seed as its key") {
    Generator g(0x299f31d0a4093822);
    CHECK(g.next() == philox({0, 0, 0, 0}, {0xa4093822, 0x299f31d0}));
    CHECK(g.next() == philox({1, 0, 0, 0}, {0xa4093822, 0x299f31d0}));
    g.set_state({.seed = 5, .position = 0xffffffff});
    CHECK(g.next() == philox({0xffffffff, 0, 0, 0}, {5, 0}));
    CHECK(g.next() == philox({0, 1, 0, 0}, {5, 0}));
}

TEST_CASE("seed 0 starts with the first known answer") {
    CHECK(Generator(0).next() == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}

TEST_CASE("a state repeats the numbers that followed it") {
    Generator g(7);
    rand({5}, {.generator = &g});
    const Generator::State state = g.state();
    const Doubles first = randn({4}, {.generator = &g}).to_vector();
    g.set_state(state);
    CHECK(randn({4}, {.generator = &g}).to_vector() == first);
    CHECK(state == Generator::State{.seed = 7, .position = 2});
}

TEST_CASE("manual_seed restarts the thread's generator") {
    manual_seed(3);
    const Doubles first = rand({3}).to_vector();
    CHECK(rand({3}).to_vector() != first);
    manual_seed(3);
    CHECK(rand({3}).to_vector() == first);
    Generator g(3);
    CHECK(rand({3}, {.generator = &g}).to_vector() == first);
}

TEST_CASE("every thread has a generator of its own that starts with seed 0") {
    manual_seed(9);
    Generator::State state;
    std::thread([&] { state = default_generator().state(); }).join();
    CHECK(state == Generator::State{.seed = 0, .position = 0});
    CHECK(default_generator().state().seed == 9);
}

TEST_CASE("a generator of one's own leaves the thread's alone") {
    const Generator::State before = default_generator().state();
    Generator g;
    rand({8}, {.generator = &g});
    CHECK(default_generator().state() == before);
}

TEST_CASE("float64 uniforms are the upper 53 bits of two words each") {
    Generator g(11), words(11);
    const Doubles x = rand({3}, {.dtype = float64, .generator = &g}).to_vector();
    const auto a = words.next(), b = words.next();
    CHECK(x[0] == std::ldexp(static_cast<double>(wide(a, 0) >> 11), -53));
    CHECK(x[1] == std::ldexp(static_cast<double>(wide(a, 1) >> 11), -53));
    CHECK(x[2] == std::ldexp(static_cast<double>(wide(b, 0) >> 11), -53));
}

TEST_CASE("float32 uniforms are the upper 24 bits of one word each") {
    Generator g(11), words(11);
    const std::vector<float> x = rand({5}, {.generator = &g}).to_vector<float>();
    const auto a = words.next(), b = words.next();
    for (std::size_t i = 0; i < 4; ++i) CHECK(x[i] == std::ldexp(static_cast<float>(a[i] >> 8), -24));
    CHECK(x[4] == std::ldexp(static_cast<float>(b[0] >> 8), -24));
}

TEST_CASE("normals are Box and Muller's of the two wide words of a block") {
    Generator g(12), words(12);
    const Doubles x = randn({400}, {.dtype = float64, .generator = &g}).to_vector();
    for (std::size_t i = 0; i < x.size(); i += 2) {
        const auto w = words.next();
        const double u = std::ldexp(static_cast<double>(wide(w, 0) >> 11) + 1, -53);
        const double angle = 2 * M_PI * std::ldexp(static_cast<double>(wide(w, 1) >> 11), -53);
        const double r = std::sqrt(-2 * std::log(u));
        CHECK(std::abs(x[i] - r * std::cos(angle)) <= 1e-14);
        CHECK(std::abs(x[i + 1] - r * std::sin(angle)) <= 1e-14);
    }
}

TEST_CASE("the largest normals keep the u of the documentation, which is never 0") {
    // The block with the smallest u among the first 67 million of seed 0: u = 58208848 / 2^53
    Generator g(0);
    g.set_state({.seed = 0, .position = 61'968'237});
    const Doubles x = randn({2}, {.dtype = float64, .generator = &g}).to_vector();
    CHECK(std::hypot(x[0], x[1]) == doctest::Approx(std::sqrt(-2 * std::log(58208848 * 0x1p-53))).epsilon(1e-14));
}

TEST_CASE("float32 normals are the float64 ones, rounded") {
    Generator a(13), b(13);
    const Doubles wide_ones = randn({7}, {.dtype = float64, .generator = &a}).to_vector();
    const std::vector<float> narrow = randn({7}, {.generator = &b}).to_vector<float>();
    for (std::size_t i = 0; i < 7; ++i) CHECK(narrow[i] == static_cast<float>(wide_ones[i]));
}

TEST_CASE("the fixed logarithm is within 2 ulp of the system's") {
    Generator g(14);
    for (int i = 0; i < 20'000; ++i) {
        const double scale = std::ldexp(1.0, -(i % 53));
        const double u = scale * (1 - rand({}, {.dtype = float64, .generator = &g}).item());
        const double expected = std::log(u);
        if (std::abs(fixed_log(u) - expected) > 2 * std::abs(std::nextafter(expected, -INFINITY) - expected)) {
            FAIL("log(" << u << ") is " << fixed_log(u) << ", expected " << expected);
        }
    }
    CHECK(fixed_log(1) == 0);
    CHECK(fixed_log(0x1p-53) == doctest::Approx(-53 * std::log(2.0)).epsilon(1e-15));
}

TEST_CASE("the fixed sine and cosine are those of the turn, exact at its quarters") {
    for (int i = 0; i < 20'000; ++i) {
        const double v = i / 20'000.0;
        const auto [c, s] = fixed_turn(v);
        const long double angle = 2 * acosl(-1.0L) * static_cast<long double>(v);
        if (std::abs(c - static_cast<double>(cosl(angle))) > 3e-16 ||
            std::abs(s - static_cast<double>(sinl(angle))) > 3e-16) {
            FAIL("turn " << v << " is (" << c << ", " << s << ")");
        }
    }
    CHECK(fixed_turn(0.25) == std::pair(-0.0, 1.0));
    CHECK(fixed_turn(0.5) == std::pair(-1.0, -0.0));
    CHECK(fixed_turn(0.75) == std::pair(0.0, -1.0));
}

TEST_CASE("a seed gives the same numbers in every version") {
    // Computed by a second program, in Python, from the documentation of Generator.
    Generator g(2024);
    CHECK(rand({4}, {.generator = &g}).to_vector() ==
          Doubles{0.6036898493766785, 0.26856327056884766, 0.984598696231842, 0.08359599113464355});
    CHECK(rand({2}, {.dtype = float64, .generator = &g}).to_vector() ==
          Doubles{0.43589427749306986, 0.46392728874876543});
    CHECK(randint(-100, 1000, {5}, {.generator = &g}).to_vector<std::int64_t>() == Integers{-46, -20, 430, 175, 386});
    CHECK(randint(INT64_MIN, 2, {4}, {.generator = &g}).to_vector<std::int64_t>() ==
          Integers{-4659452992147898034, -9002113340545065747, -2001716004136749265, -4041424182466165492});
    CHECK(randperm(8, {.generator = &g}).to_vector<std::int64_t>() == Integers{3, 1, 4, 2, 7, 0, 5, 6});
    const Doubles normal = randn({2}, {.dtype = float64, .generator = &g}).to_vector();
    CHECK(normal[0] == doctest::Approx(0.3081875885076277).epsilon(1e-14));
    CHECK(normal[1] == doctest::Approx(-0.7524086784906631).epsilon(1e-14));
}

TEST_CASE("every call takes the whole blocks that its documentation says") {
    Generator g;
    const RandomOptions one{.generator = &g}, two{.dtype = float64, .generator = &g};
    const auto taken = [&](const auto& call) {
        const std::uint64_t before = blocks_taken(g);
        call();
        return blocks_taken(g) - before;
    };
    CHECK(taken([&] { rand({}, one); }) == 1);
    CHECK(taken([&] { rand({4}, one); }) == 1);
    CHECK(taken([&] { rand({5}, one); }) == 2);
    CHECK(taken([&] { rand({3, 3}, two); }) == 5);
    CHECK(taken([&] { randn({4}, one); }) == 2);
    CHECK(taken([&] { randn({5}, two); }) == 3);
    CHECK(taken([&] { randint(0, 10, {5}, one); }) == 3);
    CHECK(taken([&] { randperm(6, one); }) == 3);
    CHECK(taken([&] { randperm(7, one); }) == 3);
    CHECK(taken([&] { randperm(1, one); }) == 0);
    CHECK(taken([&] { rand({0}, one); }) == 0);
}

TEST_CASE("a rejected integer costs no more blocks") {
    // Just above 2^63, half of all words are drawn again
    Generator g;
    randint(INT64_MIN, 2, {1000}, {.generator = &g});
    CHECK(blocks_taken(g) == 500);
}

TEST_CASE("a call that is refused draws nothing") {
    Generator g(1);
    const RandomOptions bad{.dtype = int64, .generator = &g};
    CHECK_THROWS(rand({2}, bad));
    CHECK_THROWS(randint(3, 3, {2}, {.generator = &g}));
    CHECK_THROWS(randn({-1}, {.generator = &g}));
    CHECK(blocks_taken(g) == 0);
}

TEST_CASE("uniforms fill the unit interval evenly and leave 1 out") {
    Generator g(15);
    for (const DType dtype : {float32, float64}) {
        const Doubles x = rand({100'000}, {.dtype = dtype, .generator = &g}).to_vector();
        CHECK(*std::min_element(x.begin(), x.end()) >= 0);
        CHECK(*std::max_element(x.begin(), x.end()) < 1);
        CHECK(distance_from(x, [](double v) { return v; }) < 1.95); // exceeded by one seed in 1000
    }
}

TEST_CASE("normals have the normal distribution") {
    Generator g(16);
    const Doubles x = randn({200'000}, {.dtype = float64, .generator = &g}).to_vector();
    CHECK(distance_from(x, [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); }) < 1.95);
    CHECK(std::abs(mean_of(x)) < 0.01);
    CHECK(std::abs(moment(x, 2) - 1) < 0.015);
    CHECK(std::abs(moment(x, 4) - 3) < 0.1);
}

TEST_CASE("the two normals of a block are independent") {
    Generator g(17);
    const Doubles x = randn({200'000}, {.dtype = float64, .generator = &g}).to_vector();
    double products = 0, squares = 0;
    for (std::size_t i = 0; i < x.size(); i += 2) {
        products += x[i] * x[i + 1];
        squares += (x[i] * x[i] - 1) * (x[i + 1] * x[i + 1] - 1);
    }
    CHECK(std::abs(products / 100'000) < 0.015);
    CHECK(std::abs(squares / 100'000) < 0.03);
}

TEST_CASE("integers are as frequent as each other, the bounds included and excluded") {
    Generator g(18);
    std::vector<Index> counts(7);
    for (const std::int64_t v : randint(-3, 4, {70'000}, {.generator = &g}).to_vector<std::int64_t>()) {
        REQUIRE(v >= -3);
        REQUIRE(v < 4);
        ++counts[static_cast<std::size_t>(v + 3)];
    }
    CHECK(chi_square(counts) < 22.5); // 6 degrees of freedom, one seed in 1000
}

TEST_CASE("integers of a range that does not divide 2^64 have no bias") {
    // Without rejection a word x gives floor(3 x / 8): of each three neighbours the last comes twice for every three times.
    Generator g(19);
    const Index range = 3 * (Index(1) << 61);
    std::vector<Index> counts(3);
    for (const std::int64_t v : randint(0, range, {60'000}, {.generator = &g}).to_vector<std::int64_t>())
        ++counts[static_cast<std::size_t>(v % 3)];
    CHECK(chi_square(counts) < 13.8); // 2 degrees of freedom
}

TEST_CASE("randint spans all of int64") {
    const Integers x = randint(INT64_MIN, INT64_MAX, {1000}).to_vector<std::int64_t>();
    CHECK(*std::min_element(x.begin(), x.end()) < INT64_MIN / 2);
    CHECK(*std::max_element(x.begin(), x.end()) > INT64_MAX / 2);
}

TEST_CASE("randint of one value gives it") { CHECK(randint(5, 6, {3}).to_vector() == Doubles{5, 5, 5}); }

TEST_CASE("randint is int64 and takes a floating dtype") {
    CHECK(randint(0, 9, {2}).dtype() == int64);
    CHECK(randint(0, 9, {2}, {.dtype = float32}).dtype() == float32);
}

TEST_CASE("randint refuses an empty range and names it") {
    CHECK_THROWS_WITH_AS(randint(3, 3, {2}), doctest::Contains("there is no integer in [3, 3)"), ValueError);
    CHECK_THROWS_AS(randint(4, 3, {2}), ValueError);
}

TEST_CASE("randperm is a permutation of int64") {
    const Tensor x = randperm(100);
    CHECK(x.dtype() == int64);
    Integers sorted = x.to_vector<std::int64_t>();
    CHECK(!std::is_sorted(sorted.begin(), sorted.end()));
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == arange(100).to_vector<std::int64_t>());
}

TEST_CASE("all orders are as frequent as each other") {
    Generator g(20);
    std::map<Integers, Index> seen;
    for (int i = 0; i < 24'000; ++i) ++seen[randperm(4, {.generator = &g}).to_vector<std::int64_t>()];
    std::vector<Index> counts;
    for (const auto& [order, n] : seen) counts.push_back(n);
    REQUIRE(counts.size() == 24);
    CHECK(chi_square(counts) < 49.7); // 23 degrees of freedom, one seed in 1000
}

TEST_CASE("randperm refuses a negative count") { CHECK_THROWS_AS(randperm(-1), ValueError); }

TEST_CASE("random fractions have a floating dtype") {
    CHECK_THROWS_WITH_AS(rand({2}, {.dtype = int64}), doctest::Contains("rand: dtype int64"), DTypeError);
    CHECK_THROWS_AS(randn({2}, {.dtype = boolean}), DTypeError);
    CHECK_THROWS_AS(rand_like(ones({2}, {.dtype = int64})), DTypeError);
    CHECK_THROWS_AS(randint(0, 2, {2}, {.dtype = boolean}), DTypeError);
}
