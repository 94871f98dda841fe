#pragma once
#include <functional>
#include <vector>

#include <autograd/tensor.hpp>

// The engine's half of the reverse transforms, on flat lists of tensors.
namespace xg::detail {

using ListFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// A run of a function, recorded for pulling cotangents of its results back to its inputs. `name` is for messages.
class XGRAD_API Pullback {
public:
    Pullback(const char* name, const ListFunction& f, const std::vector<Tensor>& xs, Site site);

    /// What f gave, without the nodes of this run unless something outside asks for them.
    std::vector<Tensor> values() const;
    /// The gradients of <cotangents, values>, zeros where an input has no say. Can be called again.
    std::vector<Tensor> operator()(const std::vector<Tensor>& cotangents) const;
    /// The same for a function of one number as result; GraphError otherwise.
    std::vector<Tensor> gradient() const;

private:
    bool outer_wants(const Tensor& y) const;

    const char* name_;
    Site site_;
    bool recording_; // whether anything outside records
    int level_;
    std::vector<Tensor> leaves_, results_;
};

} // namespace xg::detail
