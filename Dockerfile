# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
# Extra features of Cargo.toml to compile in: otlp, for traces.
ARG FEATURES=
WORKDIR /build
COPY . .
# Caches keep downloads and compiled dependencies between builds. The sources get a new modification time first. With their
# old one, cargo could take files of another branch for unchanged, and ship the program of that branch.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && SQLX_OFFLINE=true cargo build --release --locked --no-default-features --features "$FEATURES" \
    && cp target/release/optedo-officient /optedo-officient

# The program needs glibc, libgcc and certificates, and this image contains nothing else. Without a shell and a package
# manager, there is less to attack and to update.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /optedo-officient /usr/local/bin/optedo-officient
# A number, so that an orchestrator can see that it is not root (runAsNonRoot).
USER 65532:65532
# The default, the loopback address, cannot be reached from outside the container.
ENV OPTEDO_OFFICIENT__SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
# The service stores nothing in the container, so --read-only works. Docker and Podman use this health check; Kubernetes
# uses HTTP. One check costs a process for some milliseconds, and one statement to the database.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/optedo-officient", "health"]
ENTRYPOINT ["/usr/local/bin/optedo-officient"]
CMD ["serve"]
