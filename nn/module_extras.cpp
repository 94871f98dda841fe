#include <nn/module_extras.hpp>

#include <algorithm>

#include <nn/module.hpp>
#include <nn/module_extras_internal.hpp>

namespace xg::nn {

ModuleExtras::ModuleExtras(const ModuleExtras& other) {
    if (!other.data_ || other.data_->parametrisations.empty()) return;
    for (const auto& p : other.data_->parametrisations) data().parametrisations.push_back(p->copy());
}

ModuleExtras& ModuleExtras::operator=(const ModuleExtras& other) {
    if (this == &other) return *this;
    static const std::vector<std::unique_ptr<Parametrisation>> nothing;
    const auto& theirs = other.data_ ? other.data_->parametrisations : nothing;
    const auto& ours = data_ ? data_->parametrisations : nothing;
    const bool same = std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                                 [](const auto& a, const auto& b) { return a->name == b->name && a->kind == b->kind; });
    if (same && std::equal(ours.begin(), ours.end(), theirs.begin(),
                           [](const auto& a, const auto& b) { return a->assign(*b); }))
        return *this;
    ModuleExtras copy(other);
    if (copy || data_) data().parametrisations = std::move(copy.data().parametrisations);
    return *this;
}

ModuleExtras::Data& ModuleExtras::data() {
    if (!data_) data_ = std::make_shared<Data>();
    return *data_;
}

std::uint64_t Module::add_pre_hook(ForwardPreHook hook) {
    auto& data = extras_.data();
    data.before_forward.emplace_back(data.next_id, std::move(hook));
    return data.next_id++;
}
std::uint64_t Module::add_after_hook(ForwardHook hook) {
    auto& data = extras_.data();
    data.after_forward.emplace_back(data.next_id, std::move(hook));
    return data.next_id++;
}
std::uint64_t Module::add_gradient_hook(BackwardHook hook) {
    auto& data = extras_.data();
    data.backward.emplace_back(data.next_id, std::move(hook));
    return data.next_id++;
}

void Module::remove_hook(std::uint64_t id) {
    if (!extras_) return;
    auto& data = extras_.data();
    const auto drop = [id](auto& list) { std::erase_if(list, [id](const auto& hook) { return hook.first == id; }); };
    drop(data.before_forward);
    drop(data.after_forward);
    drop(data.backward);
}

} // namespace xg::nn
