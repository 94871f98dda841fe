// What the samples cover: the shapes where rules go wrong, and how many there are.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <autograd/ops/entry.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg {

std::span<const OpEntry* const> reduce_ops(); // lists of families, which no header declares
std::span<const OpEntry* const> arg_extreme_ops();
std::span<const OpEntry* const> copy_ops();

} // namespace xg

namespace xg::laws {
namespace {

struct Kinds {
    int empty = 0, scalar = 0, single = 0, broadcast = 0, smooth = 0, convention = 0;
};

bool has_single_axis(const Tensor& x) {
    return std::any_of(x.shape().begin(), x.shape().end(), [](Index size) { return size == 1; });
}

Kinds kinds_of(const std::vector<Sample>& samples) {
    Kinds k;
    for (const Sample& s : samples) {
        const auto any = [&](auto test) { return std::any_of(s.inputs.begin(), s.inputs.end(), test); };
        k.empty += any([](const Tensor& x) { return x.numel() == 0; });
        k.scalar += any([](const Tensor& x) { return x.rank() == 0; });
        k.single += any(has_single_axis);
        k.broadcast += any([&](const Tensor& x) { return !(x.shape() == s.inputs[0].shape()); });
        k.smooth += s.smooth;
        k.convention += s.gradient != nullptr;
    }
    return k;
}

// Samples that differ in the shape of an operand.
std::size_t shapes_of(const std::vector<Sample>& samples) {
    std::set<std::string> shapes;
    for (const Sample& s : samples) {
        std::string text;
        for (const Tensor& x : s.inputs) text += x.shape().str();
        shapes.insert(text);
    }
    return shapes.size();
}

bool in(std::span<const OpEntry* const> family, const OpEntry* op) {
    return std::find(family.begin(), family.end(), op) != family.end();
}

// An operation on two or more axes has no 0-d operand, and concat no single one.
bool takes_scalars(const OpEntry* op) {
    return op->elementwise || in(reduce_ops(), op) || in(arg_extreme_ops(), op) || in(copy_ops(), op);
}

int laws_run(const Subject& subject) {
    int run = 0;
    for (const Sample& sample : subject.samples) {
        for (const Law* law : all_laws()) run += law->applies({*subject.op, sample});
    }
    return run;
}

} // namespace

TEST_CASE("laws: samples have empty, 0-d, size-1 and broadcast operands") {
    for (const Subject& subject : subjects()) {
        const OpEntry* op = subject.op;
        const Kinds k = kinds_of(subject.samples);
        CHECK_MESSAGE(k.empty > 0, std::string(op->doc.name) << " has no sample of an empty operand");
        CHECK_MESSAGE(k.single > 0, std::string(op->doc.name) << " has no sample with an axis of size 1");
        if (takes_scalars(op))
            CHECK_MESSAGE(k.scalar > 0, std::string(op->doc.name) << " has no sample of a 0-d operand");
        if (op->elementwise && op->arity > 1)
            CHECK_MESSAGE(k.broadcast > 0, std::string(op->doc.name) << " has no broadcast sample");
        // One sample without numeric differences may be a tail or a tie, but they cannot all be.
        const bool kink = !std::isnan(op->doc.domain.kink) && !op->no_gradient;
        if (kink)
            CHECK_MESSAGE(k.convention > 0, std::string(op->doc.name) << " has no sample of its kink (kink_sample)");
        // A dtype that is chosen (`to`) has no numeric differences: its tangent is the operation, whose value is checked.
        if (!op->no_gradient && !op->chosen_dtype)
            CHECK_MESSAGE(k.smooth > 0, std::string(op->doc.name) << " has no smooth sample");
    }
}

TEST_CASE("laws: every operation has samples of at least 12 shapes") {
    for (const Subject& subject : subjects()) {
        const std::size_t shapes = shapes_of(subject.samples);
        CHECK_MESSAGE(shapes >= 12, std::string(subject.op->doc.name) << " has samples of " << shapes << " shapes");
    }
}

TEST_CASE(
    "laws: there are 4000 samples, a tenth with an empty tensor, a twentieth 0-d, and every law applies somewhere") {
    fmt::print("{:<20}{:>9}{:>7}{:>6}{:>8}{:>11}{:>8}{:>12}\n", "operation", "samples", "empty", "0-d", "size-1",
               "broadcast", "smooth", "laws run");
    std::size_t samples = 0, empty = 0, scalar = 0;
    int runs = 0;
    for (const Subject& subject : subjects()) {
        const Kinds k = kinds_of(subject.samples);
        const int run = laws_run(subject);
        fmt::print("{:<20}{:>9}{:>7}{:>6}{:>8}{:>11}{:>8}{:>12}\n", subject.op->doc.name, subject.samples.size(),
                   k.empty, k.scalar, k.single, k.broadcast, k.smooth, run);
        samples += subject.samples.size();
        empty += static_cast<std::size_t>(k.empty);
        scalar += static_cast<std::size_t>(k.scalar);
        runs += run;
    }
    fmt::print("{} operations, {} samples, {} laws of them, {} checks\n", subjects().size(), samples, all_laws().size(),
               runs);
    fmt::print("{} samples with an empty tensor, {} with a 0-d one\n", empty, scalar);
    CHECK(samples >= 4000);
    CHECK(10 * empty >= samples);
    CHECK(20 * scalar >= samples);
    for (const Law* law : all_laws()) {
        const auto applies = [&](const Subject& subject) {
            return std::any_of(subject.samples.begin(), subject.samples.end(), [&](const Sample& sample) {
                return law->applies({*subject.op, sample});
            });
        };
        CHECK_MESSAGE(std::any_of(subjects().begin(), subjects().end(), applies), std::string(law->says));
    }
}

} // namespace xg::laws
