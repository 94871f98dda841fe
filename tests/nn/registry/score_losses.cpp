#include "nn/registry/entry.hpp"

namespace xg::test {

std::vector<ModuleEntry> score_loss_entries() {
    return {
        {.name = "CrossEntropyLoss",
         .formula = "-log softmax(x)[t], averaged",
         .shapes = "logits (N, C, *) and classes (N, *) or probabilities (N, C, *) -> a number",
         .snippet = "nn::CrossEntropyLoss loss;\nstd::cout << loss(tensor({{1000.0, 0.0}}), tensor({0}, {.dtype = "
                    "int64})) << \"\\n\";",
         .prints = "0.0",
         .instances = {instance(MAKE(nn::CrossEntropyLoss({.label_smoothing = 0.1})),
                                {wave({4, 3}), tensor({2, 0, 1, 2}, {.dtype = int64})},
                                {.torch = "CrossEntropyLoss(label_smoothing=0.1)", .whole = true}),
                       instance(MAKE(nn::CrossEntropyLoss({.reduction = Reduction::none})),
                                {wave({4, 3}), tensor({2, 0, 1, 2}, {.dtype = int64})},
                                {.torch = "CrossEntropyLoss(reduction='none')"})}},
        {.name = "NLLLoss",
         .formula = "-y[t], averaged",
         .shapes = "logarithms of probabilities (N, C, *) and classes (N, *) -> a number",
         .snippet =
             "nn::NLLLoss loss;\nstd::cout << loss(tensor({{-3.0, -1.0}}), tensor({0}, {.dtype = int64})) << \"\\n\";",
         .prints = "3.0",
         .instances = {instance(MAKE(nn::NLLLoss()),
                                {log_softmax(wave({4, 3})), tensor({2, 0, 1, 2}, {.dtype = int64})},
                                {.torch = "NLLLoss()", .whole = true})}},
        {.name = "MarginRankingLoss",
         .formula = "max(0, -t (a - b) + margin), averaged",
         .shapes = "two inputs and targets 1 or -1 (N) -> a number",
         .snippet =
             "nn::MarginRankingLoss loss;\nstd::cout << loss(tensor({1.0}), tensor({3.0}), tensor({1.0})) << \"\\n\";",
         .prints = "2.0",
         .instances = {instance(MAKE(nn::MarginRankingLoss({.margin = 0.3})),
                                {wave({4}), wave({4}, 2), tensor({1.0, -1.0, -1.0, 1.0}, {.dtype = float64})},
                                {.torch = "MarginRankingLoss(margin=0.3)", .whole = true, .held = {2}})}},
        {.name = "CosineEmbeddingLoss",
         .formula = "1 - cos(a, b) for t = 1, max(0, cos(a, b) - margin) for t = -1; averaged",
         .shapes = "pairs (N, D) and targets (N) -> a number",
         .snippet = "nn::CosineEmbeddingLoss loss;\nstd::cout << loss(tensor({{1.0, 0.0}}), tensor({{0.0, 1.0}}), "
                    "tensor({1.0})) << \"\\n\";",
         .prints = "1.0",
         .instances = {instance(MAKE(nn::CosineEmbeddingLoss({.margin = -0.9})),
                                {wave({4, 3}), wave({4, 3}, 2), tensor({1.0, -1.0, -1.0, 1.0}, {.dtype = float64})},
                                {.torch = "CosineEmbeddingLoss(margin=-0.9)", .whole = true, .held = {2}})}},
        {.name = "TripletMarginLoss",
         .formula = "max(0, |a - p| - |a - n| + margin), averaged",
         .shapes = "anchor, positive and negative (N, D) -> a number",
         .snippet = "nn::TripletMarginLoss loss({.eps = 0});\nstd::cout << loss(tensor({{0.0}}), tensor({{0.0}}), "
                    "tensor({{9.0}})) << \"\\n\";",
         .prints = "0.0",
         .instances = {instance(MAKE(nn::TripletMarginLoss()), {wave({4, 3}), wave({4, 3}, 2), wave({4, 3}, 3)},
                                {.torch = "TripletMarginLoss()", .whole = true})}},
        {.name = "MultiMarginLoss",
         .formula = "sum over the classes i other than t of max(0, margin - x[t] + x[i])^p / C, averaged",
         .shapes = "scores (N, C) and classes (N) -> a number",
         .snippet = "nn::MultiMarginLoss loss;\nstd::cout << loss(tensor({{1.0, 1.0}}), tensor({0}, {.dtype = int64})) "
                    "<< \"\\n\";",
         .prints = "0.5",
         .instances = {instance(MAKE(nn::MultiMarginLoss()), {wave({4, 3}), tensor({2, 0, 1, 2}, {.dtype = int64})},
                                {.torch = "MultiMarginLoss()", .whole = true})}},
        {.name = "MultiLabelMarginLoss",
         .formula = "sum over the labels t and the other classes i of max(0, 1 - x[t] + x[i]) / C, averaged",
         .shapes = "scores (N, C) and labels (N, C), ended by -1 -> a number",
         .snippet = "nn::MultiLabelMarginLoss loss;\nstd::cout << loss(tensor({{1.0, 1.0}}), tensor({{0, -1}}, {.dtype "
                    "= int64})) << \"\\n\";",
         .prints = "0.5",
         .instances = {instance(
             MAKE(nn::MultiLabelMarginLoss()),
             {wave({4, 3}), tensor({{2, -1, 0}, {0, 1, -1}, {1, -1, 1}, {0, -1, 0}}, {.dtype = int64})},
             {.torch = "MultiLabelMarginLoss()", .whole = true})}},
        {.name = "MultiLabelSoftMarginLoss",
         .formula = "-(t log sigmoid(x) + (1 - t) log sigmoid(-x)), averaged",
         .shapes = "scores and targets (N, C) -> a number",
         .snippet = "nn::MultiLabelSoftMarginLoss loss;\nstd::cout << loss(tensor({{1000.0, -1000.0}}), tensor({{1.0, "
                    "0.0}})) << \"\\n\";",
         .prints = "0.0",
         .instances = {instance(
             MAKE(nn::MultiLabelSoftMarginLoss()),
             {wave({4, 3}), tensor({{1, 0, 1}, {0, 0, 1}, {1, 1, 0}, {0, 1, 1}}, {.dtype = float64})},
             {.torch = "MultiLabelSoftMarginLoss()", .whole = true, .held = {1}})}},
        // PyTorch takes the derivative by the logits behind log_softmax for the one by its result, so it is not compared.
        {.name = "CTCLoss",
         .formula =
             "-log of the probability of all alignments that read as the target; averaged over loss / target length",
         .shapes = "log-probabilities (T, N, C), targets (N, S), input lengths (N) and target lengths (N) -> a number",
         .snippet = "nn::CTCLoss loss;\nTensor sure = log(tensor({{{1e-30, 1.0}}, {{1.0, 1e-30}}})); // label 1, then "
                    "blank\nstd::cout << loss(sure, tensor({{1}}, {.dtype = int64}), tensor({2}, {.dtype = int64}), "
                    "tensor({1}, {.dtype = int64})) << \"\\n\";",
         .prints = "0.0",
         .instances = {instance(MAKE(nn::CTCLoss()),
                                {log_softmax(wave({6, 2, 4})), tensor({{1, 2, 2}, {3, 1, 1}}, {.dtype = int64}),
                                 tensor({6, 5}, {.dtype = int64}), tensor({3, 2}, {.dtype = int64})},
                                {.whole = true, .single = false})}},
    };
}

} // namespace xg::test
