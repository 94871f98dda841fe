// The numbers of tensors as a trace keeps them.
#include <explorer/snapshot_internal.hpp>

#include <numeric>

#include <explorer/statistics_internal.hpp>

namespace xg {

using namespace detail;

std::size_t TraceTensor::size() const {
    std::size_t n = 1;
    for (const std::int64_t s : shape) n *= static_cast<std::size_t>(s);
    return n;
}

bool Trace::has_tensors() const {
    for (const TraceNode& n : nodes) {
        if (!n.dtype.empty()) return true;
    }
    return false;
}

std::size_t detail::stride_of_sample(const std::vector<std::int64_t>& shape, std::size_t size, std::size_t most) {
    if (size <= most || most == 0) return 1;
    std::size_t every = (size + most - 1) / most;
    // Not always the same column.
    const std::size_t last = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
    while (std::gcd(every, last) != 1) ++every;
    return every;
}

namespace {

template <class T>
TraceTensor sampled(const Tensor& t, std::size_t most) {
    TraceTensor out;
    for (const Index size : t.shape()) out.shape.push_back(size);
    out.dtype = std::string(name_of(t.dtype()));
    const std::vector<T> all = t.to_vector<T>();
    out.every = stride_of_sample(out.shape, all.size(), most);
    out.values.reserve(all.size() / out.every + 1);
    for (std::size_t i = 0; i < all.size(); i += out.every) out.values.push_back(static_cast<double>(all[i]));
    out.statistics = statistics_of(all);
    return out;
}

} // namespace

TraceTensor detail::snapshot(const Tensor& t, std::size_t most) {
    return t.dtype() == DType::float32 ? sampled<float>(t, most) : sampled<double>(t, most);
}

} // namespace xg
