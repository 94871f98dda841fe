#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <autograd/autograd.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>
#include <explorer/explorer.hpp>

using namespace xg;

// Samples of every operation: the trace has the gradients of backward, survives its file, and every smooth one agrees with
// differences and forward mode.
TEST_CASE("explain: every operation with a gradient") {
    constexpr std::size_t most_samples = 6;
    int explained = 0;
    for (const OpEntry* op : all_ops()) {
        if (op->no_gradient) continue;
        const std::vector<Sample> samples = op->samples();
        for (std::size_t k = 0; k < samples.size() && k < most_samples; ++k) {
            CAPTURE(op->doc.name);
            CAPTURE(samples[k].note);
            std::vector<Tensor> in;
            for (const Tensor& x : samples[k].inputs)
                in.push_back(is_floating(x.dtype())
                                 ? x.clone().detach().requires_grad(true).label("x" + std::to_string(in.size()))
                                 : x);
            const TraceTensors keep;
            const Tensor y = samples[k].call(in);
            if (!y.requires_grad()) continue;
            const Tensor L = sum(y * 1.5);
            const Explanation run = explain(L);
            const Trace& trace = run.trace();
            const std::string file = run.json();
            CHECK(Trace::parse(file).json() == file);
            const CheckReport report = run.check();
            CHECK(report.broken.empty());
            if (samples[k].smooth && report.unknown.empty()) CHECK_MESSAGE(report.pass(), report.text());
            L.backward();
            for (const Tensor& x : in) {
                if (!x.requires_grad() || !x.has_grad() || x.rank() == 0) continue;
                const TraceNode& leaf = trace.nodes[trace.find(x.label())];
                REQUIRE(leaf.gradient_tensor != no_tensor);
                const TraceTensor& g = trace.tensors[leaf.gradient_tensor];
                const std::vector<double> expected = x.grad().to_vector();
                REQUIRE(g.values.size() == expected.size());
                for (std::size_t i = 0; i < expected.size(); ++i)
                    if (std::isfinite(expected[i]))
                        CHECK(std::abs(g.values[i] - expected[i]) <= 1e-12 * (1 + g.statistics.norm));
            }
            ++explained;
        }
    }
    CHECK(explained > 500);
}
