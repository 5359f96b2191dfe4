# The page is built with everything, the server runs with its own dependencies only, as an ordinary user.
FROM node:24-slim AS page
WORKDIR /app
COPY package.json package-lock.json ./
COPY schema/package.json schema/
COPY sync-server/package.json sync-server/
COPY client/package.json client/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY examples/embed/package.json examples/embed/
# This image is the Node.js to use: the one from npm is not fetched.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY schema schema
COPY client client
RUN cd client && node ../node_modules/vite/bin/vite.js build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY schema/package.json schema/
COPY sync-server/package.json sync-server/
COPY client/package.json client/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY examples/embed/package.json examples/embed/
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace @tablo/sync-server --workspace @tablo/schema

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=dependencies /app ./
COPY schema schema
COPY sync-server sync-server
COPY --from=page /app/client/dist client/dist
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Exec form: node itself is process 1, hears SIGTERM, and finishes what it began.
CMD ["node", "sync-server/src/main.ts"]
