// A sum gate and a product gate: f = (x + y) z. A sum passes on what arrives, a product exchanges its inputs.
//   build/release/examples/explore_circuit
#include <autograd/autograd.hpp>

#include <iostream>

#include "support/explore.hpp"

using namespace xg;

int main() { // --quick changes nothing: it takes no time
    const TraceLines lines;
    Value x = -2.0, y = 5.0, z = -4.0;
    Value q = x + y;
    Value f = q * z;
    XGRAD_NAME(x, y, z, q, f);

    const Explanation run = explain(f);
    const auto gradient = [&](const char* label) { return *run.trace().nodes[run.trace().find(label)].gradient; };
    Stepper walk = run.stepper();
    while (walk.next_node())
        std::cout << "df/d" << run.trace().name(walk.event().node) << " is complete after " << walk.position()
                  << " events\n";
    const bool right = example::golden("f", f.value(), -12) & example::golden("df/dx", gradient("x"), -4) &
                       example::golden("df/dy", gradient("y"), -4) & example::golden("df/dz", gradient("z"), 3);
    return example::show(run, "explore_circuit") | (right ? 0 : 1);
}
