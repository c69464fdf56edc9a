# One image for API and console, worker, sandbox and preparation; the command decides.
FROM python:3.12-slim-bookworm

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY . .

RUN useradd --system --uid 10001 --home-dir /app hmc \
    && install -d -m 700 -o hmc /var/lib/hmc
USER hmc
ENV HMC_STATE_DIR=/var/lib/hmc HMC_HOST=0.0.0.0 PYTHONUNBUFFERED=1
# The keys lie here: every container of one centre mounts the same volume.
VOLUME /var/lib/hmc
EXPOSE 8000
CMD ["python", "web.py"]
