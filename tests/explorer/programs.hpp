#pragma once
#include <autograd/autograd.hpp>
#include <autograd/debug/value_graph.hpp>
#include <explorer/explorer.hpp>

#include <string>
#include <vector>

// The course's programs, S1 to S9 of its formulas.
namespace xg::test {

struct Course {
    std::vector<Value> leaves;
    Value loss;
};

/// G1: L = (sigmoid(w x) - t)^2 / 2
inline Course one_neuron() {
    Value x = 1.5, w = 0.8, t = 0.0;
    Value z = w * x;
    Value y = sigmoid(z);
    Value d = y - t;
    Value L = square(d) / 2;
    XGRAD_NAME(x, w, t, z, y, d, L);
    return {{x, w, t}, L};
}

/// G2: two layers, with the labels of the course.
inline Course two_layers() {
    Value x1 = 0.5, x2 = -1.0, w11 = 0.1, w12 = 0.2, w21 = -0.3, w22 = 0.4, b1 = 0.05, b2 = -0.05;
    Value v1 = 0.7, v2 = -0.6, c = 0.1, t = 0.8;
    Value z1 = w11 * x1 + w12 * x2 + b1, z2 = w21 * x1 + w22 * x2 + b2;
    Value a1 = sigmoid(z1), a2 = sigmoid(z2);
    Value y = v1 * a1 + v2 * a2 + c;
    Value L = square(y - t) / 2;
    XGRAD_NAME(x1, x2, w11, w12, w21, w22, b1, b2, v1, v2, c, t, z1, z2, a1, a2, y, L);
    return {{x1, x2, w11, w12, w21, w22, b1, b2, v1, v2, c, t}, L};
}

/// G3: f = (a b) (a + b)
inline Course shared() {
    Value a = -2.0, b = 3.0;
    Value p = a * b, s = a + b;
    Value f = p * s;
    XGRAD_NAME(a, b, p, s, f);
    return {{a, b}, f};
}

inline double gradient_of(const Trace& trace, const std::string& label) {
    return trace.nodes[trace.find(label)].gradient.value();
}

} // namespace xg::test
