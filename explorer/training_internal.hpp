#pragma once
#include <explorer/training.hpp>

namespace xg::detail {

/// One training of `record`.
TrainingRecord::Run record_one(const Training& training, const RecordOptions& options, Site site);

} // namespace xg::detail
