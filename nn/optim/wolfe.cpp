#include <algorithm>
#include <array>
#include <cmath>

#include <nn/optim/wolfe_internal.hpp>

// Nocedal and Wright, algorithms 3.5 and 3.6, with the guards of PyTorch's torch.optim.LBFGS, whose path it follows.
namespace xg::nn {
namespace {

// Where the cubic through two points with these losses and slopes is least, kept in [low, high].
double cubic_minimum(const LinePoint& p, const LinePoint& q, double low, double high) {
    const double d1 = p.slope + q.slope - 3 * (p.loss - q.loss) / (p.length - q.length);
    const double square = d1 * d1 - p.slope * q.slope;
    if (!(square >= 0)) return (low + high) / 2;
    const double d2 = std::sqrt(square);
    const auto& [left, right] = p.length <= q.length ? std::tie(p, q) : std::tie(q, p);
    const double share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
    return std::min(std::max(right.length - (right.length - left.length) * share, low), high);
}

struct Search {
    const std::function<LinePoint(double)>& at;
    const LinePoint& start;
    const WolfeOptions& o;
    int& evaluations;
    int rounds = 0;
    bool done = false;

    LinePoint evaluate(double length) {
        ++evaluations;
        return at(length);
    }
    bool too_high(const LinePoint& p) const { return p.loss > start.loss + o.c1 * p.length * start.slope; }
    bool flat(const LinePoint& p) const { return std::abs(p.slope) <= -o.c2 * start.slope; }

    // Two points with a good length between them, or one that is good.
    std::array<LinePoint, 2> bracket(double first) {
        LinePoint before = start, now = evaluate(first);
        for (; rounds < o.most; ++rounds) {
            if (too_high(now) || (rounds > 1 && now.loss >= before.loss)) return {before, now};
            if (flat(now)) {
                done = true;
                return {now, now};
            }
            if (now.slope >= 0) return {before, now};
            const double least = now.length + 0.01 * (now.length - before.length);
            const double next = cubic_minimum(before, now, least, now.length * 10);
            before = std::move(now);
            now = evaluate(next);
        }
        return {start, now};
    }

    // Makes the bracket smaller until its lower end is good.
    LinePoint zoom(std::array<LinePoint, 2> ends) {
        std::size_t low = ends[0].loss <= ends[1].loss ? 0 : 1;
        bool little_progress = false;
        while (!done && rounds < o.most) {
            if (std::abs(ends[1].length - ends[0].length) * o.longest_entry < o.tolerance_change) break;
            LinePoint p = evaluate(next_length(ends, little_progress));
            ++rounds;
            const std::size_t high = 1 - low;
            if (too_high(p) || p.loss >= ends[low].loss) {
                ends[high] = std::move(p);
                low = ends[0].loss <= ends[1].loss ? 0 : 1;
                continue;
            }
            if (flat(p)) done = true;
            else if (p.slope * (ends[high].length - ends[low].length) >= 0) ends[high] = ends[low];
            ends[low] = std::move(p);
        }
        return ends[low];
    }

    // The minimum of the cubic, but a tenth of the bracket away from its ends if the last one was near them too.
    static double next_length(const std::array<LinePoint, 2>& ends, bool& little_progress) {
        const auto [least, most] = std::minmax(ends[0].length, ends[1].length);
        const double length = cubic_minimum(ends[0], ends[1], least, most), margin = 0.1 * (most - least);
        if (std::min(most - length, length - least) >= margin) {
            little_progress = false;
            return length;
        }
        if (!little_progress && length < most && length > least) {
            little_progress = true;
            return length;
        }
        little_progress = false;
        return std::abs(length - most) < std::abs(length - least) ? most - margin : least + margin;
    }
};

} // namespace

LinePoint strong_wolfe(const std::function<LinePoint(double)>& at, const LinePoint& start, double first,
                       const WolfeOptions& options, int& evaluations) {
    Search search{at, start, options, evaluations};
    return search.zoom(search.bracket(first));
}

} // namespace xg::nn
