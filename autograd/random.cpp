#include <autograd/random.hpp>

#include <cmath>
#include <numeric>
#include <utility>

#include <autograd/creation.hpp>
#include <autograd/creation_internal.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/fixed_math_internal.hpp>
#include <autograd/foreign.hpp>
#include <autograd/kernels/strided.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/philox_internal.hpp>

namespace xg {
namespace {

PhiloxCounter block(const Generator::State& at, std::uint32_t attempt = 0) {
    return philox_block(at.seed, at.position, attempt);
}

} // namespace

std::array<std::uint32_t, 4> Generator::next() {
    const auto words = block(state_);
    ++state_.position;
    return words;
}

Generator& default_generator() {
    thread_local Generator generator;
    return generator;
}
void manual_seed(std::uint64_t seed) { default_generator().set_state({seed, 0}); }

namespace {

float fraction(std::uint32_t w) { return static_cast<float>(w >> 8) * 0x1p-24f; }

std::pair<double, double> normals(const PhiloxCounter& words) {
    const double u = fraction_of(wide_word(words, 0)) + 0x1p-53; // in (0, 1]: its logarithm is finite
    const double r = std::sqrt(-2 * fixed_log(u));
    const auto [c, s] = fixed_turn(fraction_of(wide_word(words, 1)));
    return {r * c, r * s};
}

// Number `i` of a stream of integers in [0, range).
std::uint64_t bounded(const Generator::State& start, std::uint64_t i, std::uint64_t range) {
    __extension__ using Product = unsigned __int128;
    const std::uint64_t unfair = -range % range; // 2^64 mod range
    const Generator::State at{start.seed, start.position + i / 2};
    for (std::uint32_t attempt = 0;; ++attempt) {
        const Product product = Product{wide_word(block(at, attempt), i % 2)} * range;
        if (static_cast<std::uint64_t>(product) >= unfair) return static_cast<std::uint64_t>(product >> 64);
    }
}

// Writes `n` numbers, `per_block` from each block.
template <std::size_t per_block, class T, class F>
void draw(Generator& generator, T* out, Index n, F numbers) {
    for (Index i = 0; i < n;) {
        const std::array<T, per_block> made = numbers(generator.next());
        for (std::size_t k = 0; k < per_block && i < n; ++k) out[i++] = made[k];
    }
}

// The calls ------------------------------------------------------------------------------------------------------------

Generator& generator_of(const RandomOptions& options) {
    return options.generator ? *options.generator : default_generator();
}

Tensor blank_floating(const char* function, const Shape& shape, const RandomOptions& options) {
    const DType dtype = options.dtype.value_or(float32);
    if (!is_floating(dtype)) {
        fail<DTypeError>("{}: dtype {} has no fractions\n  expected float32 or float64; randint makes integers",
                         function, name_of(dtype));
    }
    return detail::unwritten(function, dtype, shape);
}

Tensor blank_integers(const char* function, const Shape& shape, const RandomOptions& options) {
    const DType dtype = options.dtype.value_or(int64);
    if (dtype == boolean) {
        fail<DTypeError>(
            "{}: dtype boolean does not hold integers\n  expected int64, float32 or float64; "
            "rand(shape) < 0.5 makes a random mask",
            function);
    }
    return detail::blank(function, dtype, shape, options.requires_grad);
}

Tensor uniform(const char* function, const Shape& shape, const RandomOptions& options) {
    Tensor out = blank_floating(function, shape, options);
    Generator& generator = generator_of(options);
    if (out.dtype() == float64) {
        draw<2>(generator, static_cast<double*>(out.data()), out.numel(), [](const PhiloxCounter& w) {
            return std::array{fraction_of(wide_word(w, 0)), fraction_of(wide_word(w, 1))};
        });
    } else {
        draw<4>(generator, static_cast<float*>(out.data()), out.numel(), [](const PhiloxCounter& w) {
            return std::array{fraction(w[0]), fraction(w[1]), fraction(w[2]), fraction(w[3])};
        });
    }
    return detail::finished(std::move(out), options.requires_grad);
}

Tensor normal(const char* function, const Shape& shape, const RandomOptions& options) {
    Tensor out = blank_floating(function, shape, options);
    const auto fill = [&]<class T>() {
        draw<2>(generator_of(options), static_cast<T*>(out.data()), out.numel(), [](const PhiloxCounter& w) {
            const auto [a, b] = normals(w);
            return std::array{static_cast<T>(a), static_cast<T>(b)};
        });
    };
    if (out.dtype() == float64) fill.template operator()<double>();
    else fill.template operator()<float>();
    return detail::finished(std::move(out), options.requires_grad);
}

RandomOptions like_options(const char* function, const Tensor& like, RandomOptions options) {
    require_defined(function, like);
    if (!options.dtype) options.dtype = like.dtype();
    return options;
}

// Moves the generator past the blocks of `n` 64-bit numbers and says where they start.
Generator::State take_pairs(Generator& generator, Index n) {
    const Generator::State start = generator.state();
    generator.set_state({start.seed, start.position + static_cast<std::uint64_t>(n + 1) / 2});
    return start;
}

Tensor random_integers(Index low, Index high, const Shape& shape, const RandomOptions& options) {
    Tensor out = blank_integers("randint", shape, options);
    const Index n = out.numel();
    const auto first = static_cast<std::uint64_t>(low), range = static_cast<std::uint64_t>(high) - first;
    const Generator::State start = take_pairs(generator_of(options), n);
    kernels::dispatch_number(out.dtype(), [&]<class T>() {
        T* numbers = static_cast<T*>(out.data());
        for (Index i = 0; i < n; ++i) {
            const std::uint64_t number = first + bounded(start, static_cast<std::uint64_t>(i), range);
            numbers[i] = static_cast<T>(static_cast<Index>(number));
        }
    });
    return detail::finished(std::move(out), options.requires_grad);
}

// One after the other along the last axis, each from blocks of its own.
Tensor permutations(const Shape& shape, const RandomOptions& options) {
    Tensor out = blank_integers("randperm", shape, options);
    const Index n = shape.back();
    kernels::dispatch_number(out.dtype(), [&]<class T>() {
        for (T *numbers = static_cast<T*>(out.data()), *end = numbers + out.numel(); numbers != end; numbers += n) {
            const Generator::State start = take_pairs(generator_of(options), n - 1);
            std::iota(numbers, numbers + n, T(0));
            std::uint64_t drawn = 0;
            for (Index i = n - 1; i > 0; --i) {
                const std::uint64_t j = bounded(start, drawn++, static_cast<std::uint64_t>(i) + 1);
                std::swap(numbers[i], numbers[j]);
            }
        }
    });
    return detail::finished(std::move(out), options.requires_grad);
}

} // namespace

Tensor rand(const Shape& shape, RandomOptions options, Site site) {
    const CallSite here(site);
    return drawn_by_example(shape, [&](const Shape& all) { return uniform("rand", all, options); });
}
Tensor randn(const Shape& shape, RandomOptions options, Site site) {
    const CallSite here(site);
    return drawn_by_example(shape, [&](const Shape& all) { return normal("randn", all, options); });
}
Tensor rand_like(const Tensor& like, RandomOptions options, Site site) {
    const CallSite here(site);
    options = like_options("rand_like", like, options);
    return drawn_by_example(like.shape(), [&](const Shape& all) { return uniform("rand_like", all, options); });
}
Tensor randn_like(const Tensor& like, RandomOptions options, Site site) {
    const CallSite here(site);
    options = like_options("randn_like", like, options);
    return drawn_by_example(like.shape(), [&](const Shape& all) { return normal("randn_like", all, options); });
}

Tensor randint(Index low, Index high, const Shape& shape, RandomOptions options, Site site) {
    const CallSite here(site);
    if (low >= high) {
        fail<ValueError>("randint: there is no integer in [{}, {})\n  expected low < high; high itself is never drawn",
                         low, high);
    }
    return drawn_by_example(shape, [&](const Shape& all) { return random_integers(low, high, all, options); });
}

Tensor randperm(Index n, RandomOptions options, Site site) {
    const CallSite here(site);
    if (n < 0) fail<ValueError>("randperm: n is {}\n  expected 0 or more", n);
    return drawn_by_example(Shape(n), [&](const Shape& all) { return permutations(all, options); });
}

} // namespace xg
