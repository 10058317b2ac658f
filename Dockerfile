# One image for every program of jobflow; the command says which one runs:
#
#   node dist/webhook/main.js      node dist/controller/main.js
#
# Both bases are named by tag; put `@sha256:…` behind a tag, by --build-arg, to pin it.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

# What npm needs to reach your registry (an .npmrc with a token, say) comes as a build secret and stays out of every
# layer: docker build --secret id=npmrc,src=$HOME/.npmrc .
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Types and source maps are no use at run time, and half the size of all packages.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev --ignore-scripts \
 && find node_modules -type f '(' -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' ')' -exec rm {} +

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY webhook ./webhook
COPY controller ./controller
RUN npm run build

FROM ${RUNTIME_IMAGE}
# The Node.js that built it, so that there is one version to keep current.
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# What scanners of packages read; package.json also says that the files are ES modules.
COPY package.json package-lock.json LICENSE ./
ENV NODE_ENV=production
USER 65532:65532
CMD ["node", "dist/controller/main.js"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="jobflow" \
      org.opencontainers.image.description="Makes ordinary Kubernetes Jobs wait for each other: one annotation, plain kubectl apply." \
      org.opencontainers.image.source="https://github.com/jobflow/jobflow" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
