#pragma once
#include <vector>

#include <autograd/kernels/strided.hpp>

namespace xg::kernels {

/// A matrix with few entries a row: those of row p are from[i] and weight[i] for begin[p] <= i < begin[p + 1].
struct SparseRows {
    Index columns = 0;
    std::vector<Index> begin{0}, from;
    std::vector<double> weight;

    Index rows() const { return static_cast<Index>(begin.size()) - 1; }
};

/// (lead, columns, trail) -> (lead, rows, trail), contiguous, float32 or float64.
void resample(const SparseRows& matrix, DType dtype, Index lead, Index trail, const char* x, char* y);

/// Along each of three axes the entries that a position of the result looks at: begin, begin + step ... before end.
struct Windows {
    struct Window {
        Index begin, end;
    };
    std::vector<Window> along[3];
    Index step[3] = {1, 1, 1};
    Index size[3] = {1, 1, 1}; ///< of x
};
/// The place of the first largest entry of each window, counted over the three axes of x; of a NaN if there is one.
/// x is contiguous, `lead` times the three axes.
void window_argmax(const Windows& windows, DType dtype, Index lead, const char* x, std::int64_t* y);

} // namespace xg::kernels
