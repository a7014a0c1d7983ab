// Adds to package-lock.json the optional packages of other platforms that npm left out because the registry at hand did
// not have them; "npm ci" refuses a lock file in which one is missing. Run it after "npm install" changed the lock file.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

/** What a platform package says about itself by its name: `@x/binding-linux-arm64-musl` is for arm64, Linux and musl. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const pick = (known) => words.filter((word) => known.includes(word));
  const os = pick(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']);
  const cpu = pick(['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']);
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : os[0] === 'linux' ? ['glibc'] : undefined;
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name}: the platform cannot be told from the name`);
  return { cpu, os, libc };
}

for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const target = `node_modules/${name}`;
    if (lock.packages[target] || lock.packages[`${place}/${target}`]) continue;
    const { cpu, os, libc } = platformOf(name);
    lock.packages[target] = { version, cpu, ...(entry.dev ? { dev: true } : {}), ...(libc ? { libc } : {}), optional: true, os };
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
