# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
# Downloads and compiled dependencies stay in caches between builds. The sources get a new time first: with their
# own, older time, files of another branch would look unchanged to cargo, and its program would be shipped.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && SQLX_OFFLINE=true cargo build --release --locked --no-default-features \
    && cp target/release/optedo-officient /optedo-officient

# The program needs glibc, certificates and time zones, which is what this image holds; without a shell or a package
# manager there is nothing else in it to attack or to update.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /optedo-officient /usr/local/bin/optedo-officient
USER nonroot
# Inside a container the loopback address, which is the default, would be reachable for nobody.
ENV OPTEDO_OFFICIENT__SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
# No HEALTHCHECK: an orchestrator asks /health/live and /health/ready over HTTP, and there is no shell to ask with here.
ENTRYPOINT ["/usr/local/bin/optedo-officient"]
CMD ["serve"]
