#include <doctest/doctest.h>

#include <cfloat>
#include <clocale>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "drawings.hpp"

using namespace xg;
using namespace test;

TEST_CASE("escape makes text safe for content and attributes") {
    CHECK(plot::escape("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    CHECK(plot::escape("\u00e9 \u6570 \U0001F600") == "\u00e9 \u6570 \U0001F600");
}

TEST_CASE("escape replaces what no XML document may hold") {
    CHECK(plot::escape("a\x01"
                       "b") == "a\ufffdb");
    CHECK(plot::escape("\xff") == "\ufffd");
    CHECK(plot::escape("\xc3") == "\ufffd");                     // cut short
    CHECK(plot::escape("\xc0\xaf") == "\ufffd\ufffd");           // a slash in disguise
    CHECK(plot::escape("\xe0\x80\xaf") == "\ufffd\ufffd\ufffd"); // the same in three bytes
    CHECK(plot::escape("\xed\xa0\x80") == "\ufffd\ufffd\ufffd"); // half a surrogate pair
    CHECK(plot::escape(std::string_view("a\0b", 3)) ==
          "a\ufffd"
          "b");
}

TEST_CASE("coordinates are short and have a point in every locale") {
    const char* comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
    CHECK(plot::coordinate(1.5) == "1.5");
    CHECK(plot::coordinate(2) == "2");
    CHECK(plot::coordinate(-0.001) == "0");
    CHECK(plot::coordinate(1234.567) == "1234.57");
    if (comma) std::setlocale(LC_NUMERIC, "C");
}

TEST_CASE("ticks stand at round numbers inside the range") {
    const plot::Axis axis = plot::make_axis(0.13, 0.98, {.ticks = 5});
    std::vector<std::string> labels;
    for (const auto& tick : axis.ticks) labels.push_back(tick.label);
    CHECK(labels == std::vector<std::string>{"0.2", "0.4", "0.6", "0.8"});
}

TEST_CASE("tick labels of one axis have the same decimals and no noise") {
    std::vector<std::string> labels;
    for (const auto& tick : plot::make_axis(-0.1, 0.35, {.ticks = 5}).ticks) labels.push_back(tick.label);
    CHECK(labels == std::vector<std::string>{"\u22120.1", "0.0", "0.1", "0.2", "0.3"});
}

TEST_CASE("ticks of whole numbers do not fall between them") {
    for (const auto& tick : plot::make_axis(1, 3, {.integers = true, .ticks = 8}).ticks) {
        CHECK(tick.value == std::floor(tick.value));
    }
}

TEST_CASE("percent ticks are labelled in hundredths") {
    const plot::Axis axis = plot::make_axis(0, 1, {.percent = true, .ticks = 5});
    CHECK(axis.ticks.at(1).value == doctest::Approx(0.2));
    CHECK(axis.ticks.at(1).label == "20\u00a0%");
}

TEST_CASE("a logarithmic axis has a tick at each decade and equal steps for equal factors") {
    const plot::Axis axis = plot::make_axis(0.001, 10, {.log = true});
    std::vector<std::string> labels;
    for (const auto& tick : axis.ticks) {
        if (!tick.label.empty()) labels.push_back(tick.label);
    }
    CHECK(labels == std::vector<std::string>{"0.001", "0.01", "0.1", "1", "10"});
    CHECK(axis.position(0.1) == doctest::Approx(0.5));
}

TEST_CASE("a logarithmic axis within one decade still has two labels or more") {
    int labelled = 0;
    for (const auto& tick : plot::make_axis(0.21, 0.34, {.log = true}).ticks) labelled += !tick.label.empty();
    CHECK(labelled >= 2);
}

TEST_CASE("an axis can be made of any range of doubles") {
    const double hostile[] = {-DBL_MAX, -1e300, -1, -DBL_TRUE_MIN,   0,     DBL_TRUE_MIN,
                              DBL_MIN,  1e-300, 1,  1 + DBL_EPSILON, 1e300, DBL_MAX};
    for (const double low : hostile) {
        for (const double high : hostile) {
            for (const bool log : {false, true}) {
                if (low > high || (log && low <= 0)) continue;
                const plot::Axis axis = plot::make_axis(low, high, {.log = log});
                CAPTURE(low);
                CAPTURE(high);
                CHECK(axis.low < axis.high);
                CHECK(axis.ticks.size() < 700);
                CHECK(std::isfinite(axis.position(axis.low)));
                for (const auto& tick : axis.ticks) CHECK(std::isfinite(tick.value));
            }
        }
    }
}

TEST_CASE("line_chart puts the largest number on top and later numbers to the right") {
    const auto points = line(drawn(plot::line_chart({named("a", {1, 5, 2, 3})})), 0).at(0);
    REQUIRE(points.size() == 4);
    CHECK(points[1].y < points[3].y);
    CHECK(points[3].y < points[2].y);
    CHECK(points[2].y < points[0].y);
    for (int i = 0; i < 3; ++i) CHECK(points[i].x < points[i + 1].x);
}

TEST_CASE("line_chart places numbers in proportion") {
    const auto points = line(drawn(plot::line_chart({{.name = "a", .x = {0, 1, 4}, .y = {10, 20, 60}}})), 0).at(0);
    CHECK((points[2].x - points[0].x) / (points[1].x - points[0].x) == doctest::Approx(4).epsilon(0.01));
    CHECK((points[2].y - points[0].y) / (points[1].y - points[0].y) == doctest::Approx(5).epsilon(0.01));
}

TEST_CASE("line_chart labels a height where the line has it") {
    const auto document = drawn(plot::line_chart({named("a", {0, 2, 4})}));
    const auto points = line(document, 0).at(0);
    const auto label = document.texts("2");
    REQUIRE_FALSE(label.empty());
    CHECK(label[0].number("y") == doctest::Approx(points[1].y + 4).epsilon(0.001)); // a baseline is below the middle
}

TEST_CASE("line_chart keeps every point inside the drawing") {
    const auto svg =
        plot::line_chart({named("a", {-3, 1e6, 4})}, {.title = "t", .x_label = "x", .width = 300, .height = 200});
    const auto points = line(drawn(svg), 0).at(0);
    for (const auto& p : points) {
        CHECK(p.x >= 0);
        CHECK(p.x <= 300);
        CHECK(p.y >= 0);
        CHECK(p.y <= 200);
    }
}

TEST_CASE("line_chart breaks a line at NaN and infinity") {
    const auto parts = line(drawn(plot::line_chart({named("a", {1, 2, missing, 3, 4, INFINITY, 5, 6, 7})})), 0);
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].size() == 2);
    CHECK(parts[1].size() == 2);
    CHECK(parts[2].size() == 3);
}

