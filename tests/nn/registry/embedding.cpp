#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> embedding_entries() {
    const Tensor index = tensor({{4, 0, 2}, {1, 4, 4}}, {.dtype = int64});
    return {
        {.name = "Embedding",
         .formula = "weight[index]",
         .shapes = "int64 (*) -> (*, embedding_dim)",
         .snippet = "nn::Embedding words(10, 3);\nstd::cout << words(tensor({1, 4}, {.dtype = int64})).shape().str() "
                    "<< \"\\n\";",
         .prints = "(2, 3)",
         .instances = {instance(MAKE(nn::Embedding(5, 3)), {index}, {.torch = "Embedding(5, 3)"})}},
        {.name = "EmbeddingBag",
         .formula = "the sum, mean or maximum over bags of weight[index]",
         .shapes = "int64 (bags, size), or (n) and offsets (bags) -> (bags, embedding_dim)",
         .snippet = "nn::EmbeddingBag bags(10, 3);\nstd::cout << bags(tensor({{1, 4}, {2, 2}}, {.dtype = "
                    "int64})).shape().str() << \"\\n\";",
         .prints = "(2, 3)",
         .instances = {instance(MAKE(nn::EmbeddingBag(5, 3)), {index}, {.torch = "EmbeddingBag(5, 3)"}),
                       instance(MAKE(nn::EmbeddingBag(5, 3, {.mode = nn::BagMode::max})), {index},
                                {.torch = "EmbeddingBag(5, 3, mode='max')"})}},
    };
}

} // namespace xg::test
