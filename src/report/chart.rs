//! Wrapper of the chart library: bars and lines over categories, as SVG.
//!
//! Colours are names here: the library writes each as an attribute, and the style sheet states what
//! it is in light, in dark and on paper.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A chart with its numbers.
pub(crate) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) note: &'static str,
    /// Meaning of the categories.
    pub(super) unit: &'static str,
    pub(super) categories: Vec<String>,
    pub(super) series: Vec<Series>,
    pub(super) svg: String,
}

/// One row of numbers.
pub(crate) struct Series {
    pub(super) name: &'static str,
    pub(super) ink: Ink,
    pub(super) shape: SeriesShape,
    /// A number for each category.
    pub(super) values: Vec<Option<usize>>,
    /// The address of the items behind each number; empty where there is none.
    pub(super) links: Vec<String>,
    /// The number beside its name in the legend.
    pub(super) total: Option<usize>,
}

/// A cell of the table below a chart.
pub(crate) struct ChartCell {
    pub(crate) text: String,
    pub(crate) link: Option<String>,
}

/// A part of the picture that represents a number, in its coordinates.
struct HotSpot {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
    title: String,
    link: Option<String>,
}

/// Form in which a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeriesShape {
    /// Bars on top of each other.
    Stacked,
    /// Bars beside each other.
    Beside,
    /// A line through the middles.
    Line,
}

/// A colour by what it represents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Critical = 1,
    High = 2,
    Moderate = 3,
    Low = 4,
    Closed = 5,
    Plan = 6,
    Alarm = 7,
    Opened = 8,
}

/// Error: a chart could not be drawn.
pub(super) struct DrawError {
    pub(super) title: String,
    pub(super) reason: String,
}

const SIZE: (u32, u32) = (640, 260);
const AXIS: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);

/// Room for so many categories at least, so that a single one is no wall.
const SLOTS: usize = 5;

/// Labels of categories that fit below a chart.
const LABELS: usize = 8;

impl Series {
    /// A row of numbers without links.
    pub(crate) fn new(
        name: &'static str,
        ink: Ink,
        shape: SeriesShape,
        values: Vec<Option<usize>>,
    ) -> Self {
        Self { name, ink, shape, values, links: Vec::new(), total: None }
    }

    /// Returns the class of its colour.
    pub(super) fn class(&self) -> &'static str {
        match self.ink {
            Ink::Critical => "c-critical",
            Ink::High => "c-high",
            Ink::Moderate => "c-moderate",
            Ink::Low => "c-low",
            Ink::Closed => "c-closed",
            Ink::Plan => "c-plan",
            Ink::Alarm => "c-alarm",
            Ink::Opened => "c-opened",
        }
    }

    /// Returns whether it is a line.
    pub(super) fn is_line(&self) -> bool {
        self.shape == SeriesShape::Line
    }

    /// Returns the address of the items behind a number.
    fn link(&self, at: usize) -> Option<&String> {
        self.links.get(at).filter(|_| self.value(at).is_some_and(|value| value > 0))
    }

    /// Adds the addresses of the items behind the numbers, by category.
    #[must_use]
    pub(super) fn with_links(mut self, links: Vec<String>) -> Self {
        self.links = links;
        self
    }

    /// Shows the sum of its numbers in the legend.
    #[must_use]
    pub(super) fn with_sum(mut self) -> Self {
        self.total = Some(self.values.iter().flatten().sum());
        self
    }

    /// Shows its last number in the legend.
    #[must_use]
    pub(super) fn with_last(mut self) -> Self {
        self.total = self.values.iter().copied().flatten().next_back();
        self
    }

    fn value(&self, at: usize) -> Option<i64> {
        let value = self.values.get(at).copied().flatten()?;
        i64::try_from(value).ok()
    }
}

impl Chart {
    /// Draws the picture and adds it.
    pub(super) fn drawn(mut self) -> Result<Self, DrawError> {
        let mut svg = String::new();
        let mut spots = Vec::new();
        self.draw(&mut svg, &mut spots).map_err(|error| DrawError {
            title: self.title.to_owned(),
            reason: error.to_string(),
        })?;
        // The page decides on the size, and states what the picture is called.
        let size = format!("<svg width=\"{}\" height=\"{}\"", SIZE.0, SIZE.1);
        let named = format!("<svg role=\"group\" aria-labelledby=\"{}\"", self.id);
        let svg = svg.replacen(&size, &named, 1);
        // Values on hover, and the way to the items; the table below has both for the keyboard.
        let spots: String = spots.iter().map(HotSpot::svg).collect();
        self.svg =
            svg.replacen("</svg>", &format!("<g aria-hidden=\"true\">{spots}</g>\n</svg>"), 1);
        Ok(self)
    }

