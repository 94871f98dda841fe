#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <autograd/debug/profile.hpp>

namespace xg {

const char* name_of(ProfilePhase phase);

/// A call, for the trace.
struct ProfileEvent {
    std::string name;
    ProfilePhase phase;
    Site site;
    int thread; // counted from 1, the one that profiles
    std::int64_t begin_ns, end_ns;
    std::int64_t allocations, bytes;
    std::string shapes;
};

struct Profile::Data {
    std::map<std::pair<std::string, ProfilePhase>, ProfileRow> sums;
    std::vector<ProfileRow> rows; // sorted, when it is over
    std::vector<ProfileEvent> events;
    std::int64_t left_out = 0; // events for which there was no room
    std::int64_t begin_ns = 0, end_ns = 0;
    int threads = 0;
};

} // namespace xg
