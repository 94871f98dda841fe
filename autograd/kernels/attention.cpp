#include <autograd/kernels/attention.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <type_traits>

#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/product.hpp>
#include <autograd/kernels/rows.hpp>
#include <autograd/philox_internal.hpp>

#define XGRAD_INLINE [[gnu::always_inline]] static inline

namespace xg::kernels {
namespace {

// Queries that are worked on at once: their scores stay in the cache up to some thousand keys.
constexpr Index block = 32;
// Multiply-adds that are worth a thread, and the most pieces, each of which has memory of its own.
constexpr double work_of_piece = 1e6;
constexpr Index most_pieces = 8;

Index keys_of(const AttentionInputs& x) { return x.k.shape[x.k.rank() - 2]; }
// Two blocks of scores, and a number for each query; with dropout a factor for each score.
Index room_of_piece(const AttentionInputs& x) { return (x.dropout.keep < 1 ? 3 : 2) * block * keys_of(x) + block; }

// The matrices of one operand, one for each position of the leading axes.
template <class T>
class Matrices {
public:
    explicit Matrices(const Strided& x) : x_(x) {
        if (!walkable()) {
            copy_ = std::make_unique<T[]>(static_cast<std::size_t>(x.numel()));
            x_ = {reinterpret_cast<char*>(copy_.get()), x.dtype, x.shape, contiguous_strides(x.shape)};
            copy(x, x_);
        }
        const int last = x_.rank() - 1;
        step_ = std::max({Index{1}, x_.shape[last], x_.shape[last - 1] <= 1 ? 0 : x_.strides[last - 1]});
    }
    Factor<T> at(Index lead) const {
        Index offset = 0;
        for (int axis = x_.rank() - 3; axis >= 0; --axis) {
            offset += lead % x_.shape[axis] * x_.strides[axis];
            lead /= x_.shape[axis];
        }
        return {x_.as<T>() + offset, step_};
    }

private:
    bool walkable() const {
        const int last = x_.rank() - 1;
        const Index step = x_.strides[last - 1];
        return (x_.shape[last] <= 1 || x_.strides[last] == 1) &&
               (x_.shape[last - 1] <= 1 ||
                (step >= std::max<Index>(1, x_.shape[last]) && step <= std::numeric_limits<int>::max()));
    }
    Strided x_;
    std::unique_ptr<T[]> copy_;
    Index step_;
};

// c = scale a b, or c += scale a b; empty without any terms.
template <class T>
void multiply(Index m, Index n, Index k, Factor<T> a, Factor<T> b, T* c, Index c_step, bool add, double scale = 1) {
    if (m == 0 || n == 0) return;
    if (k > 0) return product(m, n, k, a, b, c, c_step, add, scale);
    for (Index i = 0; !add && i < m; ++i) std::fill_n(c + i * c_step, n, T(0));
}

// The slope of softmax: p (dp - sum(p dp)), written over dp.
template <class T>
struct Slope {
    XGRAD_INLINE void run(const T* __restrict p, T* __restrict dp, Index rows, Index n, Index step) {
        for (Index r = 0; r < rows; ++r, p += step, dp += step) {
            constexpr Index lanes = 16;
            T sum[lanes] = {};
            Index i = 0;
            for (; i + lanes <= n; i += lanes) {
                for (Index j = 0; j < lanes; ++j) sum[j] += p[i + j] * dp[i + j];
            }
            for (Index j = 0; i < n; ++i, ++j) sum[j] += p[i] * dp[i];
            for (Index width = lanes / 2; width > 0; width /= 2) {
                for (Index j = 0; j < width; ++j) sum[j] += sum[j + width];
            }
            const T total = sum[0];
            for (i = 0; i < n; ++i) dp[i] = p[i] * (dp[i] - total);
        }
    }
};

template <class T>
struct Add {
    XGRAD_INLINE void run(T* __restrict to, const T* __restrict term, Index n) {
        for (Index i = 0; i < n; ++i) to[i] += term[i];
    }
};

template <class T>
struct Scale {
    XGRAD_INLINE void run(T* __restrict to, const T* __restrict factors, Index n) {
        for (Index i = 0; i < n; ++i) to[i] *= factors[i];
    }
};

// The factors of n weights that stand in a row, the first being number `first`: `kept` where the number drawn is below the
// limit, else 0. Sixteen blocks of the generator at a time, which are independent of each other.
template <class T>
struct DrawFactors {
    static constexpr Index lanes = 16;
    XGRAD_INLINE void run(T* __restrict to, Index n, std::uint64_t first, AttentionDropout d) {
        // x is kept if (x >> 11) / 2^53, the number of rand, is below keep
        const auto limit = static_cast<std::uint64_t>(std::ceil(std::ldexp(d.keep, 53))) << 11;
        const T kept = static_cast<T>(1 / d.keep);
        for (Index at = -static_cast<Index>(first % 2); at < n; at += 2 * lanes) {
            const std::uint64_t block_of_first = d.position + (first + static_cast<std::uint64_t>(at + 1)) / 2;
            std::uint64_t x[2][lanes];
            blocks(d.seed, block_of_first, x);
            T made[2 * lanes];
            for (Index i = 0; i < lanes; ++i) {
                made[2 * i] = x[0][i] < limit ? kept : T(0);
                made[2 * i + 1] = x[1][i] < limit ? kept : T(0);
            }
            const Index from = std::max<Index>(0, -at), end = std::min(2 * lanes, n - at);
            for (Index i = from; i < end; ++i) to[at + i] = made[i];
        }
    }
    XGRAD_INLINE void blocks(std::uint64_t seed, std::uint64_t position, std::uint64_t (&x)[2][lanes]) {
        std::uint32_t c[4][lanes];
        for (Index i = 0; i < lanes; ++i) {
            const std::uint64_t at = position + static_cast<std::uint64_t>(i);
            c[0][i] = static_cast<std::uint32_t>(at);
            c[1][i] = static_cast<std::uint32_t>(at >> 32);
            c[2][i] = c[3][i] = 0;
        }
        PhiloxKey key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
        for (int round = 0; round < 10; ++round) {
            for (Index i = 0; i < lanes; ++i) philox_round(c[0][i], c[1][i], c[2][i], c[3][i], key);
            philox_next(key);
        }
        for (Index i = 0; i < lanes; ++i) {
            x[0][i] = c[0][i] | std::uint64_t{c[1][i]} << 32;
            x[1][i] = c[2][i] | std::uint64_t{c[3][i]} << 32;
        }
    }
};

template <class T>
class Attention {
public:
    explicit Attention(const AttentionInputs& x)
        : x_(x),
          queries_(x.q.shape[x.q.rank() - 2]),
          keys_(keys_of(x)),
          width_(x.q.shape.back()),
          values_(x.v.shape.back()),
          q_(x.q),
          k_(x.k),
          v_(x.v) {
        for (int i = 0; i < x.q.rank() - 2; ++i) leads_ *= x.q.shape[i];
        if (std::max({queries_, keys_, width_, values_}) > std::numeric_limits<int>::max()) {
            fail<ShapeError>("scaled_dot_product_attention: an axis has more than {} entries, which BLAS cannot count",
                             std::numeric_limits<int>::max());
        }
        blas(); // its error must not come from a piece
    }

