//! `polcheck config`, `rules`, `explain`, `version`

use crate::assert_said;
use crate::harness::World;

#[test]
fn every_value_is_shown_with_its_origin() {
    let mut world = World::new();
    world.write(
        "polcheck.yaml",
        "jobs: 9\nsettings: { net.ssh-port: { port: 2222 } }\n",
    );
    world.set("POLCHECK_PLATFORM", "linux/arm64");
    assert_said!(world.polcheck(&["config", "show", "--fail-on", "medium"]), @r#"
    exit code: 0
    --- stdout
    policySet: "builtin:standard" # default
    # policies is not set
    # rules is not set
    # skipRules is not set
    failOn: "medium" # command line
    settings: {"net.ssh-port":{"port":2222}} # polcheck.yaml
    # waivers is not set
    platform: "linux/arm64" # environment
    output: ["text"] # default
    jobs: 9 # polcheck.yaml
    timeout: "PT5M" # default
    cacheDir: "[FOLDER]/home/.cache/polcheck" # default
    allowHttpRegistry: false # default
    allowInsecureRegistry: false # default
    "#);
}

#[test]
fn the_users_own_file_comes_after_the_one_of_the_working_directory() {
    let world = World::new();
    world.write("home/.config/polcheck/polcheck.yaml", "jobs: 3\n");
    assert!(
        world
            .polcheck(&["config", "show"])
            .stdout
            .contains("jobs: 3 # [FOLDER]/home/.config/polcheck/polcheck.yaml")
    );
    world.write("polcheck.yaml", "jobs: 9\n");
    assert!(
        world
            .polcheck(&["config", "show"])
            .stdout
            .contains("jobs: 9 # polcheck.yaml")
    );
    world.write("other.yaml", "jobs: 5\n");
    assert!(
        world
            .polcheck(&["config", "show", "--config", "other.yaml"])
            .stdout
            .contains("jobs: 5 # other.yaml")
    );
    assert!(
        world
            .polcheck(&["config", "show", "--no-config"])
            .stdout
            .contains("jobs: 4 # default")
    );
}

#[test]
fn a_valid_file_is_valid_and_what_it_names_is_checked_too() {
    let world = World::new();
    world.write("polcheck.yaml", "failOn: medium\n");
    assert_eq!(
        world.polcheck(&["config", "validate"]).stdout,
        "polcheck.yaml is valid\n"
    );
    world.write("rules.yaml", "skipRules: [user.final-rot]\n");
    assert_said!(world.polcheck(&["config", "validate", "rules.yaml"]), @"
    exit code: 2
    --- stderr
    error: there is no rule `user.final-rot`
     |
     = help: did you mean `user.final-root`?
    ");
}

#[test]
fn a_variable_that_means_nothing_is_an_error() {
    let mut world = World::new();
    world.set("POLCHECK_POLICYSET", "x");
    assert_said!(world.polcheck(&["config", "show"]), @"
    exit code: 2
    --- stderr
    error: there is no variable `POLCHECK_POLICYSET`
     |
     = help: `polcheck config show` lists all that can be set, and what is set
    ");
}

#[test]
fn rules_are_listed_with_their_severity() {
    assert_said!(World::new().polcheck(&["rules"]), @"
    exit code: 0
    --- stdout
    base.latest-tag              medium    A base image has no version
    build.copy-from-external     high      Files come from an image that no stage names
    build.directive-ineffective  medium    A parser directive stands too low to count
    build.invalid                critical  The Dockerfile cannot be built
    build.undefined-variable     high      A variable is used that nobody sets
    build.unreachable-stage      low       A stage is not needed for the image
    health.missing               low       The image has no health check
    label.empty                  medium    A label is empty
    label.oci-missing            info      The image does not say where it comes from
    label.self-attested          high      A label claims a result that nobody signed
    net.privileged-port          info      The image exposes a privileged port as an ordinary user
    net.ssh-port                 medium    The image exposes ssh
    secret.env                   critical  A secret lies in the environment
    secret.env-points-to-key     info      A variable points to a secret inside the image
    user.final-root              high      The image runs as root
    user.not-numeric             low       The image names its user
    ");
}

#[test]
fn a_rule_is_explained_by_any_of_its_names() {
    let world = World::new();
    let said = world.polcheck(&["explain", "net.ssh-port"]);
    assert_said!(said, @r#"
    exit code: 0
    --- stdout
    # net.ssh-port: The image exposes ssh

    severity: medium
    also known as: DS-0004, CKV_DOCKER_1
    needs: image

    ## What it does
    Looks for port 22, or for the ports of the setting `ports`, among the exposed ports.

    ## Why is this bad?
    A container is entered with `docker exec` or `kubectl exec`, which the platform authenticates and records. A second
    way in has keys, users and bugs of its own.

    ## Examples
    ```json fails
    { "config": { "ExposedPorts": { "22/tcp": {} } } }
    ```
    Use instead:
    ```json passes
    { "config": { "ExposedPorts": { "8080/tcp": {} } } }
    ```

    ## Settings
    {
      "additionalProperties": false,
      "properties": {
        "port": {
          "default": 22,
          "description": "The port that ssh listens on.",
          "maximum": 65535,
          "minimum": 1,
          "type": "integer"
        }
      },
      "type": "object"
    }
    "#);
    assert_eq!(world.polcheck(&["explain", "DS-0004"]), said);
}

#[test]
fn the_version_names_what_lies_in_the_binary() {
    assert_said!(World::new().polcheck(&["version"]), @"
    exit code: 0
    --- stdout
    polcheck 0.1.0
    contract polcheck:policy@0.1.0, engine wasmtime-48
    pack builtin:core sha256:[DIGEST]
    policy set builtin:standard sha256:[DIGEST]
    ");
}
