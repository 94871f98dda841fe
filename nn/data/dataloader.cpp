#include <nn/data/dataloader.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/random.hpp>

namespace xg::nn {
namespace {

std::uint64_t drawn_seed() {
    const auto words = default_generator().next();
    return std::uint64_t{words[0]} << 32 | words[1];
}

/// A permutation for one epoch. A counter-based generator can start anywhere, so an epoch has a stretch of the stream
/// to itself, far longer than any permutation needs.
Tensor shuffled(Index samples, std::uint64_t seed, std::uint64_t epoch) {
    Generator generator(seed);
    generator.set_state({.seed = seed, .position = epoch << 40});
    return randperm(samples, {.generator = &generator});
}

} // namespace

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset, DataLoaderOptions options, Site site)
    : dataset_(std::move(dataset)), options_(options), site_(site) {
    const CallSite here(site);
    if (!dataset_) fail<StateError>("DataLoader(dataset, options): the dataset is null\n  expected a dataset");
    const Index samples = dataset_->size(), batch_size = options_.batch_size;
    if (batch_size < 1) {
        fail<ValueError>("DataLoader(dataset, options): batch_size is {}\n  expected 1 or more", batch_size);
    }
    if (samples == 0) fail<ValueError>("DataLoader(dataset, options): the dataset is empty\n  expected samples");
    if (options_.drop_last && samples < batch_size) {
        fail<ValueError>(
            "DataLoader(dataset, options): drop_last leaves nothing of {} samples in batches of {}\n"
            "  expected a batch_size of {} at most, or no drop_last",
            samples, batch_size, samples);
    }
    if (options_.shuffle && !options_.seed) options_.seed = drawn_seed();
}

Index DataLoader::size() const {
    const Index samples = dataset_->size(), batch_size = options_.batch_size;
    return samples / batch_size + (!options_.drop_last && samples % batch_size != 0);
}

DataLoader::Iterator DataLoader::begin() {
    const CallSite here(site_);
    const Index samples = dataset_->size();
    Tensor order = options_.shuffle ? shuffled(samples, *options_.seed, epoch_) : arange(samples);
    ++epoch_;
    return Iterator(dataset_, std::move(order), options_.batch_size, size(), site_);
}

DataLoader::Iterator::Iterator(std::shared_ptr<const Dataset> dataset, Tensor order, Index batch_size, Index batches,
                               Site site)
    : dataset_(std::move(dataset)), order_(std::move(order)), batch_size_(batch_size), batches_(batches), site_(site) {
    ++*this;
}

DataLoader::Iterator& DataLoader::Iterator::operator++() {
    const CallSite here(site_);
    if (next_ < batches_) {
        const Index begin = next_ * batch_size_, end = std::min(begin + batch_size_, order_.shape(0));
        batch_ = dataset_->at(slice(order_, 0, begin, end));
    }
    ++next_;
    return *this;
}

} // namespace xg::nn
