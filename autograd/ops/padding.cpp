// Room around entries, windows over them, and copies of them.
#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// Where the padded position comes from, for the modes that repeat entries; within [0, n).
Index source(PadMode mode, Index at, Index n) {
    switch (mode) {
        case PadMode::reflect: {
            if (at < 0) return -at;
            return at < n ? at : 2 * (n - 1) - at;
        }
        case PadMode::replicate: return std::clamp<Index>(at, 0, n - 1);
        default: return (at % n + n) % n;
    }
}

const char* name_of(PadMode mode) {
    switch (mode) {
        case PadMode::reflect: return "reflect";
        case PadMode::replicate: return "replicate";
        case PadMode::circular: return "circular";
        default: return "constant";
    }
}

struct Pad {
    static constexpr OpDoc doc{.name = "pad",
                               .formula = "x with room before and after it along the last axes",
                               .derivative = "1, added up where an entry is repeated",
                               .edges = "constant, reflect (without the edge), replicate, circular",
                               .numpy = "pad",
                               .torch = "nn.functional.pad",
                               .onnx = "Pad",
                               .snippet = "pad(tensor({1, 2}), {{1, 2}})  // [0. 1. 2. 0. 0.]"};
    static void check(const Tensor& t, int axis, PadWidth w, PadMode mode) {
        const Index n = t.shape()[axis], widest = std::max(w.before, w.after);
        if (w.before < 0 || w.after < 0) {
            fail<ValueError>("pad: axis {} gets {} before and {} after\n  expected 0 or more; slice cuts off", axis,
                             w.before, w.after);
        }
        const Index most = mode == PadMode::reflect ? n - 1 : mode == PadMode::circular ? n : n > 0 ? widest : 0;
        if (mode != PadMode::constant && widest > std::max<Index>(most, 0)) {
            fail<ValueError>("pad: mode {} has no {} entries on axis {} of shape {}\n  expected widths up to {}",
                             name_of(mode), widest, axis, t.shape().str(), std::max<Index>(most, 0));
        }
    }
    static Tensor along(const Tensor& t, int axis, PadWidth w, const PadOptions& o) {
        if (w.before == 0 && w.after == 0) return t;
        if (o.mode == PadMode::constant) {
            Shape before = t.shape(), after = before;
            before[axis] = w.before;
            after[axis] = w.after;
            const TensorOptions same{.dtype = t.dtype()};
            return concat({full(before, o.value, same), t, full(after, o.value, same)}, axis);
        }
        const Index n = t.shape()[axis];
        std::vector<Index> from;
        for (Index at = -w.before; at < n + w.after; ++at) from.push_back(source(o.mode, at, n));
        return index_select(t, axis, from_vector(from));
    }
    static Tensor compose(Tensor t, const std::vector<PadWidth>& widths, const PadOptions& o) {
        const int first = t.rank() - static_cast<int>(widths.size());
        if (first < 0) {
            fail<ValueError>("pad: {} widths for shape {}\n  expected at most one an axis", widths.size(),
                             t.shape().str());
        }
        for (std::size_t i = 0; i < widths.size(); ++i) check(t, first + static_cast<int>(i), widths[i], o.mode);
        for (std::size_t i = 0; i < widths.size(); ++i) t = along(t, first + static_cast<int>(i), widths[i], o);
        return t;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     pad(zeros({2}), {{-1, 0}});
                 },
                 "ValueError", "-1 before"},
                {[] {
                     pad(zeros({2}), {{2, 0}}, {.mode = PadMode::reflect});
                 },
                 "ValueError", "up to 1"},
                {[] {
                     pad(zeros({2}), {{3, 0}}, {.mode = PadMode::circular});
                 },
                 "ValueError", "up to 2"},
                {[] {
                     pad(zeros({0}), {{1, 0}}, {.mode = PadMode::replicate});
                 },
                 "ValueError", "up to 0"},
                {[] {
                     pad(zeros({2}), {{0, 0}, {0, 0}});
                 },
                 "ValueError", "2 widths"},
                {[] {
                     pad(Tensor(), {{0, 0}});
                 },
                 "StateError", "undefined"}};
    }
};

