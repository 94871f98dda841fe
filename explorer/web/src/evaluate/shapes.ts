// Shapes of tensors in row-major order: sizes, strides, and where an element reads what is broadcast to it.
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export function stridesOf(shape: Shape): number[] {
    const strides = shape.map(() => 1);
    for (let axis = shape.length - 2; axis >= 0; --axis) strides[axis] = strides[axis + 1] * shape[axis + 1];
    return strides;
}

/// Positions in an array that is read with these strides, for every element of `shape` in row-major order.
export function positions(shape: Shape, strides: readonly number[], offset = 0): Int32Array {
    const out = new Int32Array(sizeOf(shape));
    const at = shape.map(() => 0);
    let flat = offset;
    for (let i = 0; i < out.length; ++i) {
        out[i] = flat;
        for (let axis = shape.length - 1; axis >= 0; --axis) {
            flat += strides[axis];
            if (++at[axis] < shape[axis]) break;
            flat -= strides[axis] * shape[axis];
            at[axis] = 0;
        }
    }
    return out;
}

export function broadcasts(from: Shape, to: Shape): boolean {
    const skip = to.length - from.length;
    return skip >= 0 && from.every((size, axis) => size === 1 || size === to[axis + skip]);
}

/// Where every element of `to` reads an array of the shape `from`.
export function broadcastPositions(from: Shape, to: Shape): Int32Array {
    const own = stridesOf(from);
    const skip = to.length - from.length;
    return positions(to, to.map((_, axis) => (axis < skip || from[axis - skip] === 1 ? 0 : own[axis - skip])));
}

export const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);
