#include <nn/modules/conv.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

// (first, second / groups, *kernel), the two being the channels in the order of the weight's axes.
Tensor first_weight(const char* name, int axes, Index in_channels, Index out_channels, Index groups,
                    const Shape& kernel, bool outputs_first, Site site) {
    const CallSite here(site);
    if (in_channels < 1 || out_channels < 1) {
        fail<ValueError>("{}(in_channels, out_channels, kernel): the channels are {} and {}\n  expected 1 or more",
                         name, in_channels, out_channels);
    }
    if (groups < 1 || in_channels % groups != 0 || out_channels % groups != 0) {
        fail<ValueError>(
            "{}: {} groups for {} channels that come in and {} that go out\n  expected groups that divide both", name,
            groups, in_channels, out_channels);
    }
    if (kernel.rank() != 1 && kernel.rank() != axes) {
        fail<ValueError>("{}: the kernel is {}\n  expected one number, or {}, one an axis of space", name, kernel.str(),
                         axes);
    }
    Shape shape = outputs_first ? Shape{out_channels, in_channels / groups} : Shape{in_channels, out_channels / groups};
    for (int i = 0; i < axes; ++i) {
        shape.push_back(kernel[kernel.rank() == 1 ? 0 : i]);
        if (shape.back() < 1) fail<ValueError>("{}: the kernel is {}\n  expected 1 or more", name, kernel.str());
    }
    return init::kaiming_uniform(shape, {.a = std::sqrt(5.0)}); // which makes the bound that of the bias
}

void check_numbers(const char* name, const char* option, const Shape& numbers, int axes, Index least) {
    bool fits = numbers.rank() == 1 || numbers.rank() == axes;
    for (const Index n : numbers) fits = fits && n >= least;
    if (!fits) {
        fail<ValueError>("{}: {} is {}\n  expected {} or more, one number or {}", name, option, numbers.str(), least,
                         axes);
    }
}

// What the calls would refuse, as soon as it is known.
void check(const char* name, int axes, const ConvLayerOptions& o, Site site) {
    const CallSite here(site);
    check_numbers(name, "stride", o.stride, axes, 1);
    check_numbers(name, "dilation", o.dilation, axes, 1);
    if (o.padding.word.empty()) return check_numbers(name, "padding", o.padding.sizes, axes, 0);
    if (o.padding.word != "same" && o.padding.word != "valid") {
        fail<ValueError>("{}: padding is \"{}\"\n  expected numbers, \"same\" or \"valid\"", name, o.padding.word);
    }
    for (const Index n : o.stride) {
        if (o.padding.word == "same" && n != 1) {
            fail<ValueError>("{}: padding \"same\" with a stride of {}\n  expected a stride of 1", name, n);
        }
    }
}
void check(const char* name, int axes, const ConvTransposeLayerOptions& o, Site site) {
    const CallSite here(site);
    check_numbers(name, "stride", o.stride, axes, 1);
    check_numbers(name, "dilation", o.dilation, axes, 1);
    check_numbers(name, "padding", o.padding, axes, 0);
    check_numbers(name, "output_padding", o.output_padding, axes, 0);
    for (int i = 0; i < axes; ++i) {
        const auto number = [i](const Shape& numbers) { return numbers[numbers.rank() == 1 ? 0 : i]; };
        if (number(o.output_padding) >= std::max(number(o.stride), number(o.dilation))) {
            fail<ValueError>(
                "{}: output_padding is {} with stride {} and dilation {}\n  expected less than one of them", name,
                o.output_padding.str(), o.stride.str(), o.dilation.str());
        }
    }
}

Tensor first_bias(const Tensor& weight, Index channels, bool wanted) {
    return wanted ? init::uniform_fan_in({channels}, init::fans(weight.shape()).in) : Tensor();
}

} // namespace

ConvLayer::ConvLayer(const char* name, int axes, Index in_channels, Index out_channels, const Shape& kernel,
                     const ConvLayerOptions& o, Site site)
    : weight(first_weight(name, axes, in_channels, out_channels, o.groups, kernel, /*outputs_first=*/true, site)),
      bias(first_bias(weight, out_channels, o.bias)),
      options(o),
      axes_(axes) {
    check(name, axes, o, site);
}

// x with the room around it that a convolution fills with zeros only.
Tensor ConvLayer::surrounded(const Tensor& x) const {
    std::vector<PadWidth> widths;
    for (int i = 0; i < axes_; ++i) {
        const auto number = [i](const Shape& numbers) { return numbers[numbers.rank() == 1 ? 0 : i]; };
        const Index total = number(options.dilation) * (weight.shape()[2 + i] - 1);
        if (options.padding.word == "same") widths.push_back({total / 2, total - total / 2});
        else if (options.padding.word.empty())
            widths.push_back({number(options.padding.sizes), number(options.padding.sizes)});
        else widths.push_back({0, 0});
    }
    return pad(x, widths, {.mode = options.padding_mode});
}

Tensor ConvLayer::forward(const Tensor& x) {
    const auto f = axes_ == 1 ? conv1d : axes_ == 2 ? conv2d : conv3d;
    ConvOptions o{options.stride, options.padding, options.dilation, options.groups};
    if (options.padding_mode == PadMode::constant) return f(x, weight, bias, o);
    o.padding = 0;
    return f(surrounded(x), weight, bias, o);
}

ConvTransposeLayer::ConvTransposeLayer(const char* name, int axes, Index in_channels, Index out_channels,
                                       const Shape& kernel, const ConvTransposeLayerOptions& o, Site site)
    : weight(first_weight(name, axes, in_channels, out_channels, o.groups, kernel, /*outputs_first=*/false, site)),
      bias(first_bias(weight, out_channels, o.bias)),
      options(o),
      axes_(axes) {
    check(name, axes, o, site);
}

Tensor ConvTransposeLayer::forward(const Tensor& x) {
    const auto f = axes_ == 1 ? conv_transpose1d : axes_ == 2 ? conv_transpose2d : conv_transpose3d;
    return f(x, weight, bias,
             {options.stride, options.padding, options.output_padding, options.groups, options.dilation});
}

} // namespace xg::nn