std::vector<Sample> Pad::samples() {
    const std::pair<Shape, std::vector<PadWidth>> all[] = {{{5}, {{2, 1}}},
                                                           {{2, 4}, {{1, 3}}},
                                                           {{3, 4}, {{2, 0}, {0, 3}}},
                                                           {{2, 3, 4}, {{1, 1}, {2, 1}}},
                                                           {{3}, {{0, 0}}},
                                                           {{2, 3, 3}, {{1, 0}, {0, 2}, {2, 2}}},
                                                           {{0, 3}, {{1, 1}}},
                                                           {{1, 4}, {{0, 3}}},
                                                           {{4, 1}, {{2, 3}, {0, 0}}},
                                                           {{2, 1, 4}, {{3, 2}}},
                                                           {{4, 4}, {{1, 1}, {2, 3}}},
                                                           {{2, 0, 3}, {{2, 0}}}};
    std::vector<Sample> samples;
    for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::replicate, PadMode::circular}) {
        std::vector<Tabulated> cases;
        for (const auto& [shape, widths] : all) {
            const int first = shape.rank() - static_cast<int>(widths.size());
            Shape to = shape;
            for (int i = first; i < shape.rank(); ++i) {
                to[i] += widths[static_cast<std::size_t>(i - first)].before +
                         widths[static_cast<std::size_t>(i - first)].after;
            }
            const auto call = [widths = widths, mode](const Tensor& t) {
                return pad(t, widths, {.mode = mode, .value = 1.5});
            };
            // Walks step by step from the middle outwards, turning, staying or jumping at the ends.
            const auto entry = [widths = widths, mode, first](const Reader& x, Position at) {
                for (int i = first; i < x.shape().rank(); ++i) {
                    Index& p = at[static_cast<std::size_t>(i)];
                    const Index n = x.shape()[i];
                    p -= widths[static_cast<std::size_t>(i - first)].before;
                    if (p >= 0 && p < n) continue;
                    if (mode == PadMode::constant) return 1.5;
                    if (mode == PadMode::reflect) p = p < 0 ? -p : n - 1 - (p - (n - 1));
                    else if (mode == PadMode::replicate) p = p < 0 ? 0 : n - 1;
                    else p += p < 0 ? n : -n;
                }
                return x(at);
            };
            cases.push_back({shape, call, to, entry, name_of(mode)});
        }
        for (Sample& s : tabulated_samples(cases)) samples.push_back(std::move(s));
    }
    samples.push_back(sample(
        "a scalar", {spread_tensor({})}, [](In in) { return pad(in[0], {}); }, [](In in) { return in[0]; }));
    samples.push_back(sample(
        "nothing padded", {zeros({0, 3}, {.dtype = float64})},
        [](In in) {
            return pad(in[0], {{1, 1}, {0, 0}}, {.value = 2});
        },
        [](In) {
            return full({2, 3}, 2.0, {.dtype = float64});
        }));
    return samples;
}

struct SlidingWindow {
    static constexpr OpDoc doc{.name = "sliding_window",
                               .formula = "y[w, j] = x[w step + j] along an axis",
                               .derivative = "added up where windows overlap",
                               .edges = "no window where the axis is shorter than one",
                               .numpy = "lib.stride_tricks.sliding_window_view",
                               .torch = "Tensor.unfold",
                               .snippet = "sliding_window(tensor({1, 2, 3}), 2, 0)  // [[1. 2.]\n [2. 3.]]"};
    static Tensor compose(const Tensor& t, int axis, Index size, Index step) {
        if (size < 1 || step < 1) {
            fail<ValueError>("sliding_window: size is {} and step {}\n  expected both to be 1 or more", size, step);
        }
        const Index n = t.shape()[axis], count = n < size ? 0 : (n - size) / step + 1;
        std::vector<Index> from;
        for (Index w = 0; w < count; ++w) {
            for (Index j = 0; j < size; ++j) from.push_back(w * step + j);
        }
        Shape shape = t.shape();
        shape[axis] = count;
        shape.insert(axis + 1, size);
        return moveaxis(reshape(index_select(t, axis, from_vector(from)), shape), axis + 1, -1);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [size, step] : {std::pair<Index, Index>{2, 1}, {3, 2}, {1, 3}}) {
            for (const auto& [shape, axis] : {std::pair<Shape, Index>{{5}, 0},
                                              {{2, 3, 4}, 1},
                                              {{4, 2}, 0},
                                              {{1}, 0},
                                              {{0, 3}, 1},
                                              {{3, 6}, -1},
                                              {{1, 4}, 1},
                                              {{0}, 0},
                                              {{9}, -1},
                                              {{4, 1, 2}, 0},
                                              {{2, 2, 5, 2}, 2},
                                              {{2, 0, 3}, 2}}) {
                const int a = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
                Shape to = shape;
                to[a] = 0;
                for (Index begin = 0; begin + size <= shape[a]; begin += step) ++to[a];
                to.push_back(size);
                auto one = tabulated_samples({{shape,
                                               [size = size, step = step, axis = axis](const Tensor& t) {
                                                   return sliding_window(t, size, axis, step);
                                               },
                                               to,
                                               [a, step = step](const Reader& x, const Position& at) {
                                                   Position from(at.begin(), at.end() - 1);
                                                   from[static_cast<std::size_t>(a)] =
                                                       from[static_cast<std::size_t>(a)] * step + at.back();
                                                   return x(from);
                                               }}});
                one[0].note += " size " + std::to_string(size);
                samples.push_back(std::move(one[0]));
            }
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return sliding_window(x, 2, axis); });
        all.push_back({[] { sliding_window(zeros({3}), 0, 0); }, "ValueError", "size is 0"});
        all.push_back({[] { sliding_window(zeros({3}), 2, 0, 0); }, "ValueError", "step 0"});
        return all;
    }
};