    void forward(const Strided& y, T* room_of_all) const {
        const Index blocks = (queries_ + block - 1) / block;
        over(leads_ * blocks, 2, room_of_all, [&](Index at, T* room) {
            const Index lead = at / blocks, first = at % blocks * block, rows = std::min(block, queries_ - first);
            const Index seen = seen_by(first, rows);
            T* out = y.as<T>() + (lead * queries_ + first) * values_;
            exponentials_of(lead, first, rows, seen, room, room + block * keys_);
            if (drops()) {
                draw_factors(lead, first, rows, seen, room);
                drop(room, room, rows, seen);
            }
            multiply<T>(rows, values_, seen, {room, keys_}, v_.at(lead), out, values_, false);
            for (Index r = 0; r < rows; ++r) kernels::scale(out + r * values_, values_, room[block * keys_ + r]);
        });
    }

    // With p the weights, d what dropout multiplies them by and h = d g v^T: dv = (d p)^T g, ds = p (h - sum(p h)),
    // dq = scale ds k, dk = scale ds^T q.
    void backward(const Strided& g_in, const AttentionGradients& to_all, T* room_of_all) const {
        const Strided &dq = to_all.q, &dk = to_all.k, &dv = to_all.v;
        const Matrices<T> g_all(g_in);
        if (queries_ == 0) {
            fill(dk, 0);
            fill(dv, 0);
        }
        over(leads_, 5, room_of_all, [&](Index lead, T* room) {
            T *p = room, *ds = room + block * keys_;
            for (Index first = 0; first < queries_; first += block) {
                const Index rows = std::min(block, queries_ - first), seen = seen_by(first, rows);
                const Factor<T> g = from(g_all.at(lead), first), q = from(q_.at(lead), first);
                exponentials_of(lead, first, rows, seen, p, ds);
                for (Index r = 0; r < rows; ++r) kernels::scale(p + r * keys_, seen, ds[r]);
                multiply<T>(rows, seen, values_, g, turned(v_.at(lead)), ds, keys_, false);
                if (drops()) {
                    draw_factors(lead, first, rows, seen, room);
                    drop(ds, room, rows, seen);
                }
                run_widest<Slope<T>>(static_cast<const T*>(p), ds, rows, seen, keys_);
                if (drops()) drop(p, room, rows, seen);
                // The first block writes what it sees, and zeros behind it.
                const bool more = first > 0;
                const auto keyed = [&](const Strided& to, Index n) { return to.as<T>() + lead * keys_ * n; };
                multiply<T>(seen, values_, rows, turned({p, keys_}), g, keyed(dv, values_), values_, more);
                multiply<T>(seen, width_, rows, turned({ds, keys_}), q, keyed(dk, width_), width_, more, x_.scale);
                if (first == 0) {
                    std::fill_n(keyed(dv, values_) + seen * values_, (keys_ - seen) * values_, T(0));
                    std::fill_n(keyed(dk, width_) + seen * width_, (keys_ - seen) * width_, T(0));
                }
                multiply<T>(rows, width_, seen, {ds, keys_}, k_.at(lead),
                            dq.as<T>() + (lead * queries_ + first) * width_, width_, false, x_.scale);
            }
        });
    }

private:
    static Factor<T> from(Factor<T> all, Index row) { return {all.data + row * all.step, all.step}; }
    static Factor<T> turned(Factor<T> f) { return {f.data, f.step, /*turned=*/true}; }
    Index seen_by(Index first, Index rows) const { return x_.causal ? std::min(keys_, first + rows) : keys_; }

