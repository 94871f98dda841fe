#include <nn/value/activation.hpp>

#include <array>
#include <cmath>
#include <typeinfo>

#include <autograd/value_math.hpp>
#include <nn/modules/activations.hpp>
#include <nn/modules/sequential.hpp>

namespace xg::nn {

/// All that is known of one activation.
struct Activation::Row {
    const char* name;
    Value (*value)(Value&& z, double parameter);
    double (*gain)(double parameter);
    init::Scheme scheme;
    /// The parameter of a module that computes the same function; nothing for another module.
    std::optional<double> (*parameter_of)(const Module& module);
    void (*append)(Sequential& layers, double parameter);
};

namespace {

constexpr auto xavier = init::Scheme::xavier_uniform, he = init::Scheme::kaiming_uniform;
double unit(double) { return 1; }
double five_thirds(double) { return 5.0 / 3; }
double root_of_2(double) { return std::sqrt(2.0); }
double by_slope(double a) { return std::sqrt(2 / (1 + a * a)); }

// A module of a derived class may compute something else, so it is not taken for its base.
template <class M>
std::optional<double> parameter_of(const Module& module) {
    if (typeid(module) != typeid(M)) return {};
    const M& m = static_cast<const M&>(module);
    if constexpr (requires { m.negative_slope; }) return m.negative_slope;
    else if constexpr (requires { m.alpha; }) return m.alpha;
    else if constexpr (requires { m.beta; }) return m.beta == 1 ? std::optional(0.0) : std::nullopt;
    else if constexpr (requires { m.by_tanh; }) return m.by_tanh ? std::nullopt : std::optional(0.0);
    else return 0.0;
}
template <class M>
void append(Sequential& layers, double parameter) {
    if constexpr (
        requires(M m) { m.negative_slope; } || requires(M m) { m.alpha; })
        layers.add(M(parameter));
    else layers.add(M());
}

} // namespace

std::span<const Activation::Row> Activation::rows() {
    using V = Value&&;
    // In the order of Kind.
    static const std::array<Row, 11> all{{
        {"linear", [](V z, double) { return std::move(z); }, unit, xavier, nullptr, nullptr},
        {"relu", [](V z, double) { return xg::relu(std::move(z)); }, root_of_2, he, parameter_of<ReLU>, append<ReLU>},
        {"leaky_relu", [](V z, double a) { return xg::leaky_relu(std::move(z), a); }, by_slope, he,
         parameter_of<LeakyReLU>, append<LeakyReLU>},
        {"elu", [](V z, double a) { return xg::elu(std::move(z), a); }, root_of_2, he, parameter_of<ELU>, append<ELU>},
        {"selu", [](V z, double) { return xg::selu(std::move(z)); }, unit, he, parameter_of<SELU>, append<SELU>},
        {"silu", [](V z, double) { return xg::silu(std::move(z)); }, root_of_2, he, parameter_of<SiLU>, append<SiLU>},
        {"gelu", [](V z, double) { return xg::gelu(std::move(z)); }, root_of_2, he, parameter_of<GELU>, append<GELU>},
        {"softplus", [](V z, double) { return xg::softplus(std::move(z)); }, root_of_2, he, parameter_of<Softplus>,
         append<Softplus>},
        {"sigmoid", [](V z, double) { return xg::sigmoid(std::move(z)); }, unit, xavier, parameter_of<Sigmoid>,
         append<Sigmoid>},
        {"tanh", [](V z, double) { return xg::tanh(std::move(z)); }, five_thirds, xavier, parameter_of<Tanh>,
         append<Tanh>},
        {"logsigmoid", [](V z, double) { return xg::logsigmoid(std::move(z)); }, unit, xavier, parameter_of<LogSigmoid>,
         append<LogSigmoid>},
    }};
    return all;
}
const Activation::Row& Activation::row() const { return rows()[static_cast<std::size_t>(kind_)]; }

Value Activation::operator()(Value z, Site site) const {
    const CallSite here(site);
    return row().value(std::move(z), parameter_);
}
std::string_view Activation::name() const { return row().name; }
double Activation::gain() const { return row().gain(parameter_); }
init::Scheme Activation::scheme() const { return row().scheme; }

std::optional<Activation> Activation::of(const Module& module) {
    for (std::size_t kind = 0; kind < rows().size(); ++kind) {
        const Row& row = rows()[kind];
        if (!row.parameter_of) continue;
        if (const auto parameter = row.parameter_of(module)) return Activation(static_cast<Kind>(kind), *parameter);
    }
    return {};
}
void Activation::append_to(Sequential& layers) const {
    if (row().append) row().append(layers, parameter_);
}

} // namespace xg::nn
