//! `EXPOSE`

use super::context::{Context, Scene, Text, is_clear, located};
use super::history::Event;
use super::ports;
use super::stage::{Argument, Expanded, Role, Step};
use super::state::State;
use crate::Refusal;
use crate::checks::Rule;
use crate::instruction::Word;

/// `EXPOSE`: a variable may hold several ports. BuildKit does not care whether it is set.
pub(super) fn expose(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    written: &[Word],
) -> Result<Event, Refusal> {
    let mut texts = vec![];
    for word in written {
        let (outcome, effort) = context
            .expander
            .measured_words(&word.text, &state.variables);
        context.budget.take_work(effort, scene.place.lines.0)?;
        let (words, uses) = outcome.map_err(|error| scene.refuse(error.to_string()))?;
        let clear = is_clear(state, &uses);
        context
            .budget
            .take_text(words.iter().map(String::len).sum(), scene.place.lines.0)?;
        step.arguments.push(Argument {
            role: Role::Port,
            expanded: Expanded {
                text: word.text.clone(),
                value: clear.then(|| words.join(" ")),
                uses: located(word, &uses),
                span: word.span,
            },
        });
        let span = scene.part(word.span);
        texts.extend(words.into_iter().map(|text| (Text { text, clear }, span)));
    }
    let mut exposed = vec![];
    for (text, span) in texts {
        match read_port(context, scene, &text.text) {
            Ok(ports) => exposed.push((ports, span)),
            Err(message) if text.clear => return Err(scene.refuse(message)),
            Err(_) => {}
        }
    }
    for (ports, span) in &exposed {
        let key = format!("{}-{}/{}", ports.first, ports.last, ports.protocol);
        state.config.ports.set(&key, (ports.clone(), Some(*span)));
    }
    Ok(Event::Expose(
        exposed.into_iter().map(|(ports, _)| ports).collect(),
    ))
}

fn read_port(
    context: &mut Context<'_>,
    scene: &Scene<'_>,
    text: &str,
) -> Result<ports::Ports, String> {
    let written = ports::read(text)?;
    let mut report = |rule, message| {
        let checks = &mut context.checks;
        checks.report(&scene.scope, rule, scene.place, message);
    };
    if written.casing {
        report(
            Rule::ExposeProtoCasing,
            format!("Defined protocol '{text}' in EXPOSE instruction should be lowercase"),
        );
    }
    if written.mapping {
        report(
            Rule::ExposeInvalidFormat,
            format!(
                "EXPOSE instruction should not define an IP address or host-port mapping, found '{text}'"
            ),
        );
    }
    written.ports
}
