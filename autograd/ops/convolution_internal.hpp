#pragma once
#include <string>
#include <vector>

#include <autograd/kernels/convolution.hpp>
#include <autograd/ops/convolution.hpp>
#include <autograd/ops/entry.hpp>

// How the operands of a convolution meet: checked and inferred in convolution_meeting.cpp, computed and differentiated in
// convolution.cpp, computed once more in plain loops in convolution_samples.cpp.
namespace xg::convolutions {

// How positions meet. Of the kernel's description all but batch, inputs and outputs, which the operands say.
struct Meeting {
    int rank; // axes of space; those that are absent come first
    kernels::Convolution c;

    static int first(int axes) { return 3 - axes; }
    void append(Shape& shape, const Index (&sizes)[3]) const {
        for (int i = first(rank); i < 3; ++i) shape.push_back(sizes[i]);
    }
};

/// ShapeError and ValueError name the operation `op` and the weight as `w_name`.
Meeting conv_meeting(const char* op, const Shape& x, const Shape& w, const std::string& w_name, int rank,
                     const ConvOptions& o);
Meeting transpose_meeting(const char* op, const Shape& y, const Shape& w, const std::string& w_name, int rank,
                          const ConvTransposeOptions& o);

std::vector<Sample> conv_samples(int axes);
std::vector<Sample> transpose_samples(int axes);
std::vector<Sample> weight_samples();
std::vector<Misuse> conv_misuse(int axes);
std::vector<Misuse> transpose_misuse(int axes);

} // namespace xg::convolutions
