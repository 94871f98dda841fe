#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <autograd/value.hpp>
#include <nn/init.hpp>

namespace xg::nn {

class Module;
class Sequential;

/// What a neuron makes of its weighted sum; `nn::Activation::tanh`, say. The formulas and slopes are those of the
/// operations and modules of the same names.
class XGRAD_API Activation {
public:
    static const Activation linear; ///< the weighted sum itself
    static const Activation relu, selu, silu, gelu, softplus, sigmoid, tanh, logsigmoid;
    static constexpr Activation leaky_relu(double slope = 0.01);
    static constexpr Activation elu(double alpha = 1.0);

    Value operator()(Value z, Site site = Site::here()) const;
    std::string_view name() const;

    /// By how much weights are scaled so that signals keep their variance: 1 for linear, sigmoid, logsigmoid and selu,
    /// 5/3 for tanh, sqrt(2 / (1 + slope^2)) for leaky_relu, sqrt(2) for relu and what resembles it.
    double gain() const;
    /// He's for relu and what resembles it, Xavier's for the others; uniform.
    init::Scheme scheme() const;

    friend constexpr bool operator==(const Activation&, const Activation&) = default;

    // For the library.
    /// The activation that a module is; nothing for a module that is none.
    static std::optional<Activation> of(const Module& module);
    /// Appends the module that it is; nothing for linear.
    void append_to(Sequential& layers) const;

private:
    enum class Kind : std::uint8_t {
        linear,
        relu,
        leaky_relu,
        elu,
        selu,
        silu,
        gelu,
        softplus,
        sigmoid,
        tanh,
        logsigmoid
    };
    struct Row;
    constexpr explicit Activation(Kind kind, double parameter = 0) : kind_(kind), parameter_(parameter) {}
    static std::span<const Row> rows();
    const Row& row() const;

    Kind kind_;
    double parameter_; ///< slope or alpha
};

inline constexpr Activation Activation::linear{Kind::linear};
inline constexpr Activation Activation::relu{Kind::relu};
inline constexpr Activation Activation::selu{Kind::selu};
inline constexpr Activation Activation::silu{Kind::silu};
inline constexpr Activation Activation::gelu{Kind::gelu};
inline constexpr Activation Activation::softplus{Kind::softplus};
inline constexpr Activation Activation::sigmoid{Kind::sigmoid};
inline constexpr Activation Activation::tanh{Kind::tanh};
inline constexpr Activation Activation::logsigmoid{Kind::logsigmoid};
constexpr Activation Activation::leaky_relu(double slope) { return Activation(Kind::leaky_relu, slope); }
constexpr Activation Activation::elu(double alpha) { return Activation(Kind::elu, alpha); }

} // namespace xg::nn
