//! What rules need, read once when their pack is loaded, and held against the facts of each case.

use model::{FactError, Facts, Interface, Need, Outcome, RuleMetadata};

/// A set of families of facts, and of what of them only rules see that name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interfaces(u8);

impl Interfaces {
    pub(crate) fn contains(self, interface: Interface) -> bool {
        self.0 & bit(interface) != 0
    }

    /// Whether one of its rules names a part of a family that is shown to nobody else.
    pub(crate) fn names(self, need: Need) -> bool {
        self.0 & part(need) != 0
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Interface> for Interfaces {
    fn from_iter<T: IntoIterator<Item = Interface>>(interfaces: T) -> Self {
        Self(interfaces.into_iter().fold(0, |all, it| all | bit(it)))
    }
}

fn bit(interface: Interface) -> u8 {
    1 << interface as u8
}

fn part(need: Need) -> u8 {
    match need {
        Need::Interface(_) | Need::ReconstructedDockerfile => 0,
        Need::ImageBase => 1 << 5,
        Need::BaseAttestations => 1 << 6,
        Need::UnverifiedAttestations => 1 << 7,
    }
}

/// What one rule says that it needs and uses.
#[derive(Debug)]
pub(crate) struct Needs {
    /// The groups of its needs; none: this version does not serve what is named there.
    groups: Vec<Vec<Option<Need>>>,
    /// All that it names and this version serves.
    named: Vec<Need>,
    /// Their families.
    pub(crate) declared: Interfaces,
}

impl Needs {
    pub(crate) fn of(rule: &RuleMetadata) -> Self {
        let group = |names: &Vec<String>| names.iter().map(|it| Need::from_name(it)).collect();
        let all = rule.needs.iter().flatten().chain(&rule.uses);
        let named: Vec<Need> = all.filter_map(|it| Need::from_name(it)).collect();
        Self {
            groups: rule.needs.iter().map(group).collect(),
            declared: named.iter().map(|need| need.interface()).collect(),
            named,
        }
    }
}

/// What the facts of a case serve.
pub(crate) struct AtHand(Vec<(Need, Result<(), FactError>)>);

impl AtHand {
    pub(crate) fn of(facts: &Facts) -> Self {
        Self(Need::all().map(|need| (need, facts.serves(need))).collect())
    }

    fn answer(&self, need: Need) -> Result<(), &FactError> {
        let mut answers = self.0.iter();
        let answer = answers.find(|(it, _)| *it == need);
        answer.map_or(Err(&FactError::Denied), |(_, answer)| {
            answer.as_ref().copied()
        })
    }

    /// What a rule is shown of what it declares.
    pub(crate) fn shown(&self, needs: &Needs) -> Interfaces {
        let is_shown = |need: &&Need| match self.answer(**need) {
            Ok(()) => true,
            // What cannot be used says itself why.
            Err(error) => error.is_problem(),
        };
        let shown = needs.named.iter().filter(is_shown);
        let families: Interfaces = shown.map(|need| need.interface()).collect();
        // Rules that see different parts of a family never share an instance.
        let parts = needs.named.iter().map(|need| part(*need));
        families.with(Interfaces(parts.fold(0, |all, it| all | it)))
    }

    /// The outcome of a rule that cannot be run, since a group of its needs is not served.
    pub(crate) fn unserved(&self, rule: &RuleMetadata, needs: &Needs) -> Option<Outcome> {
        let is_served = |need: &Option<Need>| need.is_some_and(|it| self.answer(it).is_ok());
        let mut groups = needs.groups.iter().zip(&rule.needs);
        let (group, names) = groups.find(|(group, _)| !group.iter().any(is_served))?;
        let errors = group
            .iter()
            .zip(names)
            .filter_map(|(need, name)| match need {
                Some(need) => self.answer(*need).err().cloned(),
                None => Some(FactError::Unsupported(format!(
                    "this version does not serve `{name}`"
                ))),
            });
        // What might be there and cannot be used says more than what is not there.
        let cause = errors.min_by_key(|error| !error.is_problem());
        Some(Outcome::NotEvaluated {
            needs: names.clone(),
            cause: cause.unwrap_or(FactError::Absent),
        })
    }
}
