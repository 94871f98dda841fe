#include <autograd/kernels/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/gemm.hpp>

namespace xg::kernels {
namespace {

int count(Index n) { return static_cast<int>(n); }
// LAPACK wants a step of 1 at least, for empty matrices too.
int leading(Index rows) { return count(std::max<Index>(rows, 1)); }

// Asks a routine how much room it wants, then runs it: `call(work, size)`.
template <class T, class F>
void with_work(F call) {
    T wanted = 0;
    call(&wanted, -1);
    std::vector<T> work(static_cast<std::size_t>(std::max<T>(wanted, 1)));
    call(work.data(), count(static_cast<Index>(work.size())));
}

// Whether the largest component of a column is negative; of equal sizes the first counts.
template <class T>
bool points_down(const Columns<T>& a, Index column) {
    T largest = 0;
    for (Index i = 0; i < a.rows; ++i) {
        if (std::abs(a(i, column)) > std::abs(largest) * T(1 + 1e-3)) largest = a(i, column);
    }
    return largest < 0;
}
template <class T>
void turn(Columns<T>& a, Index column) {
    for (Index i = 0; i < a.rows; ++i) a(i, column) = -a(i, column);
}

} // namespace

template <class T>
int factor_lu(Columns<T>& a, std::vector<int>& pivots) {
    const int n = count(a.rows), step = leading(a.rows);
    pivots.resize(static_cast<std::size_t>(a.rows));
    int info = 0;
    if (n > 0) blas().of<T>().getrf(&n, &n, a.numbers.data(), &step, pivots.data(), &info);
    return info;
}

template <class T>
void solve_lu(const Columns<T>& lu, const std::vector<int>& pivots, Columns<T>& b) {
    const int n = count(lu.rows), k = count(b.columns), step = leading(lu.rows);
    int info = 0;
    if (n > 0 && k > 0) {
        blas().of<T>().getrs("N", &n, &k, lu.numbers.data(), &step, pivots.data(), b.numbers.data(), &step, &info, 1);
    }
}

template <class T>
T reciprocal_condition(const Columns<T>& a) {
    const int n = count(a.rows), step = leading(a.rows);
    T size = 0;
    for (Index j = 0; j < a.columns; ++j) {
        T sum = 0;
        for (Index i = 0; i < a.rows; ++i) sum += std::abs(a(i, j));
        size = sum <= size ? size : sum; // a NaN stays
    }
    Columns<T> lu = a;
    std::vector<int> pivots;
    if (factor_lu(lu, pivots) != 0) return 0;
    std::vector<T> work(static_cast<std::size_t>(4 * n));
    T condition = std::numeric_limits<T>::quiet_NaN();
    int info = 0;
    if (n > 0 && std::isfinite(size)) {
        blas().of<T>().gecon("1", &n, lu.numbers.data(), &step, &size, &condition, work.data(), pivots.data(), &info,
                             1);
    }
    return condition;
}

template <class T>
int solve_triangle(const Columns<T>& a, Columns<T>& b, Triangle triangle) {
    const int n = count(a.rows), k = count(b.columns), step = leading(a.rows);
    int info = 0;
    if (n > 0) {
        blas().of<T>().trtrs(triangle.upper ? "U" : "L", "N", triangle.unit ? "U" : "N", &n, &k, a.numbers.data(),
                             &step, b.numbers.data(), &step, &info, 1, 1, 1);
    }
    return info;
}

template <class T>
int factor_cholesky(Columns<T>& a) {
    const int n = count(a.rows), step = leading(a.rows);
    int info = 0;
    if (n > 0) blas().of<T>().potrf("L", &n, a.numbers.data(), &step, &info, 1);
    for (Index j = 0; j < a.columns; ++j) {
        for (Index i = 0; i < j; ++i) a(i, j) = 0;
    }
    return info;
}

template <class T>
void factor_qr(Columns<T>& a, Columns<T>& r) {
    const int m = count(a.rows), n = count(a.columns), step = leading(a.rows);
    if (m == 0 || n == 0) return;
    std::vector<T> tau(static_cast<std::size_t>(n));
    int info = 0;
    with_work<T>([&](T* work, int size) {
        blas().of<T>().geqrf(&m, &n, a.numbers.data(), &step, tau.data(), work, &size, &info);
    });
    for (Index j = 0; j < a.columns; ++j) {
        for (Index i = 0; i <= j; ++i) r(i, j) = a(i, j);
    }
    with_work<T>([&](T* work, int size) {
        blas().of<T>().orgqr(&m, &n, &n, a.numbers.data(), &step, tau.data(), work, &size, &info);
    });
    for (Index i = 0; i < a.columns; ++i) {
        if (!(r(i, i) < 0)) continue;
        turn(a, i);
        for (Index j = i; j < a.columns; ++j) r(i, j) = -r(i, j);
    }
}

template <class T>
int eigen_symmetric(Columns<T>& a, std::vector<T>& values) {
    const int n = count(a.rows), step = leading(a.rows);
    values.resize(static_cast<std::size_t>(a.rows));
    int info = 0;
    if (n == 0) return info;
    with_work<T>([&](T* work, int size) {
        blas().of<T>().syev("V", "L", &n, a.numbers.data(), &step, values.data(), work, &size, &info, 1, 1);
    });
    for (Index j = 0; j < a.columns; ++j) {
        if (points_down(a, j)) turn(a, j);
    }
    return info;
}

template <class T>
int singular_values(Columns<T> a, Columns<T>& u, std::vector<T>& s, Columns<T>& v) {
    const int m = count(a.rows), n = count(a.columns), k = std::min(m, n), step = leading(a.rows), u_step = leading(m),
              v_step = leading(k);
    s.resize(static_cast<std::size_t>(k));
    if (k == 0) return 0;
    Columns<T> turned(k, n);
    std::vector<int> more(static_cast<std::size_t>(8 * k));
    int info = 0;
    with_work<T>([&](T* work, int size) {
        blas().of<T>().gesdd("S", &m, &n, a.numbers.data(), &step, s.data(), u.numbers.data(), &u_step,
                             turned.numbers.data(), &v_step, work, &size, more.data(), &info, 1);
    });
    for (Index i = 0; i < k; ++i) {
        const T sign = points_down(u, i) ? T(-1) : T(1);
        if (sign < 0) turn(u, i);
        for (Index j = 0; j < n; ++j) v(j, i) = sign * turned(i, j);
    }
    return info;
}

template <class T>
Columns<T> product(const Columns<T>& a, const Columns<T>& b) {
    // Column-major (m, k) (k, n) is row-major (n, k) (k, m) with the factors exchanged.
    constexpr DType d = std::is_same_v<T, float> ? DType::float32 : DType::float64;
    Columns<T> c(a.rows, b.columns);
    const auto view = [](const Columns<T>& x) {
        return Strided{reinterpret_cast<char*>(const_cast<T*>(x.numbers.data())), d, {x.columns, x.rows}, {x.rows, 1}};
    };
    matmul(view(b), view(a), view(c));
    return c;
}

#define XGRAD_LAPACK(T)                                                                  \
    template int factor_lu(Columns<T>&, std::vector<int>&);                              \
    template void solve_lu(const Columns<T>&, const std::vector<int>&, Columns<T>&);     \
    template T reciprocal_condition(const Columns<T>&);                                  \
    template int solve_triangle(const Columns<T>&, Columns<T>&, Triangle);               \
    template int factor_cholesky(Columns<T>&);                                           \
    template void factor_qr(Columns<T>&, Columns<T>&);                                   \
    template int eigen_symmetric(Columns<T>&, std::vector<T>&);                          \
    template int singular_values(Columns<T>, Columns<T>&, std::vector<T>&, Columns<T>&); \
    template Columns<T> product(const Columns<T>&, const Columns<T>&);
XGRAD_LAPACK(float)
XGRAD_LAPACK(double)
#undef XGRAD_LAPACK

} // namespace xg::kernels
