#include <autograd/kernels/transpose.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>

namespace xg::kernels {
namespace {

template <class T>
struct Lanes;
template <>
struct Lanes<std::uint32_t> {
    using Vector [[gnu::vector_size(32)]] = std::uint32_t;
    static constexpr int count = 8;
    [[gnu::always_inline]] static inline void zip(const Vector& a, const Vector& b, Vector& low, Vector& high) {
        low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
};
template <>
struct Lanes<std::uint64_t> {
    using Vector [[gnu::vector_size(32)]] = std::uint64_t;
    static constexpr int count = 4;
    [[gnu::always_inline]] static inline void zip(const Vector& a, const Vector& b, Vector& low, Vector& high) {
        low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    }
};

// Of to[i][j] = from[j][i].
template <class T>
struct TransposeRows {
    static constexpr int width = Lanes<T>::count;

    // A square of registers: zipping its upper half with its lower one, once for each bit of `width`, transposes it.
    [[gnu::always_inline]] static inline void tile(const T* from, Index from_step, T* to, Index to_step) {
        typename Lanes<T>::Vector rows[width], zipped[width];
        for (int j = 0; j < width; ++j) std::memcpy(&rows[j], from + j * from_step, sizeof(rows[j]));
        for (int bit = 1; bit < width; bit *= 2) {
            for (int k = 0; k < width / 2; ++k) {
                Lanes<T>::zip(rows[k], rows[k + width / 2], zipped[2 * k], zipped[2 * k + 1]);
            }
            for (int k = 0; k < width; ++k) rows[k] = zipped[k];
        }
        for (int i = 0; i < width; ++i) std::memcpy(to + i * to_step, &rows[i], sizeof(rows[i]));
    }
    [[gnu::always_inline]] static inline void part(Index ni, Index nj, const T* from, Index from_step, T* to,
                                                   Index to_step) {
        for (Index i = 0; i < ni; ++i) {
            for (Index j = 0; j < nj; ++j) to[i * to_step + j] = from[j * from_step + i];
        }
    }
    // Two tiles side by side fill a line of the cache.
    [[gnu::always_inline]] static inline void run(Index ni, Index nj, const T* from, Index from_step, T* to,
                                                  Index to_step) {
        const Index tiled_i = ni / width * width, tiled_j = nj / (2 * width) * 2 * width;
        for (Index j = 0; j < tiled_j; j += 2 * width) {
            for (Index i = 0; i < tiled_i; i += width) {
                tile(from + j * from_step + i, from_step, to + i * to_step + j, to_step);
                tile(from + (j + width) * from_step + i, from_step, to + i * to_step + j + width, to_step);
            }
        }
        part(tiled_i, nj - tiled_j, from + tiled_j * from_step, from_step, to + tiled_j, to_step);
        part(ni - tiled_i, nj, from + tiled_i, from_step, to + tiled_i * to_step, to_step);
    }
};

// The axis along which neighbours lie, or -1.
int packed_axis(const Strided& x) {
    for (int a = x.rank() - 1; a >= 0; --a) {
        if (x.shape[a] > 1 && x.strides[a] == 1) return a;
    }
    return -1;
}

constexpr Index rows_of_block = 16;

template <class T>
void copy_matrices(const Strided& from, const Strided& to, int along_from, int along_to) {
    const Index ni = to.shape[along_from], nj = to.shape[along_to];
    const Index blocks = (ni + rows_of_block - 1) / rows_of_block, matrices = to.numel() / (ni * nj);
    parallel_ranges(
        matrices * blocks, std::max<Index>(1, elementwise_grain / (rows_of_block * nj)), [&](Index begin, Index end) {
            while (begin < end) { // the blocks of one matrix at a time
                Index matrix = begin / blocks, from_offset = 0, to_offset = 0;
                const Index first = begin % blocks * rows_of_block;
                const Index last = std::min((begin % blocks + end - begin) * rows_of_block, ni);
                begin += (last - first + rows_of_block - 1) / rows_of_block;
                for (int a = to.rank() - 1; a >= 0; --a) {
                    if (a == along_from || a == along_to) continue;
                    from_offset += matrix % to.shape[a] * from.strides[a];
                    to_offset += matrix % to.shape[a] * to.strides[a];
                    matrix /= to.shape[a];
                }
                run_widest<TransposeRows<T>>(
                    last - first, nj, static_cast<const T*>(from.as<T>()) + from_offset + first, from.strides[along_to],
                    to.as<T>() + to_offset + first * to.strides[along_from], to.strides[along_from]);
            }
        });
}

} // namespace

bool copy_transposed(const Strided& from, const Strided& to) {
    const int along_from = packed_axis(from), along_to = packed_axis(to);
    if (along_from < 0 || along_to < 0 || along_from == along_to || from.dtype == DType::boolean) return false;
    if (std::min(to.shape[along_from], to.shape[along_to]) < 8 || to.numel() == 0) return false;
    if (size_of(to.dtype) == 4) copy_matrices<std::uint32_t>(from, to, along_from, along_to);
    else copy_matrices<std::uint64_t>(from, to, along_from, along_to);
    return true;
}

} // namespace xg::kernels