TEST_CASE("line_chart writes no number that is not finite") {
    const auto svg = plot::line_chart(
        {{.name = "a", .x = {1, missing, 3, INFINITY}, .y = {missing, 2, -INFINITY, 3}}, named("b", {1, missing})});
    CHECK(svg.text.find("nan") == std::string::npos);
    CHECK(svg.text.find("inf") == std::string::npos);
}

TEST_CASE("charts of the most hostile numbers are well formed and hold no coordinate that is not finite") {
    const std::vector<double> hostile{0,       DBL_TRUE_MIN, -DBL_TRUE_MIN, 1e-300,    1,      -1e300,
                                      DBL_MAX, -DBL_MAX,     INFINITY,      -INFINITY, missing};
    for (const double a : hostile) {
        for (const double b : hostile) {
            const plot::Series series = points({a, b, 1}, {b, a, 1});
            for (const plot::Svg& svg : {plot::line_chart({series}), plot::line_chart({series}, {.log_y = true}),
                                         plot::scatter_chart({series})}) {
                std::string values;
                for (const auto& element : drawn(svg).elements) {
                    for (const auto& attribute : element.attributes) { values += attribute.second + " "; }
                }
                CAPTURE(a);
                CAPTURE(b);
                CHECK(values.find("nan") == std::string::npos);
                CHECK(values.find("inf") == std::string::npos);
            }
            drawn(plot::matrix_chart({a, b}, 1, 2));
            drawn(plot::image_grid({image(1, 2, {a, b})}));
        }
    }
}

TEST_CASE("line_chart shows a single point and a point between gaps as dots") {
    CHECK(drawn(plot::line_chart({named("a", {7})})).all("circle", "fill0").size() == 1);
    CHECK(drawn(plot::line_chart({named("a", {1, 2, missing, 3, missing, 4, 5})})).all("circle", "fill0").size() == 2);
}

TEST_CASE("line_chart draws a constant in the middle") {
    const auto svg = plot::line_chart({named("a", {5, 5, 5})});
    const auto document = drawn(svg);
    CHECK_FALSE(document.texts("5.0").empty());
    CHECK(line(document, 0).at(0).at(0).y == doctest::Approx(line(document, 0).at(0).at(2).y));
}

TEST_CASE("line_chart says so when there is nothing to draw") {
    CHECK(says(drawn(plot::line_chart({})), "no data"));
    CHECK(says(drawn(plot::line_chart({{.name = "a"}})), "no data"));
    CHECK(says(drawn(plot::line_chart({named("a", {missing, missing})}, {.log_y = true})), "no data"));
    CHECK_FALSE(says(drawn(plot::line_chart({named("a", {1})})), "no data"));
}

