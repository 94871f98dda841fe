#include <autograd/kernels/blas.hpp>

#include <dlfcn.h>

#include <cstdlib>

#include <autograd/error_format_internal.hpp>
#include <autograd/single_threaded_internal.hpp>

namespace xg::kernels {
namespace {

// OpenBLAS starts threads as it is loaded, one a processor, unless the environment asks for one. Other threads may be
// reading the environment, so it is changed only where there are none.
class AsksForOneThread {
public:
    AsksForOneThread() : changes_(single_threaded() && !std::getenv(name)) {
        if (changes_) setenv(name, "1", 0);
    }
    ~AsksForOneThread() {
        if (changes_) unsetenv(name);
    }
    AsksForOneThread(const AsksForOneThread&) = delete;
    AsksForOneThread& operator=(const AsksForOneThread&) = delete;

private:
    static constexpr const char* name = "OPENBLAS_NUM_THREADS";
    bool changes_;
};

void* load() {
    const AsksForOneThread here;
    for (const char* name : {XGRAD_BLAS_NAME, XGRAD_BLAS_PATH}) {
        if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    }
    fail<StateError>(
        "OpenBLAS cannot be loaded: {}\n  expected {} where the system's libraries are (libopenblas0 on Debian)",
        dlerror(), XGRAD_BLAS_NAME);
}

template <class F>
void find(void* library, F& f, const char* name) {
    f = reinterpret_cast<F>(dlsym(library, name));
    if (!f) {
        fail<StateError>("{} has no {}\n  expected OpenBLAS with LAPACK, as distributions build it", XGRAD_BLAS_NAME,
                         name);
    }
}

} // namespace

Blas::Blas() {
    void* library = load();
#define XGRAD_FIND(of, p)                       \
    find(library, of.gemm, "cblas_" #p "gemm"); \
    find(library, of.getrf, #p "getrf_");       \
    find(library, of.getrs, #p "getrs_");       \
    find(library, of.gecon, #p "gecon_");       \
    find(library, of.trtrs, #p "trtrs_");       \
    find(library, of.potrf, #p "potrf_");       \
    find(library, of.geqrf, #p "geqrf_");       \
    find(library, of.orgqr, #p "orgqr_");       \
    find(library, of.syev, #p "syev_");         \
    find(library, of.gesdd, #p "gesdd_")
    XGRAD_FIND(singles_, s);
    XGRAD_FIND(doubles_, d);
#undef XGRAD_FIND
    find(library, corename_, "openblas_get_corename");
    decltype(&openblas_set_num_threads) set_num_threads = nullptr;
    find(library, set_num_threads, "openblas_set_num_threads");
    set_num_threads(1);
    // Of the OpenMP build, for which the setting is each thread's own.
    omp_set_num_threads_ = reinterpret_cast<void (*)(int)>(dlsym(library, "omp_set_num_threads"));
}

const char* Blas::core() const { return corename_(); }

const Blas& blas() {
    static const Blas loaded;
    static thread_local const bool calm = [] {
        if (loaded.omp_set_num_threads_) loaded.omp_set_num_threads_(1);
        return true;
    }();
    (void)calm;
    return loaded;
}

} // namespace xg::kernels
