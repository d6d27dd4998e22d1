import { describe, expect, it, onTestFinished } from 'vitest';
import { type MetricsServer, startMetricsServer } from '../../workers/metrics-server.js';
import { createTelemetry } from '../../workers/telemetry.js';

type Health = Parameters<typeof startMetricsServer>[2];

async function newServer(address: string, health: Health = () => ({ ok: true, tasks: 2 })): Promise<MetricsServer> {
  const server = await startMetricsServer(address, createTelemetry().registry, health);
  onTestFinished(() => server.close());
  return server;
}

describe('the metrics server', () => {
  it('answers /metrics in the format of Prometheus', async () => {
    const { url } = await newServer('127.0.0.1:0');
    const response = await fetch(`${url}/metrics?collect[]=all`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text).toContain('# TYPE segmentry_runs_total counter');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('answers /healthz with what the worker says of itself', async () => {
    let ok = true;
    const { url } = await newServer('0', () => ({ ok, state: ok ? 'RUNNING' : 'DRAINING' }));
    const healthy = await fetch(`${url}/healthz`);
    expect([healthy.status, await healthy.json()]).toEqual([200, { ok: true, state: 'RUNNING' }]);
    ok = false;
    const ill = await fetch(`${url}/healthz`);
    expect([ill.status, await ill.json()]).toEqual([503, { ok: false, state: 'DRAINING' }]);
  });

  it('knows nothing else', async () => {
    const { url } = await newServer('127.0.0.1:0');
    expect((await fetch(`${url}/`)).status).toBe(404);
  });

  it('says that its port is taken', async () => {
    const { url } = await newServer('127.0.0.1:0');
    const address = new URL(url).host;
    await expect(newServer(address)).rejects.toMatchObject({
      kind: 'usage',
      message: `cannot serve metrics at ${address}: another program listens there; give another address with --metrics`,
    });
  });

  it.each(['nonsense', '127.0.0.1:', '127.0.0.1:65536', 'host:123456', ''])('refuses "%s"', async (address) => {
    await expect(newServer(address)).rejects.toMatchObject({
      kind: 'usage',
      message: `--metrics ${address}: an address is host:port, like 127.0.0.1:9464`,
    });
  });

  it('stops answering when it is closed, whoever is still connected', async () => {
    const server = await newServer('127.0.0.1:0');
    const { url } = server;
    await fetch(`${url}/healthz`);
    await server.close();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
