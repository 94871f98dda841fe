// One neuron, walked backwards: y = sigmoid(w x), L = (y - t)^2 / 2.
//   build/release/examples/explore_neuron
#include <autograd/autograd.hpp>

#include <iostream>

#include "support/explore.hpp"

using namespace xg;

int main() {                // --quick changes nothing: it takes no time
    const TraceLines lines; // so that the explorer knows the lines below
    Value x = 1.5, w = 0.8, t = 0.0;
    Value z = w * x;
    Value y = sigmoid(z);
    Value e = y - t;
    Value L = square(e) / 2;
    XGRAD_NAME(x, w, t, z, y, e, L);

    const Explanation run = explain(L);
    std::cout.precision(16);
    const Trace& trace = run.trace();
    const double slope = *trace.nodes[trace.find("w")].gradient;
    const bool right = example::golden("y", y.value(), 0.7685247834990178) &
                       example::golden("L", L.value(), 0.2953151714261061) &
                       example::golden("dL/dw", slope, 0.20507442972564777) &
                       example::golden("w - 0.5 dL/dw", w.value() - 0.5 * slope, 0.6974627851371762);
    return example::show(run, "explore_neuron") | (right ? 0 : 1);
}
