#pragma once

/// Models, losses, optimizers, data: everything to train a network.
#include <nn/data/csv.hpp>
#include <nn/data/dataloader.hpp>
#include <nn/data/dataset.hpp>
#include <nn/init.hpp>
#include <nn/losses.hpp>
#include <nn/module.hpp>
#include <nn/modules/activations.hpp>
#include <nn/modules/flatten.hpp>
#include <nn/modules/linear.hpp>
#include <nn/modules/sequential.hpp>
#include <nn/optim/adam.hpp>
#include <nn/optim/optimizer.hpp>
#include <nn/optim/parameters.hpp>
#include <nn/optim/sgd.hpp>
#include <nn/parameter.hpp>
#include <nn/state_dict.hpp>
#include <nn/train/early_stop.hpp>
#include <nn/train/metrics.hpp>
#include <nn/value/layer.hpp>
#include <nn/value/mlp.hpp>
#include <nn/value/neuron.hpp>
