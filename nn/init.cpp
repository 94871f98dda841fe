#include <nn/init.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/autograd.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::nn::init {
namespace {

RandomOptions random_options(const char* function, const InitOptions& options) {
    if (options.dtype && !is_floating(*options.dtype)) {
        fail<DTypeError>("{}: the dtype is {}\n  expected float32 or float64", function, name_of(*options.dtype));
    }
    return {.dtype = options.dtype, .generator = options.generator};
}

void require_finite(const char* function, const char* what, double value) {
    if (!std::isfinite(value)) fail<ValueError>("{}: {} is {}\n  expected a finite number", function, what, value);
}

Fans fans_for(const char* function, const Shape& shape) {
    if (shape.rank() < 2) {
        fail<ShapeError>(
            "{}: the shape {} has no fan_in and fan_out\n"
            "  expected (outputs, inputs, ...); init::uniform_fan_in and init::normal take any shape",
            function, shape.str());
    }
    Index field = 1;
    for (int i = 2; i < shape.rank(); ++i) field *= shape[i];
    return {.in = shape[1] * field, .out = shape[0] * field};
}

/// sqrt(numerator / denominator); a fan of nothing belongs to a tensor of nothing, whatever the scale.
double root_of_ratio(double numerator, double denominator) {
    return denominator > 0 ? std::sqrt(numerator / denominator) : 0.0;
}

double kaiming_stddev(const char* function, const Shape& shape, const KaimingOptions& options) {
    require_finite(function, "the slope a", options.a);
    if (options.gain) require_finite(function, "the gain", *options.gain);
    const Fans f = fans_for(function, shape);
    const Index fan = options.fan == Fan::in ? f.in : f.out;
    if (options.gain) return *options.gain * root_of_ratio(1.0, static_cast<double>(fan));
    return root_of_ratio(2.0, (1.0 + options.a * options.a) * static_cast<double>(fan));
}

double xavier_stddev(const char* function, const Shape& shape, const XavierOptions& options) {
    require_finite(function, "the gain", options.gain);
    const Fans f = fans_for(function, shape);
    return options.gain * root_of_ratio(2.0, static_cast<double>(f.in + f.out));
}

Tensor uniform_within(const char* function, const Shape& shape, double bound, const InitOptions& options) {
    return (rand(shape, random_options(function, options)) * 2.0 - 1.0) * bound;
}
Tensor normal_around_0(const char* function, const Shape& shape, double stddev, const InitOptions& options) {
    return randn(shape, random_options(function, options)) * stddev;
}

} // namespace

Fans fans(const Shape& shape, Site site) {
    const CallSite here(site);
    return fans_for("init::fans", shape);
}

Tensor uniform(const Shape& shape, double low, double high, InitOptions options, Site site) {
    const CallSite here(site);
    require_finite("init::uniform", "high - low", high - low);
    if (high < low) fail<ValueError>("init::uniform: low is {} and high {}\n  expected low <= high", low, high);
    return rand(shape, random_options("init::uniform", options)) * (high - low) + low;
}
Tensor normal(const Shape& shape, double mean, double stddev, InitOptions options, Site site) {
    const CallSite here(site);
    require_finite("init::normal", "the mean", mean);
    require_finite("init::normal", "the standard deviation", stddev);
    if (stddev < 0) fail<ValueError>("init::normal: the standard deviation is {}\n  expected 0 or more", stddev);
    return normal_around_0("init::normal", shape, stddev, options) + mean;
}

Tensor xavier_uniform(const Shape& shape, XavierOptions options, Site site) {
    const CallSite here(site);
    const double stddev = xavier_stddev("init::xavier_uniform", shape, options);
    return uniform_within("init::xavier_uniform", shape, std::sqrt(3.0) * stddev, {options.dtype, options.generator});
}
Tensor xavier_normal(const Shape& shape, XavierOptions options, Site site) {
    const CallSite here(site);
    const double stddev = xavier_stddev("init::xavier_normal", shape, options);
    return normal_around_0("init::xavier_normal", shape, stddev, {options.dtype, options.generator});
}

Tensor kaiming_uniform(const Shape& shape, KaimingOptions options, Site site) {
    const CallSite here(site);
    const double stddev = kaiming_stddev("init::kaiming_uniform", shape, options);
    return uniform_within("init::kaiming_uniform", shape, std::sqrt(3.0) * stddev, {options.dtype, options.generator});
}
Tensor kaiming_normal(const Shape& shape, KaimingOptions options, Site site) {
    const CallSite here(site);
    const double stddev = kaiming_stddev("init::kaiming_normal", shape, options);
    return normal_around_0("init::kaiming_normal", shape, stddev, {options.dtype, options.generator});
}

Tensor draw(Scheme scheme, const Shape& shape, XavierOptions options, Site site) {
    const CallSite here(site);
    const KaimingOptions kaiming{.gain = options.gain, .dtype = options.dtype, .generator = options.generator};
    switch (scheme) {
        case Scheme::xavier_uniform: return xavier_uniform(shape, options);
        case Scheme::xavier_normal: return xavier_normal(shape, options);
        case Scheme::kaiming_uniform: return kaiming_uniform(shape, kaiming);
        case Scheme::kaiming_normal: break;
    }
    return kaiming_normal(shape, kaiming);
}

Tensor uniform_fan_in(const Shape& shape, Index fan_in, InitOptions options, Site site) {
    const CallSite here(site);
    if (fan_in < 0) fail<ValueError>("init::uniform_fan_in: fan_in is {}\n  expected 0 or more", fan_in);
    const double bound = root_of_ratio(1.0, static_cast<double>(fan_in));
    return uniform_within("init::uniform_fan_in", shape, bound, options);
}

