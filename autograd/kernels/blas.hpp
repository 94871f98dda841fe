#pragma once
#include <cblas.h>

#include <cstddef>

// As Fortran has them: each character is followed, after the last argument, by its length.
extern "C" {
#define XGRAD_LAPACK(T, p)                                                                                      \
    void p##getrf_(const int*, const int*, T*, const int*, int*, int*);                                         \
    void p##getrs_(const char*, const int*, const int*, const T*, const int*, const int*, T*, const int*, int*, \
                   std::size_t);                                                                                \
    void p##gecon_(const char*, const int*, const T*, const int*, const T*, T*, T*, int*, int*, std::size_t);   \
    void p##trtrs_(const char*, const char*, const char*, const int*, const int*, const T*, const int*, T*,     \
                   const int*, int*, std::size_t, std::size_t, std::size_t);                                    \
    void p##potrf_(const char*, const int*, T*, const int*, int*, std::size_t);                                 \
    void p##geqrf_(const int*, const int*, T*, const int*, T*, T*, const int*, int*);                           \
    void p##orgqr_(const int*, const int*, const int*, T*, const int*, const T*, T*, const int*, int*);         \
    void p##syev_(const char*, const char*, const int*, T*, const int*, T*, T*, const int*, int*, std::size_t,  \
                  std::size_t);                                                                                 \
    void p##gesdd_(const char*, const int*, const int*, T*, const int*, T*, T*, const int*, T*, const int*, T*, \
                   const int*, int*, int*, std::size_t);
XGRAD_LAPACK(float, s)
XGRAD_LAPACK(double, d)
#undef XGRAD_LAPACK
}

namespace xg::kernels {

/// The routines of one type. The names above are declared for their types alone: nothing links to them.
template <class T>
struct BlasOf;
#define XGRAD_BLAS(T, p)                 \
    template <>                          \
    struct BlasOf<T> {                   \
        decltype(&cblas_##p##gemm) gemm; \
        decltype(&p##getrf_) getrf;      \
        decltype(&p##getrs_) getrs;      \
        decltype(&p##gecon_) gecon;      \
        decltype(&p##trtrs_) trtrs;      \
        decltype(&p##potrf_) potrf;      \
        decltype(&p##geqrf_) geqrf;      \
        decltype(&p##orgqr_) orgqr;      \
        decltype(&p##syev_) syev;        \
        decltype(&p##gesdd_) gesdd;      \
    };
XGRAD_BLAS(float, s)
XGRAD_BLAS(double, d)
#undef XGRAD_BLAS

/// OpenBLAS, in any of its builds. It is loaded at the first call, because it starts threads: a program without products
/// and factorisations has none of them. It works on the thread that calls it: the pieces we cut do not depend on how many
/// threads there are, so neither do their bits, and its pool never fights another.
class Blas {
public:
    template <class T>
    const BlasOf<T>& of() const {
        if constexpr (sizeof(T) == sizeof(float)) return singles_;
        else return doubles_;
    }
    /// The kernels it has chosen, "SkylakeX" say.
    const char* core() const;

private:
    friend const Blas& blas();
    Blas();

    BlasOf<float> singles_;
    BlasOf<double> doubles_;
    decltype(&openblas_get_corename) corename_ = nullptr;
    void (*omp_set_num_threads_)(int) = nullptr;
};

/// StateError if it cannot be loaded.
const Blas& blas();

} // namespace xg::kernels
