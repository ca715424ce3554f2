# The service in two stages: built with the whole toolchain, shipped as one binary and an ordinary user.
# It needs a Postgres to talk to (DATABASE_URL); docker-compose.yml brings one.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# No database is at hand here; the queries are checked against .sqlx.
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin copydesk \
    && cp target/release/copydesk /copydesk

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin copydesk
COPY --from=build /copydesk /usr/local/bin/copydesk
COPY --from=build /src/LICENSE /usr/share/doc/copydesk/
COPY --from=build /src/models/LICENSE /usr/share/doc/copydesk/models/
COPY --from=build /src/crates/copydesk-knowledge/data/LICENSE /usr/share/doc/copydesk/places/
USER copydesk
ENV COPYDESK_LISTEN=0.0.0.0:50051 \
    COPYDESK_METRICS_LISTEN=0.0.0.0:9464
EXPOSE 50051 9464
# Bash speaks enough HTTP for this, and nothing else has to be installed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["copydesk"]
CMD ["serve"]
