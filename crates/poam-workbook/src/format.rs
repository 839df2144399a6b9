//! Styles, lists and conditional formats of a layout, as the writer wants them.

use rust_xlsxwriter::{
    Color, ConditionalFormatBlank, ConditionalFormatDuplicate, ConditionalFormatFormula,
    ConditionalFormatText, ConditionalFormatTextRule, DataValidation, DataValidationRule,
    ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet, XlsxError,
};

use super::address::CellRange;
use super::layout::{
    CellStyle, ConditionalFormat, Horizontal, NumberComparison, Validation, ValidationRule,
    Vertical,
};

/// The built-in short date, shown in the form of the reader's locale.
const SHORT_DATE: u8 = 14;
/// The colour of every thin border in the official templates.
const BORDER: u32 = 0x00D8_D8D8;

pub(super) fn cell_format(style: &CellStyle) -> Format {
    let mut format = Format::new()
        .set_font_name(style.font.as_str())
        .set_font_size(style.size)
        .set_font_color(parse_color(&style.color));
    if style.bold {
        format = format.set_bold();
    }
    if style.italic {
        format = format.set_italic();
    }
    if let Some(fill) = &style.fill {
        format = format.set_background_color(parse_color(fill));
    }
    if let Some(horizontal) = style.horizontal {
        format = format.set_align(match horizontal {
            Horizontal::Left => FormatAlign::Left,
            Horizontal::Center => FormatAlign::Center,
            Horizontal::Right => FormatAlign::Right,
        });
    }
    if let Some(vertical) = style.vertical {
        format = format.set_align(match vertical {
            Vertical::Top => FormatAlign::Top,
            Vertical::Center => FormatAlign::VerticalCenter,
        });
    }
    if style.wrap {
        format = format.set_text_wrap();
    }
    match style.number_format.as_deref() {
        Some("date") => format = format.set_num_format_index(SHORT_DATE),
        Some(other) => format = format.set_num_format(other),
        None => {}
    }
    for side in style.border.chars() {
        format = match side {
            'l' => format.set_border_left(FormatBorder::Thin).set_border_left_color(BORDER),
            'r' => format.set_border_right(FormatBorder::Thin).set_border_right_color(BORDER),
            't' => format.set_border_top(FormatBorder::Thin).set_border_top_color(BORDER),
            'b' => format.set_border_bottom(FormatBorder::Thin).set_border_bottom_color(BORDER),
            'L' => format.set_border_left(FormatBorder::Medium),
            'R' => format.set_border_right(FormatBorder::Medium),
            'T' => format.set_border_top(FormatBorder::Medium),
            'B' => format.set_border_bottom(FormatBorder::Medium),
            _ => format,
        };
    }
    format
}

fn parse_color(text: &str) -> Color {
    if let Some(theme) = text.strip_prefix("theme") {
        let (number, shade) = theme.split_once('/').unwrap_or((theme, "0"));
        return Color::Theme(number.parse().unwrap_or(1), shade.parse().unwrap_or(0));
    }
    Color::RGB(u32::from_str_radix(text, 16).unwrap_or(0))
}

/// Returns the areas of a rule. One that ends at the last row of the template ends at the last row
/// of the data instead when there is more data than the template has space for.
fn rule_areas(at: &str, template_end: u32, end: u32) -> Vec<CellRange> {
    let mut areas: Vec<CellRange> = at.split(' ').filter_map(|area| area.parse().ok()).collect();
    for area in &mut areas {
        if area.last.row == template_end && area.last.row > area.first.row {
            area.last.row = end.max(template_end);
        }
    }
    areas
}

