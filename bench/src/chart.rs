//! The SVG report: the figures, a histogram and a percentile curve of each latency that was measured.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Result;
use crate::latency::Latency;
use crate::report::{Report, float};
use crate::table;

type Panel<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 820;
const FIGURES_WIDTH: u32 = 330;
const TITLE_HEIGHT: u32 = 50;
const LINE: i32 = 21;
/// Bars for each factor of ten.
const BARS: f64 = 20.0;
const COLOURS: [RGBColor; 3] = [RGBColor(0x1f, 0x6f, 0xb4), RGBColor(0xd9, 0x6b, 0x1a), RGBColor(0x3a, 0x8f, 0x4d)];

/// Draws the report.
pub fn write(report: &Report, file: &Path) -> Result<()> {
    draw(report, file).map_err(|error| format!("--svg {}: {error}", file.display()))
}

fn draw(report: &Report, file: &Path) -> Drawn {
    let root = SVGBackend::new(file, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    let (title, rest) = root.split_vertically(TITLE_HEIGHT);
    let label = report.label.as_deref().map_or(String::new(), |label| format!("{label} · "));
    let words = format!("{label}{:?} · {}", report.mode, report.target.as_deref().unwrap_or_default());
    title.draw_text(&words, &("sans-serif", 24).into_text_style(&title), (20, 14))?;
    let (figures, charts) = rest.split_horizontally(FIGURES_WIDTH);
    write_figures(report, &figures)?;
    let curves =
        [("to each viewer", &report.curves.each), ("to the last viewer", &report.curves.last), ("to the verdict", &report.curves.accepted)];
    let measured: Vec<_> = curves
        .into_iter()
        .zip(COLOURS)
        .filter(|((_, latency), _)| !latency.0.is_empty())
        .map(|((name, latency), colour)| (name, latency, colour))
        .collect();
    if !measured.is_empty() {
        let (above, below) = charts.split_vertically((HEIGHT - TITLE_HEIGHT) / 2);
        histogram(&measured, &above)?;
        percentiles(&measured, &below)?;
    }
    root.present()?;
    Ok(())
}

fn write_figures(report: &Report, panel: &Panel) -> Drawn {
    let style = ("sans-serif", 14).into_text_style(panel);
    for (line, (name, value)) in (0..).zip(table::rows(&report.results)) {
        panel.draw_text(name, &style, (20, line * LINE))?;
        panel.draw_text(&value, &style, (225, line * LINE))?;
    }
    Ok(())
}

/// The shortest and the longest of all, in milliseconds, with air around them.
fn span(measured: &[(&str, &Latency, RGBColor)]) -> std::ops::Range<f64> {
    let least = measured.iter().map(|(_, latency, _)| latency.0.min()).min().unwrap_or(1);
    let most = measured.iter().map(|(_, latency, _)| latency.0.max()).max().unwrap_or(1);
    millis(least.max(100)) / 1.2..millis(most.max(1_000)) * 1.2
}

fn millis(nanos: u64) -> f64 {
    float(nanos) / 1e6
}

/// How many took how long, in bars of equal width on a logarithmic axis.
fn histogram(measured: &[(&str, &Latency, RGBColor)], panel: &Panel) -> Drawn {
    let bars: Vec<Vec<(f64, f64, f64)>> = measured.iter().map(|(_, latency, _)| bars(latency)).collect();
    let highest = bars.iter().flatten().map(|(_, _, share)| *share).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(panel)
        .caption("how many took how long", ("sans-serif", 16))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(60)
        .build_cartesian_2d(span(measured).log_scale(), 0.0..highest * 1.1)?;
    chart.configure_mesh().x_desc("milliseconds").y_desc("%").light_line_style(WHITE).x_label_formatter(&|value| short(*value)).draw()?;
    for ((name, _, colour), bars) in measured.iter().zip(bars) {
        let colour = *colour;
        let boxes = bars.into_iter().map(|(from, to, share)| Rectangle::new([(from, 0.0), (to, share)], colour.mix(0.45).filled()));
        chart.draw_series(boxes)?.label(*name).legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperRight).border_style(WHITE).draw()?;
    Ok(())
}

/// Each bar's sides in milliseconds, and its share of all in per cent.
fn bars(latency: &Latency) -> Vec<(f64, f64, f64)> {
    let (mut bars, all): (Vec<(f64, f64, f64)>, _) = (Vec::new(), float(latency.0.len()));
    for step in latency.0.iter_recorded() {
        let place = (millis(step.value_iterated_to()).log10() * BARS).floor() / BARS;
        let (from, to) = (10f64.powf(place), 10f64.powf(place + 1.0 / BARS));
        let share = float(step.count_at_value()) / all * 100.0;
        match bars.last_mut().filter(|bar| (bar.0 - from).abs() < from * 1e-6) {
            Some(bar) => bar.2 += share,
            None => bars.push((from, to, share)),
        }
    }
    bars
}

/// Latency over percentile; each step to the right leaves a tenth of what was left.
fn percentiles(measured: &[(&str, &Latency, RGBColor)], panel: &Panel) -> Drawn {
    let most = measured.iter().map(|(_, latency, _)| latency.0.len()).max().unwrap_or(1);
    let mut chart = ChartBuilder::on(panel)
        .caption("how soon most had it", ("sans-serif", 16))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..float(most.max(10)).log10(), span(measured).log_scale())?;
    let nines = |left: &f64| {
        format!("{:.*}", usize::from(*left > 2.0) + usize::from(*left > 3.0) + usize::from(*left > 4.0), 100.0 * (1.0 - 10f64.powf(-left)))
    };
    chart
        .configure_mesh()
        .x_desc("percentile")
        .x_labels(most.max(10).to_string().len())
        .y_desc("milliseconds")
        .light_line_style(WHITE)
        .x_label_formatter(&nines)
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    for (name, latency, colour) in measured {
        let (total, colour) = (latency.0.len(), *colour);
        let mut seen = 0;
        let points = latency.0.iter_recorded().map(|step| {
            let left = float((total - seen).max(1)) / float(total);
            seen += step.count_at_value();
            (-left.log10(), millis(step.value_iterated_to()))
        });
        let line = LineSeries::new(points, colour.stroke_width(2));
        chart.draw_series(line)?.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 12, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).border_style(WHITE).draw()?;
    Ok(())
}

/// A number without needless digits.
fn short(value: f64) -> String {
    if value < 1.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
