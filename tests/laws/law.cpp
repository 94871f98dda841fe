#include "laws/law.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/gradients.hpp"

namespace xg::laws {
namespace {

bool finite(const Tensor& t) {
    for (const double x : t.to_vector<double>()) {
        if (!(std::abs(x) < 1e100)) return false;
    }
    return true;
}

} // namespace

std::uint64_t Case::seed(std::string_view role) const {
    return test::seed_of(op.doc.name, test::seed_of(sample.note, test::seed_of(role)));
}

std::string fault_of(const Law& law, const Case& c) {
    try {
        if (law.applies(c)) law.check(c);
        return {};
    } catch (const Broken& broken) { return broken.what(); } catch (const std::exception& e) {
        return fmt::format("threw {}", e.what());
    } catch (...) { return "threw something that is no std::exception"; }
}

const std::vector<Subject>& subjects() {
    static const std::vector<Subject> all = [] {
        std::vector<Subject> made;
        for (const OpEntry* op : all_ops()) made.push_back({op, op->samples()});
        return made;
    }();
    return all;
}

void hold(const Law& law) {
    for (const Subject& subject : subjects()) {
        for (const Sample& sample : subject.samples) {
            const std::string fault = fault_of(law, {*subject.op, sample});
            if (fault.empty()) continue;
            const std::string text =
                fmt::format("{}, sample \"{}\": {}\n  {}", subject.op->doc.name, sample.note, law.says, fault);
            FAIL_CHECK(text);
        }
    }
    CHECK(subjects().size() > 0);
}

void require(const test::Difference& d, double tolerance, std::string_view what) {
    if (!(d.worst <= tolerance)) throw Broken(fmt::format("{}: {}", what, d.str()));
}
void require(bool holds, const std::string& what) {
    if (!holds) throw Broken(what);
}

bool always(const Case&) { return true; }

bool has_gradient(const Case& c) {
    if (c.op.no_gradient) return false;
    for (const Tensor& x : c.sample.inputs) {
        if (test::differentiable(x)) return true;
    }
    return false;
}
bool is_smooth(const Case& c) { return has_gradient(c) && c.sample.smooth; }

bool has_convention(const Case& c) { return c.sample.gradient != nullptr; }

bool has_no_gradient(const Case& c) {
    if (!c.op.no_gradient) return false;
    for (const Tensor& x : c.sample.inputs) {
        if (test::differentiable(x)) return true;
    }
    return false;
}

bool has_finite_gradient(const Case& c) {
    if (!has_gradient(c)) return false;
    for (const Tensor& x : c.sample.inputs) {
        if (test::differentiable(x) && !finite(x)) return false;
    }
    return finite(c.sample.call(c.sample.inputs));
}

std::span<const Law* const> all_laws() {
    static const Law* const laws[] = {
        &value_law,   &float32_law,     &mixed_law,        &layout_law,   &cotangent_layout_law,
        &reverse_law, &convention_law,  &same_bits_law,    &recorded_law, &alone_law,
        &kept_law,    &no_gradient_law, &slope_law,        &adjoint_law,  &forward_law,
        &joint_law,   &nesting_law,     &second_order_law, &loop_law,     &twice_law,
        &nothing_law};
    return laws;
}

} // namespace xg::laws
