//! Interfaces that administrate a program, and ask nobody who they are, unless they are configured to. From the
//! documentation of the programs.

/// When the tables were put together.
pub(crate) const AS_OF: &str = "2026-11-23";

/// Variables that hold the addresses to listen on, and the interface that listens there.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("KONG_ADMIN_LISTEN", "the admin API of Kong"),
    ("KONG_ADMIN_GUI_LISTEN", "the admin pages of Kong"),
    ("ETCD_LISTEN_CLIENT_URLS", "the data of etcd"),
    ("ETCD_LISTEN_PEER_URLS", "the peers of etcd"),
    ("VAULT_DEV_LISTEN_ADDRESS", "a Vault for development"),
    ("GF_PPROF_ADDR", "the profiler of Grafana"),
];

/// A program that a command starts, or nothing for any, what of its words opens the interface, what closes it again, and the interface. A word
/// is given as it is, or as `WORD VALUE` for two words or `WORD=VALUE`; where it ends in `@`, an address of all interfaces
/// stands there.
pub(crate) const COMMANDS: &[(&str, &str, &[&str], &str)] = &[
    (
        "redis-server",
        "--protected-mode no",
        &["--requirepass", "--aclfile"],
        "Redis without a password",
    ),
    (
        "dockerd",
        "-H @",
        &["--tlsverify"],
        "the API of Docker, which is root on the host",
    ),
    (
        "dockerd",
        "--host @",
        &["--tlsverify"],
        "the API of Docker, which is root on the host",
    ),
    (
        "etcd",
        "--listen-client-urls @",
        &["--client-cert-auth"],
        "the data of etcd",
    ),
    ("consul", "-client 0.0.0.0", &[], "the API of Consul"),
    (
        "vault",
        "-dev-listen-address @",
        &[],
        "a Vault for development",
    ),
    (
        "kubelet",
        "--anonymous-auth true",
        &[],
        "the API of the kubelet",
    ),
    (
        "kubelet",
        "--read-only-port 10255",
        &[],
        "the read-only API of the kubelet",
    ),
    (
        "",
        "-Dcom.sun.management.jmxremote.authenticate=false",
        &[],
        "JMX without a password",
    ),
    (
        "jupyter",
        "--NotebookApp.token=",
        &[],
        "Jupyter without a token",
    ),
    (
        "jupyter",
        "--ServerApp.token=",
        &[],
        "Jupyter without a token",
    ),
    (
        "jupyter",
        "--IdentityProvider.token=",
        &[],
        "Jupyter without a token",
    ),
    (
        "jupyter-lab",
        "--ServerApp.token=",
        &[],
        "Jupyter without a token",
    ),
    (
        "code-server",
        "--auth none",
        &[],
        "an editor with a terminal and without a password",
    ),
    (
        "mysqld",
        "--skip-grant-tables",
        &["--skip-networking"],
        "MySQL without passwords",
    ),
    (
        "mongo-express",
        "--admin",
        &[],
        "the admin pages of MongoDB",
    ),
];

/// Programs, as the image they come in, the start of their variables and their command call them, and the ports that
/// administrate them. A port counts only together with its program.
pub(crate) const PORTS: &[(&str, &str, &str, &[u16])] = &[
    ("Kong", "kong", "KONG_", &[8001, 8444]),
    ("Docker", "dockerd", "DOCKER_TLS_CERTDIR", &[2375]),
    ("etcd", "etcd", "ETCD_", &[2379, 2380]),
    ("Consul", "consul", "CONSUL_", &[8500]),
    ("the kubelet", "kubelet", "KUBELET_", &[10250, 10255]),
    ("RabbitMQ", "rabbitmq", "RABBITMQ_", &[15672]),
];
