#include <autograd/kernels/resample.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <autograd/kernels/isa.hpp>
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

// Many windows at a time, entry by entry, so that a vector of them is compared at once: which of the entries is largest
// cannot be predicted. `entries` says, for one entry of the windows after the other, where it is in the plane of the last
// two axes for each of the `count` windows; one with fewer entries has its first one again, which changes nothing.
template <class T>
struct PlaneArgmax {
    using Place = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
    static constexpr Index block = 256;

    [[gnu::always_inline]] static inline void run(const T* x, Index plane, Windows::Window along_first, Index step,
                                                  const std::vector<Place>* entries, Index count, std::int64_t* y) {
        T largest[block];
        Place place[block];
        for (Index begin = 0; begin < count; begin += block) {
            const Index n = std::min(block, count - begin);
            const Place* const in_plane = entries->data() + begin;
            const auto first = static_cast<Place>(along_first.begin * plane);
            for (Index p = 0; p < n; ++p) {
                place[p] = first + in_plane[p];
                largest[p] = x[place[p]];
            }
            for (Index i = along_first.begin; i < along_first.end; i += step) {
                for (Index k = 0; k < std::ssize(*entries); k += count) {
                    meet(x, static_cast<Place>(i * plane), in_plane + k, n, largest, place);
                }
            }
            for (Index p = 0; p < n; ++p) y[begin + p] = place[p];
        }
    }
    [[gnu::always_inline]] static inline void meet(const T* __restrict x, Place first, const Place* __restrict in_plane,
                                                   Index n, T* __restrict largest, Place* __restrict place) {
        for (Index p = 0; p < n; ++p) {
            const Place at = first + in_plane[p];
            const T next = x[at], old = largest[p];
            const bool better = (next > old) | ((next != next) & (old == old)); // the first NaN wins
            largest[p] = better ? next : old;
            place[p] = better ? at : place[p];
        }
    }
};

Index entries_along(const Windows& w, int axis) {
    Index most = 0;
    for (const auto c : w.along[axis]) most = std::max(most, (c.end - c.begin + w.step[axis] - 1) / w.step[axis]);
    return most;
}

template <class Place>
std::vector<Place> entries_in_plane(const Windows& w) {
    std::vector<Place> all;
    const auto entry = [&w](Windows::Window c, int axis, Index k) {
        const Index at = c.begin + k * w.step[axis];
        return at < c.end ? at : c.begin;
    };
    for (Index j = 0; j < entries_along(w, 1); ++j) {
        for (Index k = 0; k < entries_along(w, 2); ++k) {
            for (const auto b : w.along[1]) {
                for (const auto c : w.along[2]) {
                    all.push_back(static_cast<Place>(entry(b, 1, j) * w.size[2] + entry(c, 2, k)));
                }
            }
        }
    }
    return all;
}

template <class T>
void window_argmax_of(const Windows& w, Index lead, const T* x, std::int64_t* y) {
    const Index plane = w.size[1] * w.size[2], pixels = w.size[0] * plane;
    const auto count = static_cast<Index>(w.along[1].size() * w.along[2].size());
    const auto entries = entries_in_plane<typename PlaneArgmax<T>::Place>(w);
    const Index worth = std::max<Index>(1, elementwise_grain / 2 / std::max<Index>(1, pixels));
    parallel_ranges(lead, worth, [&](Index begin, Index end) {
        std::int64_t* to = y + begin * static_cast<Index>(w.along[0].size()) * count;
        for (Index l = begin; l < end; ++l) {
            for (const auto a : w.along[0]) {
                run_widest<PlaneArgmax<T>>(x + l * pixels, plane, a, w.step[0], &entries, count, to);
                to += count;
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
