#pragma once
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

namespace xg::detail {

/// Rows of numbers, one a step, in a few large pieces of memory: touching memory for the first time is most of what a
/// recording costs.
class Film {
public:
    /// `rows` is how many are expected.
    Film(std::size_t width, std::size_t rows);
    /// Behind the others, with whatever numbers.
    double* add_row();
    double* last_row() { return at(rows_ - 1); }
    const double* row(std::size_t k) const { return at(k); }
    std::size_t rows() const { return rows_; }

private:
    struct Free {
        void operator()(double* p) const { std::free(p); }
    };
    double* at(std::size_t k) const {
        return pieces_[k >> shift_].get() + (k & ((std::size_t{1} << shift_) - 1)) * width_;
    }

    std::size_t width_, rows_ = 0;
    unsigned shift_ = 0; // of the power of two that a piece has of rows
    std::vector<std::unique_ptr<double[], Free>> pieces_;
};

} // namespace xg::detail
