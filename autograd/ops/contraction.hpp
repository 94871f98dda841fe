#pragma once
#include <string_view>
#include <vector>

#include <autograd/tensor.hpp>

// Products with sums over shared axes. Any numbers; all differentiable by every operand.
namespace xg {

/// a_i b_j of two tensors in one row each: (a's entries, b's entries).
XGRAD_API Tensor outer(const Operand& a, const Operand& b);
/// The sum of products over the last axes, which must agree: a's other axes, then b's. With a scalar the product.
XGRAD_API Tensor inner(const Operand& a, const Operand& b);
/// a x b of vectors of three along an axis; the other axes broadcast. ShapeError unless both have three entries there.
XGRAD_API Tensor cross(const Operand& a, const Operand& b, Index axis = -1);
/// The Kronecker product: b times each entry of a, block by block.
XGRAD_API Tensor kron(const Operand& a, const Operand& b);
/// The sum over a's last `count` axes with b's first; or over axes named in pairs, in the order given.
XGRAD_API Tensor tensordot(const Operand& a, const Operand& b, Index count = 2);
XGRAD_API Tensor tensordot(const Operand& a, const Operand& b, const Axes& a_axes, const Axes& b_axes);
/// The sum of diagonal k of the last two axes.
XGRAD_API Tensor trace(const Operand& x, Index k = 0);

/// Einstein's sum: einsum("bij,bjk->bik", {a, b}). A letter is an axis; letters that are not in the result are summed
/// over; a letter twice in one operand takes its diagonal; `...` are axes that broadcast, in front unless placed.
/// Without `->` the result has, in alphabetical order, the letters that occur once. Products of two run as matrix
/// products, the pair first whose result saves most.
/// ValueError for an equation that says nothing; ShapeError for sizes that do not agree.
XGRAD_API Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, Site site = Site::here());

} // namespace xg
