#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

namespace xg::nn {

/// Tensors with the names of the members they come from, in the order of the lists.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The numbers of a model or an optimizer under their names, in order; what files are made of. A plain container:
/// the tensors are handles.
class XGRAD_API StateDict {
public:
    StateDict() = default;
    StateDict(NamedTensors items) : items_(std::move(items)) {}

    /// Replaces the tensor of that name, or appends it.
    void set(std::string name, Tensor t);
    bool contains(std::string_view name) const;
    /// StateError if there is no such name.
    const Tensor& at(std::string_view name, Site site = Site::here()) const;
    /// True if there was one.
    bool erase(std::string_view name);

    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

private:
    NamedTensors items_;
};

} // namespace xg::nn
