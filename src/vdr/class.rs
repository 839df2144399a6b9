//! Classes of a FedRAMP certification.

use std::fmt;

use crate::settings::{ImpactLevel, Settings};

/// A class of certification. For Rev5, B is Low and LI-SaaS, C is Moderate, D is High; A exists for
/// 20x only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Class A.
    A,
    /// Class B.
    B,
    /// Class C.
    C,
    /// Class D.
    D,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    /// The class of the system of a tracker, by its impact level.
    pub fn find(settings: &Settings) -> Option<Self> {
        settings.system.impact_level.map(Self::from)
    }

    /// The letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

impl From<ImpactLevel> for Class {
    fn from(level: ImpactLevel) -> Self {
        match level {
            ImpactLevel::LiSaas | ImpactLevel::Low => Self::B,
            ImpactLevel::Moderate => Self::C,
            ImpactLevel::High => Self::D,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
