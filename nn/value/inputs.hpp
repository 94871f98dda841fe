#pragma once
#include <concepts>
#include <initializer_list>
#include <span>
#include <vector>

#include <autograd/value.hpp>

namespace xg::nn {

/// What goes into a neuron: Values, or plain numbers, which get no gradient and cost no slots. It looks at them and
/// lasts as long as the call: `neuron({x, y})`, `layer(h)`, `mlp(std::vector<double>{0.5, -1})`.
class Inputs {
public:
    template <class R>
    requires std::convertible_to<const R&, std::span<const Value>> Inputs(const R& values) : values_(values) {}
    template <class R>
    requires std::convertible_to<const R&, std::span<const double>> Inputs(const R& numbers)
        : numbers_(numbers), plain_(true) {}
    Inputs(std::initializer_list<Value> values) : values_(values.begin(), values.size()) {}
    Inputs(std::initializer_list<double> numbers) : numbers_(numbers.begin(), numbers.size()), plain_(true) {}

    std::size_t size() const { return plain_ ? numbers_.size() : values_.size(); }
    bool plain() const { return plain_; }
    std::span<const Value> values() const { return values_; }    ///< empty if they are plain
    std::span<const double> numbers() const { return numbers_; } ///< empty unless they are plain

private:
    std::span<const Value> values_;
    std::span<const double> numbers_;
    bool plain_ = false;
};

/// What several neurons give: one Value each; and a single one as itself: `Value y = mlp(x);`
class XGRAD_API Outputs : public std::vector<Value> {
public:
    explicit Outputs(Site site) : site_(site) {}
    /// ShapeError unless there is exactly one.
    operator Value() const;

private:
    Site site_;
};

} // namespace xg::nn