    /// Returns the numbers for those who see no picture: each category with a cell for each series.
    pub(super) fn rows(&self) -> Vec<(&str, Vec<ChartCell>)> {
        let cell = |series: &Series, at| ChartCell {
            text: series.value(at).map_or_else(|| "?".to_owned(), |value| value.to_string()),
            link: series.link(at).cloned(),
        };
        let row = |(at, name): (usize, &String)| -> (String, Vec<ChartCell>) {
            (name.clone(), self.series.iter().map(|series| cell(series, at)).collect())
        };
        let rows = self.categories.iter().enumerate().map(row);
        rows.zip(&self.categories).map(|((_, cells), name)| (name.as_str(), cells)).collect()
    }

    /// Describes a number for those who point at it.
    fn spot(&self, series: &Series, at: usize, value: i64, corners: [(i32, i32); 2]) -> HotSpot {
        let [(left, top), (right, bottom)] = corners;
        let category = self.categories.get(at).map_or("", String::as_str);
        HotSpot {
            left: left.min(right),
            top: top.min(bottom),
            width: (right - left).abs().max(1),
            height: (bottom - top).abs().max(1),
            title: format!("{category}, {}: {value}", series.name),
            link: series.link(at).cloned(),
        }
    }

    fn draw(
        &self,
        svg: &mut String,
        spots: &mut Vec<HotSpot>,
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let count = self.categories.len().max(SLOTS);
        #[allow(clippy::cast_precision_loss)]
        let place = |at: usize| at as f64;
        let top = top(self.highest());
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10)
            .margin_right(8)
            .x_label_area_size(26)
            .y_label_area_size(44)
            .build_cartesian_2d(0f64..place(count), 0i64..top)?;
        let font = ("sans-serif", 15);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(6)
            .axis_style(AXIS)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(font)
            .draw()?;
        let beside: Vec<&Series> =
            self.series.iter().filter(|one| one.shape == SeriesShape::Beside).collect();
        #[allow(clippy::cast_precision_loss)]
        let width = 0.7 / beside.len().max(1) as f64;
        for at in 0..self.categories.len() {
            let mut floor = 0;
            for one in self.series.iter().filter(|one| one.shape == SeriesShape::Stacked) {
                let Some(value) = one.value(at).filter(|value| *value > 0) else { continue };
                let corners = [(place(at) + 0.15, floor), (place(at) + 0.85, floor + value)];
                chart.draw_series([Rectangle::new(corners, color(one.ink).filled())])?;
                let pixels = corners.map(|corner| chart.plotting_area().map_coordinate(&corner));
                spots.push(self.spot(one, at, value, pixels));
                floor += value;
            }
            for (nth, one) in beside.iter().enumerate() {
                let Some(value) = one.value(at).filter(|value| *value > 0) else { continue };
                let left = place(at) + 0.15 + place(nth) * width;
                let corners = [(left, 0), (left + width * 0.94, value)];
                chart.draw_series([Rectangle::new(corners, color(one.ink).filled())])?;
                let pixels = corners.map(|corner| chart.plotting_area().map_coordinate(&corner));
                spots.push(self.spot(one, at, value, pixels));
            }
        }
        for one in self.series.iter().filter(|one| one.shape == SeriesShape::Line) {
            let points: Vec<(f64, i64)> = (0..self.categories.len())
                .filter_map(|at| Some((place(at) + 0.5, one.value(at)?)))
                .collect();
            for at in 0..self.categories.len() {
                let Some(value) = one.value(at) else { continue };
                let (x, y) = chart.plotting_area().map_coordinate(&(place(at) + 0.5, value));
                spots.push(self.spot(one, at, value, [(x - 8, y - 8), (x + 8, y + 8)]));
            }
            let ink = color(one.ink);
            chart.draw_series(LineSeries::new(points.clone(), ink.stroke_width(3)))?;
            chart.draw_series(points.into_iter().map(|at| Circle::new(at, 3, ink.filled())))?;
        }
        let style = TextStyle::from(font.into_font()).pos(Pos::new(HPos::Center, VPos::Top));
        let every = self.categories.len().div_ceil(LABELS).max(1);
        for (at, name) in self.categories.iter().enumerate() {
            if (self.categories.len() - 1 - at).is_multiple_of(every) {
                let label = EmptyElement::at((place(at) + 0.5, 0i64))
                    + Text::new(name.clone(), (0, 8), style.clone());
                chart.plotting_area().draw(&label)?;
            }
        }
        root.present()
    }

    fn highest(&self) -> i64 {
        let at = |at: usize| {
            let stacked = self.series.iter().filter(|one| one.shape == SeriesShape::Stacked);
            let stacked: i64 = stacked.filter_map(|one| one.value(at)).sum();
            let others = self.series.iter().filter(|one| one.shape != SeriesShape::Stacked);
            others.filter_map(|one| one.value(at)).fold(stacked, i64::max)
        };
        (0..self.categories.len()).map(at).max().unwrap_or_default()
    }
}

