# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
# What to compile in besides, as Cargo.toml names it: otlp, for traces.
ARG FEATURES=
WORKDIR /build
COPY . .
# Downloads and compiled dependencies stay in caches between builds. The sources get a new time first: with their
# own, older time, files of another branch would look unchanged to cargo, and its program would be shipped.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && SQLX_OFFLINE=true cargo build --release --locked --no-default-features --features "$FEATURES" \
    && cp target/release/optedo-officient /optedo-officient

# The program needs glibc, libgcc and certificates, which is what this image holds; without a shell or a package
# manager there is nothing else in it to attack or to update.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /optedo-officient /usr/local/bin/optedo-officient
# By number, so that an orchestrator can see that it is not root (runAsNonRoot).
USER 65532:65532
# Inside a container the loopback address, which is the default, would be reachable for nobody.
ENV OPTEDO_OFFICIENT__SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
# It stores nothing in the container: --read-only is fine. For engines that ask a container themselves; Kubernetes asks
# over HTTP. Asking costs a process for some milliseconds, the database one statement.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/optedo-officient", "health"]
ENTRYPOINT ["/usr/local/bin/optedo-officient"]
CMD ["serve"]
