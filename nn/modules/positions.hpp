#pragma once
#include <nn/module.hpp>

// Where an entry of a sequence stands, told to a network that would not know: attention sees a set.
namespace xg::nn {

struct SinusoidalEncodingOptions {
    Index max_len = 5000;
    double dropout = 0;
    bool batch_first = false; ///< (batch, length, d_model) instead of (length, batch, d_model)
};
/// x plus waves of ever longer periods: at position p, entry 2i gets sin(p / 10000^(2i / d_model)) and entry 2i + 1 the cosine.
/// x is (length, batch, d_model), (batch, length, d_model) with batch_first, or (length, d_model); the result has its shape and
/// dtype. The table is made in float64 and no part of the state. ShapeError for other shapes and for more than max_len positions; ValueError for sizes
/// below 1. Source: Vaswani et al., NIPS 2017, section 3.5.
struct XGRAD_API SinusoidalEncoding : Module {
    explicit SinusoidalEncoding(Index d_model, const SinusoidalEncodingOptions& options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    /// The waves alone: (length, d_model), float64.
    static Tensor table(Index length, Index d_model, Site site = Site::here());

    Index d_model;
    SinusoidalEncodingOptions options;
    XGRAD_MODULE()

private:
    Tensor table_;
};

struct LearnedEncodingOptions {
    double dropout = 0;
    bool batch_first = false;
};
/// x plus a vector for each position, which is trained: shapes and errors as above.
/// Weights start normal with standard deviation 0.02. Source: Gehring et al., ICML 2017; Radford et al., 2018 (GPT).
struct XGRAD_API LearnedEncoding : Module {
    LearnedEncoding(Index max_len, Index d_model, const LearnedEncodingOptions& options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (max_len, d_model)
    LearnedEncodingOptions options;
    XGRAD_MODULE(weight)
};

struct RotaryEncodingOptions {
    double base = 10000;
    bool interleaved = true; ///< pairs are entries 2i and 2i + 1, as in the paper; otherwise i and i + width / 2
};
/// Turns each pair of entries of queries and keys by an angle that grows with the position, so that their products depend on the
/// distance alone: at position p, pair i of (..., length, width) turns by p base^(-2i / width). `rotary(x, offset)` counts
/// positions from `offset` on. No parameters. ValueError for an odd width, a width or base not above 0; ShapeError in the call.
/// Source: Su et al., RoFormer, 2021.
struct XGRAD_API RotaryEncoding : Module {
    explicit RotaryEncoding(Index width, const RotaryEncodingOptions& options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override { return forward(x, 0); }
    Tensor forward(const Tensor& x, Index offset);

    Index width;
    RotaryEncodingOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
