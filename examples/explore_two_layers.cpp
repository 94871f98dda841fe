// Two layers, walked backwards: which numbers make dL/dw11 = (y - t) v1 f'(z1) x1?
//   build/release/examples/explore_two_layers
#include <autograd/autograd.hpp>

#include <iostream>

#include "support/explore.hpp"

using namespace xg;

int main() { // --quick changes nothing: it takes no time
    const TraceLines lines;
    Value x1 = 0.5, x2 = -1.0, t = 0.8;
    Value w11 = 0.1, w12 = 0.2, w21 = -0.3, w22 = 0.4, b1 = 0.05, b2 = -0.05;
    Value v1 = 0.7, v2 = -0.6, c = 0.1;
    Value z1 = w11 * x1 + w12 * x2 + b1;
    Value z2 = w21 * x1 + w22 * x2 + b2;
    Value a1 = sigmoid(z1), a2 = sigmoid(z2);
    Value y = v1 * a1 + v2 * a2 + c;
    Value L = square(y - t) / 2;
    XGRAD_NAME(x1, x2, t, w11, w12, w21, w22, b1, b2, v1, v2, c, z1, z2, a1, a2, y, L);

    const Explanation run = explain(L);
    std::cout.precision(16);
    const auto gradient = [&](const char* label) { return *run.trace().nodes[run.trace().find(label)].gradient; };
    const bool right = example::golden("y", y.value(), 0.21990835250021923) &
                       example::golden("dL/dw11", gradient("w11"), -0.050631335300863195) &
                       example::golden("dL/dw22", gradient("w22"), -0.079629496181093) &
                       example::golden("dL/dv1", gradient("v1"), -0.2755556057320262) &
                       example::golden("dL/dc", gradient("c"), -0.5800916474997808);
    return example::show(run, "explore_two_layers") | (right ? 0 : 1);
}
