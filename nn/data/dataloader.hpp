#pragma once
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>

#include <nn/data/dataset.hpp>

namespace xg::nn {

struct DataLoaderOptions {
    Index batch_size = 64;
    bool shuffle = false;                   ///< another order in every epoch
    bool drop_last = false;                 ///< leave out the last batch if it is smaller than the others
    std::optional<std::uint64_t> seed = {}; ///< of the orders; drawn from the calling thread's generator when absent
};

/// Batches of a dataset, for one range-for an epoch: `for (auto& batch : loader)`. A loop may be left at any time; the
/// next one is the next epoch. The order depends on the seed and the number of the epoch alone.
/// ValueError: a batch size below 1, an empty dataset, drop_last without a full batch.
class XGRAD_API DataLoader {
public:
    /// A copy of the dataset; a TensorDataset shares its tensors.
    template <class D>
    requires std::is_base_of_v<Dataset, D> DataLoader(D dataset, DataLoaderOptions options = {},
                                                      Site site = Site::here())
        : DataLoader(std::shared_ptr<const Dataset>(std::make_shared<D>(std::move(dataset))), options, site) {}
    DataLoader(std::shared_ptr<const Dataset> dataset, DataLoaderOptions options = {}, Site site = Site::here());

    class Iterator;
    /// Starts an epoch.
    Iterator begin();
    std::default_sentinel_t end() const { return {}; }

    /// The number of batches in an epoch.
    Index size() const;
    const Dataset& dataset() const { return *dataset_; }
    /// The number of the epoch that the next loop runs, from 0; set it to go on with a run.
    std::uint64_t epoch() const { return epoch_; }
    void epoch(std::uint64_t next) { epoch_ = next; }

private:
    std::shared_ptr<const Dataset> dataset_;
    DataLoaderOptions options_;
    Site site_;
    std::uint64_t epoch_ = 0;
};

/// One pass over the batches, each made when it is reached.
class XGRAD_API DataLoader::Iterator {
public:
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;

    Batch& operator*() { return batch_; }
    Batch* operator->() { return &batch_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& i, std::default_sentinel_t) { return i.next_ > i.batches_; }

private:
    friend class DataLoader;
    Iterator(std::shared_ptr<const Dataset> dataset, Tensor order, Index batch_size, Index batches, Site site);

    std::shared_ptr<const Dataset> dataset_;
    Tensor order_;
    Index batch_size_;
    Index batches_;
    Site site_;
    Index next_ = 0;
    Batch batch_;
};

} // namespace xg::nn