TEST_CASE("line_chart names every series in the legend and each has a colour and dashes of its own") {
    const auto document = drawn(plot::line_chart({named("training", {1, 2}), named("held out", {2, 1})}));
    CHECK(document.texts("training").size() == 1);
    CHECK(document.texts("held out").size() == 1);
    const auto first = document.all("path", "line0").at(1);
    const auto second = document.all("path", "line1").at(1);
    CHECK(first.attributes.at("stroke") != second.attributes.at("stroke"));
    CHECK_FALSE(first.attributes.contains("stroke-dasharray"));
    CHECK(second.attributes.contains("stroke-dasharray"));
}

TEST_CASE("line_chart on a logarithmic axis leaves out numbers at or below zero and counts them") {
    const auto document = drawn(plot::line_chart({named("a", {1, 0.1, 0, -2, 0.01, 0.001})}, {.log_y = true}));
    CHECK(line(document, 0).size() == 2);
    CHECK(says(document, "2 values at or below zero"));
}

TEST_CASE("line_chart on a logarithmic axis gives equal factors equal heights") {
    const auto points = line(drawn(plot::line_chart({named("a", {100, 10, 1})}, {.log_y = true})), 0).at(0);
    CHECK(points[1].y - points[0].y == doctest::Approx(points[2].y - points[1].y).epsilon(0.001));
}

TEST_CASE("line_chart keeps the extremes of a long series and stays small") {
    std::vector<double> y(200000, 1.0);
    y[123456] = 9; // close together, so that they share a place on the screen
    y[123458] = -9;
    const auto svg = plot::line_chart({{.name = "a", .y = y}});
    CHECK(svg.text.size() < 100000);
    double top = 1e9;
    double bottom = 0;
    const auto points = line(drawn(svg), 0).at(0);
    for (const auto& p : points) {
        top = std::min(top, p.y);
        bottom = std::max(bottom, p.y);
    }
    const double middle = points.front().y;
    CHECK(middle - top == doctest::Approx(8.0 / 18 * (bottom - top)).epsilon(0.01));
}

TEST_CASE("line_chart obeys the limits given for the axis") {
    const auto document = drawn(plot::line_chart({named("a", {0.4, 0.6})}, {.y_min = 0.0, .y_max = 1.0}));
    CHECK(document.texts("0.0").size() == 1);
    CHECK(document.texts("1.0").size() == 1);
}

TEST_CASE("line_chart keeps a limit that all numbers lie beyond") {
    for (const bool log : {false, true}) {
        const auto document = drawn(plot::line_chart({named("a", {50, 90})}, {.log_y = log, .y_max = 5.0}));
        CHECK(document.texts("5").size() == 1);
    }
    CHECK(drawn(plot::line_chart({named("a", {-3, -2})}, {.y_min = 2.0})).texts("2.0").size() == 1);
}

TEST_CASE("line_chart refuses limits that make no axis") {
    const std::vector<plot::Series> series{named("a", {1, 2})};
    CHECK_THROWS_AS(plot::line_chart(series, {.y_min = 2.0, .y_max = 1.0}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.log_y = true, .y_min = 0.0}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.y_max = missing}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.y_max = INFINITY}), std::invalid_argument);
}

TEST_CASE("line_chart refuses a series with another number of x than of y") {
    CHECK_THROWS_WITH_AS(plot::line_chart({{.name = "a", .x = {1, 2}, .y = {1}}}),
                         "plot: the series \"a\" has 2 x for 1 y", std::invalid_argument);
}

TEST_CASE("charts escape every text they are given") {
    const std::string evil = "</svg><script>\"&'";
    const auto safe = [](const plot::Svg& svg) {
        drawn(svg);
        CHECK(svg.text.find("<script") == std::string::npos);
    };
    safe(plot::line_chart({named(evil, {1, 2})}, {.title = evil, .x_label = evil, .y_label = evil}));
    safe(plot::scatter_chart({named(evil, {1, 2})}, {.title = evil, .x_label = evil, .y_label = evil}));
    safe(plot::matrix_chart({1}, 1, 1,
                            {.title = evil,
                             .remark = evil,
                             .row_title = evil,
                             .column_title = evil,
                             .row_labels = {evil},
                             .column_labels = {evil}}));
    safe(plot::image_grid({{.pixels = {1}, .rows = 1, .columns = 1, .caption = evil, .note = evil}},
                          {.title = evil, .remark = evil}));
}

TEST_CASE("charts tell a screen reader what they are") {
    const auto document = drawn(plot::line_chart({named("loss", {3, 1, 2})}, {.title = "Learning"}));
    CHECK(document.elements[0].attributes.at("role") == "img");
    CHECK(document.elements[1].name == "title");
    CHECK(document.elements[1].text == "Learning");
    CHECK(document.elements[2].name == "desc");
    CHECK(says(document, "loss: 3 points from 1 to 3, the last 2."));
}

