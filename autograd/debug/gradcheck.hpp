#pragma once
#include <string>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/transforms/transforms.hpp>

// Derivatives beside numeric differences, for functions and operations of one's own.
namespace xg {

struct GradcheckOptions {
    double step = 1e-4;  ///< of the central differences of fourth order, times max(1, |x|)
    double rtol = 1e-6;  ///< how far the two numbers may differ, relative to the larger one
    double atol = 1e-8;  ///< and absolutely
    bool forward = true; ///< check forward mode too
    bool raise = true;   ///< a mistake is a GraphError with the report's text; otherwise ask the report
};

struct GradcheckReport {
    /// d(result `output`)/d(entry `index` of input `input`) that is off.
    struct Mistake {
        std::string mode; ///< "reverse" or "forward"
        std::size_t input = 0, output = 0;
        std::vector<Index> index, output_index;
        double derivative = 0, difference = 0; ///< what the rules give, and what the function does
    };
    std::vector<Mistake> mistakes; ///< worst first
    std::size_t compared = 0;      ///< derivatives
    explicit operator bool() const { return mistakes.empty(); }
    /// A line for each of the first mistakes: input, index and both numbers.
    std::string text() const;
};

namespace detail {
XGRAD_API GradcheckReport gradcheck_list(const char* name, const ListFunction& f, const std::vector<Tensor>& xs,
                                         const GradcheckOptions& options, Site site);
XGRAD_API GradcheckReport gradgradcheck_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                             const GradcheckOptions& options, Site site);
} // namespace detail

/// Compares every derivative of f at x, a tensor or a tree of them, with differences. Inputs that are not floating point
/// are held. DTypeError for float32, whose differences have too few digits; GraphError for a mistake, unless
/// options.raise is off. Where f has a kink within a step of x the differences mean nothing.
template <class F, TensorTree X>
requires FunctionOf<F, X> GradcheckReport gradcheck(F f, const X& x, GradcheckOptions options = {},
                                                    Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    return detail::gradcheck_list("gradcheck", detail::on_lists(f, x, y), tree::tensors_of(x), options, site);
}
/// The same for the gradients of f, as functions of x and of the cotangent: its second derivatives.
template <class F, TensorTree X>
requires FunctionOf<F, X> GradcheckReport gradgradcheck(F f, const X& x, GradcheckOptions options = {},
                                                        Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    return detail::gradgradcheck_list(detail::on_lists(f, x, y), tree::tensors_of(x), options, site);
}

} // namespace xg
