// The formulas of the first course, S1 to S9, and its golden numbers, G1 to G4. Each quantity is computed by the engine,
// once with scalars and once with tensors, and compared with its closed form and with the golden number; the program
// fails if any two differ by more than 1e-15 of their size. docs/guide/formulas.md derives the formulas.
//
//     formulas [--quick]
#include <autograd/autograd.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace xg;

namespace {

/// One quantity, four times.
struct Row {
    std::string formula, quantity;
    double scalar, tensor, closed, golden;
};

double difference(double a, double b) { return a == b ? 0 : std::abs(a - b) / std::max(std::abs(a), std::abs(b)); }

/// Prints the rows. True if all four numbers of each agree.
bool show(const char* title, const std::vector<Row>& rows) {
    constexpr double most = 1e-15;
    bool agree = true;
    std::printf("\n%s\n  %-7s %-9s %24s   from tensors, closed form, golden\n", title, "", "", "computed with scalars");
    for (const Row& r : rows) {
        const double worst =
            std::max({difference(r.scalar, r.tensor), difference(r.scalar, r.closed), difference(r.scalar, r.golden)});
        std::printf("  %-7s %-9s %24.17g   %.1e %.1e %.1e%s\n", r.formula.c_str(), r.quantity.c_str(), r.scalar,
                    difference(r.scalar, r.tensor), difference(r.scalar, r.closed), difference(r.scalar, r.golden),
                    worst <= most ? "" : "   DIFFERS");
        agree = agree && worst <= most;
    }
    return agree;
}

Tensor leaf(const Literal& numbers) { return tensor(numbers, {.dtype = float64, .requires_grad = true}); }
Tensor constant(const Literal& numbers) { return tensor(numbers, {.dtype = float64}); }

// G1: one neuron with one input, and one step of gradient descent -------------------------------------------------------

bool one_neuron() {
    const double x = 1.5, t = 0, eta = 0.5;

    Value w = 0.8;
    const Value y = sigmoid(w * x);       // S1, S2
    const Value loss = square(y - t) / 2; // S3
    loss.backward();
    const double dw = w.grad();              // S5
    w.set_value(w.value() - eta * w.grad()); // S4

    Tensor u = leaf(0.8);
    const Tensor v = sigmoid(u * x);
    const Tensor cost = half_squared_error(v, constant(t));
    cost.backward();
    no_grad([&] { u -= eta * u.grad(); });

    const double f = 1 / (1 + std::exp(-0.8 * x)), slope = (f - t) * x * f * (1 - f);
    return show("G1  x = 1.5, w = 0.8, t = 0, eta = 0.5",
                {{"S1, S2", "y", y.value(), v.item(), f, 0.7685247834990178},
                 {"S3", "L", loss.value(), cost.item(), (f - t) * (f - t) / 2, 0.2953151714261061},
                 {"S5", "dL/dw", dw, u.grad().item(), slope, 0.20507442972564777},
                 {"S4", "w", w.value(), u.item(), 0.8 - eta * slope, 0.6974627851371762}});
}

// G2: a hidden layer of two sigmoids and a linear output ----------------------------------------------------------------

struct Layered {
    std::vector<double> z, dw, db, dv;
    double y, loss, dc;
};

const std::vector<double> x{0.5, -1}, first_w{0.1, 0.2, -0.3, 0.4}, first_b{0.05, -0.05}, first_v{0.7, -0.6};
const double first_c = 0.1, t = 0.8;

Layered with_scalars() {
    std::vector<Value> w(first_w.begin(), first_w.end()), b(first_b.begin(), first_b.end()),
        v(first_v.begin(), first_v.end());
    Value c = first_c, y = c;
    Layered result{};
    for (std::size_t j = 0; j < 2; ++j) {
        const Value z = w[2 * j] * x[0] + w[2 * j + 1] * x[1] + b[j]; // S6
        y += v[j] * sigmoid(z);                                       // S7
        result.z.push_back(z.value());
    }
    const Value loss = square(y - t) / 2; // S8
    loss.backward();                      // S9
    for (const Value& entry : w) result.dw.push_back(entry.grad());
    for (const Value& entry : b) result.db.push_back(entry.grad());
    for (const Value& entry : v) result.dv.push_back(entry.grad());
    result.y = y.value(), result.loss = loss.value(), result.dc = c.grad();
    return result;
}

Layered with_tensors() {
    const Tensor in = constant({0.5, -1});
    const Tensor w = leaf({{0.1, 0.2}, {-0.3, 0.4}}), b = leaf({0.05, -0.05}), v = leaf({0.7, -0.6}), c = leaf(0.1);
    const Tensor z = sum(w * in, 1) + b;                    // S6
    const Tensor y = sum(v * sigmoid(z)) + c;               // S7
    const Tensor loss = half_squared_error(y, constant(t)); // S8
    loss.backward();                                        // S9
    return {z.to_vector(), w.grad().to_vector(), b.grad().to_vector(), v.grad().to_vector(),
            y.item(),      loss.item(),          c.grad().item()};
}

Layered in_closed_form() {
    Layered r{};
    double f[2];
    r.y = first_c;
    for (std::size_t j = 0; j < 2; ++j) {
        r.z.push_back(first_w[2 * j] * x[0] + first_w[2 * j + 1] * x[1] + first_b[j]);
        f[j] = 1 / (1 + std::exp(-r.z[j]));
        r.y += first_v[j] * f[j];
    }
    r.dc = r.y - t;
    r.loss = r.dc * r.dc / 2;
    for (std::size_t j = 0; j < 2; ++j) {
        r.db.push_back(r.dc * first_v[j] * f[j] * (1 - f[j]));
        r.dv.push_back(r.dc * f[j]);
        for (const double input : x) r.dw.push_back(r.db[j] * input);
    }
    return r;
}

bool hidden_layer() {
    const Layered a = with_scalars(), b = with_tensors(), f = in_closed_form();
    return show("G2  x = (0.5, -1), t = 0.8, two hidden neurons",
                {{"S6", "z_1", a.z[0], b.z[0], f.z[0], -0.1},
                 {"S6", "z_2", a.z[1], b.z[1], f.z[1], -0.6},
                 {"S7", "y_in", a.y, b.y, f.y, 0.21990835250021923},
                 {"S8", "L", a.loss, b.loss, f.loss, 0.16825315974950497},
                 {"S9", "dL/dw_11", a.dw[0], b.dw[0], f.dw[0], -0.050631335300863195},
                 {"S9", "dL/dw_12", a.dw[1], b.dw[1], f.dw[1], 0.10126267060172639},
                 {"S9", "dL/dw_21", a.dw[2], b.dw[2], f.dw[2], 0.0398147480905465},
                 {"S9", "dL/dw_22", a.dw[3], b.dw[3], f.dw[3], -0.079629496181093},
                 {"S9", "dL/db_1", a.db[0], b.db[0], f.db[0], -0.10126267060172639},
                 {"S9", "dL/db_2", a.db[1], b.db[1], f.db[1], 0.079629496181093},
                 {"S9", "dL/dv_1", a.dv[0], b.dv[0], f.dv[0], -0.2755556057320262},
                 {"S9", "dL/dv_2", a.dv[1], b.dv[1], f.dv[1], -0.20555181710263615},
                 {"S9", "dL/dc", a.dc, b.dc, f.dc, -0.5800916474997808}});
}

// G3 and G4: a number that is used twice, and a chain of two operations -------------------------------------------------

bool used_twice() {
    Value a = -2, b = 3, f = (a * b) * (a + b);
    f.backward();
    Tensor p = leaf(-2), q = leaf(3), g = (p * q) * (p + q);
    g.backward();
    Value c = 5, d = c + c;
    d.backward();
    Tensor r = leaf(5), s = r + r;
    s.backward();
    // f = a^2 b + a b^2
    return show("G3  b = a + a; f = (a b) (a + b) at a = -2, b = 3",
                {{"", "db/da", c.grad(), r.grad().item(), 2, 2},
                 {"", "f", f.value(), g.item(), -2.0 * 3 * (-2 + 3), -6},
                 {"", "df/da", a.grad(), p.grad().item(), 2 * -2.0 * 3 + 3 * 3, -3},
                 {"", "df/db", b.grad(), q.grad().item(), -2.0 * -2 + 2 * -2.0 * 3, -8}});
}

bool chain() {
    Value a = -2, b = 5, c = -4, f = (a + b) * c;
    f.backward();
    Tensor p = leaf(-2), q = leaf(5), r = leaf(-4), g = (p + q) * r;
    g.backward();
    return show("G4  f = (x + y) z at x = -2, y = 5, z = -4", {{"", "f", f.value(), g.item(), (-2.0 + 5) * -4, -12},
                                                               {"", "df/dx", a.grad(), p.grad().item(), -4, -4},
                                                               {"", "df/dy", b.grad(), q.grad().item(), -4, -4},
                                                               {"", "df/dz", c.grad(), r.grad().item(), -2 + 5, 3}});
}

} // namespace

int main(int argc, char** argv) {
    bool quick = false;
    CLI::App app("Computes the formulas of the first course and compares them with closed forms and golden numbers.");
    app.add_flag("--quick", quick, "as all examples have; this one is always quick");
    CLI11_PARSE(app, argc, argv);
    try {
        const bool results[] = {one_neuron(), hidden_layer(), used_twice(), chain()};
        const bool agree = std::all_of(std::begin(results), std::end(results), [](bool ok) { return ok; });
        std::printf("\n%s\n", agree ? "All agree within 1e-15 of their size." : "Some DIFFER.");
        return agree ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "formulas: %s\n", e.what());
        return 1;
    }
}
