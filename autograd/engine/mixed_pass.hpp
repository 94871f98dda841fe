#pragma once
#include <utility>
#include <vector>

#include <autograd/engine/pass.hpp>
#include <autograd/engine/tape.hpp>

namespace xg::detail {

class Reach;

/// The tape's side of a backward that brings numbers to leaves, where the tape has more than arithmetic: custom
/// operations, elements of tensors, tensors that were stacked from Values. It starts at a Value, or when `tensors` comes
/// to the first stacked tensor; until then it costs nothing. Unless kept, what it has brought to leaves is taken back.
class MixedPass final : public TapeSide {
public:
    explicit MixedPass(Pass& tensors) : tensors_(tensors) { tensors.tape_side(this); }
    ~MixedPass();

    void run_from(Slot* root, double seed);
    void receive(const Node& stacked, const Tensor& cotangent) override;
    void keep() noexcept { kept_ = true; }

private:
    void begin(Slot* youngest, std::uint32_t oldest, Reach& reach);
    void descend();
    void visit(Slot* s);

    Pass& tensors_;
    Tape* tape_ = nullptr; // while it runs
    Slot* youngest_ = nullptr;
    std::uint32_t oldest_ = 0;
    bool only_marked_ = false, kept_ = false;
    std::vector<std::pair<Slot*, double>> before_; // gradients of leaves, the first of each as it was
};

/// Throws unless every number that a backward from `youngest` reads is still the one that its operation read.
/// `everything`: the slopes will be computed anew, so every input counts. Looks at marked slots only, if told so.
void check_inputs(const char* op, Slot* youngest, std::uint32_t oldest, bool everything, bool only_marked, Site site);

/// Marks, between two slots, what a backward would reach, across tensors too. The marks are taken back by `unmark_range`.
void mark_reached(Slot* root);
void unmark_range(Slot* youngest, std::uint32_t oldest) noexcept;

} // namespace xg::detail
