#pragma once
#include <tuple>
#include <type_traits>

#include <autograd/tensor.hpp>

namespace xg::nn {

/// The tensor that stands for a result of any type where one is wanted, in hooks and in Sequential: the result itself, its
/// member `output` or `h`, or the first of a pair or tuple. Null if there is none.
template <class R>
Tensor* first_tensor(R& result) {
    if constexpr (std::is_base_of_v<Tensor, R>) return &result;
    else if constexpr (requires { result.output; }) return first_tensor(result.output);
    else if constexpr (requires { result.h; }) return first_tensor(result.h);
    else if constexpr (requires { std::tuple_size<R>::value; }) return first_tensor(std::get<0>(result));
    else return nullptr;
}

} // namespace xg::nn
