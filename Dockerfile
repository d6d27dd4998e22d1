# syntax=docker/dockerfile:1
# Segmentry: one image for workers and for the command line.
#
#   docker build -t segmentry .
#   docker run --rm segmentry --version
#
# Debian, not Alpine: the native modules of Temporal and DuckDB are built against glibc.

ARG NODE_IMAGE=node:22-bookworm-slim

# --- build: with the development dependencies -------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: `prepare` builds, and the sources are not here yet. This layer is kept until a dependency changes.
RUN npm ci --ignore-scripts
COPY . .
# Compiles, copies SQL and report assets into dist/, and bundles the workflows.
RUN npm run build

# --- dependencies: what the program needs when it runs ----------------------------------------------------------------
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts again: `prepare` would want TypeScript, and no dependency needs its install script (the native modules
# come ready in their packages). The two packages that carry the binaries of every platform keep those of this one.
RUN npm ci --omit=dev --ignore-scripts \
  && npm cache clean --force \
  && node -e "\
    const { readdirSync, rmSync } = require('node:fs');\
    const rust = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] + '-unknown-linux-gnu';\
    const keep = (folder, name) => readdirSync(folder).filter((entry) => entry !== name)\
      .forEach((entry) => rmSync(folder + '/' + entry, { recursive: true }));\
    keep('node_modules/@temporalio/core-bridge/releases', rust);\
    for (const api of readdirSync('node_modules/onnxruntime-node/bin')) {\
      keep('node_modules/onnxruntime-node/bin/' + api, 'linux');\
      keep('node_modules/onnxruntime-node/bin/' + api + '/linux', process.arch);\
    }"

# --- the image --------------------------------------------------------------------------------------------------------
FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Segmentry" \
      org.opencontainers.image.description="On which segments of your data did a model get worse? Finds out, with evidence, and takes a bad model back exactly once." \
      org.opencontainers.image.licenses="UNLICENSED"

ENV NODE_ENV=production \
    SEGMENTRY_STORE=/var/lib/segmentry/artifacts \
    SEGMENTRY_METRICS=0.0.0.0:9464

WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./

# `segmentry` is on PATH, for `docker exec` and for CI jobs inside this image. The folders are made here, so that a new
# named volume mounted there takes over their mode: whichever user the container is given can write artifacts.
RUN ln -s /app/dist/cli/main.js /usr/local/bin/segmentry \
  && mkdir -p /var/lib/segmentry/artifacts /work \
  && chmod 0777 /var/lib/segmentry/artifacts \
  && chown node:node /work
USER node
# Relative paths of a command count from here.
WORKDIR /work

VOLUME ["/var/lib/segmentry/artifacts"]
EXPOSE 9464

# For workers. A one-off command has no server here: give `--no-healthcheck` where that matters.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# At SIGTERM a worker takes no new tasks, lets running ones finish for 10 seconds and hands the rest back to Temporal.
# Give it 30 seconds before SIGKILL (`docker stop -t 30`, `stop_grace_period`); after SIGKILL nothing is lost either, it
# is only noticed later.
STOPSIGNAL SIGTERM

ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["worker"]
