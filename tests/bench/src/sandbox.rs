//! The sandbox alone: what an evaluation costs once a pack is loaded, and what loading it costs.

use crate::figures::{Figure, micros};
use crate::{Result, cpu};
use engine::{Allocation, Case, Circumstances, Compiler, Engine, Limits, Options, Pack};
use model::{Facts, PackDescription, RuleId};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const EVALUATIONS: u32 = 20_000;
const IMAGES: u32 = 500;
/// How many packs a busy set has.
const PACKS: usize = 20;

/// An image with something to find.
const CONFIG: &str = r#"{
  "architecture": "amd64", "os": "linux",
  "config": {
    "User": "app", "Entrypoint": ["/service"], "WorkingDir": "/srv",
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DB_HOST=db"],
    "ExposedPorts": { "8080/tcp": {}, "22/tcp": {} },
    "Labels": { "org.opencontainers.image.source": "https://git.example.com/shop/api", "version": "" }
  }
}"#;

pub(crate) fn figures(packs: &Path) -> Result<Vec<Figure>> {
    let on_demand = engine(Allocation::OnDemand)?;
    let pooling = engine(Allocation::Pooling { instances: 4 })?;
    let one: Vec<RuleId> = vec!["net.ssh-port".parse()?];
    let (pack_on_demand, pack) = (load(&on_demand, packs)?, load(&pooling, packs)?);
    let all: Vec<RuleId> = pack
        .description()
        .metadata
        .rules
        .iter()
        .filter(|rule| rule.needs_only_an_image())
        .map(|rule| rule.id.clone())
        .collect();
    let case = case(&pack);
    let ten = format!(
        "the {} rules of `core` over images, fresh instance, pooling",
        all.len()
    );
    let twenty = twenty_packs(&pooling, &pack, &all, &case)?;
    Ok(vec![
        Figure::new(
            "one evaluation, fresh instance, a rule over the config, pooling (servers)",
            micros(evaluation(&pooling, &pack, &one, &case)?),
            "≤ 15 µs",
        ),
        Figure::new(
            "the same, on demand (command line)",
            micros(evaluation(&on_demand, &pack_on_demand, &one, &case)?),
            "",
        ),
        Figure::new(ten, micros(evaluation(&pooling, &pack, &all, &case)?), ""),
        Figure::new(
            format!(
                "{PACKS} packs of {} rules on one image, two threads",
                all.len()
            ),
            format!("{:.0} images/s on two cores", 2.0 / twenty),
            "≥ 1,500",
        ),
    ])
}

/// A process that loads 20 packs and evaluates each once.
pub(crate) fn cold(packs: &Path) -> Result {
    let engine = engine(Allocation::OnDemand)?;
    let (description, code) = built(packs)?;
    let rules: Vec<RuleId> = vec!["net.ssh-port".parse()?];
    for _ in 0..PACKS {
        let pack = engine.load_described(Arc::clone(&description), &code)?;
        let evaluation = engine.evaluate(&pack, &rules, &case(&pack));
        if evaluation.outcomes.len() != 1 {
            return Err("the rule did not answer".into());
        }
    }
    Ok(())
}

/// CPU seconds of one call.
fn evaluation(engine: &Engine, pack: &Pack, rules: &[RuleId], case: &Arc<Case>) -> Result<f64> {
    let run = |times: u32| {
        for _ in 0..times {
            engine.evaluate(pack, rules, case);
        }
    };
    run(EVALUATIONS / 10);
    let before = cpu::of_this_process()?;
    run(EVALUATIONS);
    Ok((cpu::of_this_process()? - before) / f64::from(EVALUATIONS))
}

/// CPU seconds of one image, while two threads are at work.
fn twenty_packs(engine: &Engine, pack: &Pack, rules: &[RuleId], case: &Arc<Case>) -> Result<f64> {
    let before = cpu::of_this_process()?;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..IMAGES as usize * PACKS {
                    engine.evaluate(pack, rules, case);
                }
            });
        }
    });
    Ok((cpu::of_this_process()? - before) / f64::from(2 * IMAGES))
}

fn engine(allocation: Allocation) -> Result<Engine> {
    let options = Options {
        allocation,
        limits: Limits::default(),
        // What lies in the binary is compiled.
        compiler: Compiler {
            program: "nothing-is-compiled".into(),
            args: vec![],
            timeout: Duration::from_secs(1),
        },
        cache: None,
    };
    Ok(Engine::new(options)?)
}

fn load(engine: &Engine, packs: &Path) -> Result<Pack> {
    let (description, code) = built(packs)?;
    Ok(engine.load_described(description, &code)?)
}

/// A pack as it lies in the binary.
fn built(packs: &Path) -> Result<(Arc<PackDescription>, Vec<u8>)> {
    let description = serde_json::from_slice(&fs::read(packs.join("core.json"))?)?;
    Ok((Arc::new(description), fs::read(packs.join("core.cwasm"))?))
}

fn case(pack: &Pack) -> Arc<Case> {
    let facts = Facts {
        image: Some(facts::image(CONFIG.as_bytes(), None)),
        ..Facts::default()
    };
    let settings: BTreeMap<_, _> = pack
        .description()
        .metadata
        .rules
        .iter()
        .map(|rule| {
            let schema = rule.settings_schema.clone().unwrap_or_default();
            (rule.id.clone(), model::settings::complete(&schema, None))
        })
        .collect();
    Arc::new(Case::new(
        facts,
        Circumstances::default(),
        Arc::new(settings),
    ))
}
