#pragma once
#include <memory>
#include <string>
#include <vector>

#include <explorer/film_internal.hpp>
#include <explorer/training.hpp>

namespace xg::detail {

using Track = TrainingRecord::Track;

/// A track of what `t` is; `most` elements of it.
Track track_of(const Tensor& t, std::string name, std::size_t most);
/// Those numbers of a tensor that its track has.
void copy_numbers(const Track& track, const Tensor& t, double* to);

/// What an optimizer remembers, read after every step without a copy of more than what is recorded.
class StateWatch {
public:
    StateWatch(const nn::Optimizer& optimizer, std::size_t most_elements, std::size_t steps);
    /// After the first step: how many numbers a row of the film needs.
    std::size_t first();
    /// Where they are in the film.
    void place(std::shared_ptr<const Film> film, std::size_t column);
    /// After every step, the first one too; `row` is where the numbers of `first` belong.
    void read(double* row);
    /// One track for every tensor, or for every Value of one.
    std::vector<Track> tracks() &&;

private:
    struct Source {
        std::size_t slot = 0, moment = 0;
        bool counts = false;        // steps, and not a moment
        std::shared_ptr<Film> film; // of its own if it came later
    };
    bool is_plain(const nn::StateDict& state) const;
    void add(const nn::StateDict& state, std::size_t slot, bool own_film);
    void read_dict();
    bool is_of_values(const Track& track) const;

    const nn::Optimizer& optimizer_;
    const std::size_t most_elements_, expected_, tensors_, values_;
    bool plain_ = true; // its memory is that of its slots
    std::size_t steps_ = 0;
    std::vector<char> known_; // slots
    std::vector<Source> sources_;
    std::vector<Track> tracks_; // of the sources
};

} // namespace xg::detail
