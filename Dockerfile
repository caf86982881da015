# docker build -t rcm-dashboard .
# docker run -p 8000:8000 -v uploads:/uploads -e SECRET_KEY=… -e ALLOWED_HOSTS=… \
#     -e DATABASE_URL=postgres://… rcm-dashboard
# docker run … rcm-dashboard python manage.py migrate      (first, and after every new version)
# and beside it the worker, with the same settings and volume:
# docker run -v uploads:/uploads -e … --no-healthcheck rcm-dashboard python manage.py db_worker
# It expects HTTPS in front of it (BEHIND_HTTPS_PROXY=true) or HTTPS_ONLY=false.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
# The key is for this command only and stays in no layer.
RUN SECRET_KEY=collectstatic-needs-some-key python manage.py collectstatic --noinput \
    && python -m compileall -q .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home rcm \
    && install --directory --owner rcm --mode 0700 /uploads
VOLUME /uploads
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BIND=0.0.0.0:8000 \
    UPLOADS_FOLDER=/uploads
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER rcm
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "rcm_site.health"]
CMD ["gunicorn"]
