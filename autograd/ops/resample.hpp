#pragma once
#include <vector>

#include <autograd/tensor.hpp>

namespace xg {

/// A matrix with few entries a row, written row after row: `m.entry(from, weight)` as often as needed, `m.end_row()`.
class XGRAD_API Resampling {
public:
    /// For lines of `columns` entries. ValueError if negative.
    explicit Resampling(Index columns, Site site = Site::here());
    /// The row being written gets `weight` times entry `from`. IndexError unless there is such an entry.
    void entry(Index from, double weight, Site site = Site::here());
    void end_row() { begin_.push_back(static_cast<Index>(from_.size())); }

    Index columns() const { return columns_; }
    Index rows() const { return static_cast<Index>(begin_.size()) - 1; }
    const std::vector<Index>& begins() const { return begin_; } ///< of the rows' entries, and the end of the last one's
    const std::vector<Index>& froms() const { return from_; }
    const std::vector<double>& weights() const { return weight_; }

private:
    Index columns_;
    std::vector<Index> begin_{0}, from_;
    std::vector<double> weight_;
};

/// Each line of x along an axis times such a matrix: what averages over windows and interpolation along an axis are.
/// Floating point; ShapeError unless the axis has as many entries as the matrix columns.
XGRAD_API Tensor resample(const Operand& x, Index axis, const Resampling& matrix);

} // namespace xg
