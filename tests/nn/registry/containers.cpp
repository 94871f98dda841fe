#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> container_entries() {
    return {
        {.name = "Sequential",
         .formula = "what the last module gives for what the one before gave for ...",
         .shapes = "as the modules",
         .snippet = "nn::Sequential net(nn::Linear(4, 3), nn::ReLU(), nn::Linear(3, 1));\nstd::cout << net(ones({2, "
                    "4})).shape().str() << \"\\n\";",
         .prints = "(2, 1)",
         .instances = {instance(MAKE(nn::Sequential(nn::Linear(4, 3), nn::Tanh(), nn::Linear(3, 2))), {wave({5, 4})},
                                {.torch = "Sequential(Linear(4, 3), Tanh(), Linear(3, 2))"}),
                       instance(MAKE(nn::Sequential(nn::Sequential(nn::Linear(4, 3), nn::BatchNorm1d(3)),
                                                    [](const Tensor& x) { return 2 * x; })),
                                {wave({5, 4})}, {.differs = true, .single = false})}},
        {.name = "ModuleList",
         .formula = "what a forward of one's own makes of its modules",
         .shapes = "as that forward",
         .snippet = "nn::ModuleList layers(nn::Linear(4, 3), nn::Linear(3, 2));\nTensor y = ones({5, 4});\nfor (auto& "
                    "layer : layers) y = layer(y);\nstd::cout << y.shape().str() << \"\\n\";",
         .prints = "(5, 2)",
         .instances = {instance(MAKE(nn::ModuleList(nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Tanh())), {wave({5, 4})},
                                {.differs = true, .single = false},
                                [](nn::ModuleList& m, const Tensors& x) { return m[2](m[1](m[0](x[0]))); })}},
        {.name = "ModuleDict",
         .formula = "what a forward of one's own makes of its modules",
         .shapes = "as that forward",
         .snippet = "nn::ModuleDict heads;\nheads.add(\"left\", nn::Linear(4, 3)).add(\"right\", nn::Linear(4, "
                    "2));\nstd::cout << heads[\"right\"](ones({5, 4})).shape().str() << \"\\n\";",
         .prints = "(5, 2)",
         .instances = {instance(
             "nn::ModuleDict().add(\"left\", nn::Linear(4, 3)).add(\"right\", nn::Linear(3, 2))",
             [] { return nn::ModuleDict().add("left", nn::Linear(4, 3)).add("right", nn::Linear(3, 2)); },
             {wave({5, 4})}, {}, [](nn::ModuleDict& m, const Tensors& x) { return m["right"](m["left"](x[0])); })}},
        {.name = "Lambda",
         .formula = "the function it was given",
         .shapes = "as the function",
         .snippet =
             "nn::Lambda f([](const Tensor& x) { return square(x); });\nstd::cout << f(tensor({2.0, 3.0})) << \"\\n\";",
         .prints = "[4. 9.]",
         .instances = {instance(MAKE(nn::Lambda([](const Tensor& x) { return square(x); })), {wave({3, 4})})}},
    };
}

} // namespace xg::test
