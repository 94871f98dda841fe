#pragma once
// Charts for the examples, as SVG, with nothing but the standard library:
//
//     plot::Svg loss = plot::line_chart({{.name = "training", .y = train_loss}, {.name = "held out", .y = test_loss}},
//                                       {.title = "Loss", .x_label = "epoch", .y_label = "cross-entropy", .log_y = true});
//     plot::save_svg("loss.svg", loss);               // a picture of its own, or
//     report.figure(loss, "Cross-entropy by epoch");  // a part of a page: report.hpp
//
// line_chart      curves with gaps, legend, linear or logarithmic
// matrix_chart    heat maps and confusion matrices with their numbers
// image_grid      small grey-scale pictures with captions
// scatter_chart   points, over the regions of a classifier
//
// The drawings take the colour of the text around them, so that one drawing serves the light and the dark theme.

#include "plot/image_grid.hpp"
#include "plot/line_chart.hpp"
#include "plot/matrix_chart.hpp"
#include "plot/save_svg.hpp"
#include "plot/scatter_chart.hpp"