Tensor tiled(const char* op, const Tensor& t, const Shape& counts) {
    Shape from, repeated, to;
    const int rank = std::max(t.rank(), counts.rank());
    for (int i = 0; i < rank; ++i) {
        const int own = i - (rank - t.rank()), times = i - (rank - counts.rank());
        const Index n = own < 0 ? 1 : t.shape()[own], count = times < 0 ? 1 : counts[times];
        if (count < 0) fail<ValueError>("{}: the counts are {}\n  expected 0 or more", op, counts.str());
        from.push_back(1), from.push_back(n);
        repeated.push_back(count), repeated.push_back(n);
        to.push_back(count * n);
    }
    return reshape(expand(reshape(t, from), repeated), to);
}

std::vector<Sample> tile_samples(Tensor (*call)(const Operand&, const Shape&), bool fewer_counts) {
    const std::pair<Shape, Shape> all[] = {{{3}, {2}},
                                           {{2, 3}, {2, 1}},
                                           {{2, 3}, {1, 3}},
                                           {{2, 3}, {2, 2}},
                                           {{3}, {2, 2}},
                                           {{}, {3}},
                                           {{}, {}},
                                           {{1}, {4}},
                                           {{0, 3}, {2, 2}},
                                           {{2, 3}, {0, 1}},
                                           {{2, 3, 4}, {2, 1, 3}},
                                           {{1, 4}, {3, 1}},
                                           {{2, 3, 2}, {2, 3}},
                                           {{2, 2}, {3}},
                                           {{4}, {0}},
                                           {{1, 1}, {2, 3}},
                                           {{2, 0}, {1, 4}},
                                           {{5}, {1}},
                                           {{0}, {3}},
                                           {{2, 1, 3}, {1, 3, 2}},
                                           {{3, 2}, {2, 1, 2}}};
    std::vector<Tabulated> cases;
    for (const auto& [shape, counts] : all) {
        if (counts.rank() < shape.rank() && !fewer_counts) continue;
        Shape to = counts;
        while (to.rank() < shape.rank()) to.insert(0, 1);
        const int lead = to.rank() - shape.rank();
        for (int i = 0; i < shape.rank(); ++i) to[lead + i] *= shape[i];
        cases.push_back({shape, [call, counts = counts](const Tensor& t) { return call(t, counts); }, to,
                         [lead](const Reader& x, const Position& at) {
                             Position from(at.begin() + lead, at.end());
                             for (std::size_t i = 0; i < from.size(); ++i) from[i] %= x.shape()[static_cast<int>(i)];
                             return x(from);
                         }});
    }
    return tabulated_samples(cases);
}

struct Tile {
    static constexpr OpDoc doc{.name = "tile",
                               .formula = "the whole of x, counts[i] times along axis i",
                               .derivative = "summed over the copies",
                               .numpy = "tile",
                               .torch = "tile",
                               .onnx = "Tile",
                               .snippet = "tile(tensor({1, 2}), {2})  // [1. 2. 1. 2.]"};
    static Tensor compose(const Tensor& t, const Shape& counts) { return tiled("tile", t, counts); }
    static std::vector<Sample> samples() { return tile_samples(tile, /*fewer_counts=*/true); }
    static std::vector<Misuse> misuse() {
        return {{[] { tile(zeros({2}), {-1}); }, "ValueError", "(-1,)"},
                {[] { tile(Tensor(), {1}); }, "StateError", "undefined"}};
    }
};

struct Repeat {
    static constexpr OpDoc doc{.name = "repeat",
                               .formula = "the whole of x, counts[i] times along axis i",
                               .derivative = "summed over the copies",
                               .numpy = "tile",
                               .torch = "Tensor.repeat",
                               .onnx = "Tile",
                               .snippet = "repeat(tensor({1, 2}), {2})  // [1. 2. 1. 2.]"};
    static Tensor compose(const Tensor& t, const Shape& counts) {
        if (counts.rank() < t.rank()) {
            fail<ShapeError>("repeat: {} counts for shape {}\n  expected at least one an axis; tile takes fewer",
                             counts.rank(), t.shape().str());
        }
        return tiled("repeat", t, counts);
    }
    static std::vector<Sample> samples() { return tile_samples(repeat, /*fewer_counts=*/false); }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     repeat(zeros({2, 3}), {2});
                 },
                 "ShapeError", "tile"},
                {[] { repeat(zeros({2}), {-1}); }, "ValueError", "(-1,)"},
                {[] { repeat(Tensor(), {1}); }, "StateError", "undefined"}};
    }
};