    bool drops() const { return x_.dropout.keep < 1; }
    T* factors_in(T* room) const { return room + 2 * block * keys_ + block; }
    // What the weights of some queries are multiplied by: 1 / keep, or 0.
    void draw_factors(Index lead, Index first, Index rows, Index seen, T* room) const {
        T* to = factors_in(room);
        for (Index r = 0; r < rows; ++r, to += keys_) {
            const Index begin = (lead * queries_ + first + r) * keys_;
            run_widest<DrawFactors<T>>(to, seen, static_cast<std::uint64_t>(begin), x_.dropout);
        }
    }
    void drop(T* scores, T* room, Index rows, Index seen) const {
        const T* factors = factors_in(room);
        for (Index at = 0; at < rows * keys_; at += keys_) run_widest<Scale<T>>(scores + at, factors + at, seen);
    }

    // f(item, room) for each item; pieces are cut by the shape alone. `products` is how many there are an item.
    template <class F>
    void over(Index items, int products, T* room, const F& f) const {
        if (items == 0) return;
        const double work = static_cast<double>(leads_) * static_cast<double>(queries_) * static_cast<double>(keys_) *
                            static_cast<double>(std::max(width_, values_)) * products;
        const double worth = std::min(work / work_of_piece, static_cast<double>(most_pieces));
        const Index pieces = std::clamp<Index>(static_cast<Index>(worth), 1, items);
        parallel_for(pieces, [&](Index piece) {
            for (Index i = piece * items / pieces, end = (piece + 1) * items / pieces; i < end; ++i)
                f(i, room + piece * room_of_piece(x_));
        });
    }

    // e^(score - the largest) of some queries and the keys that one of them sees, and 1 over the sum of each row.
    void exponentials_of(Index lead, Index first, Index rows, Index seen, T* scores, T* inverse) const {
        multiply<T>(rows, seen, width_, from(q_.at(lead), first), turned(k_.at(lead)), scores, keys_, false, x_.scale);
        for (Index r = 0; r < rows; ++r, scores += keys_) {
            const Index own = x_.causal ? std::min(seen, first + r + 1) : seen;
            std::fill(scores + own, scores + seen, T(0));
            if (x_.mask.data) add_mask(scores, lead, first + r, own);
            inverse[r] = own == 0 ? T(0) : exponentials_of_row(scores, own);
        }
    }
    static T exponentials_of_row(T* scores, Index n) {
        const Extremes<T> extremes = extremes_of(scores, 1, n);
        const bool masked = extremes.largest == -std::numeric_limits<T>::infinity();
        if (masked && std::none_of(scores, scores + n, [](T s) { return s != s; })) {
            std::fill_n(scores, n, T(0));
            return 0;
        }
        return 1 / exponentials(scores, 1, n, extremes, scores, 1);
    }
    void add_mask(T* scores, Index lead, Index query, Index n) const {
        const Strided& m = x_.mask;
        const int last = m.rank() - 1;
        Index offset = query * m.strides[last - 1];
        for (int axis = last - 2; axis >= 0; --axis) {
            offset += lead % m.shape[axis] * m.strides[axis];
            lead /= m.shape[axis];
        }
        const T* row = m.as<T>() + offset;
        if (m.strides[last] == 1) return run_widest<Add<T>>(scores, row, n);
        for (Index i = 0; i < n; ++i) scores[i] += row[i * m.strides[last]];
    }

    const AttentionInputs& x_;
    Index queries_, keys_, width_, values_, leads_ = 1;
    Matrices<T> q_, k_, v_;
};

template <class F>
void with_type(DType d, const F& f) {
    if (d == DType::float32) f(float());
    else f(double());
}

} // namespace

std::size_t attention_room(const AttentionInputs& x) {
    return static_cast<std::size_t>(most_pieces * room_of_piece(x)) * size_of(x.q.dtype);
}

void attention(const AttentionInputs& x, const Strided& y, char* room) {
    if (y.numel() == 0) return;
    with_type(y.dtype, [&]<class T>(T) { Attention<T>(x).forward(y, reinterpret_cast<T*>(room)); });
}

void attention_backward(const AttentionInputs& x, const Strided& g, const AttentionGradients& to, char* room) {
    with_type(g.dtype, [&]<class T>(T) { Attention<T>(x).backward(g, to, reinterpret_cast<T*>(room)); });
}

} // namespace xg::kernels
