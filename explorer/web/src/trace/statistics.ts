// What a file leaves out where all numbers are in it: the same sums in the same order as explorer/statistics_internal.hpp.
import type { Tensor } from "./types";

export function statisticsOf(values: ArrayLike<number>): Tensor["statistics"] {
    const n = values.length;
    let [min, max, sum, squares, zeros, bad] = [Infinity, -Infinity, 0, 0, 0, 0];
    for (let i = 0; i < n; ++i) {
        const x = values[i];
        if (!Number.isFinite(x)) {
            ++bad;
            continue;
        }
        min = Math.min(min, x);
        max = Math.max(max, x);
        sum += x;
        squares += x * x;
        if (x === 0) ++zeros;
    }
    if (bad === n) min = max = 0;
    return { min, max, mean: n === 0 ? 0 : bad > 0 ? NaN : sum / n, norm: bad > 0 ? NaN : Math.sqrt(squares), zeros, bad };
}
