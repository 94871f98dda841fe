// The child of a process that has used the pool of threads has none of them: it must take every piece itself, and end.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include <autograd/autograd.hpp>

using namespace xg;

int main() {
    set_num_threads(3);
    const Tensor x = full({1000000}, 0.5);
    const double expected = sum(square(x)).item();
    const pid_t child = fork();
    const bool right = sum(square(x)).item() == expected;
    if (child == 0) return right ? 0 : 1; // through the destructors of everything static
    int status = -1;
    for (int tenth = 0; tenth < 100 && waitpid(child, &status, WNOHANG) == 0; ++tenth) usleep(100000);
    if (!right || status != 0) std::fprintf(stderr, "fork_program: the child ended with %d\n", status);
    return right && status == 0 ? 0 : 1;
}
