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
    point: "ci" # default
    # policies is not set
    # rules is not set
    # skipRules is not set
    failOn: "medium" # command line
    settings: {"net.ssh-port":{"port":2222}} # polcheck.yaml
    # waivers is not set
    # waiverFiles is not set
    # baseline is not set
    # ignoreComments is not set
    # trustPolicy is not set
    platform: "linux/arm64" # environment
    output: ["text"] # default
    jobs: 9 # polcheck.yaml
    timeout: "PT5M" # default
    cacheDir: "[FOLDER]/home/.cache/polcheck" # default
    allowHttpRegistry: false # default
    allowInsecureRegistry: false # default
    # registryCacert is not set
    # registryClientCert is not set
    # registryClientKey is not set
    retries: 3 # default
    blobCache: "1G" # default
    # registries is not set
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
    --> rules.yaml:1:13
     = help: did you mean `user.final-root`?
    ");
}

#[test]
fn the_file_of_the_working_directory_has_no_say_over_the_rest_of_the_machine() {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch\nUSER 1\n");
    std::os::unix::fs::symlink("..", world.path("up")).unwrap();
    std::os::unix::fs::symlink("../new.json", world.path("new.json")).unwrap();
    for file in [
        "cacheDir: cache\n",
        "output: [json=/tmp/polcheck-report.json]\n",
        "output: [text, json=../report.json]\n",
        "output: [json=up/report.json]\n",
        "output: [json=new.json]\n",
    ] {
        world.write("polcheck.yaml", file);
        for command in [&["lint", "Dockerfile"][..], &["config", "validate"]] {
            let said = world.polcheck(command);
            assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{file}: {said}");
            assert!(
                said.stderr.contains("`polcheck.yaml` must not say"),
                "{said}"
            );
        }
    }
    world.write("polcheck.yaml", "output: [json=report.json]\n");
    assert_eq!(world.polcheck(&["lint", "Dockerfile"]).code, 0);
    assert!(world.path("report.json").exists());
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
#[expect(clippy::too_many_lines, reason = "what is said is long")]
fn rules_are_listed_with_their_severity() {
    assert_said!(World::new().polcheck(&["rules"]), @"
    exit code: 0
    --- stdout
    base.drift                    low       The base image is not what it was (in a pack that this set does not name)
    base.end-of-life              medium    A base image is past its end
    base.latest-tag               medium    A base image has no version
    base.no-digest                low       A base image is not pinned
    base.not-allowed              high      An image comes from where it must not
    base.unsigned                 medium    Nobody trusted signed the base image (in a pack that this set does not name)
    build.add-instead-of-copy     low       `ADD` copies files
    build.add-remote              medium    Something is downloaded that may be another thing tomorrow
    build.archive-copy            info      An archive is copied, and unpacked later
    build.casing                  info      Upper and lower case are mixed
    build.copy-from-external      high      Files come from an image that no stage names
    build.copy-ignored-file       low       A file is copied that the build never sees
    build.copy-onto-one-name      medium    Several files are copied onto one name
    build.copy-relative-dest      low       Where a file is copied to depends on the base image
    build.copy-whole-fs           medium    A whole file system is copied
    build.definition-comment      info      A comment does not describe the stage or argument below it (only where a set names it)
    build.directive-ineffective   medium    A parser directive stands too low to count
    build.duplicate-stage-name    medium    Two stages have the same name
    build.empty-continuation      low       An empty line stands inside an instruction
    build.expose-format           low       `EXPOSE` names an address or a port of the host
    build.insecure-run            high      A step of the build is let out of its sandbox
    build.invalid                 critical  The Dockerfile cannot be built
    build.invalid-json-form       medium    A JSON array is none
    build.legacy-key-value        low       A value is set without an equals sign
    build.maintainer              low       The author stands in `MAINTAINER`
    build.multiple-cmd            medium    An instruction is replaced by a later one
    build.platform                low       A stage is bound to a platform
    build.reserved-stage-name     low       A stage has a name that means something else
    build.shell-form-entrypoint   low       A shell stands between the container and its process
    build.suppression             info      A comment silences a tool
    build.undefined-arg-in-from   critical  The base image depends on a variable that nobody sets
    build.undefined-variable      high      A variable is used that nobody sets
    build.unreachable-stage       low       A stage is not needed for the image
    build.untrusted-frontend      medium    The file is read by a frontend that nobody agreed to
    build.workdir-relative        low       A working folder depends on the base image
    config.all-environments       low       The configuration of all environments is in the image
    health.missing                low       The image has no health check
    health.needs-tool             info      The health check needs a tool for downloads
    health.undefined-variable     medium    The health check uses a variable that nobody sets
    image.dockerfile-mismatch     high      The Dockerfile does not make this image
    image.no-provenance           low       The image has no provenance (in a pack that this set does not name)
    label.empty                   medium    A label is empty
    label.oci-missing             info      The image does not say where it comes from
    label.schema                  low       The labels are not as agreed (only where a set names it)
    label.self-attested           high      A label claims a result that nobody signed
    label.stray-escape            medium    A label keeps backslashes that were meant as escapes
    layer.consecutive-run         info      Two `RUN` could be one (only where a set names it)
    layer.world-writable          medium    Everybody may write a file of the image
    net.admin-listener            high      An admin interface listens on all interfaces
    net.dashboard-routed          medium    A dashboard is open to the outside
    net.debug-listener            critical  A debugger listens on all interfaces
    net.privileged-port           info      The image exposes a privileged port as an ordinary user
    net.ssh-port                  medium    The image exposes ssh
    pkg.apt-cli                   info      `apt` is used in a script
    pkg.cache-left                low       The cache of a package manager stays in the image
    pkg.compiler-in-final         medium    The image contains a compiler
    pkg.debug-tool-in-build       info      A build stage contains debuggers
    pkg.debug-tool-in-final       low       The image contains tools to look around with
    pkg.dist-upgrade              low       The distribution of the base image is replaced by the next one
    pkg.go-install-latest         medium    A Go program is installed in whatever version is the newest
    pkg.no-hashes                 info      Packages are installed without checking what they are
    pkg.no-yes                    medium    A package manager asks, and nobody answers
    pkg.pipe-to-shell             high      A download is run without looking at it
    pkg.recommends                low       Packages are installed that nobody asked for
    pkg.signature-off             high      Packages are installed without checking their signatures
    pkg.tls-off                   high      A program does not check whom it talks to
    pkg.unpinned-apk              low       An Alpine package is installed without a version
    pkg.unpinned-apt              low       A Debian package is installed without a version
    pkg.unpinned-npm              medium    A Node or Ruby package is installed without a version
    pkg.unpinned-pip              medium    A Python package is installed without a version
    pkg.unpinned-rpm              low       An RPM package is installed without a version
    pkg.update-alone              medium    Package lists are updated in a layer of their own
    pkg.wget-and-curl             info      Both `wget` and `curl` download, or `wget` fills the log
    secret.copy-whole-context     low       The whole build context is copied
    secret.credential-in-url      medium    A password is part of an address or of a command line
    secret.default-credential     high      A script has a default password
    secret.env                    critical  A secret lies in the environment
    secret.env-points-to-key      info      A variable points to a secret inside the image
    secret.file-copied            high      A file with secrets is copied into the image
    secret.in-history             critical  The history of the image keeps a secret
    secret.private-key-generated  high      A private key is made while the image is built
    secret.private-key-in-image   critical  A private key gets into the image
    shell.cd                      info      A `RUN` changes the folder
    shell.exit-status-lost        medium    A check fails, and the build goes on
    shell.pipe-status-lost        low       Only the last command of a pipe decides whether it failed
    shell.shell-link              low       The system's shell is replaced by a link
    supply.builder-not-trusted    high      The image was not built where it should be (in a pack that this set does not name)
    supply.sbom-missing           low       The image has no list of what is in it (in a pack that this set does not name)
    user.final-root               high      The image runs as root
    user.large-uid                low       A user with a large number makes a large image
    user.not-numeric              low       The image names its user
    user.set-password             high      A password of a user is set while the image is built
    user.sudo                     high      sudo is used or installed
    volume.system                 high      A folder of the system becomes a volume or a working folder
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

    - severity: medium
    - also known as: DS-0004, CKV_DOCKER_1
    - needs: image or dockerfile

    ## What it does
    Looks for port 22, or for the ports of the setting `ports`, among the exposed ports.

    ## Why is this bad?
    A container is entered with `docker exec` or `kubectl exec`, which the platform authenticates and records. A second
    way in has keys, users and bugs of its own.

    ## Examples
    ```json fails
    { "config": { "ExposedPorts": { "22/tcp": {} } } }
    ```
    ```dockerfile fails
    FROM alpine:3.22
    EXPOSE 22
    ```
    Use instead:
    ```json passes
    { "config": { "ExposedPorts": { "8080/tcp": {} } } }
    ```
    ```dockerfile passes
    FROM alpine:3.22
    EXPOSE 8080
    ```

    ## Settings
    - `port` (integer, default `22`): The port that ssh listens on.
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
    pack builtin:supply sha256:[DIGEST]
    policy set builtin:standard sha256:[DIGEST]
    policy set builtin:strict sha256:[DIGEST]
    policy set builtin:cis-docker sha256:[DIGEST]
    policy set builtin:microservice sha256:[DIGEST]
    policy set builtin:api-gateway sha256:[DIGEST]
    policy set builtin:database-migration sha256:[DIGEST]
    policy set builtin:ml-serving sha256:[DIGEST]
    trusted root of the public Sigstore as of [TIME]
    ");
}

#[test]
fn a_policy_set_can_be_laid_over_another_one() {
    let world = World::new();
    world.write("Dockerfile", "FROM alpine:3.22\nUSER root\n");
    world.write(
        "sets/own.yaml",
        "name: own\nextends: [builtin:strict, more/base.yaml]\nrules: { user.final-root: { enabled: false } }\n",
    );
    world.write(
        "sets/more/base.yaml",
        "name: base\nfailOn: critical\nnotCovered: { the weather: nobody looks }\n",
    );
    let args = ["lint", "--policy-set", "sets/own.yaml", "-q", "Dockerfile"];
    assert_eq!(world.polcheck(&args).code, 0);
    let args = ["lint", "--policy-set", "builtin:strict", "-q", "Dockerfile"];
    assert_eq!(world.polcheck(&args).code, 1);
    let report = world.json(&["lint", "--policy-set", "sets/own.yaml", "-o", "json", "."]);
    let gaps = report["reports"][0]["notChecked"].as_array().unwrap();
    let weather = serde_json::json!({ "what": "the weather", "why": "nobody looks" });
    assert!(gaps.contains(&weather), "{gaps:?}");
}

#[test]
fn what_the_benchmark_asks_for_and_nobody_checks_is_listed() {
    let world = World::new();
    world.write("Dockerfile", "FROM alpine:3.22\n");
    let args = ["lint", "--policy-set", "builtin:cis-docker", "Dockerfile"];
    let said = world.polcheck(&args);
    assert_eq!(said.code, 1, "{said}");
    for number in ["CIS-4.5", "CIS-4.8", "CIS-4.12"] {
        let gap = format!("not checked: {number} ");
        assert!(said.stdout.contains(&gap), "{said}");
    }
}
