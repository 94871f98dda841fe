#pragma once
#include <fmt/format.h>

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

#include "support/compare.hpp"

// What holds for every operation of the registry, whatever it computes.
namespace xg::laws {

/// One operation at one of its samples.
struct Case {
    const OpEntry& op;
    const Sample& sample;

    /// Seeds the numbers that a law needs beside the sample's: the same at every run, others for every case and role.
    std::uint64_t seed(std::string_view role) const;
};

/// Thrown by a law that does not hold: the numbers that show it.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Law {
    const char* says;
    bool (*applies)(const Case&);
    void (*check)(const Case&);
};

/// Why the law does not hold there; empty if it does. Whatever is thrown on the way is a reason.
std::string fault_of(const Law& law, const Case& c);

/// Checks the law for every operation and sample, and reports each failure with its numbers. Whatever is thrown on the
/// way is a failure of that operation and does not end the run.
void hold(const Law& law);

/// Every operation with its samples, made once.
struct Subject {
    const OpEntry* op;
    std::vector<Sample> samples;
};
const std::vector<Subject>& subjects();

/// Throws Broken, saying `what`, unless the difference is within `tolerance`.
void require(const test::Difference& d, double tolerance, std::string_view what);
void require(bool holds, const std::string& what);

// Which laws apply where.
bool always(const Case& c);
bool has_gradient(const Case& c);        ///< and an input to take it by
bool is_smooth(const Case& c);           ///< the above, and numeric differences mean something
bool has_no_gradient(const Case& c);     ///< declared, with floating point inputs
bool has_convention(const Case& c);      ///< the sample says what the gradient is
bool has_finite_gradient(const Case& c); ///< and numbers that sums of products do not overflow

extern const Law value_law, float32_law, mixed_law, layout_law;
extern const Law reverse_law, convention_law, same_bits_law, recorded_law, alone_law, kept_law, no_gradient_law,
    slope_law, cotangent_layout_law;
extern const Law adjoint_law, forward_law, joint_law;
extern const Law second_order_law, nesting_law;
extern const Law loop_law, twice_law, nothing_law; // vmap
std::span<const Law* const> all_laws();

} // namespace xg::laws
