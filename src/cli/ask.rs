//! Asking for what is missing, on a terminal; elsewhere the error names the flag.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

use super::progress;
use crate::day::future_day;
use crate::model::{is_blank, words};
use crate::text::visible;

/// Days that a question takes, in brackets behind it.
const DATES: &str = "such as 2026-12-15, friday or +30d";

/// Questions to the user at the terminal, where somebody can be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskMode {
    on: bool,
}

impl AskMode {
    /// Somebody is there when input and standard error are a terminal, and it is no CI job.
    /// `wanted` states whether questions may be asked at all.
    pub(super) fn if_possible(wanted: bool) -> Self {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        Self { on: wanted && terminal && !ci }
    }

    /// Returns whether somebody can be asked.
    pub(super) fn is_possible(self) -> bool {
        self.on
    }

    /// Returns the value of a flag, or asks for it.
    pub(super) fn ask_text(
        self,
        given: Option<String>,
        flag: &str,
        question: &str,
    ) -> Result<String> {
        match given {
            Some(given) => Ok(given),
            None if self.on => loop {
                let answer = read_line(question)?;
                if !is_blank(&answer) {
                    return Ok(answer);
                }
            },
            None => bail!("{flag} is missing: {question}"),
        }
    }

    /// Returns the values of a flag, or asks for one.
    pub(super) fn ask_texts(
        self,
        given: Vec<String>,
        flag: &str,
        question: &str,
    ) -> Result<Vec<String>> {
        if given.is_empty() { Ok(vec![self.ask_text(None, flag, question)?]) } else { Ok(given) }
    }

    /// Returns the day of a flag, or asks for it.
    pub(super) fn ask_day(
        self,
        given: Option<NaiveDate>,
        today: NaiveDate,
        flag: &str,
        question: &str,
    ) -> Result<NaiveDate> {
        match given {
            Some(given) => Ok(given),
            None if self.on => loop {
                match future_day(&read_line(&format!("{question} ({DATES})"))?) {
                    Ok(day) => return Ok(day.resolve_on(today)),
                    Err(error) => print_refusal(&error.to_string())?,
                }
            },
            None => bail!("{flag} DATE is missing: {question}"),
        }
    }

    /// Asks for one of some choices, until `read` takes the answer.
    pub(super) fn ask_choice<T>(
        self,
        question: &str,
        choices: &[String],
        read: impl Fn(&str) -> Result<T>,
    ) -> Result<T> {
        let all = choices.join(", ");
        if !self.on {
            bail!("{question} {all}");
        }
        loop {
            match read(&read_line(&format!("{question} ({all})"))?) {
                Ok(choice) => return Ok(choice),
                Err(error) => print_refusal(&error.to_string())?,
            }
        }
    }

    /// Asks for what may be left out; nothing where nobody can be asked or the answer is blank.
    pub(super) fn ask_optional(self, question: &str) -> Result<Option<String>> {
        if !self.on {
            return Ok(None);
        }
        let answer = read_line(question)?;
        Ok((!is_blank(&answer)).then_some(answer))
    }

    /// Asks for a day that may be left out.
    pub(super) fn optional_day(
        self,
        today: NaiveDate,
        question: &str,
    ) -> Result<Option<NaiveDate>> {
        loop {
            let Some(answer) = self.ask_optional(question)? else { return Ok(None) };
            match future_day(&answer) {
                Ok(day) => return Ok(Some(day.resolve_on(today))),
                Err(error) => print_refusal(&error.to_string())?,
            }
        }
    }

    /// Asks a question and returns whether the answer is yes; no where nobody can be asked.
    pub(super) fn ask_yes(self, question: &str) -> Result<bool> {
        if !self.on {
            return Ok(false);
        }
        let answer = read_line(&format!("{question} [y/N]"))?;
        Ok(words::find_answer(&answer) == Some(words::Answer::Yes))
    }
}

/// Explains why an answer is none.
fn print_refusal(text: &str) -> Result<()> {
    writeln!(io::stderr().lock(), "{}", visible(text)).context("asking")
}

/// Asks, and reads a line.
fn read_line(question: &str) -> Result<String> {
    progress::clear_line();
    let mut err = io::stderr().lock();
    write!(err, "{question}: ").and_then(|()| err.flush()).context("asking")?;
    let mut answer = String::new();
    if io::stdin().read_line(&mut answer).context("reading the answer")? == 0 {
        bail!("no answer; nothing was done");
    }
    Ok(answer.trim().to_owned())
}