Tensor constant(const Shape& shape, double value, InitOptions options, Site site) {
    const CallSite here(site);
    random_options("init::constant", options); // refuses integers
    return full(shape, value, {.dtype = options.dtype.value_or(float32)});
}

Tensor trunc_normal(const Shape& shape, TruncNormalOptions options, Site site) {
    const CallSite here(site);
    const char* const name = "init::trunc_normal";
    const auto& [mean, stddev, low, high, dtype, generator] = options;
    require_finite(name, "the mean", mean);
    if (!(std::isfinite(stddev) && stddev > 0))
        fail<ValueError>("{}: stddev is {}\n  expected a finite number above 0", name, stddev);
    if (!(low < high)) fail<ValueError>("{}: low is {} and high is {}\n  expected low < high", name, low, high);
    // 2 cdf - 1 at the bounds: between them erfinv brings uniform numbers back to normal ones
    const double from = std::erf((low - mean) / (stddev * std::sqrt(2.0)));
    const double to = std::erf((high - mean) / (stddev * std::sqrt(2.0)));
    if (!(from < to)) {
        fail<ValueError>(
            "{}: nothing of a normal distribution around {} with stddev {} lies between {} and {}\n"
            "  expected bounds nearer to the mean",
            name, mean, stddev, low, high);
    }
    RandomOptions random = random_options(name, {dtype, generator});
    const DType result = random.dtype.value_or(float32);
    random.dtype = float64; // near 1 the steps of float32 would show in the tails
    const Tensor uniform = rand(shape, random) * (to - from) + from;
    return clamp(erfinv(uniform) * (stddev * std::sqrt(2.0)) + mean, low, high).to(result);
}

Tensor orthogonal(const Shape& shape, OrthogonalOptions options, Site site) {
    const CallSite here(site);
    require_finite("init::orthogonal", "the gain", options.gain);
    if (shape.rank() < 2) {
        fail<ShapeError>("init::orthogonal: the shape {} has no rows and columns\n  expected two axes or more",
                         shape.str());
    }
    if (shape.numel() == 0) return normal_around_0("init::orthogonal", shape, 0, {options.dtype, options.generator});
    const Index rows = shape[0], columns = shape.numel() / rows;
    const Shape tall{std::max(rows, columns), std::min(rows, columns)};
    const Tensor matrix = normal_around_0("init::orthogonal", tall, 1, {options.dtype, options.generator});
    const auto [q, r] = qr(matrix);
    const Tensor uniform = q * sign(diagonal(r)); // without the signs not every rotation would be as likely
    return (reshape(rows < columns ? transpose(uniform) : uniform, shape) * options.gain).clone();
}

Tensor sparse(const Shape& shape, double sparsity, SparseOptions options, Site site) {
    const CallSite here(site);
    require_finite("init::sparse", "the standard deviation", options.stddev);
    if (shape.rank() != 2) fail<ShapeError>("init::sparse: the shape is {}\n  expected a matrix", shape.str());
    if (!(sparsity >= 0 && sparsity <= 1))
        fail<ValueError>("init::sparse: the sparsity is {}\n  expected 0 to 1", sparsity);
    const InitOptions own{options.dtype, options.generator};
    const Tensor numbers = normal_around_0("init::sparse", shape, options.stddev, own);
    const auto zeroed = static_cast<Index>(std::ceil(sparsity * static_cast<double>(shape[0])));
    // Ranks of random numbers are a random order of the rows, column by column.
    const Tensor ranks = argsort(argsort(rand(shape, {.dtype = float64, .generator = options.generator}), 0), 0);
    return where(ranks < zeroed, zeros_like(numbers), numbers);
}

Tensor dirac(const Shape& shape, DiracOptions options, Site site) {
    const CallSite here(site);
    random_options("init::dirac", {options.dtype, nullptr});
    if (shape.rank() < 3 || shape.rank() > 5) {
        fail<ShapeError>(
            "init::dirac: the shape is {}\n  expected (outputs, inputs, field ...) with one to three field axes",
            shape.str());
    }
    if (options.groups < 1 || shape[0] % options.groups != 0) {
        fail<ShapeError>("init::dirac: {} groups do not divide {} outputs\n  expected groups that do", options.groups,
                         shape[0]);
    }
    std::vector<double> numbers(static_cast<std::size_t>(shape.numel()));
    Index field = 1, middle = 0;
    for (int i = 2; i < shape.rank(); ++i) {
        field *= shape[i];
        middle = middle * shape[i] + shape[i] / 2;
    }
    const Index outputs = shape[0] / options.groups;
    for (Index o = 0; o < shape[0] && field > 0; ++o) {
        const Index i = o % outputs;
        if (i < shape[1]) numbers[static_cast<std::size_t>((o * shape[1] + i) * field + middle)] = 1;
    }
    return from_vector(numbers, shape, {.dtype = options.dtype.value_or(float32)});
}

Tensor eye(const Shape& shape, InitOptions options, Site site) {
    const CallSite here(site);
    random_options("init::eye", options);
    if (shape.rank() != 2) fail<ShapeError>("init::eye: the shape is {}\n  expected a matrix", shape.str());
    return xg::eye(shape[0], shape[1], {.dtype = options.dtype.value_or(float32)});
}

double calculate_gain(Nonlinearity nonlinearity, double slope, Site site) {
    const CallSite here(site);
    switch (nonlinearity) {
        case Nonlinearity::tanh: return 5.0 / 3;
        case Nonlinearity::relu: return std::sqrt(2.0);
        case Nonlinearity::leaky_relu:
            require_finite("init::calculate_gain", "the slope", slope);
            return std::sqrt(2 / (1 + slope * slope));
        case Nonlinearity::selu: return 0.75;
        default: return 1;
    }
}

} // namespace xg::nn::init
