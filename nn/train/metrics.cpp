#include <nn/train/metrics.hpp>

#include <limits>
#include <vector>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg::nn {
namespace {

struct Classes {
    std::vector<Index> predicted;
    std::vector<Index> targets;
};

Classes classes_of(const char* function, const Tensor& logits, const Tensor& targets) {
    if (logits.rank() != 2 || targets.rank() != 1 || logits.shape(0) != targets.shape(0)) {
        fail<ShapeError>("{}: logits have shape {} and targets {}\n  expected (N, classes) and (N,)", function,
                         logits.shape().str(), targets.shape().str());
    }
    if (targets.dtype() != int64) {
        fail<DTypeError>("{}: targets have dtype {}\n  expected int64, one class a sample", function,
                         name_of(targets.dtype()));
    }
    if (logits.shape(0) == 0) return {};
    const NoGrad guard;
    return {.predicted = argmax(logits, 1).to_vector<Index>(), .targets = targets.to_vector<Index>()};
}

} // namespace

double accuracy(const Tensor& logits, const Tensor& targets, Site site) {
    const CallSite here(site);
    const auto [predicted, expected] = classes_of("accuracy", logits, targets);
    if (expected.empty()) return std::numeric_limits<double>::quiet_NaN();
    Index right = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) right += predicted[i] == expected[i];
    return static_cast<double>(right) / static_cast<double>(expected.size());
}

Tensor confusion_matrix(const Tensor& logits, const Tensor& targets, Index classes, Site site) {
    const CallSite here(site);
    if (classes < 1) fail<ValueError>("confusion_matrix: classes is {}\n  expected 1 or more", classes);
    const auto [predicted, expected] = classes_of("confusion_matrix", logits, targets);
    if (logits.shape(1) != classes) {
        fail<ShapeError>("confusion_matrix: logits have shape {} and there are {} classes\n  expected (N, {})",
                         logits.shape().str(), classes, classes);
    }
    std::vector<Index> counts(static_cast<std::size_t>(classes * classes));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] < 0 || expected[i] >= classes) {
            fail<IndexError>("confusion_matrix: targets[{}] is {}\n  expected 0 to {}", i, expected[i], classes - 1);
        }
        ++counts[static_cast<std::size_t>(expected[i] * classes + predicted[i])];
    }
    return from_vector(counts, {classes, classes});
}

} // namespace xg::nn
