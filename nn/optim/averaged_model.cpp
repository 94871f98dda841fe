#include <nn/optim/averaged_model.hpp>

#include <autograd/autograd.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::nn::detail {

void check_average(const AverageOptions& options) {
    if (!options.decay || (*options.decay >= 0 && *options.decay <= 1)) return;
    fail<ValueError>("AveragedModel: decay is {}\n  expected 0 to 1, such as 0.999", *options.decay);
}

void average_into(Module& mean, const Module& source, double weight) {
    const NoGrad guard;
    StateDict next = source.state_dict(); // copies, buffers among them
    const StateDict buffers(mean.named_buffers());
    if (weight != 1.0) {
        for (const auto& [name, m] : mean.state_dict()) {                 // has tied parameters under all their names
            if (buffers.contains(name) || !next.contains(name)) continue; // load_state_dict says what differs
            const Tensor& w = next.at(name);
            if (w.shape() == m.shape()) next.set(name, m + (w - m) * weight);
        }
    }
    mean.load_state_dict(next);
}

} // namespace xg::nn::detail
