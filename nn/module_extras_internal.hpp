#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nn/member_visitor.hpp>
#include <nn/module_extras.hpp>

namespace xg::nn {

/// A parameter that is computed anew for every call from other parameters, which are listed in its place.
class Parametrisation {
public:
    virtual ~Parametrisation() = default;
    /// The numbers of the parameter, differentiable.
    virtual Tensor computed(bool training) = 0;
    virtual void visit(MemberVisitor& visitor) = 0;
    virtual std::unique_ptr<Parametrisation> copy() const = 0;
    /// Writes the numbers of another of the same class and shapes in place. False if it is none.
    virtual bool assign(const Parametrisation& other) = 0;

    std::string name; ///< of the parameter
    std::string kind; ///< "weight_norm"
};

struct ModuleExtras::Data {
    template <class Hook>
    using Hooks = std::vector<std::pair<std::uint64_t, Hook>>;

    Hooks<ForwardPreHook> before_forward;
    Hooks<ForwardHook> after_forward;
    Hooks<BackwardHook> backward;
    std::uint64_t next_id = 1;
    std::vector<std::unique_ptr<Parametrisation>> parametrisations;

    bool hooked() const { return !before_forward.empty() || !after_forward.empty() || !backward.empty(); }
    Parametrisation* of(const std::string& parameter) const {
        for (const auto& p : parametrisations)
            if (p->name == parameter) return p.get();
        return nullptr;
    }
};

} // namespace xg::nn
