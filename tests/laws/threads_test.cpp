// Every operation and its gradients have the same bits for 1, 2 and 4 threads: at each sample, and at samples grown until
// there is enough work to share.
#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <set>

#include <autograd/autograd.hpp>
#include <autograd/kernels/parallel.hpp>
#include <nn/nn.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

constexpr Index enough = 300'000; // numbers of the largest array: more than any kernel asks for before it shares

Tensors with_dtype(const Tensors& x, DType dtype) {
    Tensors converted;
    for (const Tensor& t : x) converted.push_back(is_floating(t.dtype()) ? t.to(dtype).detach() : t);
    return converted;
}

// The value at `x`, and the gradient by each input of the sum of it weighted with `u`, which is made if it is not there.
Tensors results_at(const Sample& sample, const Tensors& x, Tensor& u) {
    manual_seed(1); // for operations that draw
    const Tensors leaves = test::leaves_of(x);
    const Tensor y = sample.call(leaves);
    Tensors all{y.detach()};
    if (!y.requires_grad()) return all;
    if (!u.defined()) u = test::random_like(y, 1);
    y.backward(u);
    for (const Tensor& leaf : leaves) {
        if (leaf.has_grad()) all.push_back(leaf.grad());
    }
    return all;
}

/// Throws Broken unless results at `x` have the bits of one thread; whether threads shared the work.
bool compare_threads(const Sample& sample, const Tensors& x) {
    Tensor u;
    bool shared = false;
    const auto results_by = [&](int threads) {
        const test::Threads scope(threads);
        kernels::parallel_for(threads, [](Index) {}); // threads that are awake share smaller work
        const std::uint32_t before = kernels::shared_runs();
        Tensors results = results_at(sample, x, u);
        shared |= kernels::shared_runs() != before;
        return results;
    };
    const Tensors one = results_by(1);
    for (const int threads : {2, 4}) {
        const Tensors more = results_by(threads);
        for (std::size_t i = 0; i < one.size(); ++i) {
            require(test::same_bits(more[i], one[i]),
                    fmt::format("{} has other bits by {} threads, inputs {}",
                                i == 0 ? "the value" : fmt::format("gradient {}", i - 1), threads, x[0].shape().str()));
        }
    }
    return shared;
}

void every_sample_has_the_same_bits(const Case& c) {
    for (const DType dtype : {float32, float64}) compare_threads(c.sample, with_dtype(c.sample.inputs, dtype));
}
const Law threads_law{"the same bits for 1, 2 and 4 threads", always, every_sample_has_the_same_bits};

// `x` repeated along every axis whose size is one of `sizes`, each number a little nearer to 0 than the one before.
Tensor grown(const Tensor& x, const std::set<Index>& sizes, Index factor) {
    Shape counts = x.shape();
    for (Index& count : counts) count = sizes.count(count) != 0 ? factor : 1;
    const Tensor repeated = tile(x, counts);
    if (!is_floating(x.dtype())) return repeated;
    return repeated * (1.0 - reshape(remainder(arange(repeated.numel()), 61), repeated.shape()).to(x.dtype()) / 1024.0);
}

Index largest(const Tensors& tensors) {
    Index n = 0;
    for (const Tensor& t : tensors) n = std::max(n, t.numel());
    return n;
}

enum class Growth { reached, impossible, slow };

// Makes axes of `sizes` as long as it takes to have an array of enough numbers. Impossible if there is no such axis, or the
// operation cannot be called so, because a shape among its attributes does not grow; slow if it takes quadratic time
// (gradients of a hundred thousand views).
Growth grow(const Case& c, const std::set<Index>& sizes, Tensors& x) {
    const Sample& sample = c.sample;
    Index before = largest(sample.inputs);
    for (Index factor = 2; factor < enough; factor += factor / 2) {
        x.clear();
        for (const Tensor& t : sample.inputs) x.push_back(grown(t, sizes, factor));
        if (largest(x) == before) return Growth::impossible;
        before = largest(x);
        try {
            const std::clock_t start = std::clock();
            Tensor u;
            if (std::max(before, results_at(sample, x, u)[0].numel()) >= enough) return Growth::reached;
            if (!c.op.elementwise && std::clock() - start > CLOCKS_PER_SEC / 4) return Growth::slow;
        } catch (const Error&) { return Growth::impossible; }
    }
    return Growth::impossible;
}

