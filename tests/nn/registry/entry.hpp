#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/modules/waves.hpp"

// What is known of each module besides its header: small instances, from which the laws in laws_test.cpp and the page in
// docs/reference are made. One entry a module, in the file of its family; CONTRIBUTING.md shows how to add one.
namespace xg::test {

using Tensors = std::vector<Tensor>;

struct InstanceOptions {
    std::string torch = {};          ///< the same instance in Python; its values, gradients and names are compared
    bool differs = false;            ///< training and evaluation give other results
    bool whole = false;              ///< an example's result depends on the others of its batch, or it is a loss
    bool single = true;              ///< trains on a batch of one
    Index batch_axis = 0;            ///< of the inputs and of the result
    std::vector<std::size_t> held{}; ///< floating inputs without a gradient
    int calls_to_settle = 0;         ///< before the gradient in training is the slope: an iteration goes on in each
};

/// One way to make the module, and what to call it with.
struct Instance {
    std::string code; ///< how it is made
    std::function<std::unique_ptr<nn::Module>()> make;
    std::function<std::unique_ptr<nn::Module>(const nn::Module&)> clone;
    std::function<Tensor(nn::Module&, const Tensors&)> call;
    Tensors inputs;
    InstanceOptions options;
};

struct ModuleEntry {
    std::string name;    ///< of the class
    std::string formula; ///< what it computes
    std::string shapes;  ///< (N, in) -> (N, out)
    std::string snippet; ///< a small program
    std::string prints;  ///< and its output
    std::vector<Instance> instances;
};

/// All entries, joined in registry.cpp.
const std::vector<ModuleEntry>& module_entries();

/// Makes all floating parameters and buffers float64, and the parameters waves: numbers in which nothing is special. So
/// are the vectors of spectral_norm, which start at random.
void fill_with_waves(nn::Module& module);

/// The tensor that laws look at: the result itself or, of several, the first.
template <class R>
Tensor first_of(R result) {
    return *nn::first_tensor(result);
}

/// Calls a module with one to four tensors.
template <class M>
Tensor call_with(M& m, const Tensors& x) {
    if (x.size() == 4) {
        if constexpr (requires { m.forward(x[0], x[1], x[2], x[3]); }) return first_of(m(x[0], x[1], x[2], x[3]));
    } else if (x.size() == 3) {
        if constexpr (requires { m.forward(x[0], x[1], x[2]); }) return first_of(m(x[0], x[1], x[2]));
    } else if (x.size() == 2) {
        if constexpr (requires { m.forward(x[0], x[1]); }) return first_of(m(x[0], x[1]));
    } else if (x.size() == 1) {
        if constexpr (requires { m.forward(x[0]); }) return first_of(m(x[0]));
    }
    throw std::logic_error("an instance has inputs that its forward does not take");
}

/// `make` gives the module by value; MAKE(nn::Linear(4, 3)) writes the first two arguments. `call` is for a module that
/// takes something else than tensors or whose first result says too little.
template <class Make, class M = std::invoke_result_t<Make>>
Instance instance(std::string code, Make make, Tensors inputs, InstanceOptions options = {},
                  std::type_identity_t<std::function<Tensor(M&, const Tensors&)>> call = call_with<M>) {
    return {.code = std::move(code),
            .make = [make] { return std::make_unique<M>(make()); },
            .clone = [](const nn::Module& m) { return std::make_unique<M>(static_cast<const M&>(m).clone()); },
            .call = [call](nn::Module& m, const Tensors& x) { return call(static_cast<M&>(m), x); },
            .inputs = std::move(inputs),
            .options = std::move(options)};
}
#define MAKE(...) #__VA_ARGS__, [] { return __VA_ARGS__; }

} // namespace xg::test
