# What people type. `just` alone lists these.

_default:
    @just --list

# Play scenarios and show what came of them: `just scenario private-endpoint-restore`
scenario *names:
    cargo run --quiet -- scenario {{names}}

# List the scenarios with their claims
list *arguments:
    cargo run --quiet -- list {{arguments}}

# Run a command against a fake Azure: just run --world flexible_server_ready -- ./my-backup.sh
run *arguments:
    cargo run --quiet -- run {{arguments}}

# Keep a fake Azure running
serve *arguments:
    cargo run --quiet -- serve {{arguments}}

# The tests
test *arguments:
    cargo test {{arguments}}

# Changes of the engine that no test notices: `just mutants --sample 40 --seed 7`
mutants *arguments:
    cargo run --quiet -p azdrill-mutants -- {{arguments}}

# Benchmarks, each beside what it is compared with
bench *arguments:
    cargo bench --workspace {{arguments}}

# Real clients against a fake Azure
clients *names="all":
    bash tests/clients/run {{names}}

# The report's page in a browser
page *file:
    bash tests/page/run {{file}}

# The blob inventory against Azurite (from npm) and against ours, step by step
compare-azurite:
    bash tests/clients/compare-azurite

# What CI runs
ci:
    bash .ci/run

# Format and lint
fmt:
    cargo fmt --all
lint:
    cargo clippy --workspace --all-targets -- -D warnings
