#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include <nn/module.hpp>

// What a model is made of and what a call of it costs, by measurement: `std::cout << nn::summary(net, x)`.
namespace xg::nn {

/// One call of a module, with all that it calls.
struct SummaryRow {
    std::string name;         ///< "" for the model itself
    std::string class_name;   ///< "Linear"
    Index depth = 0;          ///< of the call: 0 for the model itself
    Shape output;             ///< of the first result
    Index parameters = 0;     ///< in the module and below, tied ones once; 0 where it is called again
    Index multiply_adds = 0;  ///< of products, convolutions, attention and recurrent layers
    Index forward_bytes = 0;  ///< of the results of all operations, views left out
    Index backward_bytes = 0; ///< of all gradients that backward passed on
    double seconds = 0;       ///< of the forward pass
};

class XGRAD_API Summary {
public:
    std::vector<SummaryRow> rows; ///< in the order of the calls
    Index parameters = 0, trained_parameters = 0;
    Index parameter_bytes = 0;
    Index multiply_adds = 0, forward_bytes = 0, backward_bytes = 0;
    double forward_seconds = 0, backward_seconds = 0;
    /// A table, a line a call, and the sums.
    std::string text() const;
};
XGRAD_API std::ostream& operator<<(std::ostream& out, const Summary& summary);

struct SummaryOptions {
    bool backward = true; ///< count and time a backward pass, too; without, its columns are 0
};
/// Calls the model in the mode it is in, three times, and passes back twice. Gradients, running statistics and the
/// generator of the thread are as before. What a module does in `forward` without calling other modules is its own; the work
/// of elementwise operations and reductions is not counted. The errors of the call.
XGRAD_API Summary summary(Module& model, const Tensor& input, SummaryOptions options = {}, Site site = Site::here());

} // namespace xg::nn
