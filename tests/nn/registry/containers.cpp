#include "nn/registry/families.hpp"

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
        {.name = "Lambda",
         .formula = "the function it was given",
         .shapes = "as the function",
         .snippet =
             "nn::Lambda f([](const Tensor& x) { return square(x); });\nstd::cout << f(tensor({2.0, 3.0})) << \"\\n\";",
         .prints = "[4, 9]",
         .instances = {instance(MAKE(nn::Lambda([](const Tensor& x) { return square(x); })), {wave({3, 4})})}},
    };
}

} // namespace xg::test
