#include <autograd/kernels/optim.hpp>

#include <cmath>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>

namespace xg::kernels {
namespace {

template <class T>
[[gnu::always_inline]] inline void descend(Index n, T* __restrict parameter, const T* __restrict gradient,
                                           const SgdStep& step) {
    const T lr = static_cast<T>(step.lr), decay = static_cast<T>(step.weight_decay);
    for (Index i = 0; i < n; ++i) parameter[i] -= lr * (gradient[i] + decay * parameter[i]);
}

// v = mu v + (1 - dampening) g, and the parameter moves along v or, with Nesterov, along g + mu v.
template <bool Nesterov, class T>
[[gnu::always_inline]] inline void descend_with_velocity(Index n, T* __restrict parameter, const T* __restrict gradient,
                                                         T* __restrict velocity, const SgdStep& step) {
    const T lr = static_cast<T>(step.lr), decay = static_cast<T>(step.weight_decay);
    const T kept = static_cast<T>(step.first ? 0.0 : step.momentum);
    const T added = static_cast<T>(step.first ? 1.0 : 1.0 - step.dampening);
    const T ahead = static_cast<T>(step.momentum);
    for (Index i = 0; i < n; ++i) {
        const T g = gradient[i] + decay * parameter[i];
        const T v = kept * velocity[i] + added * g;
        velocity[i] = v;
        parameter[i] -= lr * (Nesterov ? g + ahead * v : v);
    }
}

template <class T>
[[gnu::always_inline]] inline void adam_loop(Index n, T* __restrict parameter, const T* __restrict gradient,
                                             T* __restrict first_moment, T* __restrict second_moment,
                                             const AdamStep& step) {
    const T beta1 = static_cast<T>(step.beta1), rest1 = static_cast<T>(1 - step.beta1);
    const T beta2 = static_cast<T>(step.beta2), rest2 = static_cast<T>(1 - step.beta2);
    const T rate = static_cast<T>(step.rate), factor = static_cast<T>(step.second_factor);
    const T eps = static_cast<T>(step.eps), decay = static_cast<T>(step.weight_decay);
    for (Index i = 0; i < n; ++i) {
        const T g = gradient[i] + decay * parameter[i];
        const T m = beta1 * first_moment[i] + rest1 * g;
        const T v = beta2 * second_moment[i] + rest2 * g * g;
        first_moment[i] = m;
        second_moment[i] = v;
        parameter[i] -= rate * m / (std::sqrt(v) * factor + eps);
    }
}

template <class T>
struct SgdBody {
    [[gnu::always_inline]] static inline void run(Index n, T* p, const T* g, T* v, const SgdStep* step) {
        if (!v) descend(n, p, g, *step);
        else if (step->nesterov) descend_with_velocity<true>(n, p, g, v, *step);
        else descend_with_velocity<false>(n, p, g, v, *step);
    }
};
template <class T>
struct AdamBody {
    [[gnu::always_inline]] static inline void run(Index n, T* p, const T* g, T* m, T* v, const AdamStep* step) {
        adam_loop(n, p, g, m, v, *step);
    }
};

template <class T>
void sgd_of(Index n, void* parameter, const void* gradient, void* velocity, const SgdStep& step) {
    T* p = static_cast<T*>(parameter);
    const T* g = static_cast<const T*>(gradient);
    T* v = static_cast<T*>(velocity);
    const auto part = [&](Index begin, Index end) {
        run_widest<SgdBody<T>>(end - begin, p + begin, g + begin, v ? v + begin : v, &step);
    };
    parallel_ranges(n, 4 * elementwise_grain, part, /*align=*/16); // two operations a number, which wait for memory
}

template <class T>
void adam_of(Index n, void* parameter, const void* gradient, void* first_moment, void* second_moment,
             const AdamStep& step) {
    T *p = static_cast<T*>(parameter), *m = static_cast<T*>(first_moment), *v = static_cast<T*>(second_moment);
    const T* g = static_cast<const T*>(gradient);
    const auto part = [&](Index begin, Index end) {
        run_widest<AdamBody<T>>(end - begin, p + begin, g + begin, m + begin, v + begin, &step);
    };
    parallel_ranges(n, elementwise_grain / 2, part, /*align=*/16);
}

} // namespace

void sgd(DType dtype, Index n, void* parameter, const void* gradient, void* velocity, const SgdStep& step) {
    (dtype == float32 ? sgd_of<float> : sgd_of<double>)(n, parameter, gradient, velocity, step);
}

void adam(DType dtype, Index n, void* parameter, const void* gradient, void* first_moment, void* second_moment,
          const AdamStep& step) {
    (dtype == float32 ? adam_of<float> : adam_of<double>)(n, parameter, gradient, first_moment, second_moment, step);
}

} // namespace xg::kernels
