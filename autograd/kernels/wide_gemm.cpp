#include <autograd/kernels/wide_gemm.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/strided.hpp>

namespace xg::kernels {
namespace {

// A panel of b, two vectors wide and `depth` rows deep, stays in the first cache while rows of a pass by it, eight at a
// time: sixteen sums in registers.
constexpr Index depth = 256, rows_together = 8, vectors_together = 2;

template <class T>
constexpr Index lanes = 64 / sizeof(T);
template <class T>
constexpr Index panel_width = wide_panel<T>;
static_assert(panel_width<float> == vectors_together * lanes<float>);

template <class T>
struct Strip {
    const T* a;
    Index a_row_step, a_column_step;
    const T* b; ///< whole vectors in each row
    Index b_step, inner;
    T* c;
    Index c_step, columns;
    bool add;
    T scale;
};

template <class T>
struct PanelProduct {
    using Vector [[gnu::vector_size(64)]] = T;

    // By reference and through copies, so that sums stay in registers.
    [[gnu::always_inline]] static inline void read(Vector& to, const T* from, Index count) {
        Vector v = {};
        if (count >= lanes<T>) std::memcpy(&v, from, sizeof(v));
        else if (count > 0) std::memcpy(&v, from, static_cast<std::size_t>(count) * sizeof(T));
        to = v;
    }
    [[gnu::always_inline]] static inline void write(const Vector& from, T* to, Index count) {
        const Vector v = from;
        if (count >= lanes<T>) std::memcpy(to, &v, sizeof(v));
        else if (count > 0) std::memcpy(to, &v, static_cast<std::size_t>(count) * sizeof(T));
    }

    template <Index Rows, Index Vectors>
    [[gnu::always_inline]] static inline void block(const Strip<T>& s, const T* a, T* c) {
        Vector sums[Rows][Vectors] = {};
        for (Index p = 0; p < s.inner; ++p) {
            Vector row[Vectors];
            for (Index v = 0; v < Vectors; ++v) read(row[v], s.b + p * s.b_step + v * lanes<T>, lanes<T>);
            for (Index r = 0; r < Rows; ++r) {
                const T factor = a[r * s.a_row_step + p * s.a_column_step];
                for (Index v = 0; v < Vectors; ++v) sums[r][v] += factor * row[v];
            }
        }
        for (Index r = 0; r < Rows; ++r) {
            for (Index v = 0; v < Vectors; ++v) {
                T* to = c + r * s.c_step + v * lanes<T>;
                const Index count = s.columns - v * lanes<T>;
                Vector total = s.scale * sums[r][v];
                if (s.add) {
                    Vector before;
                    read(before, to, count);
                    total += before;
                }
                write(total, to, count);
            }
        }
    }
    template <Index Vectors>
    [[gnu::always_inline]] static inline void rows(const Strip<T>& s, Index count) {
        const T* a = s.a;
        T* c = s.c;
        const auto take = [&]<Index Rows>() {
            for (; count >= Rows; count -= Rows, a += Rows * s.a_row_step, c += Rows * s.c_step) {
                block<Rows, Vectors>(s, a, c);
            }
        };
        take.template operator()<rows_together>();
        take.template operator()<rows_together / 2>();
        take.template operator()<1>();
    }
    [[gnu::always_inline]] static inline void run(const Strip<T>* s, Index count) {
        if (s->columns > lanes<T>) rows<2>(*s, count);
        else rows<1>(*s, count);
    }
};

template <class T>
void pack(const MatrixView<T>& b, Index row, Index rows, Index column, Index columns, Index width, T* to) {
    if (columns < width) {
        for (Index p = 0; p < rows; ++p) std::fill_n(to + p * width + columns, width - columns, T(0));
    }
    const T* from = b.data + row * b.row_step + column * b.column_step;
    const Shape shape{rows, columns};
    copy({const_cast<char*>(reinterpret_cast<const char*>(from)), dtype_of<T>, shape, {b.row_step, b.column_step}},
         {reinterpret_cast<char*>(to), dtype_of<T>, shape, {width, 1}});
}

} // namespace

template <class T>
void multiply_wide(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Index c_step, bool add, T scale) {
    if (a.columns == 0 && !add) {
        for (Index i = 0; i < a.rows; ++i) std::fill_n(c + i * c_step, b.columns, T(0));
    }
    alignas(64) std::array<T, depth * panel_width<T>> panel;
    for (Index p = 0; p < a.columns; p += depth) {
        const Index inner = std::min(depth, a.columns - p);
        for (Index j = 0; j < b.columns; j += panel_width<T>) {
            const Index columns = std::min(panel_width<T>, b.columns - j);
            const Index width = columns > lanes<T> ? panel_width<T> : lanes<T>;
            Strip<T> strip{a.data + p * a.column_step,
                           a.row_step,
                           a.column_step,
                           b.data + p * b.row_step + j,
                           b.row_step,
                           inner,
                           c + j,
                           c_step,
                           columns,
                           add || p > 0,
                           scale};
            const bool near = a.rows <= rows_together || inner * b.row_step <= depth * panel_width<T>;
            const bool in_place = b.column_step == 1 && columns == width && near;
            if (!in_place) {
                pack(b, p, inner, j, columns, width, panel.data());
                strip.b = panel.data();
                strip.b_step = width;
            }
            run_widest<PanelProduct<T>>(static_cast<const Strip<T>*>(&strip), a.rows);
        }
    }
}

template void multiply_wide(const MatrixView<float>&, const MatrixView<float>&, float*, Index, bool, float);
template void multiply_wide(const MatrixView<double>&, const MatrixView<double>&, double*, Index, bool, double);

} // namespace xg::kernels
