import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { accepts, claimGuardianship, isSuperseded, latestGuardian } from '../../workers/dev-server/claim.js';

let folder: string;
const doors: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segmentry-claim-test-'));
});
afterEach(async () => {
  for (const door of doors.splice(0)) if (door.listening) await close(door);
  await rm(folder, { recursive: true, force: true });
});

/** A socket that listens, as a guardian's does before it claims. */
async function openDoor(name: string): Promise<{ socket: string; door: Server }> {
  const socket = join(folder, `${name}.sock`);
  const door = createServer();
  await new Promise<void>((resolve) => door.listen(socket, resolve));
  doors.push(door);
  return { socket, door };
}

function close(door: Server): Promise<void> {
  return new Promise((resolve) => door.close(() => resolve()));
}

it('has one winner, however many claim at once', async () => {
  const sockets = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await openDoor(`door-${i}`)).socket));
  const claims = await Promise.all(sockets.map((socket) => claimGuardianship(folder, socket)));
  const winners = claims.filter((claim) => claim !== null);
  expect(winners).toHaveLength(1);
  expect(await latestGuardian(folder)).toEqual(winners[0]);
});

it('passes from a dead guardian to exactly one successor, again and again', async () => {
  for (let generation = 1; generation <= 5; generation += 1) {
    const contenders = await Promise.all(Array.from({ length: 6 }, (_, i) => openDoor(`g${generation}-${i}`)));
    const claims = await Promise.all(contenders.map(({ socket }) => claimGuardianship(folder, socket)));
    expect(claims.filter((claim) => claim !== null)).toMatchObject([{ generation }]);
    for (const { door } of contenders) await close(door);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual(['guardian-5.json']);
});

it('knows that a successor took over', async () => {
  const { socket, door } = await openDoor('first');
  const first = await claimGuardianship(folder, socket);
  await close(door);
  const second = await claimGuardianship(folder, (await openDoor('second')).socket);
  expect(second?.generation).toBe(2);
  expect(await isSuperseded(folder, first!)).toBe(true);
  expect(await isSuperseded(folder, second!)).toBe(false);
});

it('takes a record that is no record for a dead guardian', async () => {
  await writeFile(join(folder, 'guardian-3.json'), '{ half');
  expect(await latestGuardian(folder)).toBeNull();
  expect(await claimGuardianship(folder, (await openDoor('next')).socket)).toMatchObject({ generation: 4 });
});

it('knows a socket nobody listens on from one that accepts', async () => {
  const { socket, door } = await openDoor('door');
  expect(await accepts(socket)).toBe(true);
  await close(door);
  expect(await accepts(socket)).toBe(false);
});
