import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCluster } from '../sample-cluster.ts';
import type { Location } from '../service.ts';
import { locationPicture } from './location-picture.ts';

const location: Location = {
  topology: {
    levels: ['feed', 'rack'],
    domains: [
      { name: 'r1', level: 'rack', nodes: ['a*', 'b*'] },
      { name: 'r2', level: 'rack', nodes: ['c*'] },
      { name: 'f1', level: 'feed', nodes: ['a*', 'c*'] },
    ],
    links: [],
    migration: [],
  },
  services: [{ name: 'web & <shop>', members: ['web*'], rules: [{ kind: 'spread', level: 'rack', atMost: 1 }] }],
};
const clusterAt = (second: number) =>
  sampleCluster(
    ['a.net', 'b.net', 'c.net', 'd.net'].map((name) => ({ name, offline: name === 'd.net' })),
    [
      { name: 'web1.net', primary: 0, secondary: 2 },
      { name: 'web2.net', primary: second, secondary: 1 },
      { name: 'other.net', primary: 3 },
    ],
  );

test('the picture shows nodes in their domains, instances, what is broken and what moved', () => {
  const svg = locationPicture(clusterAt(0), location, { after: clusterAt(2), title: 'Test' });
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/);
  assert.equal(svg, locationPicture(clusterAt(0), location, { after: clusterAt(2), title: 'Test' }), 'same input, same text');
  const [before, after] = svg.split('>After<') as [string, string];
  assert.match(before, />1 hard rule is broken</);
  assert.match(before, /web &amp; &lt;shop&gt;: at most 1 per rack — rack r1 has 2/);
  assert.match(after, />all hard rules hold</);
  assert.equal(svg.match(/>feed f1</g)?.length, 2, 'the widest level that nests is drawn');
  const tile = (text: string, name: string) => [...text.matchAll(new RegExp(`<title>${name}[^]*?</g>`, 'g'))].join();
  assert.match(tile(before, 'web1.net'), /broken/);
  const drawn = after.slice(0, after.indexOf('in no service'));
  assert.doesNotMatch(drawn, /class="broken"/);
  assert.match(tile(drawn, 'web2.net<'), /moved/);
  assert.doesNotMatch(tile(drawn, 'web1.net<'), /moved/);
  assert.match(drawn, /web1\.net \(secondary\)/);
  assert.match(svg, /class="down"/);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

test('every tag of the picture is closed, and nothing lies outside of it', () => {
  const svg = locationPicture(clusterAt(0), location);
  const open: string[] = [];
  for (const [, closing, name, self] of svg.replace(/<style>[^]*?<\/style>/, '').matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (closing) assert.equal(open.pop(), name);
    else if (!self) open.push(name as string);
  }
  assert.deepEqual(open, []);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) as unknown as [string, string, string];
  for (const [, x, y, w, h] of svg.matchAll(/<rect[^>]* x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)) {
    assert.ok(Number(x) + Number(w) <= Number(width) && Number(y) + Number(h) <= Number(height));
  }
});

test('a cluster without topology is drawn by node group, a large one with small tiles', () => {
  const nothing: Location = { topology: { levels: [], domains: [], links: [], migration: [] }, services: [] };
  assert.match(locationPicture(clusterAt(0), nothing), />group group1</);
  const many = sampleCluster(
    [{ name: 'a' }],
    Array.from({ length: 200 }, (_, i) => ({ name: `vm${i}`, primary: 0 })),
  );
  const svg = locationPicture(many, nothing);
  assert.doesNotMatch(svg, /class="label"/);
  assert.match(svg, /<title>vm199<\/title>/);
});

test('an empty cluster is a picture, too', () => {
  const svg = locationPicture(sampleCluster([], []), { ...location, topology: { ...location.topology, domains: [] }, services: [] });
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});
