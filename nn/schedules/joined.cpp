#include <nn/schedules/joined.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

Optimizer& optimizer_of(const Schedules& schedules) {
    if (schedules.empty()) fail<ValueError>("ChainedScheduler: there are no schedules\n  expected one or more");
    return schedules.front().get().optimizer();
}

std::vector<Schedule*> parts_of(const char* name, const Optimizer& optimizer, const Schedules& schedules) {
    std::vector<Schedule*> parts;
    for (Schedule& s : schedules) {
        if (&s.optimizer() != &optimizer) {
            fail<ValueError>("{}: schedule {} belongs to another optimizer\n  expected schedules of one", name,
                             parts.size());
        }
        parts.push_back(&s);
    }
    return parts;
}

} // namespace

SequentialLR::SequentialLR(Optimizer& optimizer, Schedules schedules, std::vector<Index> milestones, Site site)
    : Schedule("SequentialLR", optimizer), milestones_(std::move(milestones)) {
    const CallSite here(site);
    parts_ = parts_of("SequentialLR", optimizer, schedules);
    if (milestones_.size() + 1 != parts_.size()) {
        fail<ValueError>("SequentialLR: there are {} schedules and {} milestones\n  expected one milestone fewer",
                         parts_.size(), milestones_.size());
    }
    if (!std::is_sorted(milestones_.begin(), milestones_.end(), std::less_equal<>()) ||
        (!milestones_.empty() && milestones_.front() < 1)) {
        fail<ValueError>("SequentialLR: the milestones are {}\n  expected rising numbers from 1 on",
                         fmt::join(milestones_, ", "));
    }
    parts_.front()->restart();
}

void SequentialLR::step(Site site) {
    const CallSite here(site);
    const Index next = epoch() + 1;
    const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), next) - milestones_.begin();
    Schedule& part = *parts_[static_cast<std::size_t>(passed)];
    if (passed > 0 && milestones_[static_cast<std::size_t>(passed - 1)] == next) part.restart();
    else part.step(site);
    Schedule::step(site);
}

ChainedScheduler::ChainedScheduler(Schedules schedules, Site site)
    : Schedule("ChainedScheduler", optimizer_of(schedules)) {
    const CallSite here(site);
    parts_ = parts_of("ChainedScheduler", optimizer(), schedules);
}

void ChainedScheduler::step(Site site) {
    const CallSite here(site);
    for (Schedule* part : parts_) part->step(site);
    Schedule::step(site);
}

} // namespace xg::nn
