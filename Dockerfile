# The gateway as an image. `npm run dockerfile` carries out these steps without Docker and checks
# that what they make starts, is healthy and stops.
#
#   docker build -t longstop .
#   docker run --rm --network host -v longstop:/app/data longstop
#
# The gateway listens on the loopback address only. Inside a container that is the container's own,
# so with a published port instead of the host's network it must listen on all addresses, and the
# configuration must say that everybody who reaches the port is trusted:
#
#   listen: { trustedNetwork: true }        # in longstop.yaml
#
#   docker run --rm -p 127.0.0.1:8787:8787 -v longstop:/app/data \
#     -v "$PWD/longstop.yaml:/app/config/longstop.yaml:ro" longstop start --host 0.0.0.0
#
# Keep 127.0.0.1 in -p: without it Docker publishes the port to the whole network.

FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && mkdir data

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE longstop.mjs ./
COPY config ./config
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The ledger's folder belongs to the user that runs the gateway; a volume keeps it over upgrades.
COPY --from=build --chown=node:node /app/data ./data
USER node
VOLUME /app/data
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/-/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "longstop.mjs"]
CMD ["start"]
