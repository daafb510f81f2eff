# Recipes for daily work. `just` alone lists them. Without `just`, each is one or two plain commands.
# What has spaces in it is quoted as for any command; on Windows twice: "'D:\my logs'".

set positional-arguments
set windows-shell := ["powershell.exe", "-NoLogo", "-Command"]

_default:
    @just --list

# Reorganise and analyse the sample container, with every output
demo:
    cargo demo

# Every test, the ones against a real storage service included
test:
    cargo xtask test

# What continuous integration runs
check:
    bash .ci/run

# Download the flow logs of a storage account, then analyse the tree: just logs mystorageaccount [FOLDER] --last 6h
[unix]
logs ACCOUNT *FOLDER_AND_OPTIONS:
    cargo xtask logs "$@"

[windows]
logs ACCOUNT *FOLDER_AND_OPTIONS:
    cargo xtask logs {{ ACCOUNT }} {{ FOLDER_AND_OPTIONS }}

# Analyse what is already on disk
[unix]
analyze *ARGUMENTS:
    cargo run --release --package flowlog-analyze -- "$@"

[windows]
analyze *ARGUMENTS:
    cargo run --release --package flowlog-analyze -- {{ ARGUMENTS }}

# Install both tools
install:
    cargo install --path crates/flowlog-download --locked
    cargo install --path crates/flowlog-analyze --locked

# Build both tools by a profile of what they do most, which takes a tenth off each run
release:
    cargo xtask release

# Measure against DuckDB and ClickHouse on two generated sets of 1.1 GB each
bench:
    cargo xtask bench
