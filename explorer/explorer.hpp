#pragma once
// Everything of the explorer: the run of one's own program and its backward pass, step by step, every number explained
// and checked.
#include <explorer/check.hpp>
#include <explorer/explain.hpp>
#include <explorer/stepper.hpp>
#include <explorer/trace.hpp>
#include <explorer/training.hpp>
