#include <nn/modules/image.hpp>

namespace xg::nn {

Tensor Upsample::forward(const Tensor& x) { return interpolate(x, options); }
Tensor PixelShuffle::forward(const Tensor& x) { return pixel_shuffle(x, upscale_factor); }
Tensor PixelUnshuffle::forward(const Tensor& x) { return pixel_unshuffle(x, downscale_factor); }
Tensor Unfold::forward(const Tensor& x) { return unfold(x, kernel_size, options); }
Tensor Fold::forward(const Tensor& x) { return fold(x, output_size, kernel_size, options); }
Tensor CosineSimilarity::forward(const Tensor& a, const Tensor& b) const { return cosine_similarity(a, b, options); }
Tensor PairwiseDistance::forward(const Tensor& a, const Tensor& b) const { return pairwise_distance(a, b, options); }

} // namespace xg::nn
