#include <autograd/kernels/product.hpp>

#include <algorithm>
#include <string_view>

#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/wide_gemm.hpp>

namespace xg::kernels {

bool blas_is_wide() {
    static const bool wide = [] {
        const std::string_view core = blas().core();
        return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
    }();
    return wide;
}

// An older OpenBLAS, one made without AVX-512 or one told to do without (OPENBLAS_CORETYPE) leaves half of it unused.
// Fewer columns waste most of a vector.
bool product_is_ours(Index n) {
    constexpr Index least_columns = 4;
    return n >= least_columns && isa() == Isa::avx512 && !blas_is_wide();
}

template <class T>
void product(Index m, Index n, Index k, Factor<T> a, Factor<T> b, T* c, Index c_step, bool add, double scale) {
    if (product_is_ours(n)) {
        const auto view = [](Factor<T> f, Index rows, Index columns) {
            return MatrixView<T>{f.data, rows, columns, f.turned ? 1 : f.step, f.turned ? f.step : 1};
        };
        return multiply_wide(view(a, m, k), view(b, k, n), c, c_step, add, static_cast<T>(scale));
    }
    const auto way = [](Factor<T> f) { return f.turned ? CblasTrans : CblasNoTrans; };
    const auto number = [](Index i) { return static_cast<int>(i); };
    const auto step = [](Index i) { return static_cast<int>(std::max<Index>(i, 1)); }; // BLAS refuses 0
    blas().of<T>().gemm(CblasRowMajor, way(a), way(b), number(m), number(n), number(k), static_cast<T>(scale), a.data,
                        step(a.step), b.data, step(b.step), add ? T(1) : T(0), c, step(c_step));
}

template void product(Index, Index, Index, Factor<float>, Factor<float>, float*, Index, bool, double);
template void product(Index, Index, Index, Factor<double>, Factor<double>, double*, Index, bool, double);

} // namespace xg::kernels