fn join_areas(areas: &[CellRange]) -> String {
    areas.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn add_validation(
    sheet: &mut Worksheet,
    layout: &Validation,
    template_end: u32,
    end: u32,
) -> Result<(), XlsxError> {
    let mut validation = DataValidation::new();
    validation = match &layout.rule {
        ValidationRule::List { values } => validation.allow_list_strings(values)?,
        ValidationRule::Date { operator, first, second } => {
            let first = ExcelDateTime::from_serial_datetime(*first)?;
            let second = second.map(ExcelDateTime::from_serial_datetime).transpose()?;
            validation.allow_date(number_rule(*operator, first, second))
        }
        ValidationRule::Decimal { operator, first } => {
            validation.allow_decimal_number(number_rule(*operator, *first, None))
        }
        ValidationRule::Whole { operator, first } => {
            validation.allow_whole_number(number_rule(*operator, *first, None))
        }
    };
    validation = match &layout.prompt {
        Some(prompt) => validation.set_input_message(prompt.as_str())?,
        None => validation.show_input_message(false),
    };
    if !layout.dropdown {
        validation = validation.show_dropdown(false);
    }
    let areas = rule_areas(&layout.at, template_end, end);
    let Some(area) = areas.first() else { return Ok(()) };
    let ((row, column), (last_row, last_column)) =
        (area.first.zero_based(), area.last.zero_based());
    let validation = validation.set_multi_range(join_areas(&areas));
    sheet.add_data_validation(row, column, last_row, last_column, &validation)?;
    Ok(())
}

fn number_rule<T: rust_xlsxwriter::IntoDataValidationValue>(
    operator: NumberComparison,
    first: T,
    second: Option<T>,
) -> DataValidationRule<T> {
    match (operator, second) {
        (NumberComparison::NotBetween, Some(second)) => {
            DataValidationRule::NotBetween(first, second)
        }
        (NumberComparison::GreaterThan, _) => DataValidationRule::GreaterThan(first),
        (NumberComparison::NotBetween | NumberComparison::NotEqual, _) => {
            DataValidationRule::NotEqualTo(first)
        }
    }
}

pub(super) fn add_conditional_format(
    sheet: &mut Worksheet,
    layout: &ConditionalFormat,
    template_end: u32,
    end: u32,
) -> Result<(), XlsxError> {
    let mut format = Format::new().set_background_color(parse_color(&layout.fill));
    if let Some(font) = &layout.color {
        format = format.set_font_color(parse_color(font));
    }
    let areas = rule_areas(&layout.at, template_end, end);
    let Some(area) = areas.first() else { return Ok(()) };
    let ((row, column), (last_row, last_column)) =
        (area.first.zero_based(), area.last.zero_based());
    let all = join_areas(&areas);
    if let Some(formula) = &layout.formula {
        let rule = ConditionalFormatFormula::new()
            .set_rule(formula.as_str())
            .set_format(format)
            .set_multi_range(all);
        sheet.add_conditional_format(row, column, last_row, last_column, &rule)?;
    } else if let Some(text) = &layout.contains {
        let rule = ConditionalFormatText::new()
            .set_rule(ConditionalFormatTextRule::Contains(text.clone()))
            .set_format(format)
            .set_multi_range(all);
        sheet.add_conditional_format(row, column, last_row, last_column, &rule)?;
    } else if layout.filled {
        let rule = ConditionalFormatBlank::new().invert().set_format(format).set_multi_range(all);
        sheet.add_conditional_format(row, column, last_row, last_column, &rule)?;
    } else if layout.duplicates {
        let rule = ConditionalFormatDuplicate::new().set_format(format).set_multi_range(all);
        sheet.add_conditional_format(row, column, last_row, last_column, &rule)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_extend_only_at_the_end_of_the_template() {
        for (at, end, extended) in [
            ("L1:L5 L9:L4021", 9_000, "L1:L5 L9:L9000"),
            ("L1:L5 L9:L4021", 12, "L1:L5 L9:L4021"),
            ("A9:A1059 B9:AB4021", 5_000, "A9:A1059 B9:AB5000"),
            ("C3", 5_000, "C3"),
        ] {
            assert_eq!(join_areas(&rule_areas(at, 4021, end)), extended);
        }
    }
}
