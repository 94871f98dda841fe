#pragma once
#include <array>
#include <memory>
#include <unordered_map>

#include <autograd/value.hpp>

namespace xg::detail {

/// Where slots were made: an array beside each segment, so that writing a line down costs no search and no allocation of its
/// own. A slot that is used again keeps the line of the one before until it gets one; whoever reads knows by its flags.
class SiteTable {
public:
    void set(const Slot* s, Site site) { sites_of(segment_of(s))[index(s)] = site; }
    Site get(const Slot* s) const {
        const auto at = segments_.find(segment_of(s));
        return at == segments_.end() ? Site{} : (*at->second)[index(s)];
    }
    void forget(const Slot* s) {
        if (const auto at = segments_.find(segment_of(s)); at != segments_.end()) (*at->second)[index(s)] = Site{};
    }
    bool empty() const { return segments_.empty(); }
    void clear() noexcept {
        segments_.clear();
        last_ = nullptr;
    }

private:
    using Sites = std::array<Site, segment_bytes / sizeof(Slot)>;

    static std::size_t index(const Slot* s) {
        return (reinterpret_cast<std::uintptr_t>(s) - reinterpret_cast<std::uintptr_t>(segment_of(s)) -
                segment_header) /
               sizeof(Slot);
    }
    Sites& sites_of(const Segment* segment) {
        if (segment != last_) {
            auto at = segments_.find(segment);
            if (at == segments_.end()) at = segments_.emplace(segment, std::make_unique<Sites>()).first;
            last_ = segment;
            last_sites_ = at->second.get();
        }
        return *last_sites_;
    }

    std::unordered_map<const Segment*, std::unique_ptr<Sites>> segments_;
    const Segment* last_ = nullptr; // that was written to
    Sites* last_sites_ = nullptr;
};

} // namespace xg::detail
