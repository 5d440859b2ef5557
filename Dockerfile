# Mailkey as it runs for real: Node.js and what was built, no package beside it, and a user that can write nothing but
# /tmp. Configuration comes by the environment (docs/operator.md); the database is another container.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build-product.js

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/bin bin
COPY --from=build /app/drizzle drizzle
COPY --from=build /app/build build
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
	CMD ["node", "bin/health-check.js"]
# Without a shell in between, so that SIGTERM reaches it.
ENTRYPOINT ["node", "bin/mailkey.js"]
CMD ["serve"]
