#include <explorer/film_internal.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace xg::detail {

namespace {

constexpr std::size_t page = 2 * 1024 * 1024; // a large one
constexpr std::size_t most_bytes = 2 * page;  // of a piece, unless a row is longer

double* piece_of(std::size_t bytes) {
    if (bytes < page / 2) return static_cast<double*>(std::malloc(bytes));
    bytes = (bytes + page - 1) / page * page;
    void* piece = nullptr;
    if (posix_memalign(&piece, page, bytes) != 0) return nullptr;
    madvise(piece, bytes, MADV_HUGEPAGE); // advice: it may be refused
    return static_cast<double*>(piece);
}

} // namespace

Film::Film(std::size_t width, std::size_t rows) : width_(std::max<std::size_t>(width, 1)) {
    const std::size_t fit = std::max<std::size_t>(1, most_bytes / (width_ * sizeof(double)));
    const std::size_t of_piece = std::min(std::bit_floor(fit), std::bit_ceil(std::max<std::size_t>(rows, 1)));
    shift_ = static_cast<unsigned>(std::countr_zero(of_piece));
}

double* Film::add_row() {
    if (rows_ >> shift_ == pieces_.size()) {
        pieces_.emplace_back(piece_of((width_ << shift_) * sizeof(double)));
        if (!pieces_.back()) throw std::bad_alloc();
    }
    return at(rows_++);
}

} // namespace xg::detail
