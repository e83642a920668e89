//! `ARG`, before the first stage and in stages.

use super::context::{Context, NOT_VARIABLES, Scene, Text, refusal};
use super::history::Event;
use super::stage::{MetaArg, Role, Step};
use super::state::{State, Value};
use super::table::Table;
use crate::Refusal;
use crate::checks::secrets;
use crate::instruction::{Body, Declaration};

/// The arguments that BuildKit declares itself.
pub(super) fn predefined(context: &Context<'_>, target: &str) -> Table<Value> {
    let (build, wanted) = (&context.options.build_platform, &context.options.platform);
    let predefined = [
        ("BUILDPLATFORM", &*build.format()),
        ("BUILDOS", &*build.os),
        ("BUILDOSVERSION", &*build.os_version),
        ("BUILDARCH", &*build.architecture),
        ("BUILDVARIANT", &*build.variant),
        ("TARGETPLATFORM", &*wanted.format_all()),
        ("TARGETOS", &*wanted.os),
        ("TARGETOSVERSION", &*wanted.os_version),
        ("TARGETARCH", &*wanted.architecture),
        ("TARGETVARIANT", &*wanted.variant),
        (
            "TARGETSTAGE",
            if target.is_empty() { "default" } else { target },
        ),
    ];
    let mut globals = Table::default();
    for (name, value) in predefined {
        let given = context.build_args.get(name).map(String::as_str);
        globals.renew(name, Value::clear(given.unwrap_or(value)));
    }
    globals
}

/// Declares the arguments that stand before the first stage.
pub(super) fn declare(
    context: &mut Context<'_>,
    first_stage: usize,
    given: bool,
) -> Result<(), Refusal> {
    let file = context.file;
    for (index, instruction) in file.instructions.iter().take(first_stage).enumerate() {
        let Some(Body::Arg(declarations)) = &instruction.body else {
            continue;
        };
        for declaration in declarations {
            let arg = meta_arg(context, declaration, (index, instruction.lines.0, given))?;
            if let Some(value) = &arg.value {
                context.globals.renew(&arg.name, Value::clear(value));
            }
            context.declared.set(&arg.name, ());
            context.meta_args.push(arg);
        }
    }
    Ok(())
}

fn meta_arg(
    context: &mut Context<'_>,
    declaration: &Declaration,
    (instruction, line, given): (usize, u32, bool),
) -> Result<MetaArg, Refusal> {
    let name = declaration.key.text.clone();
    let mut arg = MetaArg {
        value: context.build_args.get(&name).filter(|_| given).cloned(),
        name,
        default: None,
        instruction,
    };
    if let (None, Some(default)) = (&arg.value, &declaration.default) {
        let (expanded, value) = context.expand_global(default, line);
        arg.default = Some(expanded);
        arg.value = Some(value.map_err(|message| refusal(line, message))?);
    }
    Ok(arg)
}

/// `ARG` in a stage.
pub(super) fn arg(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    declarations: &[Declaration],
) -> Result<Event, Refusal> {
    let mut history = String::from("ARG");
    for declaration in declarations {
        let name = declaration.key.text.as_str();
        secrets::check(&mut context.checks, &scene.scope, scene.place, "ARG", name);
        let value = value(context, state, scene, step, declaration)?;
        if let Some(value) = &value
            && !NOT_VARIABLES.contains(&name)
        {
            let value = Value {
                text: value.text.as_str().into(),
                clear: value.clear,
            };
            state.set_argument(name, value);
        }
        history.push(' ');
        history.push_str(name);
        let text = value.as_ref().map_or("", |value| &value.text);
        if value.is_some() {
            history.push('=');
            history.push_str(text);
        }
        state.arguments.set(name, text.into());
    }
    Ok(Event::Text(history))
}

/// `--build-arg` first, then the default, then what is declared before the first stage.
fn value(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
    step: &mut Step,
    declaration: &Declaration,
) -> Result<Option<Text>, Refusal> {
    let name = &declaration.key.text;
    let clear = |text: &str| {
        Some(Text {
            text: text.to_owned(),
            clear: true,
        })
    };
    if let Some(given) = context.build_args.get(name) {
        let given = given.clone();
        context.budget.take_text(given.len(), scene.place.lines.0)?;
        return Ok(clear(&given));
    }
    if let Some(default) = &declaration.default {
        let text = context.expand(state, scene, step, (Role::Value, default))?;
        return Ok(Some(text));
    }
    let Some(value) = context.globals.get(name) else {
        return Ok(None);
    };
    let text = value.text.clone();
    context.budget.take_text(text.len(), scene.place.lines.0)?;
    Ok(clear(&text))
}
