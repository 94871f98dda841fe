// A node that is read twice gets two contributions, and they add up: f = (a b) (a + b).
//   build/release/examples/explore_shared
#include <autograd/autograd.hpp>

#include <iostream>

#include "support/explore.hpp"

using namespace xg;

int main() { // --quick changes nothing: it takes no time
    const TraceLines lines;
    Value a = -2.0, b = 3.0;
    Value product = a * b;
    Value sum = a + b;
    Value f = product * sum;
    XGRAD_NAME(a, b, product, sum, f);

    const Explanation run = explain(f);
    const Trace& trace = run.trace();
    for (const TracePath& path : paths(trace, trace.find("a")).list) {
        std::cout << "f";
        for (const std::size_t edge : path.edges) std::cout << " > " << trace.name(trace.edges[edge].from);
        std::cout << " brings " << path.product << "\n";
    }
    const bool right = example::golden("df/da", *trace.nodes[trace.find("a")].gradient, -3) &
                       example::golden("df/db", *trace.nodes[trace.find("b")].gradient, -8);
    return example::show(run, "explore_shared") | (right ? 0 : 1);
}
