# The site as a container image: see "In a container" in README.md.
#   docker build -t genresite .                       serves, without TensorFlow
#   docker build -t genresite --build-arg FULL=1 .    trains, too
# Any Debian whose python3 is 3.11 to 3.13 will do as its base.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS installed
ARG FULL=0
ARG S3=0
WORKDIR /app
COPY requirements*.txt requirements*.lock ./
# What pip is told of an index of one's own comes as a secret: --secret id=pip.conf,src=FILE
# hadolint ignore=DL3013
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python3 -m venv /opt/venv \
    && set=requirements-light && if [ "$FULL" = 1 ]; then set=requirements; fi \
    && s3=/dev/null && if [ "$S3" = 1 ]; then s3=requirements-s3.txt; fi \
    && /opt/venv/bin/pip install --no-cache-dir --quiet --upgrade pip \
    && /opt/venv/bin/pip install --no-cache-dir --quiet --require-hashes -r "$set.lock" \
    && /opt/venv/bin/pip install --no-cache-dir --quiet \
       -r "$set.txt" -r requirements-postgres.txt -r "$s3"

FROM ${BASE}
ARG VERSION=0.4.0
LABEL org.opencontainers.image.title="What genre is this?" \
      org.opencontainers.image.description="Tells the genre of a song, and how sure it is" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
# The first process: it hands signals on and clears away what processes leave behind.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    STATIC_DIR=/app/collected \
    COLLECT_STATIC=0 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=installed /opt/venv /opt/venv
COPY . .
# All that is written later is in /data and /tmp, so the rest may be read-only and belong to root. Any
# user may be given (--user): so anybody may write to a new volume.
RUN DATA_DIR=/tmp/build SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0 \
    && chmod -R a+rX /app && rm -rf /tmp/build \
    && python -m compileall -q classifier genresite ml scripts \
    && install -d -m 1777 /data
USER 1000:1000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "scripts.healthcheck"]
ENTRYPOINT ["tini", "--", "scripts/entry"]
CMD ["site"]
