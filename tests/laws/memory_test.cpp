// Graphs of any order die with their last handle.
#include <doctest/doctest.h>

#include <autograd/memory.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg::laws {
namespace {

void run_everything(const OpEntry& op, const std::vector<Sample>& samples) {
    for (const Sample& s : samples) {
        const Tensor y = s.call(test::leaves_of(s.inputs)); // a graph nobody runs backward through
        if (!has_gradient({op, s})) continue;
        const Tensor u = test::random_like(y, 1);
        const test::Tensors v = test::directions(s.inputs, 2);
        test::gradients(s.call, s.inputs, u);
        test::hessian_reverse_reverse(s.call, s.inputs, u, v);
        test::hessian_forward_reverse(s.call, s.inputs, u, v);
        test::hessian_reverse_forward(s.call, s.inputs, u, v);
        test::second_tangent(s.call, s.inputs, v, v);
    }
}

} // namespace

TEST_CASE("laws: gradients of any order and mode leave no memory behind") {
    for (const Subject& subject : subjects()) {
        try {
            run_everything(*subject.op, subject.samples); // what is made once and kept is made here
            const auto before = memory_stats().in_use;
            run_everything(*subject.op, subject.samples);
            const auto left = memory_stats().in_use - before;
            CHECK_MESSAGE(left == 0, std::string(subject.op->doc.name) << " leaves " << left << " bytes");
        } catch (const std::exception& e) { FAIL_CHECK(std::string(subject.op->doc.name) << " threw " << e.what()); }
    }
}

} // namespace xg::laws
