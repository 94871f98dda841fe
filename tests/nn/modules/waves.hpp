#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

// Modules beside PyTorch's: the scripts that write the stored numbers make the same waves and digests.
namespace xg::test {

/// Entry i is sin(0.7 i + k) / 2.
inline Tensor wave(const Shape& shape, double k = 1) {
    std::vector<double> all;
    for (Index i = 0; i < shape.numel(); ++i) all.push_back(std::sin(0.7 * double(i) + k) / 2);
    return from_vector(all, shape);
}

/// The sum, the sum of squares and the sum weighted by wave(5).
inline void append_digest(std::vector<double>& to, const Tensor& t) {
    const Tensor x = t.detach().to(float64);
    for (const Tensor& s : {sum(x), sum(x * x), sum(x * wave(x.shape(), 5))}) to.push_back(s.item());
}

/// Gives every parameter the next wave, in float64, as the buffers become.
class Waves : public nn::MemberVisitor {
    using Parameter = nn::Parameter;
    using Buffer = nn::Buffer;

public:
    void parameter(const std::string&, Parameter& p) override {
        if (p.defined()) p = wave(p.shape(), ++k_);
    }
    void buffer(const std::string&, Buffer& b) override {
        if (b.defined() && b.dtype() == float32) b = b.to(float64);
    }
    void module(const std::string&, nn::Module& m) override { m.visit_members(*this); }

private:
    double k_ = 0;
};

/// The largest, relative to the number or to 1.
inline double largest_difference(const std::vector<double>& got, const std::vector<double>& expected) {
    if (got.size() != expected.size()) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double d = std::abs(got[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
        worst = std::isnan(d) ? INFINITY : std::max(worst, d);
    }
    return worst;
}

/// The numbers stored under this name, empty if there are none.
inline std::vector<double> stored_under(const std::string& name,
                                        const std::vector<std::pair<std::string, std::vector<double>>>& stored) {
    const auto at = std::find_if(stored.begin(), stored.end(), [&](const auto& s) { return s.first == name; });
    return at == stored.end() ? std::vector<double>() : at->second;
}

} // namespace xg::test
