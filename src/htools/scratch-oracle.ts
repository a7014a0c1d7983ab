import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { join, basename } from 'node:path';
import { runProgram } from '/work/h/mplace/src/htools/index.ts';
import { wildCluster } from '/work/h/mplace/test/interop/wild-cluster.ts';
const dir = '/work/h/mplace/src/htools/programs/testdata';
const inputs: Record<string, string> = {};
for (const f of readdirSync(dir)) if (f.endsWith('.data')) inputs[f.replace('.data','')] = readFileSync(join(dir, f), 'utf8');
const wild: Record<string, string> = {};
for (const seed of [3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377]) { const w = wildCluster(seed); wild['wild-' + seed] = w.text; }
const programs: Record<string, string[][]> = {
  hspace: [['-vvvv', '-p'], ['--machine-readable', '-vv'], ['--independent-groups', '-vvvv'], ['--tiered-alloc=1000,512,2', '--disk-template=drbd', '-l', '4', '-vv'], ['--no-capacity-checks','-v']],
  hsqueeze: [[], ['-v', '-v', '-C'], ['--no-headers', '-C'], ['--minimal-resources=0.5', '--target-resources=1', '-v','-v','-C'], ['--minimal-resources=20', '--target-resources=30', '-v','-v','-C']],
  hbal: [['-O', 'FIRSTNODE', '-vv'], ['--select-instances', 'FIRSTINST', '-v'], ['--exclude-instances', 'FIRSTINST', '-C'], ['--exclusion-tags', 'rack', '-vvv']],
  hinfo: [['-O', 'FIRSTNODE', '-p']],
  hcheck: [['-O', 'FIRSTNODE', '-v', '-l', '3']],
};
const equal: unknown[] = []; let bad = 0, total = 0;
for (const [name, text] of [...Object.entries(inputs), ...Object.entries(wild)]) {
  const file = `/tmp/mp/${name}.data`;
  writeFileSync(file, text);
  if (!['wild-8','wild-144','wild-21','common-suffix','hroller-nodegroups'].includes(name)) continue; const runs: unknown[] = [];
  for (const [program, lists] of Object.entries(programs)) for (const options0 of lists) {
    const group = program === 'hbal' && text.split('\n\n')[0].trim().split('\n').length > 1 ? ['-G', text.split('|')[0]] : [];
    const secs = text.split('\n\n'); const fix = (o: string) => o === 'FIRSTNODE' ? secs[1].trim().split('\n').at(-1)!.split('|')[0] : o === 'FIRSTINST' ? secs[2].trim().split('|')[0] : o; const options = options0.map(fix); const words = ['-t', file, ...group, ...options];
    const r = spawnSync('/usr/bin/' + program, words, { encoding: 'utf8', env: { LC_ALL: 'C' }, timeout: 4000 });
    let out = '', err = '';
    const code = await runProgram(program, words, { out: (t) => void (out += t), err: (t) => void (err += t), watched: false });
    total++;
    const own = err.split(file).join('FILE');
    if (out === r.stdout && code === r.status && err === r.stderr) runs.push({ program, options: [...group, ...options], code, out, err });
    else if (out === r.stdout && code === r.status) { runs.push({ program, options: [...group, ...options], code, out }); console.log('ERR differs', name, program, options.join(' '), JSON.stringify(r.stderr.slice(0,150)), JSON.stringify(err.slice(0,150))); }
    else { bad++; console.log('DIFF', name, program, [...group, ...options].join(' '), r.status, code); if (process.argv[2]) { console.log(r.stdout.slice(0,600), r.stderr.slice(0,300)); console.log('---ours'); console.log(out.slice(0,600), err.slice(0,300)); } }
  }
  equal.push({ name, data: text, runs });
}
writeFileSync('/tmp/mp/oracle2.json', JSON.stringify(equal));
console.log(total, 'bad', bad);
