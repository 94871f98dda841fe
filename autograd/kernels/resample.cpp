#include <autograd/kernels/resample.hpp>

#include <algorithm>

#include <autograd/kernels/parallel.hpp>

namespace xg::kernels {
namespace {

template <class T>
void mix_line(const SparseRows& m, const T* x, T* y) {
    for (Index p = 0; p < m.rows(); ++p) {
        T total = 0;
        for (Index i = m.begin[static_cast<std::size_t>(p)]; i < m.begin[static_cast<std::size_t>(p) + 1]; ++i) {
            total += static_cast<T>(m.weight[static_cast<std::size_t>(i)]) * x[m.from[static_cast<std::size_t>(i)]];
        }
        y[p] = total;
    }
}

// Whole lines of what follows the axis at a time.
template <class T>
void mix_lines(const SparseRows& m, Index trail, const T* x, T* y) {
    for (Index p = 0; p < m.rows(); ++p, y += trail) {
        std::fill_n(y, trail, T(0));
        for (Index i = m.begin[static_cast<std::size_t>(p)]; i < m.begin[static_cast<std::size_t>(p) + 1]; ++i) {
            const T* from = x + m.from[static_cast<std::size_t>(i)] * trail;
            const T weight = static_cast<T>(m.weight[static_cast<std::size_t>(i)]);
            for (Index j = 0; j < trail; ++j) y[j] += weight * from[j];
        }
    }
}

template <class T>
void resample_of(const SparseRows& m, Index lead, Index trail, const T* x, T* y) {
    const Index worth = std::max<Index>(1, elementwise_grain / std::max<Index>(1, m.columns * trail));
    parallel_ranges(lead, worth, [&](Index begin, Index end) {
        for (Index l = begin; l < end; ++l) {
            const T* from = x + l * m.columns * trail;
            T* to = y + l * m.rows() * trail;
            if (trail == 1) mix_line(m, from, to);
            else mix_lines(m, trail, from, to);
        }
    });
}

template <class T>
Index largest_of(const Windows& w, const T* x, Windows::Window a, Windows::Window b, Windows::Window c) {
    Index best = (a.begin * w.size[1] + b.begin) * w.size[2] + c.begin;
    T largest = x[best];
    for (Index i = a.begin; i < a.end; i += w.step[0]) {
        for (Index j = b.begin; j < b.end; j += w.step[1]) {
            for (Index k = c.begin; k < c.end; k += w.step[2]) {
                const Index at = (i * w.size[1] + j) * w.size[2] + k;
                if (x[at] > largest || (x[at] != x[at] && largest == largest)) {
                    largest = x[at];
                    best = at;
                }
            }
        }
    }
    return best;
}

template <class T>
void window_argmax_of(const Windows& w, Index lead, const T* x, std::int64_t* y) {
    const Index pixels = w.size[0] * w.size[1] * w.size[2];
    const auto places = static_cast<Index>(w.along[0].size() * w.along[1].size() * w.along[2].size());
    parallel_ranges(lead, std::max<Index>(1, elementwise_grain / 2 / std::max<Index>(1, pixels)),
                    [&](Index begin, Index end) {
                        for (Index l = begin; l < end; ++l) {
                            std::int64_t* to = y + l * places;
                            for (const auto a : w.along[0]) {
                                for (const auto b : w.along[1]) {
                                    for (const auto c : w.along[2]) *to++ = largest_of(w, x + l * pixels, a, b, c);
                                }
                            }
                        }
                    });
}

} // namespace

void resample(const SparseRows& matrix, DType dtype, Index lead, Index trail, const char* x, char* y) {
    if (dtype == DType::float32) {
        resample_of(matrix, lead, trail, reinterpret_cast<const float*>(x), reinterpret_cast<float*>(y));
    } else {
        resample_of(matrix, lead, trail, reinterpret_cast<const double*>(x), reinterpret_cast<double*>(y));
    }
}

void window_argmax(const Windows& windows, DType dtype, Index lead, const char* x, std::int64_t* y) {
    dispatch(dtype, [&]<class T>() { window_argmax_of(windows, lead, reinterpret_cast<const T*>(x), y); });
}

} // namespace xg::kernels
