//! The facts of an image, whatever a policy set asks for.

use crate::dockerfile;
use crate::error::CheckError;
use crate::subject::{self, Manifest, Platforms};
use ::registry::{Image, Registry, Source};
use model::Facts;

/// The facts of each manifest that is asked for: what the rules of any policy would be told.
///
/// # Errors
/// If the image cannot be had, or is none.
pub async fn gather_facts(
    registry: &Registry,
    source: &Source,
    platforms: &Platforms,
) -> Result<Vec<Facts>, CheckError> {
    let image = registry.open(source).await?;
    let subjects = subject::resolve(&image, platforms).await?;
    let mut all = Vec::new();
    for manifest in &subjects.manifests {
        let facts = facts_of(&image, manifest).await?;
        subject::check_platform(platforms, &image, &facts)?;
        all.push(facts);
    }
    Ok(all)
}

async fn facts_of(image: &Image, manifest: &Manifest) -> Result<Facts, CheckError> {
    let config = manifest.config(image).await?;
    let image_facts = ::facts::image(&config, manifest.document());
    let dockerfile = dockerfile::find(image, manifest, &image_facts).await;
    Ok(Facts {
        image: Some(image_facts),
        dockerfile: Some(dockerfile.facts),
        ..Facts::default()
    })
}
