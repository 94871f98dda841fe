#include <nn/data/dataloader.hpp>

#include <algorithm>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
using nn::DataLoader;
using test::message_of;
using test::Numbers;

namespace {

/// Sample i is i, its target 10 i.
nn::TensorDataset counted(Index n) { return {arange(n), arange(n) * 10}; }

Numbers epoch_of(DataLoader& loader) {
    Numbers seen;
    for (auto& batch : loader) {
        for (const double x : batch.x.to_vector()) seen.push_back(x);
    }
    return seen;
}

Numbers sorted(Numbers numbers) {
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Numbers count_to(Index n) { return arange(n).to_vector(); }

/// Samples that are made when they are asked for.
struct Squares : nn::Dataset {
    Index size() const override { return 5; }
    nn::Batch at(const Tensor& positions) const override { return {positions, positions * positions}; }
};

} // namespace

TEST_CASE("a DataLoader goes through the dataset in order and ends with a smaller batch") {
    DataLoader loader(counted(10), {.batch_size = 4});
    std::vector<Numbers> batches;
    for (auto& batch : loader) {
        batches.push_back(batch.x.to_vector());
        CHECK(batch.y.to_vector() == (batch.x * 10).to_vector());
    }
    CHECK(batches == std::vector<Numbers>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});
    CHECK(loader.size() == 3);
}

TEST_CASE("drop_last leaves the smaller batch out") {
    DataLoader loader(counted(10), {.batch_size = 4, .drop_last = true});
    CHECK(loader.size() == 2);
    CHECK(epoch_of(loader) == count_to(8));
}

TEST_CASE("batches that divide the dataset are all of one size") {
    DataLoader loader(counted(8), {.batch_size = 4});
    CHECK(loader.size() == 2);
    CHECK(epoch_of(loader) == count_to(8));
}

TEST_CASE("a batch may be larger than the dataset") {
    DataLoader loader(counted(3), {.batch_size = 64});
    CHECK(loader.size() == 1);
    CHECK(epoch_of(loader) == Numbers{0, 1, 2});
}

TEST_CASE("shuffling shows every sample once an epoch in another order each time") {
    DataLoader loader(counted(50), {.batch_size = 7, .shuffle = true, .seed = 1});
    const Numbers first = epoch_of(loader), second = epoch_of(loader);
    CHECK(sorted(first) == count_to(50));
    CHECK(sorted(second) == count_to(50));
    CHECK(first != count_to(50));
    CHECK(first != second);
}

TEST_CASE("the seed decides the order of every epoch") {
    DataLoader a(counted(50), {.shuffle = true, .seed = 1}), b(counted(50), {.shuffle = true, .seed = 1}),
        c(counted(50), {.shuffle = true, .seed = 2});
    const Numbers first = epoch_of(a);
    CHECK(epoch_of(b) == first);
    CHECK(epoch_of(c) != first);
    CHECK(epoch_of(a) == epoch_of(b));
}

TEST_CASE("the order does not depend on the batch size") {
    DataLoader a(counted(50), {.batch_size = 1, .shuffle = true, .seed = 1}),
        b(counted(50), {.batch_size = 50, .shuffle = true, .seed = 1});
    CHECK(epoch_of(a) == epoch_of(b));
}

TEST_CASE("without a seed the thread's generator decides and another loader has another order") {
    manual_seed(5);
    DataLoader a(counted(50), {.shuffle = true}), b(counted(50), {.shuffle = true});
    const Numbers first = epoch_of(a);
    CHECK(epoch_of(b) != first);
    manual_seed(5);
    DataLoader again(counted(50), {.shuffle = true});
    CHECK(epoch_of(again) == first);
}

TEST_CASE("a loop that is left starts the next epoch as if it had ended") {
    DataLoader a(counted(50), {.batch_size = 5, .shuffle = true, .seed = 1}),
        b(counted(50), {.batch_size = 5, .shuffle = true, .seed = 1});
    for ([[maybe_unused]] auto& batch : a) break;
    epoch_of(b);
    CHECK(epoch_of(a) == epoch_of(b));
}

TEST_CASE("a run goes on from the epoch it had reached") {
    DataLoader a(counted(50), {.shuffle = true, .seed = 1}), b(counted(50), {.shuffle = true, .seed = 1});
    epoch_of(a);
    epoch_of(a);
    b.epoch(a.epoch());
    CHECK(b.epoch() == 2);
    CHECK(epoch_of(a) == epoch_of(b));
}

TEST_CASE("two loops over one loader may run at once") {
    DataLoader loader(counted(6), {.batch_size = 2});
    Numbers inner;
    for (auto& outer : loader) {
        if (outer.x[0].item() > 0) continue;
        inner = epoch_of(loader);
    }
    CHECK(inner == count_to(6));
}

TEST_CASE("a loader may be made inside the loop") {
    Index samples = 0;
    for (auto& batch : DataLoader(counted(10), {.batch_size = 4})) samples += batch.x.numel();
    CHECK(samples == 10);
}

TEST_CASE("a loader reads a dataset of one's own") {
    Numbers targets;
    for (auto& batch : DataLoader(Squares(), {.batch_size = 2})) {
        for (const double y : batch.y.to_vector()) targets.push_back(y);
    }
    CHECK(targets == Numbers{0, 1, 4, 9, 16});
}

TEST_CASE("a loader refuses a batch size below one, nothing to load and no full batch") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { DataLoader(counted(3), {.batch_size = 0}); });
    CHECK_SAYS(text, "batch_size is 0");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ValueError>([] { DataLoader(counted(0), {}); }), "the dataset is empty");
    CHECK_SAYS(message_of<ValueError>([] { DataLoader(counted(3), {.batch_size = 4, .drop_last = true}); }),
               "drop_last leaves nothing of 3 samples in batches of 4");
    CHECK_SAYS(message_of<StateError>([] { DataLoader(std::shared_ptr<const nn::Dataset>(), {}); }), "null");
}
