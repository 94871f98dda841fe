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

/// `f()` without recording.
template <class F>
decltype(auto) no_grad(F&& f) {
    NoGrad guard;
    return std::forward<F>(f)();
}

} // namespace xg
