#include <nn/optim/clip.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/autograd.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

// Every gradient in turn: `tensor(t)` for a gradient of a tensor, `number(g)` for that of a Value.
template <class T, class V>
void each_gradient(const Parameters& parameters, const T& tensor, const V& number) {
    for (const Tensor& p : parameters.tensors) {
        if (p.has_grad()) tensor(p);
    }
    for (const Value& v : parameters.values) {
        if (v.has_grad()) number(v);
    }
}

// What replaces the gradients is made first, so that nothing is half clipped.
template <class T, class V>
void replace_gradients(const Parameters& parameters, const T& tensor, const V& number) {
    std::vector<std::pair<Tensor, Tensor>> of_tensors;
    each_gradient(
        parameters, [&](const Tensor& p) { of_tensors.emplace_back(p, tensor(p.grad())); }, [](const Value&) {});
    for (auto& [p, g] : of_tensors) p.set_grad(g);
    each_gradient(
        parameters, [](const Tensor&) {}, [&](Value v) { v.set_grad(number(v.grad())); });
}

// The p-norm of all gradients as one vector, in float64 and without overflow of the powers.
double total_norm(const Parameters& parameters, double p) {
    std::vector<double> norms;
    each_gradient(
        parameters, [&](const Tensor& t) { norms.push_back(norm(t.grad().to(float64), {.ord = p}).item()); },
        [&](const Value& v) { norms.push_back(v.grad()); });
    if (norms.empty()) return 0;
    return norm(from_vector(norms), {.ord = p}).item();
}

} // namespace

double clip_grad_norm(const Parameters& parameters, double max_norm, ClipNormOptions options, Site site) {
    const CallSite here(site);
    if (!(max_norm >= 0)) fail<ValueError>("clip_grad_norm: max_norm is {}\n  expected 0 or more", max_norm);
    if (!(options.norm_type > 0)) {
        fail<ValueError>("clip_grad_norm: norm_type is {}\n  expected a number above 0, or infinity",
                         options.norm_type);
    }
    const NoGrad guard;
    const double total = total_norm(parameters, options.norm_type);
    if (options.error_if_nonfinite && !std::isfinite(total)) {
        fail<ValueError>(
            "clip_grad_norm: the norm of the gradients is {}\n  expected a finite one; nan_origin(loss) "
            "tells where it came from",
            total);
    }
    const double factor = max_norm / (total + 1e-6);
    if (factor >= 1) return total;
    replace_gradients(
        parameters, [&](const Tensor& g) { return g * factor; }, [&](double g) { return g * factor; });
    return total;
}

void clip_grad_value(const Parameters& parameters, double clip_value, Site site) {
    const CallSite here(site);
    if (!(clip_value >= 0)) fail<ValueError>("clip_grad_value: clip_value is {}\n  expected 0 or more", clip_value);
    const NoGrad guard;
    replace_gradients(
        parameters, [&](const Tensor& g) { return clamp(g, -clip_value, clip_value); },
        [&](double g) { return std::isnan(g) ? g : std::clamp(g, -clip_value, clip_value); });
}

} // namespace xg::nn