impl HotSpot {
    fn svg(&self) -> String {
        let Self { left, top, width, height, .. } = self;
        let title = escaped(&self.title);
        let rect = format!(
            "<rect class=\"hit\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"><title>{title}</title></rect>"
        );
        match &self.link {
            Some(link) => format!("\n<a href=\"{}\" tabindex=\"-1\">{rect}</a>", escaped(link)),
            None => format!("\n{rect}"),
        }
    }
}

/// Escapes a text for SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn color(ink: Ink) -> RGBColor {
    RGBColor(0x0a, 0, ink as u8)
}

/// Returns the end of the axis: a round number at or above the highest one.
fn top(highest: i64) -> i64 {
    let highest = highest.max(1);
    let mut step = 1;
    loop {
        for step in [step, step * 2, step * 5] {
            let steps = (highest - 1) / step + 1;
            if steps <= 5 {
                return steps * step;
            }
        }
        // Counts of items are far from where this would not end.
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<Series>) -> Chart {
        Chart {
            id: "c",
            title: "Title",
            note: "",
            unit: "Month",
            categories: vec!["2026-01".into(), "a<b".into()],
            series,
            svg: String::new(),
        }
    }

    fn series(shape: SeriesShape, ink: Ink, values: [Option<usize>; 2]) -> Series {
        let links = vec!["items.html#a&b".to_owned(); 2];
        Series { name: "n", ink, shape, values: values.to_vec(), links, total: None }
    }

    fn drawn(series: Vec<Series>) -> Chart {
        chart(series).drawn().unwrap_or_else(|error| panic!("{}", error.reason))
    }

    #[test]
    fn bars_are_as_high_as_their_numbers_and_text_is_escaped() {
        let found = drawn(vec![
            series(SeriesShape::Stacked, Ink::Low, [Some(2), None]),
            series(SeriesShape::Stacked, Ink::High, [Some(2), Some(4)]),
            series(SeriesShape::Line, Ink::Plan, [None, Some(1)]),
        ]);
        assert!(found.svg.starts_with("<svg role=\"group\" aria-labelledby=\"c\" viewBox="));
        assert!(found.svg.contains("a&lt;b") && !found.svg.contains("a<b"), "{}", found.svg);
        let height = |ink: &str| -> Vec<i64> {
            let bars =
                found.svg.lines().filter(|line| line.starts_with("<rect") && line.contains(ink));
            let number = |line: &str| {
                line.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            };
            bars.map(number).collect()
        };
        let (low, high) = (height("#0A0004"), height("#0A0002"));
        assert_eq!((low.len(), high.len()), (1, 2));
        assert!((low[0] - high[0]).abs() <= 1 && (high[1] - 2 * high[0]).abs() <= 2, "{high:?}");
        let rows: Vec<(&str, Vec<String>)> = found
            .rows()
            .into_iter()
            .map(|(name, cells)| (name, cells.into_iter().map(|cell| cell.text).collect()))
            .collect();
        assert_eq!(
            rows,
            [
                ("2026-01", vec!["2".to_owned(), "2".to_owned(), "?".to_owned()]),
                ("a<b", vec!["?".to_owned(), "4".to_owned(), "1".to_owned()]),
            ]
        );
        // Every number is read where it is pointed at, and leads to its items.
        for title in ["2026-01, n: 2", "a&lt;b, n: 4", "a&lt;b, n: 1"] {
            assert!(found.svg.contains(&format!("<title>{title}</title>")), "{title}");
        }
        assert_eq!(found.svg.matches("<a href=\"items.html#a&amp;b\"").count(), 4);
        let hit = found.svg.lines().find(|line| line.contains("a&lt;b, n: 4")).unwrap();
        let drawn = found.svg.lines().rfind(|line| line.contains("#0A0002")).unwrap();
        let height = |line: &str| -> i64 {
            line.split(" height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        assert!((height(hit) - height(drawn)).abs() <= 2, "{hit}\n{drawn}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let found = Chart { categories: Vec::new(), ..chart(Vec::new()) }.drawn();
        assert!(found.is_ok_and(|found| found.svg.trim_end().ends_with("</svg>")));
        drawn(vec![series(SeriesShape::Beside, Ink::Alarm, [None, Some(0)])]);
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (highest, expected) in [
            (0, 1),
            (1, 1),
            (3, 3),
            (5, 5),
            (6, 6),
            (7, 8),
            (11, 15),
            (43, 50),
            (100, 100),
            (3843, 4000),
        ] {
            assert_eq!(top(highest), expected, "{highest}");
        }
    }
}
