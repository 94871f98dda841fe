#pragma once
#include <string>

#include <autograd/export.hpp>

// Which module an operation belongs to, told by modules while somebody traces.
namespace xg::detail {

/// Whether a TraceTensors is open on this thread.
XGRAD_API bool traces_modules();

/// Names the module that runs until the end of the scope.
class XGRAD_API ModulePath {
public:
    explicit ModulePath(std::string path);
    ~ModulePath();
    ModulePath(const ModulePath&) = delete;
    ModulePath& operator=(const ModulePath&) = delete;
    /// Of the innermost one, or empty.
    static const std::string& current();

private:
    std::string path_;
    const std::string* before_;
};

} // namespace xg::detail
