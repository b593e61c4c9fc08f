FROM python:3.13-slim AS build
RUN python -m venv /opt/hotline
WORKDIR /src
COPY pyproject.toml hatch_build.py requirements.lock README.md LICENSE NOTICE ./
COPY providers providers
COPY migrations migrations
COPY console console
COPY app app
RUN --mount=type=cache,target=/root/.cache/pip \
  /opt/hotline/bin/pip install --constraint requirements.lock . ./providers

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 10001 hotline
COPY --from=build /opt/hotline /opt/hotline
ENV PATH=/opt/hotline/bin:$PATH PYTHONUNBUFFERED=1
USER hotline
EXPOSE 8189
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://localhost:8189/health/ready', timeout=4)"]
CMD ["hotline", "serve", "--host", "0.0.0.0"]
