#include <autograd/engine/context.hpp>

namespace xg {

constinit thread_local Context context_of_thread [[gnu::tls_model("initial-exec")]];

} // namespace xg
