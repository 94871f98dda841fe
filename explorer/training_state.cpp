// What an optimizer remembers, step after step.
#include <explorer/training_state_internal.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <explorer/snapshot_internal.hpp>

namespace xg::detail {

namespace {

template <class T>
void copy_every(const Tensor& t, std::size_t every, double* to) {
    const auto* p = static_cast<const T*>(t.data());
    const auto n = static_cast<std::size_t>(t.numel());
    if (every == 1) {
        std::copy_n(p, n, to);
        return;
    }
    for (std::size_t i = 0; i < n; i += every) *to++ = static_cast<double>(p[i]);
}

// The state_dict of an optimizer copies all that it remembers; a recording of each step reads it in place.
struct Memory : nn::Optimizer {
    using Slots = std::vector<Slot>;
    static const Slots& of(const nn::Optimizer& optimizer) {
        return (optimizer.*static_cast<const Slots& (nn::Optimizer::*)() const>(&Memory::slots))();
    }
};

} // namespace

Track track_of(const Tensor& t, std::string name, std::size_t most) {
    Track track;
    track.name = std::move(name), track.dtype = std::string(name_of(t.dtype()));
    for (const Index size : t.shape()) track.shape.push_back(size);
    const auto n = static_cast<std::size_t>(t.numel());
    track.every = stride_of_sample(track.shape, n, most);
    track.width = (n + track.every - 1) / track.every;
    return track;
}

void copy_numbers(const Track& track, const Tensor& t, double* to) {
    if (t.is_contiguous() && t.dtype() == DType::float32) return copy_every<float>(t, track.every, to);
    if (t.is_contiguous() && t.dtype() == DType::float64) return copy_every<double>(t, track.every, to);
    const std::vector<double> all = t.to_vector();
    for (std::size_t i = 0; i < all.size(); i += track.every) *to++ = all[i];
}

StateWatch::StateWatch(const nn::Optimizer& optimizer, std::size_t most_elements, std::size_t steps)
    : optimizer_(optimizer),
      most_elements_(most_elements),
      expected_(steps),
      tensors_(optimizer.parameters().size()),
      values_(optimizer.values().size()),
      known_(Memory::of(optimizer).size(), 0) {}

// A moment of Values is one tensor for all of them.
bool StateWatch::is_of_values(const Track& track) const {
    return tensors_ == 0 && track.name.starts_with("0.") && optimizer_.group_count() == 1 && track.shape.size() == 1 &&
           track.shape[0] == static_cast<std::int64_t>(values_);
}

std::size_t StateWatch::first() {
    const nn::StateDict state = optimizer_.state_dict();
    plain_ = is_plain(state);
    const auto& slots = Memory::of(optimizer_);
    for (std::size_t i = 0; i < slots.size() && plain_; ++i) {
        if (slots[i].steps > 0) add(state, i, /*own_film=*/false);
    }
    std::size_t width = 0;
    for (const Track& track : tracks_) width += track.width;
    return width;
}

void StateWatch::place(std::shared_ptr<const Film> film, std::size_t column) {
    for (Track& track : tracks_) {
        track.film = film, track.column = column;
        column += track.width;
    }
}

// An optimizer may have a memory of its own kind, which only its state_dict tells.
bool StateWatch::is_plain(const nn::StateDict& state) const {
    std::size_t expected = optimizer_.group_count();
    const auto& slots = Memory::of(optimizer_);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].steps == 0) continue;
        expected += 1 + slots[i].moments.size();
        if (!state.contains(fmt::format("{}.step", i))) return false;
    }
    return state.size() == expected;
}

void StateWatch::add(const nn::StateDict& state, std::size_t slot, bool own_film) {
    known_[slot] = 1;
    const std::string prefix = fmt::format("{}.", slot);
    const std::size_t moments = Memory::of(optimizer_)[slot].moments.size();
    std::size_t moment = 0;
    for (const auto& [name, t] : state) {
        if (!name.starts_with(prefix) || name.ends_with(".lr")) continue;
        Source source{.slot = slot, .moment = 0, .counts = name == prefix + "step", .film = {}};
        if (!source.counts) source.moment = moment++;
        if (moment > moments) break;
        Track track = track_of(t, name, most_elements_);
        if (is_of_values(track)) track.every = 1, track.width = values_;
        if (values_ == 0 && slot < tensors_) track.parameter = slot;
        track.first = steps_;
        if (own_film) track.film = source.film = std::make_shared<Film>(track.width, expected_ - steps_);
        sources_.push_back(std::move(source));
        tracks_.push_back(std::move(track));
    }
}

void StateWatch::read(double* row) {
    if (!plain_) return read_dict();
    const auto& slots = Memory::of(optimizer_);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].steps > 0 && known_[i] == 0) add(optimizer_.state_dict(), i, /*own_film=*/true);
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = sources_[i];
        const auto& slot = slots[source.slot];
        double* to = source.film ? source.film->add_row() : row;
        if (!source.film) row += tracks_[i].width;
        if (source.counts) *to = static_cast<double>(slot.steps);
        else if (source.moment < slot.moments.size()) copy_numbers(tracks_[i], slot.moments[source.moment], to);
        else tracks_[i].absent.push_back(steps_);
    }
    ++steps_;
}

void StateWatch::read_dict() {
    for (const auto& [name, t] : optimizer_.state_dict()) {
        if (name == "lr" || name.ends_with(".lr")) continue;
        auto at = std::find_if(tracks_.begin(), tracks_.end(),
                               [&name = name](const Track& track) { return track.name == name; });
        if (at == tracks_.end()) {
            Track track = track_of(t, name, most_elements_);
            track.first = steps_;
            sources_.emplace_back().film = std::make_shared<Film>(track.width, expected_ - steps_);
            track.film = sources_.back().film;
            at = tracks_.insert(at, std::move(track));
        }
        Film& film = *sources_[static_cast<std::size_t>(at - tracks_.begin())].film;
        const bool same = track_of(t, name, most_elements_).shape == at->shape; // a memory may grow
        while (film.rows() + at->first < steps_) film.add_row(), at->absent.push_back(at->first + film.rows() - 1);
        double* row = film.add_row();
        if (same) copy_numbers(*at, t, row);
        else at->absent.push_back(steps_);
    }
    ++steps_;
}

std::vector<Track> StateWatch::tracks() && {
    std::vector<Track> dealt;
    for (Track& whole : tracks_) {
        whole.moments = steps_;
        for (std::size_t k = whole.first; !plain_ && k < steps_; ++k) { // what was forgotten again
            if (k - whole.first >= whole.film->rows()) whole.absent.push_back(k);
        }
        if (!is_of_values(whole)) {
            dealt.push_back(std::move(whole));
            continue;
        }
        for (std::size_t i = 0; i < values_; ++i) {
            Track& one = dealt.emplace_back(whole);
            one.parameter = i, one.shape.clear(), one.width = 1;
            one.column = whole.column + i;
        }
    }
    return dealt;
}

} // namespace xg::detail
