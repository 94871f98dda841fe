#pragma once
#include <nn/schedules/schedule.hpp>

// Schedules by a factor an epoch.
namespace xg::nn {

/// base_lr f(epoch). PyTorch's LambdaLR. ValueError from the step if f gives a negative number or NaN.
class XGRAD_API LambdaLR : public Schedule {
public:
    LambdaLR(Optimizer& optimizer, std::function<double(Index)> f, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    std::function<double(Index)> f_;
};

/// lr f(epoch), from the rate of the epoch before. PyTorch's MultiplicativeLR.
class XGRAD_API MultiplicativeLR : public Schedule {
public:
    MultiplicativeLR(Optimizer& optimizer, std::function<double(Index)> f, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    std::function<double(Index)> f_;
};

struct StepLROptions {
    double gamma = 0.1; ///< 0 or more
};
/// Times gamma every step_size epochs: base_lr gamma^floor(epoch / step_size). PyTorch's StepLR. ValueError unless
/// step_size is 1 or more.
class XGRAD_API StepLR : public Schedule {
public:
    StepLR(Optimizer& optimizer, Index step_size, StepLROptions options = {}, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    Index step_size_;
    StepLROptions options_;
};

/// Times gamma at each of the milestones; one that is named twice counts twice. PyTorch's MultiStepLR.
class XGRAD_API MultiStepLR : public Schedule {
public:
    MultiStepLR(Optimizer& optimizer, std::vector<Index> milestones, StepLROptions options = {},
                Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    std::vector<Index> milestones_;
    StepLROptions options_;
};

struct ConstantLROptions {
    double factor = 1.0 / 3; ///< above 0, up to 1
    Index total_iters = 5;   ///< 0 or more
};
/// base_lr factor until epoch total_iters, then base_lr. PyTorch's ConstantLR.
class XGRAD_API ConstantLR : public Schedule {
public:
    explicit ConstantLR(Optimizer& optimizer, ConstantLROptions options = {}, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    ConstantLROptions options_;
};

struct LinearLROptions {
    double start_factor = 1.0 / 3; ///< above 0, up to 1
    double end_factor = 1;         ///< 0 to 1
    Index total_iters = 5;         ///< 1 or more
};
/// From base_lr start_factor to base_lr end_factor in total_iters equal steps: the usual warm-up. PyTorch's LinearLR.
class XGRAD_API LinearLR : public Schedule {
public:
    explicit LinearLR(Optimizer& optimizer, LinearLROptions options = {}, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    LinearLROptions options_;
};

/// base_lr gamma^epoch. PyTorch's ExponentialLR. ValueError unless gamma is finite and 0 or more.
class XGRAD_API ExponentialLR : public Schedule {
public:
    ExponentialLR(Optimizer& optimizer, double gamma, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    double gamma_;
};

struct PolynomialLROptions {
    Index total_iters = 5; ///< 1 or more
    double power = 1;      ///< 0 or more
};
/// base_lr (1 - epoch / total_iters)^power, 0 from epoch total_iters on. PyTorch's PolynomialLR.
class XGRAD_API PolynomialLR : public Schedule {
public:
    explicit PolynomialLR(Optimizer& optimizer, PolynomialLROptions options = {}, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    PolynomialLROptions options_;
};

} // namespace xg::nn
