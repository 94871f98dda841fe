#pragma once
#include <string>

#include <nn/module.hpp>
#include <nn/state_dict.hpp>

// Weights in files of the safetensors format, which PyTorch and others read and write: a JSON table of names, dtypes and
// shapes, then the numbers. float32, float64, int64 and boolean.
namespace xg::nn {

/// Writes all parameters and buffers under their names. The bytes go to a new file, which is synced and then takes the
/// name, so that an interruption leaves an old file as it was. FileError if it cannot be written; StateError if two
/// members have one name.
XGRAD_API void save(const Module& model, const std::string& path, Site site = Site::here());
XGRAD_API void save(const StateDict& state, const std::string& path, Site site = Site::here());

/// Reads them back into a model, converted to its dtypes; all or nothing. StateError listing every missing name, every
/// name too many and every shape that differs. FileError for a file that cannot be read, is damaged or is of another
/// format: sizes are checked against the file before memory is taken. DTypeError: fractions for an integer buffer.
XGRAD_API void load(Module& model, const std::string& path, Site site = Site::here());
/// All tensors of a file under their names, in the order of the numbers. FileError.
XGRAD_API StateDict load_state(const std::string& path, Site site = Site::here());

} // namespace xg::nn
