import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createProcFiles } from '../../host/light.ts';
import type { Collect, Collector } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import { createCommandRunner } from '../collector/command-runner.ts';
import type { MonitoredInstance } from '../collector/instance-source.ts';
import { keepMade } from '../collector/keep-made.ts';
import { createNotes } from '../collector/notes.ts';
import { createRingBuffer } from '../collector/ring-buffer.ts';

/** A host made of files, for collectors: its clock stands still until it is told to move. */
export interface TestHost {
  readonly root: string;
  readonly context: CollectorContext;
  instances: readonly MonitoredInstance[];
  /** Writes in place, so that a kept descriptor sees it, as with files of the kernel. */
  write(path: string, text: string | Buffer): void;
  /** The file ends its life as those of the kernel do: it is listed still and cannot be read. */
  vanish(path: string): void;
  /** A shell script that is found as a program of that name. */
  program(name: string, script: string): void;
  advance(seconds: number): void;
  begin<Data>(collector: Collector<Data>): Collect<Data>;
  [Symbol.dispose](): void;
}

export function createTestHost(files: Readonly<Record<string, string | Buffer>> = {}): TestHost {
  const root = mkdtempSync(join(tmpdir(), 'gantry-monitor-'));
  const proc = createProcFiles(root);
  let time = 1000;
  const host: TestHost = {
    root,
    instances: [],
    context: {
      now: () => time,
      wallTime: () => Date.UTC(2026, 10, 23) + time,
      files: proc,
      commands: createCommandRunner(join(root, 'bin')),
      instances: { list: () => host.instances },
      histories: { take: (_name, width, capacity) => createRingBuffer(width, capacity), drop: () => undefined },
      notes: createNotes(proc, root, '/run/gantry/monitor'),
      kept: keepMade(),
    },
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    vanish: (path) => {
      rmSync(join(root, path), { recursive: true, force: true });
      symlinkSync('/nowhere/at/all', join(root, path));
      proc.forget(path);
    },
    program: (name, script) => {
      host.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(join(root, 'bin', name), 0o755);
    },
    advance: (seconds) => {
      time += seconds * 1000;
    },
    begin: (collector) => collector.start(host.context),
    [Symbol.dispose]: () => {
      proc.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  for (const [path, text] of Object.entries(files)) host.write(path, text);
  return host;
}

/** Where nothing aborts the collection. */
export const calmRun = { signal: new AbortController().signal };
