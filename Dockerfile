# Mailkey as it runs for real: packages as the lock file says, no install scripts, the page built, and a user that can
# write nothing but /tmp. Configuration comes by the environment (docs/operator.md); the database is another container.

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY . .
RUN node -e "import('./scripts/build.js').then(({ ensureBuilt }) => ensureBuilt())"

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app ./
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
	CMD ["node", "scripts/health-check.js"]
# Without a shell in between, so that SIGTERM reaches it.
ENTRYPOINT ["node", "bin/mailkey.js"]
CMD ["serve"]
