/**
 * Loaded into a worker before everything else (`--import`): numbers whatever the worker puts into its store, and damages the file with
 * the number that the bench has asked for. The files are the worker's real ones; only the moment is arranged: a file of an
 * artifact is damaged once it has been proven, so that only another proof can find it out.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type DamageOrder, type Stored, damageFile, kindOf } from './damage.js';

const orders = process.env['FAULT_ORDERS']!;
const log = process.env['FAULT_LOG']!;
let trial = '';
let count = 0;
let armed = '';
let damage: DamageOrder['damage'];

const { rename, stat } = promises;

promises.rename = async (from, to) => {
  await rename(from, to);
  const path = String(to);
  const isArtifact = path.includes('/blobs/');
  if (!isArtifact && !path.includes('/index/')) return;
  const order = JSON.parse(readFileSync(orders, 'utf8')) as DamageOrder;
  if (order.trial !== trial) [trial, count] = [order.trial, 0];
  const stored: Stored = { trial, number: count++, kind: kindOf(path) };
  appendFileSync(log, `${JSON.stringify(stored)}\n`);
  if (stored.number !== order.number) return;
  damage = order.damage;
  // What is remembered carries its own digest, and nobody proves it when it is written.
  if (isArtifact) armed = path;
  else damageFile(path, damage);
};

promises.stat = (async (path: string, ...options: []) => {
  const found = await stat(path, ...options);
  if (path === armed) {
    armed = '';
    damageFile(path, damage);
  }
  return found;
}) as typeof stat;

syncBuiltinESMExports();
