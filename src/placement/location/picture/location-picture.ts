import type { ClusterData } from '../../cluster/cluster-data.ts';
import { compileRules } from '../compile-rules.ts';
import { planRules } from '../plan-rules.ts';
import type { RuleBook } from '../rule-book.ts';
import type { Location } from '../service.ts';
import { type Box, flow, lines, stack } from './box.ts';
import { drawDomains } from './draw-domains.ts';
import { escapeXml } from './escape-xml.ts';
import { createTiles, type TileMarks } from './instance-tile.ts';
import { pictureStyle, serviceColour } from './picture-style.ts';

export interface PictureOptions {
  /** The same cluster as a plan leaves it; drawn beside the first, with what moved marked. */
  readonly after?: ClusterData | undefined;
  /** Stands above the picture. */
  readonly title?: string | undefined;
}

const margin = 16;
const panelWidth = 720;
const shownBreaches = 6;

/**
 * An SVG of where instances are: domains as nested boxes, nodes in them, instances as tiles in the colour of their
 * narrowest service, secondaries as outlines. Light or dark as the viewer prefers. Same input, same text.
 * @throws as `compileRules`
 */
export function locationPicture(before: ClusterData, location: Location, { after, title = 'Location' }: PictureOptions = {}): string {
  const { layout, members } = planRules(before, location.topology, location.services);
  const serviceOf = narrowestServices(location, members);
  const coloured = new Set(serviceOf.values());
  const used = location.services.map((_, position) => position).filter((position) => coloured.has(position));
  const tiles = createTiles(before.instances.length);
  const states = after ? [before, after] : [before];
  const rows = rowsByNode(states);
  const books = states.map((cluster) => compileRules(cluster, location.topology, location.services));
  const captions = books.map((book, k) => caption(after ? (k === 0 ? 'Before' : 'After') : title, book));
  const captionHeight = Math.max(...captions.map(({ height }) => height));
  const panels = states.map((cluster, k) => {
    const marks: TileMarks = {
      colour: (i) => (serviceOf.has(i) ? serviceColour(serviceOf.get(i) as number) : undefined),
      broken: new Set(books[k]?.offenders('hard')),
      moved: new Set(k === 0 ? [] : movedInstances(before, cluster)),
    };
    const drawn = drawDomains({ cluster, layout, tiles, marks, rows, maxWidth: panelWidth });
    return stack([{ ...(captions[k] as Box), height: captionHeight }, drawn]);
  });
  const legend = stack([
    flow(
      used.map((position) => tiles.sample(location.services[position]?.name ?? '', serviceColour(position))),
      panelWidth * states.length,
    ),
    flow(tiles.key(states.length > 1), panelWidth * states.length),
  ]);
  const heading = after ? [lines([title], 'heading')] : [];
  return svgOf(stack([...heading, flow(panels, Number.POSITIVE_INFINITY, 32), legend], 16), title);
}

/** Position of the service by instance: of several, the one with fewest members tells most. */
function narrowestServices({ services }: Location, members: ReadonlyMap<string, Int32Array>): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const sizes = services.map(({ name }) => members.get(name)?.length ?? 0);
  const order = [...services.keys()].sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || b - a);
  for (const position of order) {
    for (const i of members.get(services[position]?.name ?? '') ?? []) found.set(i, position);
  }
  return found;
}

/** Tiles that the fuller of the pictures has on each node, so that nodes keep their places from one to the other. */
function rowsByNode(states: readonly ClusterData[]): Int32Array {
  const most = new Int32Array(states[0]?.nodes.length ?? 0);
  for (const { instances } of states) {
    const count = new Int32Array(most.length);
    for (const { primary, secondary } of instances) {
      if (primary >= 0) count[primary] = (count[primary] as number) + 1;
      if (secondary >= 0) count[secondary] = (count[secondary] as number) + 1;
    }
    count.forEach((own, n) => (most[n] = Math.max(most[n] as number, own)));
  }
  return most;
}

function movedInstances(before: ClusterData, after: ClusterData): number[] {
  return after.instances.flatMap(({ primary, secondary }, i) => {
    const old = before.instances[i];
    return old?.primary === primary && old.secondary === secondary ? [] : [i];
  });
}

function caption(title: string, book: RuleBook): Box {
  const breaches = book.breaches();
  const broken = breaches.filter(({ hard }) => hard).length;
  const text = broken === 0 ? 'all hard rules hold' : `${broken} hard rule${broken === 1 ? ' is' : 's are'} broken`;
  const wishes = breaches.length - broken;
  const verdict = wishes === 0 ? text : `${text}, ${wishes} wish${wishes === 1 ? '' : 'es'} not met`;
  const shown = breaches.slice(0, shownBreaches).map(({ rule, detail }) => `${rule} — ${detail}`);
  const more = breaches.length > shownBreaches ? [`and ${breaches.length - shownBreaches} more`] : [];
  const cut = [...shown, ...more].map((line) => (line.length > 104 ? `${line.slice(0, 103)}…` : line));
  return stack([lines([title], 'heading'), lines([verdict], broken === 0 ? 'good' : 'bad'), lines(cut, 'faint')], 4);
}

function svgOf(content: Box, title: string): string {
  const width = Math.ceil(content.width + 2 * margin);
  const height = Math.ceil(content.height + 2 * margin);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">\n` +
    `<title>${escapeXml(title)}</title>\n<style>${pictureStyle}</style>\n` +
    `<rect class="back" width="${width}" height="${height}"/>\n${content.draw(margin, margin)}</svg>\n`
  );
}
