#pragma once
#include <utility>

#include <autograd/export.hpp>

namespace xg {

/// Whether operations on this thread are recorded.
XGRAD_API bool grad_enabled();

/// Turns recording off on this thread until the end of the scope: results need no gradient and keep nothing alive.
class XGRAD_API NoGrad {
public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

private:
    bool before_;
};

/// Like NoGrad, and a promise that nothing below differentiates: requires_grad(true), backward and the transforms that
/// pull gradients back are refused with a GraphError until the end of the scope. For serving a model.
class XGRAD_API Inference {
public:
    Inference();
    ~Inference();
    Inference(const Inference&) = delete;
    Inference& operator=(const Inference&) = delete;

private:
    NoGrad no_grad_;
    bool before_;
};

/// `f()` without recording.
template <class F>
decltype(auto) no_grad(F&& f) {
    NoGrad guard;
    return std::forward<F>(f)();
}

/// `f()` in an Inference scope.
template <class F>
decltype(auto) inference(F&& f) {
    Inference guard;
    return std::forward<F>(f)();
}

} // namespace xg
