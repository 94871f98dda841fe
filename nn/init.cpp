#include <nn/init.hpp>

#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>

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
    return rand(shape, random_options("init::uniform", options)) * (high - low) + low;
}
Tensor normal(const Shape& shape, double mean, double stddev, InitOptions options, Site site) {
    const CallSite here(site);
    require_finite("init::normal", "the mean", mean);
    require_finite("init::normal", "the standard deviation", stddev);
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

} // namespace xg::nn::init
