//! The built-in rules over what is attached to an image: statements and signatures of it, and of the image that it was built
//! on. One folder a group, one file a rule.

mod built_on;
mod provenance;

polcheck_sdk::pack! {
    id: "supply",
    title: "Built-in rules over what is attached to images",
    description: "Who built an image, from what, and who stands for it: provenance, lists of contents, and signatures of the image and of its base.",
}