struct RepeatInterleave {
    static constexpr OpDoc doc{.name = "repeat_interleave",
                               .formula = "each entry along an axis, count times in a row",
                               .derivative = "summed over the copies",
                               .numpy = "repeat",
                               .torch = "repeat_interleave",
                               .snippet = "repeat_interleave(tensor({1, 2}), 2, 0)  // [1. 1. 2. 2.]"};
    static Tensor compose(const Tensor& t, int axis, Index count) {
        if (count < 0) fail<ValueError>("repeat_interleave: count is {}\n  expected 0 or more", count);
        Shape repeated = t.shape(), to = repeated;
        repeated.insert(axis + 1, count);
        to[axis] *= count;
        return reshape(expand(unsqueeze(t, axis + 1), repeated), to);
    }
    static Tensor by_counts(const Tensor& t, const Tensor& counts, int axis) {
        if (counts.dtype() != DType::int64) {
            fail<DTypeError>("repeat_interleave: the counts have dtype {}\n  expected int64", name_of(counts.dtype()));
        }
        if (!(counts.shape() == Shape{t.shape()[axis]})) {
            fail<ShapeError>(
                "repeat_interleave: the counts have shape {} and axis {} has size {}\n  expected one count each",
                counts.shape().str(), axis, t.shape()[axis]);
        }
        refuse_examples("repeat_interleave", counts);
        std::vector<Index> from;
        const auto each = counts.to_vector<Index>();
        for (std::size_t i = 0; i < each.size(); ++i) {
            if (each[i] < 0) fail<ValueError>("repeat_interleave: a count is {}\n  expected 0 or more", each[i]);
            from.insert(from.end(), static_cast<std::size_t>(each[i]), static_cast<Index>(i));
        }
        return index_select(t, axis, from_vector(from));
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        samples.push_back(sample(
            "by counts", {spread_tensor({2, 3})},
            [](In in) {
                return repeat_interleave(in[0], from_vector(std::vector<Index>{2, 0, 1}), 1);
            },
            [](In in) {
                const Reader x(in[0]);
                return tabulate({2, 3}, [&](const Position& p) { return x({p[0], p[1] == 2 ? 2 : 0}); });
            }));
        for (const Index count : {3, 1, 0}) {
            for (Sample& s :
                 axis_samples([count](const Operand&x, Index axis) { return repeat_interleave(x, count, axis); },
                              [count](const Tensor&x, Index axis) {
                                  return by_line(x, axis, [count](const Line& line) {
                                      Line out;
                                      for (const double v : line)
                                          out.insert(out.end(), static_cast<std::size_t>(count), v);
                                      return out;
                                  });
                              })) {
                s.note += " times " + std::to_string(count);
                samples.push_back(std::move(s));
            }
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return repeat_interleave(x, 2, axis); });
        all.push_back({[] { repeat_interleave(zeros({2}), -1, 0); }, "ValueError", "count is -1"});
        all.push_back(
            {[] { repeat_interleave(zeros({2}), full({2}, -1, {.dtype = int64}), 0); }, "ValueError", "a count is -1"});
        all.push_back(
            {[] { repeat_interleave(zeros({2}), full({3}, 1, {.dtype = int64}), 0); }, "ShapeError", "one count each"});
        all.push_back({[] { repeat_interleave(zeros({2}), ones({2}), 0); }, "DTypeError", "int64"});
        return all;
    }
};

} // namespace

Tensor pad(const Operand& x, const std::vector<PadWidth>& widths, PadOptions options) {
    return composed<Pad>(x, widths, options);
}
Tensor sliding_window(const Operand& x, Index size, Index axis, Index step) {
    return composed_along<SlidingWindow>(x, axis, size, step);
}
Tensor tile(const Operand& x, const Shape& counts) { return composed<Tile>(x, counts); }
Tensor repeat(const Operand& x, const Shape& counts) { return composed<Repeat>(x, counts); }
Tensor repeat_interleave(const Operand& x, const Tensor& counts, Index axis) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("repeat_interleave", t);
    require_defined("repeat_interleave", counts);
    return RepeatInterleave::by_counts(t, counts, normalize_axis("repeat_interleave", axis, t.rank()));
}
Tensor repeat_interleave(const Operand& x, Index count, Index axis) {
    return composed_along<RepeatInterleave>(x, axis, count);
}

std::span<const OpEntry* const> padding_ops() {
    static constexpr std::array ops{&entry<Pad>(), &entry<SlidingWindow>(), &entry<Tile>(), &entry<Repeat>(),
                                    &entry<RepeatInterleave>()};
    return ops;
}

} // namespace xg
