#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include <autograd/ops/entry.hpp>

// Levels: the open jvp and vmap of this thread, innermost last. Level 0 holds numbers; a value of level L is a wrapper
// of parts of lower levels. docs/design/op-mechanism.md says why every nesting order comes out right.
namespace xg {

enum class LevelKind : std::uint8_t { dual, batched };

struct Level {
    std::uint64_t serial; // never given twice
    LevelKind kind;
    Index examples = 0; // of a batched level
    bool draws = false; // each example has random numbers of its own
};

/// Opens a level for the scope.
class LevelScope {
public:
    explicit LevelScope(LevelKind kind, Index examples = 0, bool draws = false);
    ~LevelScope();
    LevelScope(const LevelScope&) = delete;
    LevelScope& operator=(const LevelScope&) = delete;

    std::uint8_t id() const { return id_; }
    std::uint64_t serial() const { return serial_; }

private:
    std::uint8_t id_;
    std::uint64_t serial_;
    std::vector<Level> hidden_;
};

/// Hides the levels above `level` until the end of the scope.
class VisibleLevels {
public:
    explicit VisibleLevels(int level);
    ~VisibleLevels();
    VisibleLevels(const VisibleLevels&) = delete;
    VisibleLevels& operator=(const VisibleLevels&) = delete;

private:
    int before_;
};

/// How many levels are open for the code that runs now: while the step of a level runs, those below it.
int open_levels();

/// The innermost of them.
std::uint64_t open_serial();

/// The level of a value. StateError if it comes from a transform that has ended.
int level_of(const OpEntry& op, const Tensor& t);

/// StateError if `t` stands for every example of a vmap: for operations whose result has as many entries as its numbers
/// say, so that the results of examples would have no common shape.
void refuse_examples(const char* op, const Tensor& t);

/// The numbers at the bottom of t's wrappers: of its primal, of every example.
Tensor numbers_below(const Tensor& t);

/// `draw` of `shape` for each example of the open maps that draw: it runs once, outside of them, with their counts in
/// front of the shape.
Tensor drawn_by_example(const Shape& shape, const std::function<Tensor(const Shape&)>& draw);

/// The step of level L: unwraps, runs the operation below L, wraps.
Tensor run_on_level(const OpEntry& op, In in, const void* attrs, Site site, int level);

} // namespace xg
