//! Asking for what is missing, on a terminal; elsewhere the error names the flag.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

use crate::day::TypedDay;
use crate::model::{is_blank, words};
use crate::output::visible;

/// Who can be asked, if anybody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    on: bool,
}

impl Ask {
    /// Somebody is there when input and standard error are a terminal, and it is no CI job.
    /// `wanted` says whether questions may be asked at all.
    pub(super) fn if_possible(wanted: bool) -> Self {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        Self { on: wanted && terminal && !ci }
    }

    /// Whether anybody is there.
    pub(super) fn is_possible(self) -> bool {
        self.on
    }

    /// What a flag was given, or what the answer is.
    pub(super) fn text(self, given: Option<String>, flag: &str, question: &str) -> Result<String> {
        match given {
            Some(given) => Ok(given),
            None if self.on => loop {
                let answer = line(question)?;
                if !is_blank(&answer) {
                    return Ok(answer);
                }
            },
            None => bail!("{flag} is missing: {question}"),
        }
    }

    /// The same for a list, which is asked for one.
    pub(super) fn some(
        self,
        given: Vec<String>,
        flag: &str,
        question: &str,
    ) -> Result<Vec<String>> {
        if given.is_empty() { Ok(vec![self.text(None, flag, question)?]) } else { Ok(given) }
    }

    /// The same for a day.
    pub(super) fn day(
        self,
        given: Option<NaiveDate>,
        today: NaiveDate,
        flag: &str,
        question: &str,
    ) -> Result<NaiveDate> {
        match given {
            Some(given) => Ok(given),
            None if self.on => loop {
                match line(&format!("{question} (YYYY-MM-DD)"))?.parse::<TypedDay>() {
                    Ok(day) => return Ok(day.on(today)),
                    Err(error) => say(&error.to_string())?,
                }
            },
            None => bail!("{flag} YYYY-MM-DD is missing: {question}"),
        }
    }

    /// Asks for one of some choices, until `read` takes the answer.
    pub(super) fn choice<T>(
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
            match read(&line(&format!("{question} ({all})"))?) {
                Ok(choice) => return Ok(choice),
                Err(error) => say(&error.to_string())?,
            }
        }
    }

    /// Asks for what may be left out; nothing where nobody can be asked or the answer is blank.
    pub(super) fn optional(self, question: &str) -> Result<Option<String>> {
        if !self.on {
            return Ok(None);
        }
        let answer = line(question)?;
        Ok((!is_blank(&answer)).then_some(answer))
    }

    /// Asks for a day that may be left out.
    pub(super) fn optional_day(
        self,
        today: NaiveDate,
        question: &str,
    ) -> Result<Option<NaiveDate>> {
        loop {
            let Some(answer) = self.optional(question)? else { return Ok(None) };
            match answer.parse::<TypedDay>() {
                Ok(day) => return Ok(Some(day.on(today))),
                Err(error) => say(&error.to_string())?,
            }
        }
    }

    /// Whether the answer is yes; it is no where nobody can be asked.
    pub(super) fn yes(self, question: &str) -> Result<bool> {
        if !self.on {
            return Ok(false);
        }
        let answer = line(&format!("{question} [y/N]"))?;
        Ok(words::answer(&answer) == Some(words::Answer::Yes))
    }
}

/// Says why an answer is none.
fn say(text: &str) -> Result<()> {
    writeln!(io::stderr().lock(), "{}", visible(text)).context("asking")
}

/// Asks, and reads a line.
fn line(question: &str) -> Result<String> {
    let mut err = io::stderr().lock();
    write!(err, "{question}: ").and_then(|()| err.flush()).context("asking")?;
    let mut answer = String::new();
    if io::stdin().read_line(&mut answer).context("reading the answer")? == 0 {
        bail!("no answer; nothing was done");
    }
    Ok(answer.trim().to_owned())
}