// All axes, and the first and the last alone: kernels cut long lines in other ways than many lines.
std::vector<std::set<Index>> ways_to_grow(const OpEntry& op, const Sample& sample) {
    std::set<Index> sizes;
    for (const Tensor& t : sample.inputs) {
        for (const Index size : t.shape()) {
            if (size > 1) sizes.insert(size);
        }
    }
    if (sizes.empty()) return {};
    const Shape& first = sample.inputs[0].shape();
    if (op.elementwise || first.rank() < 2) return {sizes};
    return {sizes, {first[0]}, {first[first.rank() - 1]}};
}

struct Grown {
    int calls = 0;
    bool shared = false;
};
// At the samples with most axes first, until each way has been gone.
Grown compare_grown(const Subject& subject, DType dtype) {
    std::vector<const Sample*> samples;
    for (const Sample& s : subject.samples) {
        if (!s.inputs.empty() && std::all_of(s.inputs.begin(), s.inputs.end(), [](auto& t) { return t.numel() > 0; }))
            samples.push_back(&s);
    }
    std::stable_sort(samples.begin(), samples.end(),
                     [](const Sample* a, const Sample* b) { return a->inputs[0].numel() > b->inputs[0].numel(); });
    Grown result;
    const int wanted = subject.op->elementwise ? std::min(subject.op->arity, 2) : 3;
    for (const Sample* sample : samples) {
        for (const auto& sizes : ways_to_grow(*subject.op, *sample)) {
            Tensors x;
            const Growth growth = grow({*subject.op, *sample}, sizes, x);
            if (growth == Growth::slow) return result;
            if (growth == Growth::impossible) continue;
            result.shared = compare_threads(*sample, with_dtype(x, dtype)) || result.shared;
            if (++result.calls == wanted) return result;
        }
    }
    return result;
}

// Sanitizers take some of the operations, because they are slow.
constexpr std::size_t step = test::sanitized ? 9 : 1;

void hold_grown(DType dtype) {
    const auto all = subjects();
    for (std::size_t i = 0; i < all.size(); i += step) {
        const Subject& subject = all[i];
        const char* name = subject.op->doc.name;
        try {
            const Grown grown = compare_grown(subject, dtype);
            const std::string unshared = fmt::format("{}: {} calls, none of which shared its work", name, grown.calls);
            if (subject.op->elementwise && !grown.shared) FAIL_CHECK(unshared);
        } catch (const std::exception& e) {
            const std::string text = fmt::format("{}: {}", name, e.what());
            FAIL_CHECK(text);
        }
    }
}

// The weights after two epochs of the packaged digits, in batches that are large enough to be shared.
Tensors trained_on_digits(DType dtype) {
    const nn::Table table = nn::read_csv(XGRAD_SOURCE_DIR "/examples/data/digits.csv");
    const Tensor all = from_vector(table.values, {table.rows, table.columns}, {.dtype = dtype});
    const Tensor x = slice(all, 1, 0, 64) / 16, y = select(all, 1, 64).to(int64);
    manual_seed(1);
    const auto weight = [&](const Shape& shape) {
        return (randn(shape, {.dtype = dtype}) / 8).detach().requires_grad(true);
    };
    const Tensors weights{weight({512, 64}), weight({512}), weight({10, 512}), weight({10})};
    nn::Adam adam(nn::Parameters(weights), {.lr = 2e-3});
    for (auto& batch :
         nn::DataLoader(nn::TensorDataset{concat({x, x}), concat({y, y})}, {.batch_size = 256, .shuffle = true})) {
        adam.zero_grad();
        const Tensor hidden = relu(linear(batch.x, weights[0], weights[1]));
        nn::cross_entropy(linear(hidden, weights[2], weights[3]), batch.y).backward();
        adam.step();
    }
    Tensors trained;
    for (const Tensor& w : weights) trained.push_back(w.detach());
    return trained;
}

} // namespace

TEST_CASE("the digits train to the same weights by 1, 2 and 4 threads") {
    for (const DType dtype : {float32, float64}) {
        const auto by = [dtype](int threads) {
            const test::Threads scope(threads);
            return trained_on_digits(dtype);
        };
        const Tensors one = by(1);
        const std::uint32_t before = kernels::shared_runs();
        for (const int threads : {2, 4}) {
            const Tensors more = by(threads);
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(test::same_bits(more[i], one[i]));
        }
        CHECK(kernels::shared_runs() > before);
    }
}
TEST_CASE("laws: every sample has the same bits for 1, 2 and 4 threads") { hold(threads_law); }
TEST_CASE("laws: work that threads share has the same bits in float32") { hold_grown(float32); }
TEST_CASE("laws: work that threads share has the same bits in float64") { hold_grown(float64); }

} // namespace xg::laws