TEST_CASE("scatter_chart puts larger x to the right and larger y on top") {
    const auto document = drawn(plot::scatter_chart({points({0, 3, 1}, {0, 5, 2})}));
    const auto dots = document.all("circle");
    REQUIRE(dots.size() == 3);
    CHECK(dots[0].number("cx") < dots[2].number("cx"));
    CHECK(dots[2].number("cx") < dots[1].number("cx"));
    CHECK(dots[1].number("cy") < dots[2].number("cy"));
    CHECK(dots[2].number("cy") < dots[0].number("cy"));
}

TEST_CASE("scatter_chart gives each group a shape of its own and leaves out what is not finite") {
    const auto document =
        drawn(plot::scatter_chart({points({0, missing, 1}, {0, 1, INFINITY}), points({1, 2}, {1, 2})}));
    CHECK(document.all("circle").size() == 1);
    int triangles = 0;
    for (const auto& path : document.all("path")) triangles += path.attributes.contains("transform");
    CHECK(triangles == 2);
}

TEST_CASE("scatter_chart draws the boundary where the field is one half") {
    plot::Field field{.x_low = 0, .x_high = 10, .y_low = 0, .y_high = 1, .columns = 11, .rows = 5};
    field.fill([](double x, double) { return x / 10; }); // one half at x = 5
    const auto document = drawn(plot::scatter_chart({points({0, 5, 10}, {0.5, 0.5, 0.5})}, {.field = field}));
    const double middle = document.all("circle").at(1).number("cx");
    const auto boundary = stretches(document.all("path", "boundary").at(0).attributes.at("d"));
    REQUIRE(boundary.size() >= 4);
    for (const auto& piece : boundary) {
        for (const auto& p : piece) CHECK(p.x == doctest::Approx(middle).epsilon(0.001));
    }
}

TEST_CASE("scatter_chart changes the colour of the field where it draws the boundary") {
    plot::Field field{.x_low = 0, .x_high = 10, .y_low = 0, .y_high = 1};
    field.fill([](double x, double) { return x < 3 ? 0.0 : 1.0; });
    const auto document = drawn(plot::scatter_chart({points({8}, {0.5})}, {.field = field}));
    const double boundary = stretches(document.all("path", "boundary").at(0).attributes.at("d")).at(0).at(0).x;
    for (const auto& group : document.all("g")) {
        if (!group.attributes.contains("shape-rendering")) continue;
        double left = 0;
        double scale = 0;
        std::sscanf(group.attributes.at("transform").c_str(), "translate(%lf %*f) scale(%lf", &left, &scale);
        const double column = std::stod(document.all("path", "fill1").at(0).attributes.at("d").substr(1));
        CHECK(left + column * scale == doctest::Approx(boundary).epsilon(0.01));
    }
}

TEST_CASE("scatter_chart paints the field in the colours of the two groups, the first row at the bottom") {
    plot::Field field{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1, .columns = 2, .rows = 2};
    field.values = {0, 0, 1, 1};
    const auto document = drawn(plot::scatter_chart({points({0.5}, {0.1}), points({0.5}, {0.9})}, {.field = field}));
    const auto row = [&](const char* name) { // of the first painted square, counted from the top
        const std::string d = document.all("path", name).at(0).attributes.at("d");
        return std::stoi(d.substr(d.find(' ') + 1));
    };
    CHECK(row("fill1") < row("fill0"));
}

TEST_CASE("scatter_chart refuses a field of the wrong size") {
    plot::Field field{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1};
    field.values.pop_back();
    CHECK_THROWS_AS(plot::scatter_chart({}, {.field = field}), std::invalid_argument);
    plot::Field flat{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1, .columns = 1, .rows = 4};
    CHECK_THROWS_AS(plot::scatter_chart({}, {.field = flat}), std::invalid_argument);
}

TEST_CASE("a drawing in a file of its own brings the colours of both themes") {
    const std::string text = plot::standalone(plot::line_chart({named("a", {1, 2})}, {.title = "T"}));
    const auto document = markup::read(text);
    CHECK_MESSAGE(document.error.empty(), document.error);
    CHECK(document.all("style").size() == 1);
    CHECK(text.find("prefers-color-scheme:dark") != std::string::npos);
    CHECK(document.all("rect", "paper").size() == 1);
}

TEST_CASE("the same chart gives the same bytes") {
    const auto chart = [] { return plot::line_chart({named("a", {1, 2, 3})}, {.title = "T"}).text; };
    CHECK(chart() == chart());
}
